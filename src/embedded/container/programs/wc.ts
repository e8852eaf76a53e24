import { eachInput } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program } from '../lib/program.ts';

export const wc = program('wc', async (p) => {
  const options = parseOptions(p, 'lwcmL', { lines: 'l', words: 'w', bytes: 'c', chars: 'm', 'max-line-length': 'L' });
  const all = !options.has('l', 'w', 'c', 'm', 'L');
  const rows: { counts: number[]; name: string }[] = [];
  const totals: number[] = [];
  const status = await eachInput(p, options.operands, async (fd, name) => {
    const decoder = new TextDecoder();
    let [lines, words, bytes, chars, longest, column] = [0, 0, 0, 0, 0, 0];
    let inWord = false;
    for (;;) {
      const data = await p.read(fd);
      bytes += data.length;
      const text = data.length === 0 ? decoder.decode() : decoder.decode(data, { stream: true });
      for (const c of text) {
        chars++;
        if (c === '\n') {
          lines++;
          longest = Math.max(longest, column);
          column = 0;
        } else column++;
        const space = /\s/.test(c);
        if (!space && !inWord) words++;
        inWord = !space;
      }
      if (data.length === 0) break;
    }
    const counts: number[] = [];
    if (all || options.has('l')) counts.push(lines);
    if (all || options.has('w')) counts.push(words);
    if (options.has('m')) counts.push(chars);
    if (all || options.has('c')) counts.push(bytes);
    if (options.has('L')) counts.push(Math.max(longest, column));
    counts.forEach((n, i) => {
      totals[i] = (totals[i] ?? 0) + n;
    });
    rows.push({ counts, name });
  });
  if (rows.length > 1 || options.operands.length > 1) rows.push({ counts: totals, name: 'total' });
  const single = totals.length === 1 && rows.length === 1;
  const fromStdin = options.operands.length === 0;
  const width = isBusybox(p)
    ? 9
    : fromStdin && totals.length > 1
      ? 7
      : Math.max(...totals.map((n) => String(n).length), 1);
  for (const { counts, name } of rows) {
    const cells = counts.map((n) => (single ? String(n) : String(n).padStart(width)));
    const label = fromStdin || name === '-' ? '' : ` ${name}`;
    await p.print(1, `${cells.join(' ')}${label}\n`);
  }
  return status;
});
