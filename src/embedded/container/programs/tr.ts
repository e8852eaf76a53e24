import { ownValue } from '../../../kernel/own.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';

const escapes: Record<string, number> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, '\\': 92 };
const classes: Record<string, (c: number) => boolean> = {
  upper: (c) => c >= 65 && c <= 90,
  lower: (c) => c >= 97 && c <= 122,
  alpha: (c) => (c >= 65 && c <= 90) || (c >= 97 && c <= 122),
  digit: (c) => c >= 48 && c <= 57,
  alnum: (c) => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122),
  space: (c) => c === 32 || (c >= 9 && c <= 13),
  blank: (c) => c === 32 || c === 9,
  punct: (c) => (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126),
  cntrl: (c) => c < 32 || c === 127,
  print: (c) => c >= 32 && c < 127,
  graph: (c) => c > 32 && c < 127,
  xdigit: (c) => (c >= 48 && c <= 57) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102),
};

/** The bytes that a set stands for: ranges, classes, escapes. */
function expandSet(text: string): number[] {
  const bytes = [...Buffer.from(text, 'utf8')];
  const result: number[] = [];
  const at = (i: number): { value: number; length: number } => {
    if (bytes[i] !== 92 || i + 1 >= bytes.length) return { value: bytes[i] ?? 0, length: 1 };
    const rest = Buffer.from(bytes.slice(i + 1)).toString('latin1');
    const octal = /^[0-7]{1,3}/.exec(rest);
    if (octal) return { value: Number.parseInt(octal[0], 8) & 255, length: 1 + octal[0].length };
    return { value: escapes[rest[0] ?? ''] ?? rest.charCodeAt(0), length: 2 };
  };
  for (let i = 0; i < bytes.length; ) {
    const rest = Buffer.from(bytes.slice(i)).toString('latin1');
    const named = /^\[:(\w+):\]/.exec(rest);
    if (named) {
      const test = ownValue(classes, named[1] ?? '');
      if (!test) throw new UsageError(`invalid character class '${named[1]}'`);
      for (let c = 0; c < 256; c++) if (test(c)) result.push(c);
      i += named[0].length;
      continue;
    }
    const first = at(i);
    i += first.length;
    if (bytes[i] === 45 && i + 1 < bytes.length) {
      const last = at(i + 1);
      for (let c = first.value; c <= last.value; c++) result.push(c);
      i += 1 + last.length;
    } else result.push(first.value);
  }
  return result;
}

export const tr = program('tr', async (p) => {
  const options = parseOptions(
    p,
    'cCdst',
    { complement: 'c', delete: 'd', 'squeeze-repeats': 's', 'truncate-set1': 't' },
    { stop: true },
  );
  const [set1, set2] = options.operands;
  if (set1 === undefined) throw new UsageError('missing operand');
  let from = expandSet(set1);
  if (options.has('c', 'C')) {
    const given = new Set(from);
    from = Array.from({ length: 256 }, (_, c) => c).filter((c) => !given.has(c));
  }
  const to = set2 === undefined ? [] : expandSet(set2);
  const deleting = options.has('d');
  if (!deleting && set2 === undefined && !options.has('s')) throw new UsageError(`missing operand after '${set1}'`);
  const map = Array.from({ length: 256 }, (_, c) => c);
  const translating = !deleting && to.length > 0;
  if (translating) for (const [i, c] of from.entries()) map[c] = to[Math.min(i, to.length - 1)] ?? c;
  const removed = new Set(deleting ? from : []);
  const squeezed = new Set(options.has('s') ? (deleting || translating ? to : from) : []);
  let previous = -1;
  for (;;) {
    const data = await p.read(0);
    if (data.length === 0) return 0;
    const out = new Uint8Array(data.length);
    let length = 0;
    for (const byte of data) {
      if (removed.has(byte)) continue;
      const c = map[byte] ?? byte;
      if (c === previous && squeezed.has(c)) continue;
      out[length++] = c;
      previous = c;
    }
    if (length > 0) await p.write(1, out.subarray(0, length));
  }
});
