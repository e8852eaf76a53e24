import { existsSync, readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import * as z from 'zod';
import { UserError } from '../kernel/errors.ts';
import { ownValue } from '../kernel/own.ts';
import { mix } from './mix.ts';
import { id as idSchema, packSchema, scenarioSchema, toCheck, toCondition } from './schema.ts';
import { defaultSeed } from './seed-list.ts';
import type { Pack, Scenario, Script } from './types.ts';
import { fillIn, openYamlFile, readYamlFile } from './yaml-file.ts';
import { InvalidFile, readBounded, requireSize } from './yaml-text.ts';

/** Reads `pack.yaml` of a folder. */
export function loadPack(folder: string, builtIn: boolean): Pack {
  const file = join(folder, 'pack.yaml');
  if (!existsSync(file)) {
    throw new UserError({
      what: `${folder} is no pack`,
      why: 'it has no pack.yaml',
      next: 'name a folder that has one',
    });
  }
  const { title, version, order, renamed, exams: declared } = readYamlFile(file, packSchema);
  const exams = declared.map(({ tasks, ...exam }) =>
    typeof tasks === 'number' ? { ...exam, tasks } : { ...exam, tasks: tasks.length, fixed: tasks },
  );
  return { id: basename(folder), title, version, order, renamed, exams, folder, builtIn };
}

/** The ids of a pack's scenarios: its folders that hold a scenario.yaml, in the pack's order and then by name. */
export function scenarioIds(pack: Pick<Pack, 'folder' | 'order'>): string[] {
  const place = (id: string) => (pack.order.includes(id) ? pack.order.indexOf(id) : pack.order.length);
  return readdirSync(pack.folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(pack.folder, entry.name, 'scenario.yaml')))
    .map((entry) => entry.name)
    .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

/**
 * Reads a scenario with all its files; the variables are drawn by `seed`. Throws InvalidFile (file:line:column) or
 * a UserError that names the missing file.
 */
export function loadScenario(pack: Pack, id: string, seed = defaultSeed): Scenario {
  const folder = join(pack.folder, id);
  const file = join(folder, 'scenario.yaml');
  // It is typed, completed, and stands in the prompt of the lab's shell.
  if (!idSchema.safeParse(id).success) {
    throw new UserError({
      what: `${file}: ${JSON.stringify(id)} can be no scenario's name`,
      why: 'it is typed, and stands in paths and prompts: lower-case words joined by -',
      next: 'give its folder another name',
    });
  }
  const read = openYamlFile(file);
  const declared = read(z.looseObject({ variables: scenarioSchema.shape.variables }));
  const variables = draw(declared.variables, seed);
  const parsed = read(scenarioSchema, variables);
  const text = (name: string) => {
    const filled = fillIn(required(folder, name), variables);
    requireSize(join(folder, name), 'text', filled.length);
    return filled;
  };
  const scripts = (name: string) => readScripts(join(folder, name), variables);

  const mistakes = scripts('mistakes').map((script) => {
    const meta = ownValue(parsed.mistakes, script.name);
    if (!meta) {
      throw new InvalidFile(file, [
        {
          line: 1,
          column: 1,
          message: `mistakes: expected an entry "${script.name}" for ${script.file} with title and fails`,
        },
      ]);
    }
    return { ...script, ...meta };
  });
  for (const name of Object.keys(parsed.mistakes)) {
    if (!mistakes.some((m) => m.name === name)) {
      throw new UserError({
        what: `${file} names the mistake ${name}, which has no file in ${join(folder, 'mistakes')}`,
      });
    }
  }
  return {
    id,
    pack,
    folder,
    title: parsed.title,
    competencies: parsed.competencies,
    difficulty: parsed.difficulty,
    minutes: parsed.minutes,
    cluster: parsed.cluster,
    variables,
    namespaces: parsed.namespaces,
    setup: scripts('setup'),
    waits: parsed.setup.wait.map((wait, index) => toCondition(wait, 'set-up', index)),
    checks: parsed.checks.map(toCheck),
    hints: parsed.hints.map(({ text: words, price, when }, index) => ({
      text: words,
      price,
      ...(when ? { when: when.map((condition, n) => toCondition(condition, `hint ${index + 1}`, n)) } : {}),
    })),
    lint: parsed.lint,
    solutions: scripts('solutions'),
    mistakes,
    task: text('task.md'),
    debrief: text('debrief.md'),
  };
}

function required(folder: string, name: string): string {
  const file = join(folder, name);
  if (existsSync(file)) return readBounded(file, 'text');
  throw new UserError({ what: `${file} is missing`, why: 'every scenario has one', next: `write ${file}` });
}

function readScripts(folder: string, variables: Record<string, string>): Script[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /\.(sh|ya?ml)$/.test(name))
    .sort()
    .map((name) => {
      const file = join(folder, name);
      const kind = name.endsWith('.sh') ? 'shell' : 'manifest';
      return { name: basename(name, extname(name)), file, kind, text: fillIn(readBounded(file, 'script'), variables) };
    });
}

/** The default of each variable for the default seed, else one of all its values: the same one of those that go together. */
function draw(declared: z.infer<typeof scenarioSchema>['variables'], seed: number): Record<string, string> {
  const names = Object.keys(declared);
  return Object.fromEntries(
    Object.entries(declared).map(([name, { default: first, others, with: leader = name }]) => {
      if (seed === defaultSeed) return [name, first];
      const values = [first, ...others];
      return [name, values[mix(seed, names.indexOf(leader)) % values.length] ?? first];
    }),
  );
}
