import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, parseDocument, visit } from 'yaml';
import type { KubeObject } from '../kube/meta.ts';
import type { Scenario, Script } from '../scenario/types.ts';
import { fillIn } from '../scenario/yaml-file.ts';
import { InvalidFile, readManifest } from '../scenario/yaml-text.ts';
import { shownTexts, spoilerFinder } from './lint-spoilers.ts';
import { namesIn, type Place, placeOf, vagueWordsIn } from './lint-text.ts';
import type { Finding, LintOptions } from './lint-types.ts';

type Note = (file: string, place: Place, severity: Finding['severity'], rule: string, message: string) => void;

/** What can be said of a scenario that loads. */
export function lintScenario(scenario: Scenario, options: LintOptions): Finding[] {
  const findings: Finding[] = [];
  const note: Note = (file, { line, column }, severity, rule, message) =>
    findings.push({ severity, rule, file: relative(scenario.pack.folder, file), line, column, message });
  const source = new Source(scenario);
  lintNames(scenario, source, note);
  lintTexts(scenario, note);
  lintSpoilers(scenario, source, note);
  lintVariables(scenario, source, note);
  lintChecks(scenario, source, note);
  lintHints(scenario, source, note);
  lintScripts(scenario, source, note, options);
  return findings;
}

/** scenario.yaml as it was written: where things stand in it. */
class Source {
  readonly file: string;
  readonly text: string;
  readonly #lines = new LineCounter();
  readonly #document;

  constructor(scenario: Scenario) {
    this.file = join(scenario.folder, 'scenario.yaml');
    this.text = readFileSync(this.file, 'utf8');
    this.#document = parseDocument(this.text, { lineCounter: this.#lines });
  }

  /** All that seeds may draw. */
  drawn(): { name: string; value: string }[] {
    const { variables = {} } = this.#document.toJS() as {
      variables?: Record<string, { default: string; others?: string[] }>;
    };
    return Object.entries(variables).flatMap(([name, { default: first, others = [] }]) =>
      [first, ...others].map((value) => ({ name, value })),
    );
  }

  /** The place of the value at a path; of the deepest that is there. */
  at(path: readonly (string | number)[]): Place {
    const { line, col } = this.#lines.linePos(this.span(path)[0]);
    return { line, column: col };
  }

  /** Where the value at a path begins and ends; the deepest that is there. */
  span(path: readonly (string | number)[]): [number, number] {
    let node: unknown = this.#document.contents;
    let span: [number, number] = [0, 0];
    for (const step of path) {
      if (isMap(node)) node = node.get(step, true);
      else if (isSeq(node)) node = node.get(Number(step), true);
      else break;
      const range = (node as { range?: [number, number, number] } | undefined)?.range;
      if (!range) break;
      span = [range[0], range[1]];
    }
    return span;
  }
}

/** Values of checks that are no names of objects. */
const noNames = new Set([
  'id',
  'title',
  'why',
  'mode',
  'after',
  'matches',
  'contradicts',
  'shows',
  'cel',
  'command',
  'fields',
]);

