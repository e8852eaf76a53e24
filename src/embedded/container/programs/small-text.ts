import { createHash } from 'node:crypto';
import { work } from '../kernel/work.ts';
import { eachInput, lines, Output } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';
import { posixToJs, regexFault, safeRegExp } from '../lib/regex.ts';

export const rev = program('rev', async (p) => {
  const out = new Output(p);
  const status = await eachInput(p, p.args, async (fd) => {
    for await (const { text, end } of lines(p, fd, out)) await out.write([...text].reverse().join('') + end);
  });
  await out.flush();
  return status;
});

export const tac = program('tac', async (p) => {
  const all: string[] = [];
  const status = await eachInput(p, p.args, async (fd) => {
    const own: string[] = [];
    for await (const { text } of lines(p, fd)) {
      p.charge(2 * text.length + 32);
      own.push(text);
    }
    all.push(...own.reverse());
  });
  await p.print(1, all.map((l) => `${l}\n`).join(''));
  return status;
});

export const nl = program('nl', async (p) => {
  const options = parseOptions(p, 'b:w:s:v:n:', {});
  const width = options.number('w') ?? 6;
  const separator = options.get('s') ?? '\t';
  let number = options.number('v') ?? 1;
  const out = new Output(p);
  const status = await eachInput(p, options.operands, async (fd) => {
    for await (const { text } of lines(p, fd, out)) {
      work(width);
      const numbered = options.get('b') === 'a' || text !== '';
      await out.write(
        numbered ? `${String(number++).padStart(width)}${separator}${text}\n` : `${' '.repeat(width + 1)}\n`,
      );
    }
  });
  await out.flush();
  return status;
});

export const paste = program('paste', async (p) => {
  const options = parseOptions(p, 'sd:', { serial: 's', delimiters: 'd' });
  const delimiters = [
    ...(options.get('d') ?? '\t').replaceAll('\\n', '\n').replaceAll('\\t', '\t').replaceAll('\\0', ''),
  ];
  const files: string[][] = [];
  const status = await eachInput(p, options.operands, async (fd) => {
    const own: string[] = [];
    for await (const { text } of lines(p, fd)) own.push(text);
    files.push(own);
  });
  const glue = (cells: string[]) =>
    cells.reduce(
      (row, cell, i) => (i === 0 ? cell : row + (delimiters[(i - 1) % Math.max(1, delimiters.length)] ?? '') + cell),
      '',
    );
  const rows = options.has('s')
    ? files
    : Array.from({ length: Math.max(0, ...files.map((f) => f.length)) }, (_, i) => files.map((f) => f[i] ?? ''));
  await p.print(1, rows.map((r) => `${glue(r)}\n`).join(''));
  return status;
});

function digest(name: string, algorithm: string) {
  return program(name, async (p) => {
    const options = parseOptions(p, 'cbtsw', { check: 'c', status: 's' });
    if (options.has('c')) {
      let bad = 0;
      await eachInput(p, options.operands, async (fd) => {
        for await (const { text } of lines(p, fd)) {
          const match = /^([0-9a-f]+) [ *](.+)$/.exec(text);
          const file = match?.[2] ?? '';
          const found = p.vfs.find(p, file) ? createHash(algorithm).update(p.vfs.readFile(p, file)).digest('hex') : '';
          if (found !== match?.[1]) bad++;
          await p.print(1, `${file}: ${found === match?.[1] ? 'OK' : 'FAILED'}\n`);
        }
      });
      if (bad > 0) await p.print(2, `${name}: WARNING: ${bad} of the computed checksums did NOT match\n`);
      return bad > 0 ? 1 : 0;
    }
    return eachInput(p, options.operands, async (fd, file) => {
      const hash = createHash(algorithm);
      for (let data = await p.read(fd); data.length > 0; data = await p.read(fd)) hash.update(data);
      await p.print(1, `${hash.digest('hex')}  ${file}\n`);
    });
  });
}

