import { eachInput, lines, Output } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';

interface Key {
  from: number;
  fromChar: number;
  to: number;
  toChar: number;
  flags: string;
}

function parseKey(text: string): Key {
  const match = /^(\d+)(?:\.(\d+))?([bdfgiMhnrV]*)(?:,(\d+)(?:\.(\d+))?([bdfgiMhnrV]*))?$/.exec(text);
  if (!match) throw new UsageError(`invalid key '${text}'`);
  return {
    from: Number(match[1]),
    fromChar: Number(match[2] ?? 1),
    to: Number(match[4] ?? Number.POSITIVE_INFINITY),
    toChar: Number(match[5] ?? 0),
    flags: (match[3] ?? '') + (match[6] ?? ''),
  };
}

function extract(line: string, key: Key, separator: string | undefined): string {
  const fields = separator === undefined ? (line.match(/\s*\S+/g) ?? []) : line.split(separator);
  const chosen = fields.slice(key.from - 1, key.to);
  if (key.fromChar > 1)
    chosen[0] = (chosen[0] ?? '').slice(key.fromChar - 1 + (separator === undefined && key.from > 1 ? 1 : 0));
  if (key.toChar > 0 && chosen.length === key.to - key.from + 1)
    chosen[chosen.length - 1] = (chosen.at(-1) ?? '').slice(0, key.toChar);
  return chosen.join(separator ?? '');
}

const suffixes = 'KMGTPE';

function numeric(text: string): number {
  const value = Number.parseFloat(/^\s*([-+]?\d*\.?\d*)/.exec(text)?.[1] ?? '');
  return Number.isNaN(value) ? 0 : value;
}

function human(text: string): number {
  const match = /^\s*([-+]?\d*\.?\d+)([KMGTPEk]?)/.exec(text);
  return match ? Number(match[1]) * 1024 ** (suffixes.indexOf((match[2] ?? '').toUpperCase() || '-') + 1) : 0;
}

const months = 'JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC';

function compareVersions(a: string, b: string): number {
  const split = (text: string) => text.match(/\d+|\D+/g) ?? [];
  const [x, y] = [split(a), split(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const [l = '', r = ''] = [x[i], y[i]];
    const both = /\d/.test(l) && /\d/.test(r);
    const order = both ? Number(l) - Number(r) : l < r ? -1 : l > r ? 1 : 0;
    if (order !== 0) return order;
  }
  return x.length - y.length;
}

function compareBy(flags: string): (a: string, b: string) => number {
  const plain = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const prepare = (text: string) => {
    let result = text;
    if (flags.includes('b')) result = result.trimStart();
    if (flags.includes('d')) result = result.replace(/[^A-Za-z0-9\s]/g, '');
    return flags.includes('f') ? result.toUpperCase() : result;
  };
  if (flags.includes('n') || flags.includes('g')) return (a, b) => numeric(a) - numeric(b);
  if (flags.includes('h')) return (a, b) => human(a) - human(b);
  if (flags.includes('V')) return compareVersions;
  if (flags.includes('M')) {
    const month = (text: string) => months.indexOf(text.trim().slice(0, 3).toUpperCase() || '-');
    return (a, b) => month(a) - month(b);
  }
  return (a, b) => plain(prepare(a), prepare(b));
}

export const sort = program('sort', async (p) => {
  const options = parseOptions(p, 'nrufbdghiMVcCsk:t:o:zmS:T:', {
    'numeric-sort': 'n',
    reverse: 'r',
    unique: 'u',
    'ignore-case': 'f',
    key: 'k',
    'field-separator': 't',
    output: 'o',
    'human-numeric-sort': 'h',
    'version-sort': 'V',
    'general-numeric-sort': 'g',
    stable: 's',
    check: 'c::',
  });
  const global = [...'nfbdghiMV'].filter((f) => options.has(f)).join('');
  const separator = options.get('t');
  const keys = options.all('k').map(parseKey);
  const reversed = options.has('r');
  const compare = (a: string, b: string): number => {
    for (const key of keys) {
      const own = key.flags.replace('r', '');
      const order = compareBy(own || global)(extract(a, key, separator), extract(b, key, separator));
      if (order !== 0) return (key.flags === '' ? reversed : key.flags.includes('r')) ? -order : order;
    }
    if (keys.length > 0) return 0;
    const order = compareBy(global)(a, b);
    return reversed ? -order : order;
  };
  const all: string[] = [];
  const status = await eachInput(p, options.operands, async (fd) => {
    for await (const { text } of lines(p, fd)) {
      all.push(text);
      p.charge(2 * text.length + 48);
    }
  });
  if (status !== 0) return 2;
  const last = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0) * (reversed ? -1 : 1);
  if (options.has('c', 'C')) {
    const wrong = all.findIndex((line, i) => i > 0 && compare(all[i - 1] ?? '', line) > 0);
    if (wrong < 0) return 0;
    if (!options.has('C'))
      await p.print(2, `sort: ${options.operands[0] ?? '-'}:${wrong + 1}: disorder: ${all[wrong]}\n`);
    return 1;
  }
  // Sorting many lines is work that can't be interrupted: it is paid before.
  await p.step(Math.ceil(all.length / 4));
  let sorted = all.sort((a, b) => compare(a, b) || (options.has('s', 'u') ? 0 : last(a, b)));
  if (options.has('u')) sorted = sorted.filter((line, i) => i === 0 || compare(sorted[i - 1] ?? '', line) !== 0);
  const target = options.get('o');
  const text = sorted.map((line) => `${line}\n`).join('');
  if (target !== undefined) {
    p.vfs.writeFile(p, target, text);
    return 0;
  }
  const out = new Output(p);
  await out.write(text);
  await out.flush();
  return 0;
});