/** Names of objects that a check looks at, each with its path. */
function namesOfCheck(value: unknown, path: (string | number)[] = []): { name: string; path: (string | number)[] }[] {
  if (typeof value === 'string') {
    const key = String(path.findLast((step) => typeof step === 'string'));
    const name =
      value.includes('/') && /^(object|workload|behind)$/.test(key) ? (value.split('/').at(-1) ?? '') : value;
    return /^(object|workload|behind|name|resourceNames|namespace|service|serviceAccount|release|node|file)$/.test(key)
      ? [{ name, path }]
      : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => namesOfCheck(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (noNames.has(key) ? [] : namesOfCheck(inner, [...path, key])));
}

/** The task and the checks must speak of the same things. */
function lintNames(scenario: Scenario, source: Source, note: Note): void {
  const written = parseDocument(source.text).toJS() as { checks: unknown[] };
  const checks = fillIn(written.checks, scenario.variables);
  const checked = namesOfCheck(checks);
  const objects = new Set(objectNames(scenario));
  const task = join(scenario.folder, 'task.md');
  const named = namesIn(readFileSync(task, 'utf8')).map((n) => ({ ...n, name: fillIn(n.name, scenario.variables) }));
  const looked = new Set([...checked.map((c) => c.name), ...scenario.lint.unchecked, ...scenario.namespaces]);
  for (const { name, ...place } of named) {
    if (!objects.has(name) || looked.has(name)) continue;
    note(
      task,
      place,
      'warning',
      'unchecked-name',
      `the task names ${name}, which no check looks at; if that is meant, name it in lint.unchecked`,
    );
  }
  const inTask = scenario.task;
  const reported = new Set<string>();
  for (const { name, path } of checked) {
    if (reported.has(name) || inTask.includes(name) || /^(kube-|default$)/.test(name)) continue;
    reported.add(name);
    note(
      source.file,
      source.at(['checks', ...path]),
      'warning',
      'untold-name',
      `a check looks at ${name}, which the task does not name`,
    );
  }
}

/** Names of the objects that set-up makes. */
function objectNames(scenario: Scenario): string[] {
  return scenario.setup
    .filter((script) => script.kind === 'manifest')
    .flatMap(manifestOf)
    .flatMap((object) => object.metadata?.name ?? []);
}

/** The objects of a manifest; none of one that cannot be read, as `lintManifest` says. */
function manifestOf(script: Script): KubeObject[] {
  try {
    return readManifest(script.file, script.text);
  } catch (error) {
    if (error instanceof InvalidFile) return [];
    throw error;
  }
}

function lintTexts({ folder }: Scenario, note: Note): void {
  for (const name of ['task.md', 'debrief.md']) {
    const file = join(folder, name);
    const text = readFileSync(file, 'utf8');
    if (text.trim() === '') note(file, { line: 1, column: 1 }, 'error', 'empty', `${name} is empty`);
    if (name !== 'task.md') continue;
    for (const { word, ...place } of vagueWordsIn(text)) {
      note(file, place, 'warning', 'vague', `"${word}" leaves open what is asked for`);
    }
  }
}

/** Titles and expected values are seen before anything is asked for. */
function lintSpoilers(scenario: Scenario, source: Source, note: Note): void {
  const spoilersIn = spoilerFinder(scenario);
  for (const { text, path } of shownTexts(scenario)) {
    for (const word of spoilersIn(text)) {
      const what = path.length === 0 ? 'the name of the folder' : 'this';
      const message = `"${word}" gives away what the learner is to find out: ${what} is seen before anything is asked for`;
      note(source.file, source.at(path), 'warning', 'spoiler', message);
    }
  }
}

/** Variables that are written but not declared stay as they are, and nobody uses those that are not written. */
function lintVariables(scenario: Scenario, source: Source, note: Note): void {
  const scripts = [...scenario.setup, ...scenario.solutions, ...scenario.mistakes].map((script) => script.file);
  const used = new Set<string>();
  const drawn = source.drawn();
  for (const file of [source.file, join(scenario.folder, 'task.md'), join(scenario.folder, 'debrief.md'), ...scripts]) {
    const text = readFileSync(file, 'utf8');
    for (const match of text.matchAll(/@\{(\w+)\}/g)) {
      const name = match[1] ?? '';
      used.add(name);
      if (Object.hasOwn(scenario.variables, name)) continue;
      const known = Object.keys(scenario.variables).join(', ');
      note(
        file,
        placeOf(text, match.index),
        'error',
        'variable',
        `@{${name}} is not declared${known ? `; there is ${known}` : ''}`,
      );
    }
    for (const { name, value } of drawn) {
      for (const place of placesWritten(value, text, file === source.file ? source.span(['variables']) : undefined)) {
        note(file, place, 'warning', 'variable', `${value} is a name that seeds draw for @{${name}}: write that`);
      }
    }
  }
  for (const { name, value } of drawn) {
    const first = drawn.find((other) => other.value === value)?.name ?? name;
    if (first === name || !isName(value)) continue;
    const message = `@{${first}} and @{${name}} can both be ${value}`;
    note(source.file, source.at(['variables', name]), 'warning', 'variable', message);
  }
  for (const name of Object.keys(scenario.variables)) {
    if (!used.has(name))
      note(source.file, source.at(['variables', name]), 'warning', 'variable', `the variable ${name} is not used`);
  }
}

/** Where a text has a drawn name as it is, outside of `declared`. Short words and numbers may mean anything. */
function placesWritten(value: string, text: string, declared?: [number, number]): Place[] {
  if (!isName(value)) return [];
  return [...text.matchAll(new RegExp(`(?<![a-z0-9-])${value}(?![a-z0-9-])`, 'g'))]
    .filter(({ index }) => !declared || index < declared[0] || index >= declared[1])
    .map(({ index }) => placeOf(text, index));
}

function isName(value: string): boolean {
  return /^[a-z0-9]+(-[a-z0-9]+)+$/.test(value);
}

function lintChecks(scenario: Scenario, source: Source, note: Note): void {
  const { checks, mistakes, task } = scenario;
  const gates = new Map(checks.map((check) => [check.id, check.after]));
  checks.forEach((check, index) => {
    const place = (...path: string[]) => source.at(['checks', index, ...path]);
    if (reaches(gates, check.id)) note(source.file, place('after'), 'error', 'gate', `${check.id} comes after itself`);
    if (check.weight === 0) note(source.file, place('weight'), 'warning', 'weight', `${check.id} earns nothing`);
    if (!mistakes.some((mistake) => mistake.fails.includes(check.id))) {
      note(source.file, place('id'), 'warning', 'unproved', `no mistake shows that ${check.id} catches anything`);
    }
    const { file } = check.spec as { file?: string };
    if (check.type === 'fileAnswer' && file && !task.includes(file)) {
      note(source.file, place('fileAnswer', 'file'), 'error', 'untold-file', `the task does not name the file ${file}`);
    }
    const { cel = [], shows } = check.spec as { cel?: unknown[]; shows?: string };
    if (cel.length > 0 && shows === undefined) {
      note(source.file, place(check.type), 'error', 'cel-without-words', 'say in `shows` what its CEL expects');
    }
  });
  const answers = checks.some((check) => check.type === 'fileAnswer');
  if (answers && !task.includes('KUBEDRILL_ANSWERS')) {
    note(
      join(scenario.folder, 'task.md'),
      { line: 1, column: 1 },
      'error',
      'untold-file',
      'the task does not say that answers go to $KUBEDRILL_ANSWERS',
    );
  }
  if (checks.every((check) => check.guard))
    note(source.file, source.at(['checks']), 'error', 'guard', 'all checks are guards: there is nothing to do');
}

function reaches(gates: ReadonlyMap<string, string[]>, start: string): boolean {
  const seen = new Set<string>();
  const queue = [...(gates.get(start) ?? [])];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next === start) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...(gates.get(next) ?? []));
  }
  return false;
}

