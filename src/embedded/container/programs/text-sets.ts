/** coreutils' tools for sorted lists, long lines and large files: comm, join, fold, split, shuf. */
import type { Process } from '../kernel/process.ts';
import { eachInput, LineReader, lines, Output, withFile } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';
import { parseCount } from './head.ts';

const hint = (p: Process) => (isBusybox(p) ? '' : `\nTry '${p.name} --help' for more information.`);

/** Runs `use` with a reader for each of two files; one of them may be standard input. */
async function withTwo(
  p: Process,
  files: readonly string[],
  use: (a: LineReader, b: LineReader) => Promise<void>,
): Promise<void> {
  const [left, right, extra] = files;
  if (left === undefined || right === undefined) {
    const last = left === undefined ? 'missing operand' : `missing operand after '${left}'`;
    throw new UsageError(last + hint(p));
  }
  if (extra !== undefined) throw new UsageError(`extra operand '${extra}'${hint(p)}`);
  const opened = async (file: string, go: (fd: number) => Promise<void>) => {
    if (file !== '-' && !p.vfs.find(p, file))
      throw new UsageError(`${isBusybox(p) ? `can't open '${file}'` : file}: No such file or directory`);
    return file === '-' ? go(0) : withFile(p, file, go);
  };
  await opened(left, (a) => opened(right, (b) => use(new LineReader(p, a), new LineReader(p, b))));
}

export const comm = program('comm', async (p) => {
  const options = parseOptions(p, '123', {
    'output-delimiter': 'output-delimiter:',
    'check-order': 'x',
    'nocheck-order': 'x',
  });
  const separator = options.get('output-delimiter') ?? '\t';
  const shown = (['1', '2', '3'] as const).filter((column) => !options.has(column));
  const out = new Output(p);
  const put = (column: (typeof shown)[number], line: string) =>
    shown.includes(column) ? out.write(`${separator.repeat(shown.indexOf(column))}${line}\n`) : undefined;
  await withTwo(p, options.operands, async (a, b) => {
    let [x, y] = [await a.next(), await b.next()];
    while (x !== undefined || y !== undefined) {
      if (x !== undefined && x === y) {
        await put('3', x);
        [x, y] = [await a.next(), await b.next()];
      } else if (x !== undefined && (y === undefined || x < y)) {
        await put('1', x);
        x = await a.next();
      } else {
        await put('2', y ?? '');
        y = await b.next();
      }
    }
  });
  await out.flush();
  return 0;
});

export const join = program('join', async (p) => {
  const options = parseOptions(p, '1:2:j:t:a:v:i', { 'ignore-case': 'i' });
  const separator = options.get('t');
  const field = (name: string) => Number(options.get(name) ?? options.get('j') ?? 1) - 1;
  const [first, second] = [field('1'), field('2')];
  if (!(first >= 0 && second >= 0))
    throw new UsageError(`invalid field number: '${options.get('1') ?? options.get('2')}'`);
  const fields = (line: string) => (separator === undefined ? line.trim().split(/\s+/) : line.split(separator));
  const key = (parts: readonly string[], at: number) =>
    options.has('i') ? (parts[at] ?? '').toLowerCase() : (parts[at] ?? '');
  const glue = separator ?? ' ';
  const out = new Output(p);
  const only = options.get('v');
  const unpaired = new Set([...options.all('a'), ...options.all('v')]);
  const row = (parts: readonly string[], at: number) => [parts[at] ?? '', ...parts.filter((_, i) => i !== at)];
  await withTwo(p, options.operands, async (a, b) => {
    let [x, y] = [await a.next(), await b.next()];
    // Lines of the second file with one key, for each line of the first that has it.
    let group: string[][] = [];
    let groupKey: string | undefined;
    while (x !== undefined) {
      const parts = fields(x);
      const own = key(parts, first);
      while (y !== undefined && key(fields(y), second) < own) {
        if (unpaired.has('2')) await out.write(`${row(fields(y), second).join(glue)}\n`);
        y = await b.next();
      }
      if (own !== groupKey) {
        group = [];
        groupKey = own;
        while (y !== undefined && key(fields(y), second) === own) {
          p.charge(2 * y.length);
          group.push(fields(y));
          y = await b.next();
        }
      }
      if (only === undefined)
        for (const other of group)
          await out.write(`${[...row(parts, first), ...row(other, second).slice(1)].join(glue)}\n`);
      if (group.length === 0 && unpaired.has('1')) await out.write(`${row(parts, first).join(glue)}\n`);
      x = await a.next();
    }
    for (; y !== undefined; y = await b.next())
      if (unpaired.has('2')) await out.write(`${row(fields(y), second).join(glue)}\n`);
  });
  await out.flush();
  return 0;
});

export const fold = program('fold', async (p) => {
  const options = parseOptions(p, 'w:sb', { width: 'w', spaces: 's', bytes: 'b' });
  const text = options.get('w') ?? '80';
  const width = Number(text);
  if (!(Number.isInteger(width) && width > 0)) throw new UsageError(`invalid number of columns: '${text}'`);
  const out = new Output(p);
  const status = await eachInput(p, options.operands, async (fd) => {
    for await (const { text: line, end } of lines(p, fd, out)) {
      let rest = line;
      while (rest.length > width) {
        const space = options.has('s') ? rest.lastIndexOf(' ', width - 1) + 1 : 0;
        const at = space > 0 ? space : width;
        await out.write(`${rest.slice(0, at)}\n`);
        rest = rest.slice(at);
      }
      await out.write(rest + end);
    }
  });
  await out.flush();
  return status;
});

/** The suffix of the n-th piece: `aa`, `ab`, ... or numbers. */
function suffix(n: number, length: number, numeric: boolean): string {
  const base = numeric ? 10 : 26;
  let [text, left] = ['', n];
  for (let i = 0; i < length; i++) {
    text = (numeric ? String(left % base) : String.fromCharCode(97 + (left % base))) + text;
    left = Math.floor(left / base);
  }
  if (left > 0) throw new UsageError('output file suffixes exhausted');
  return text;
}

export const split = program('split', async (p) => {
  const options = parseOptions(p, 'l:b:a:d', {
    lines: 'l',
    bytes: 'b',
    'suffix-length': 'a',
    'numeric-suffixes': 'd',
    'additional-suffix': 'additional-suffix:',
  });
  const [file = '-', prefix = 'x'] = options.operands;
  const bytes = options.get('b');
  const per = parseCount(bytes ?? options.get('l') ?? '1000').count;
  if (!(per > 0))
    throw new UsageError(
      `invalid number of ${bytes === undefined ? 'lines' : 'bytes'}: '${bytes ?? options.get('l')}'`,
    );
  const length = options.number('a') ?? 2;
  let [created, fd, left] = [0, -1, 0];
  const write = async (data: Uint8Array) => {
    if (left === 0) {
      if (fd >= 0) p.setFd(fd, undefined);
      const name = `${prefix}${suffix(created++, length, options.has('d'))}${options.get('additional-suffix') ?? ''}`;
      fd = p.addFd(p.vfs.open(p, name, { write: true, create: true, truncate: true }));
      left = per;
    }
    await p.write(fd, data);
  };
  return eachInput(p, [file], async (from) => {
    if (bytes === undefined) {
      for await (const { text, end } of lines(p, from)) {
        await write(Buffer.from(text + end));
        left--;
      }
      return;
    }
    for (let data = await p.read(from); data.length > 0; data = await p.read(from)) {
      for (let at = 0; at < data.length; ) {
        const room = left === 0 ? per : left;
        const piece = data.subarray(at, at + room);
        await write(piece);
        left -= piece.length;
        at += piece.length;
      }
    }
  });
});

export const shuf = program('shuf', async (p) => {
  const options = parseOptions(p, 'n:i:ero:z', {
    'head-count': 'n',
    'input-range': 'i',
    echo: 'e',
    repeat: 'r',
    output: 'o',
  });
  const all: string[] = [];
  const range = options.get('i');
  if (range !== undefined) {
    const [, low, high] = /^(\d+)-(\d+)$/.exec(range) ?? [];
    if (low === undefined || Number(high) < Number(low) - 1) throw new UsageError(`invalid input range: '${range}'`);
    p.charge(8 * Math.max(0, Number(high) - Number(low)));
    for (let n = Number(low); n <= Number(high); n++) all.push(String(n));
  } else if (options.has('e')) all.push(...options.operands);
  else {
    const status = await eachInput(p, options.operands.slice(0, 1), async (fd) => {
      for await (const { text } of lines(p, fd)) {
        p.charge(2 * text.length + 32);
        all.push(text);
      }
    });
    if (status !== 0) return status;
  }
  const count = Math.min(
    options.number('n') ?? Number.POSITIVE_INFINITY,
    options.has('r') ? Number.POSITIVE_INFINITY : all.length,
  );
  const out = new Output(p);
  for (let i = 0; i < count && all.length > 0; i++) {
    const turn = p.step(1);
    if (turn) await turn;
    if (options.has('r')) {
      await out.write(`${all[Math.floor(Math.random() * all.length)]}\n`);
      continue;
    }
    const at = i + Math.floor(Math.random() * (all.length - i));
    [all[i], all[at]] = [all[at] ?? '', all[i] ?? ''];
    await out.write(`${all[i]}\n`);
  }
  await out.flush();
  return 0;
});
