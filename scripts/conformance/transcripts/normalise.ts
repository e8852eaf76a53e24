import { pythonRegex, type Step } from './topic.ts';

/** Something that differs from cluster to cluster: its class, and the text that must be mapped one to one. */
type Token = readonly [kind: string, value: string];

/** A line with its tokens replaced by their classes. */
export interface Line {
  shape: string;
  tokens: readonly Token[];
}

const safe = 'bcdfghjklmnpqrstvwxz2456789';
const age = '(?:\\d+(?:\\.\\d+)?[smhdy](?:\\d+[smhd])?)';
const ageCell = new RegExp(`^(?:${age}|<unknown>|<invalid>)(?: \\(x\\d+ over ${age}\\))?$`);
const ageColumns = new Set(['AGE', 'LAST SEEN', 'DURATION', 'LAST SCHEDULE', 'Age', 'FIRST SEEN']);
/** Addresses that every cluster has. */
const commonAddresses = new Set(['0.0.0.0', '127.0.0.1', '10.96.0.1', '10.96.0.10', '255.255.255.255']);
const before = '(?<![A-Za-z0-9])';
const after = '(?![A-Za-z0-9])';

interface Rule {
  pattern: RegExp;
  kind: string;
  /** Equal values must stay equal, and different ones different. */
  mapped: boolean;
  /** The group that is the token; 0: all of the match. */
  group: number;
}

function rule(pattern: string, kind: string, mapped: boolean, group = 0, flags = ''): Rule {
  return { pattern: new RegExp(pattern, `gd${flags}`), kind, mapped, group };
}

const days = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';

const rules: readonly Rule[] = [
  rule('eyJ[\\w-]+\\.eyJ[\\w-]+\\.[\\w-]+', 'JWT', false),
  rule('LS0tLS1[A-Za-z0-9+/=]{40,}', 'PEM', false),
  rule(`${before}[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}${after}`, 'UID', true),
  rule('\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|[+-]\\d\\d:?\\d\\d)', 'TIME', false),
  rule(`${days}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d (?:[+-]\\d{4}|GMT|UTC)`, 'TIME', false),
  rule(`${days} \\w{3} +\\d+ \\d\\d:\\d\\d:\\d\\d (?:UTC )?\\d{4}`, 'TIME', false),
  rule('\\d\\d/\\w{3}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}', 'TIME', false),
  rule('\\d{4}[/-]\\d\\d[/-]\\d\\d \\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?', 'TIME', false),
  rule('^[EIWF]\\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d+ +\\d+ [\\w./-]+:\\d+\\]', 'KLOG', false, 0, 'm'),
  rule(`${before}[0-9a-f]{64}${after}`, 'HEX64', false),
  rule(`(?<=\\.)[0-9a-f]{16}${after}`, 'EVT', false),
  rule(`^Duration: +(${age})$`, 'AGE', false, 1, 'm'),
  rule(`(?:(?<= over )|(?<=\\(lasts ))${age}(?=\\))`, 'AGE', false),
  // Restarts of a container in a crash loop.
  rule('(?<= )(?:[1-9]|\\d\\d)(?= \\(\\d+[smhd]\\w* ago\\))', 'RESTARTS', false),
  rule(`${age}(?= ago)`, 'AGE', false),
  rule('Restart Count: +([1-9]|\\d\\d)$', 'RESTARTS', false, 1, 'm'),
  // ls -l
  rule('(?<= )[A-Z][a-z]{2} [ \\d]\\d (?:\\d\\d:\\d\\d| \\d{4})(?= )', 'TIME', false),
  // The data directory of an atomic volume.
  rule('\\.\\.(\\d{4}(?:_\\d\\d){5}\\.\\d+)', 'TMP', false, 1),
  rule('kubectl-edit-(\\d+)', 'TMP', false, 1),
  rule('Resource Version: +(\\d+)', 'RV', false, 1),
  rule('resourceVersion"?:\\s*"?(\\d+)"?', 'RV', false, 1),
  rule('(?<=[:/ ])(3[0-2]\\d{3})(?=/(?:TCP|UDP))', 'NP', true),
  rule('odePort"?:\\s*(3[0-2]\\d{3})\\b', 'NP', true, 1),
  rule('(?<![\\d.])(?:\\d{1,3}\\.){3}\\d{1,3}(?![\\d.]*\\d)', 'IP', true),
  rule('(?<![\\d-])(?:10|172|192)-\\d{1,3}-\\d{1,3}-\\d{1,3}(?=\\.)', 'DIP', true),
  rule(`(?<=[a-z0-9])-([${safe}]{7,10})(?=-[${safe}]{5}${after})`, 'RSH', true, 1),
  rule('(?<=[a-z0-9])-(\\d{8})(?![0-9])', 'CRON', true, 1),
  rule(`(?<=[a-z0-9\\x01])-([${safe}]{5})(?![A-Za-z0-9])(?!-[a-z])`, 'SFX', true, 1),
  rule(`(?<=[a-z0-9])-([${safe}]{8,10})(?!-?[A-Za-z0-9])`, 'RSH', true, 1),
  rule(`(?:pod-template-hash|controller-revision-hash)[=:" ]+(?:[a-z0-9-]+-)?([a-z0-9]{7,10})${after}`, 'RSH', true, 1),
];