function lintHints(scenario: Scenario, source: Source, note: Note): void {
  let paid = 0;
  const seen = new Set<string>();
  const reference = scenario.solutions.find((s) => s.name === 'reference')?.text ?? '';
  const lines = reference
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length > 30 && !line.startsWith('#'));
  scenario.hints.forEach((hint, index) => {
    const place = source.at(['hints', index, 'text']);
    if (hint.when && scenario.mistakes.length === 0) {
      const message = 'nobody is given this hint: there is no mistake after which its condition could hold';
      note(source.file, source.at(['hints', index, 'when']), 'warning', 'hint', message);
    }
    if (!hint.when && paid >= 100)
      note(source.file, place, 'warning', 'hint', `nobody comes so far: the hints before it cost ${paid} points`);
    if (!hint.when) paid += hint.price;
    if (seen.has(hint.text)) note(source.file, place, 'error', 'hint', 'this hint is there twice');
    seen.add(hint.text);
    // The same names stand in both: what was filled in would hide it.
    const text = fillIn(hint.text, scenario.variables);
    if (lines.some((line) => text.includes(line)))
      note(source.file, place, 'warning', 'hint', 'this hint is a line of the reference solution');
  });
  if (scenario.hints.length === 0) note(source.file, source.at([]), 'warning', 'hint', 'there are no hints');
}

function lintScripts(scenario: Scenario, source: Source, note: Note, options: LintOptions): void {
  const { setup, solutions, folder } = scenario;
  if (!solutions.some((s) => s.name === 'reference')) {
    note(
      source.file,
      source.at([]),
      'error',
      'reference',
      `there is no solution "reference" in ${relative(scenario.pack.folder, join(folder, 'solutions'))}`,
    );
  } else if (solutions.length === 1) {
    note(
      source.file,
      source.at([]),
      'warning',
      'one-way',
      'there is one solution only: nothing shows that another right way passes',
    );
  }
  for (const script of [...setup, ...solutions]) {
    const original = readFileSync(script.file, 'utf8');
    if (script.kind === 'shell') lintShell(script, original, note);
    else lintManifest(scenario, script, note, options);
  }
}

function lintShell(script: Script, text: string, note: Note): void {
  for (const match of text.matchAll(/^\s*sleep\s+\d/gm)) {
    const place = placeOf(text, match.index + match[0].search(/sleep/));
    note(script.file, place, 'warning', 'sleep', 'waits are declared in setup.wait or by kubectl wait, not slept');
  }
}

/**
 * Documents parse, have a kind and a name, and pull nothing that a cluster without a registry does not have. With the
 * variables filled in, as it is applied: a number may be one.
 */
function lintManifest(scenario: Scenario, script: Script, note: Note, options: LintOptions): void {
  try {
    readManifest(script.file, script.text);
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    for (const { message, ...place } of error.problems) note(script.file, place, 'error', 'yaml', message);
    return;
  }
  const lineCounter = new LineCounter();
  for (const document of parseAllDocuments(script.text, { lineCounter, prettyErrors: false })) {
    const where = (offset: number): Place => {
      const { line, col } = lineCounter.linePos(offset);
      return { line, column: col };
    };
    if (document.contents === null) continue;
    const object = document.toJS() as { apiVersion?: string; kind?: string; metadata?: { name?: string } };
    const lacks = !object.apiVersion
      ? 'apiVersion'
      : !object.kind
        ? 'kind'
        : !object.metadata?.name
          ? 'metadata.name'
          : undefined;
    if (lacks)
      note(script.file, where(document.contents.range?.[0] ?? 0), 'error', 'manifest', `this object has no ${lacks}`);
    visit(document, {
      Pair(_, pair) {
        if (!isScalar(pair.key) || pair.key.value !== 'image' || !isScalar(pair.value)) return;
        const image = String(pair.value.value);
        if (options.knowsImage(image) || scenario.lint.missing.includes(image)) return;
        note(
          script.file,
          where(pair.value.range?.[0] ?? 0),
          'error',
          'image',
          `the embedded cluster does not have the image ${image}`,
        );
      },
    });
  }
}