export const md5sum = digest('md5sum', 'md5');
export const sha1sum = digest('sha1sum', 'sha1');
export const sha256sum = digest('sha256sum', 'sha256');
export const sha512sum = digest('sha512sum', 'sha512');

/** The basic regular expression that a text has to begin with. Throws UsageError. */
function beginning(source: string): RegExp {
  try {
    return safeRegExp(`^(?:${posixToJs(source, false)})`);
  } catch (error) {
    throw new UsageError(regexFault(error), 2);
  }
}

/** expr: what scripts use of it. */
export const expr = program('expr', async (p) => {
  let at = 0;
  const { args } = p;
  const levels = [['|'], ['&'], ['=', '==', '!=', '<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%'], [':']];
  const isNumber = (text: string) => /^-?\d+$/.test(text);
  const numbers = (a: string, b: string): [bigint, bigint] => {
    if (!isNumber(a) || !isNumber(b)) throw new UsageError('non-integer argument', 2);
    return [BigInt(a), BigInt(b)];
  };
  const apply = (op: string, a: string, b: string): string => {
    if (op === '|') return a !== '' && a !== '0' ? a : b !== '' ? b : '0';
    if (op === '&') return a !== '' && a !== '0' && b !== '' && b !== '0' ? a : '0';
    if (op === ':') {
      const match = beginning(b).exec(a);
      return /\\\(/.test(b) ? (match?.[1] ?? '') : String(match?.[0].length ?? 0);
    }
    if ('+-*/%'.includes(op)) {
      const [x, y] = numbers(a, b);
      if ('/%'.includes(op) && y === 0n) throw new UsageError('division by zero', 2);
      return String(op === '+' ? x + y : op === '-' ? x - y : op === '*' ? x * y : op === '/' ? x / y : x % y);
    }
    const order = isNumber(a) && isNumber(b) ? Number(BigInt(a) - BigInt(b)) : a < b ? -1 : a > b ? 1 : 0;
    const result = {
      '=': order === 0,
      '==': order === 0,
      '!=': order !== 0,
      '<': order < 0,
      '<=': order <= 0,
      '>': order > 0,
      '>=': order >= 0,
    }[op];
    return result ? '1' : '0';
  };
  const primary = (): string => {
    const token = args[at++];
    if (token === undefined) throw new UsageError('syntax error', 2);
    if (token === '(') {
      const value = level(0);
      if (args[at++] !== ')') throw new UsageError('syntax error', 2);
      return value;
    }
    if (token === 'length') return String((args[at++] ?? '').length);
    if (token === 'match') {
      at += 2;
      return apply(':', args[at - 2] ?? '', args[at - 1] ?? '');
    }
    if (token === 'substr') {
      at += 3;
      return (args[at - 3] ?? '').substring(Number(args[at - 2]) - 1, Number(args[at - 2]) - 1 + Number(args[at - 1]));
    }
    if (token === 'index') {
      at += 2;
      const [text = '', set = ''] = args.slice(at - 2, at);
      return String([...text].findIndex((c) => set.includes(c)) + 1);
    }
    return token;
  };
  const level = (n: number): string => {
    const ops = levels[n];
    if (!ops) return primary();
    let left = level(n + 1);
    while (ops.includes(args[at] ?? '')) {
      const op = args[at++] ?? '';
      left = apply(op, left, level(n + 1));
    }
    return left;
  };
  if (args.length === 0) throw new UsageError('missing operand', 2);
  const value = level(0);
  if (at < args.length) throw new UsageError('syntax error', 2);
  await p.print(1, `${value}\n`);
  return value === '' || value === '0' ? 1 : 0;
});

export const od = program('od', async (p) => {
  const options = parseOptions(p, 'cxbodvA:t:N:w:', {});
  const limit = options.number('N') ?? Number.POSITIVE_INFINITY;
  const chunks: Uint8Array[] = [];
  await eachInput(p, options.operands, async (fd) => {
    let left = limit;
    while (left > 0) {
      const data = await p.read(fd, Math.min(left, 65536));
      if (data.length === 0) break;
      p.charge(data.length);
      chunks.push(data);
      left -= data.length;
    }
  });
  const all = Buffer.concat(chunks);
  const format = options.get('t') ?? (options.has('c') ? 'c' : options.has('x') ? 'x2' : 'o2');
  const names: Record<number, string> = {
    0: '\\0',
    7: '\\a',
    8: '\\b',
    9: '\\t',
    10: '\\n',
    11: '\\v',
    12: '\\f',
    13: '\\r',
  };
  const address = (n: number) =>
    options.get('A') === 'n'
      ? ''
      : options.get('A') === 'x'
        ? n.toString(16).padStart(6, '0')
        : options.get('A') === 'd'
          ? String(n).padStart(7, '0')
          : n.toString(8).padStart(7, '0');
  for (let i = 0; i < all.length; i += 16) {
    const row = all.subarray(i, i + 16);
    let cells: string[];
    if (format[0] === 'c')
      cells = [...row].map((b) =>
        (names[b] ?? (b >= 32 && b < 127 ? String.fromCharCode(b) : b.toString(8).padStart(3, '0'))).padStart(4),
      );
    else if (/^[xod]1|^x$|^u1/.test(format))
      cells = [...row].map(
        (b) =>
          ` ${format[0] === 'x' ? b.toString(16).padStart(2, '0') : format[0] === 'o' ? b.toString(8).padStart(3, '0') : String(b).padStart(3)}`,
      );
    else {
      const size = Number(format[1] ?? 2) || 2;
      cells = Array.from({ length: Math.ceil(row.length / size) }, (_, k) => {
        let value = 0n;
        for (let b = size - 1; b >= 0; b--) value = (value << 8n) | BigInt(row[k * size + b] ?? 0);
        return ` ${format[0] === 'x' ? value.toString(16).padStart(size * 2, '0') : format[0] === 'o' ? value.toString(8).padStart(Math.ceil((size * 8) / 3), '0') : String(value).padStart(size * 3)}`;
      });
    }
    await p.print(1, `${address(i)}${cells.join('')}\n`);
  }
  if (options.get('A') !== 'n') await p.print(1, `${address(all.length)}\n`);
  return 0;
});

export const hexdump = program('hexdump', async (p) => {
  const options = parseOptions(p, 'Cn:v', {});
  await eachInput(p, options.operands, async (fd) => {
    const all = Buffer.from(await p.readAll(fd)).subarray(0, options.number('n') ?? undefined);
    for (let i = 0; i < all.length; i += 16) {
      const row = all.subarray(i, i + 16);
      const hex = Array.from({ length: 16 }, (_, k) =>
        k < row.length ? (row[k] ?? 0).toString(16).padStart(2, '0') : '  ',
      );
      const text = [...row].map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('');
      if (options.has('C'))
        await p.print(
          1,
          `${i.toString(16).padStart(8, '0')}  ${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}  |${text}|\n`,
        );
      else {
        const words = Array.from({ length: Math.ceil(row.length / 2) }, (_, k) =>
          (((row[k * 2 + 1] ?? 0) << 8) | (row[k * 2] ?? 0)).toString(16).padStart(4, '0'),
        );
        await p.print(1, `${i.toString(16).padStart(7, '0')} ${words.join(' ')}\n`);
      }
    }
    await p.print(1, `${all.length.toString(16).padStart(options.has('C') ? 8 : 7, '0')}\n`);
  });
  return 0;
});

export const pager = program('less', (p) =>
  eachInput(
    p,
    p.args.filter((a) => !a.startsWith('-')),
    async (fd) => {
      for (let data = await p.read(fd); data.length > 0; data = await p.read(fd)) await p.write(1, data);
    },
  ),
);
export const more = program('more', pager.run);