const mappedKinds = new Set([...rules.filter(({ mapped }) => mapped).map(({ kind }) => kind), 'NODE']);

/** A token in the text: no rule looks into it again. */
const mark = (kind: string, value: string) => `\x02${kind}\x02${value}\x03`;
const anyMark = /\x02([^\x02\x03]*)\x02([^\x03]*)\x03/g;

/** Replaces the cells of age columns of tables, describe's tables of events included. */
function withoutAges(text: string, noHeaders: boolean): string {
  let columns: [start: number, end: number | undefined][] = [];
  const lines = text.split('\n').map((line) => {
    const cells = [...line.matchAll(/\S+(?: \S+)*/g)];
    if (cells.length > 1 && cells.some(([cell]) => ageColumns.has(cell))) {
      columns = cells.flatMap((cell, i) => (ageColumns.has(cell[0]) ? [[cell.index, cells[i + 1]?.index]] : []));
      return line;
    }
    if (!line.trim()) columns = [];
    let result = line;
    for (const [start, end] of [...columns].reverse()) {
      if (!ageCell.test(result.slice(start, end).trim())) continue;
      result = `${result.slice(0, start)}${mark('AGE', '')}  ${end === undefined ? '' : result.slice(end)}`;
    }
    return noHeaders ? result.replace(new RegExp(`(?<=\\s)${age}(?=\\s{2,}|$)`, 'g'), mark('AGE', '')) : result;
  });
  return lines.join('\n');
}

function apply({ pattern, kind, group }: Rule, text: string): string {
  let result = '';
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    const [start = 0, end = 0] = match.indices?.[group] ?? [];
    const value = match[group] ?? '';
    if (kind === 'IP' && commonAddresses.has(value)) continue;
    result += text.slice(at, start) + mark(kind, value);
    at = end;
  }
  return result + text.slice(at);
}

function applyOutsideMarks(one: Rule, text: string): string {
  const parts = text.split(/(\x02[^\x03]*\x03)/);
  // A token before a generated suffix is part of the name.
  const edge = one.kind === 'SFX' ? '\x01' : '';
  return parts
    .map((part, i) => {
      if (i % 2 === 1) return part;
      return i > 0 && edge ? apply(one, edge + part).replace(/^\x01/, '') : apply(one, part);
    })
    .join('');
}

/** Text as lines that are comparable between clusters; only tokens are replaced, never lines. */
export function normalise(text: string, step: Step, nodes: readonly string[], server: string): Line[] {
  let marked = text.replaceAll(server, '<SERVER>').replaceAll(server.replace('https://', ''), '<SERVER-HOST>');
  marked = withoutAges(marked, step.run.includes('--no-headers'));
  for (const source of step.mask ?? []) marked = marked.replace(pythonRegex(source, 'g'), mark('MASK', ''));
  if (/\bkubectl top\b/.test(step.run)) marked = marked.replace(/(?<=\s)\d+(?:m|Mi|Ki|%)(?=\s|$)/g, mark('USE', ''));
  for (const node of [...nodes].sort((a, b) => b.length - a.length)) {
    marked = marked.replace(
      new RegExp(`(?<![A-Za-z0-9-])${escapeRegex(node)}(?![A-Za-z0-9-])`, 'g'),
      mark('NODE', node),
    );
  }
  for (const one of rules) marked = applyOutsideMarks(one, marked);
  let lines = marked.split('\n').map(lineOf);
  if (step.progress) lines = lines.filter(({ shape }) => !shape.startsWith('Waiting for '));
  if (step.sorted) lines.sort((a, b) => (a.shape < b.shape ? -1 : Number(a.shape > b.shape)));
  return lines;
}

function lineOf(marked: string): Line {
  const tokens: Token[] = [];
  const text = marked.replace(anyMark, (_, kind: string, value: string) => {
    if (mappedKinds.has(kind)) tokens.push([kind, value]);
    return `<${kind}>`;
  });
  const indent = /^ */.exec(text)?.[0] ?? '';
  // Widths of columns depend on names: any gap is two spaces.
  const rest = text
    .slice(indent.length)
    .replace(/[ \t]+$/, ' ')
    .replace(/(?<=\S) {2,}(?=\S)/g, '  ')
    .replace(/(?<=\S)\t+/g, '  ');
  return { shape: indent + rest, tokens };
}

/** `text` as a regex that matches it alone. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
