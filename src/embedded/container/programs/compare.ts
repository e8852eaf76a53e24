import type { Process } from '../kernel/process.ts';
import { eachInput, lines } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';

async function linesOf(p: Process, file: string): Promise<string[]> {
  const all: string[] = [];
  const status = await eachInput(p, [file], async (fd) => {
    for await (const { text } of lines(p, fd)) {
      p.charge(2 * text.length + 32);
      all.push(text);
    }
  });
  if (status !== 0) p.exit(2);
  return all;
}

type Edit = { t: ' ' | '-' | '+'; text: string };

/** The edits between two texts by the longest common subsequence; large ones are compared block against block. */
async function edits(p: Process, a: readonly string[], b: readonly string[]): Promise<Edit[]> {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const middle: Edit[] = [];
  if (x.length * y.length > 4_000_000) {
    middle.push(...x.map((text): Edit => ({ t: '-', text })), ...y.map((text): Edit => ({ t: '+', text })));
  } else {
    p.charge(x.length * y.length * 4);
    const width = y.length + 1;
    const table = new Uint32Array((x.length + 1) * width);
    for (let i = x.length - 1; i >= 0; i--) {
      const turn = p.step(1 + (y.length >> 5));
      if (turn) await turn;
      for (let j = y.length - 1; j >= 0; j--) {
        table[i * width + j] =
          x[i] === y[j]
            ? (table[(i + 1) * width + j + 1] ?? 0) + 1
            : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0);
      }
    }
    let [i, j] = [0, 0];
    while (i < x.length || j < y.length) {
      if (i < x.length && j < y.length && x[i] === y[j]) {
        middle.push({ t: ' ', text: x[i++] ?? '' });
        j++;
      } else if (
        j >= y.length ||
        (i < x.length && (table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0))
      ) {
        middle.push({ t: '-', text: x[i++] ?? '' });
      } else middle.push({ t: '+', text: y[j++] ?? '' });
    }
  }
  const same = (text: string): Edit => ({ t: ' ', text });
  return [...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)];
}

export const diff = program('diff', async (p) => {
  const options = parseOptions(
    p,
    'uU:qrNbwiBas',
    { unified: 'u', brief: 'q', recursive: 'r', 'new-file': 'N', 'ignore-case': 'i', 'ignore-all-space': 'w' },
    { code: 2 },
  );
  const [left, right] = options.operands;
  if (left === undefined || right === undefined) throw new UsageError('missing operand', 2);
  const [a, b] = [await linesOf(p, left), await linesOf(p, right)];
  const all = await edits(p, a, b);
  if (all.every((e) => e.t === ' ')) return 0;
  if (options.has('q')) await p.print(1, `Files ${left} and ${right} differ\n`);
  else if (isBusybox(p) || options.has('u', 'U')) await p.print(1, unified(all, left, right, options.number('U') ?? 3));
  else await p.print(1, normal(all));
  return 1;
});

function unified(all: readonly Edit[], left: string, right: string, context: number): string {
  let out = `--- ${left}\n+++ ${right}\n`;
  const changed = all.flatMap((e, i) => (e.t === ' ' ? [] : [i]));
  for (let k = 0; k < changed.length; ) {
    const from = Math.max(0, (changed[k] ?? 0) - context);
    let last = changed[k] ?? 0;
    while (k < changed.length && (changed[k] ?? 0) <= last + 2 * context + 1) last = changed[k++] ?? last;
    const to = Math.min(all.length, last + context + 1);
    const hunk = all.slice(from, to);
    const count = (t: string, part: readonly Edit[]) => part.filter((e) => e.t !== t).length;
    const before = all.slice(0, from);
    const range = (start: number, length: number) =>
      length === 1 ? `${start + 1}` : `${length === 0 ? start : start + 1},${length}`;
    out += `@@ -${range(count('+', before), count('+', hunk))} +${range(count('-', before), count('-', hunk))} @@\n`;
    out += hunk.map((e) => `${e.t}${e.text}\n`).join('');
  }
  return out;
}

function normal(all: readonly Edit[]): string {
  let out = '';
  let [a, b] = [0, 0];
  for (let i = 0; i < all.length; ) {
    if (all[i]?.t === ' ') {
      a++;
      b++;
      i++;
      continue;
    }
    const removed: string[] = [];
    const added: string[] = [];
    for (; i < all.length && all[i]?.t !== ' '; i++) (all[i]?.t === '-' ? removed : added).push(all[i]?.text ?? '');
    const range = (start: number, n: number) =>
      n <= 1 ? `${n === 0 ? start : start + 1}` : `${start + 1},${start + n}`;
    const kind = removed.length === 0 ? 'a' : added.length === 0 ? 'd' : 'c';
    out += `${range(a, removed.length)}${kind}${range(b, added.length)}\n`;
    out +=
      removed.map((l) => `< ${l}\n`).join('') + (kind === 'c' ? '---\n' : '') + added.map((l) => `> ${l}\n`).join('');
    a += removed.length;
    b += added.length;
  }
  return out;
}

export const cmp = program('cmp', async (p) => {
  const options = parseOptions(p, 'sl', { silent: 's', quiet: 's' }, { code: 2 });
  const [left = '-', right = '-'] = options.operands;
  const read = async (file: string) => (file === '-' ? await p.readAll(0) : await p.vfs.readFileSlowly(p, file));
  const [a, b] = [await read(left), await read(right)];
  const length = Math.min(a.length, b.length);
  let line = 1;
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) {
      if (!options.has('s')) await p.print(1, `${left} ${right} differ: char ${i + 1}, line ${line}\n`);
      return 1;
    }
    if (a[i] === 10) line++;
  }
  if (a.length === b.length) return 0;
  if (!options.has('s')) await p.print(2, `cmp: EOF on ${a.length < b.length ? left : right}\n`);
  return 1;
});
