import { eachInput, lines, Output } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';

const units: Record<string, number> = { b: 512, k: 1024, K: 1024, m: 1024 ** 2, M: 1024 ** 2, kB: 1000, MB: 1e6 };

/** `10`, `-5`, `+3`, `2k`: sign and number. */
export function parseCount(text: string): { sign: '' | '-' | '+'; count: number } {
  const match = /^([-+]?)(\d+)(kB|MB|[bkKmM])?$/.exec(text);
  if (!match) throw new UsageError(`invalid number '${text}'`);
  return { sign: (match[1] ?? '') as '' | '-' | '+', count: Number(match[2]) * (units[match[3] ?? ''] ?? 1) };
}

/** `head -5` is `head -n 5`, unless `-5` is the value of an option. */
export function oldStyleCount(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => {
    const isValue = /^-[a-z]*[nc]$|^--(lines|bytes)$/.test(args[i - 1] ?? '');
    return /^-\d+[bkm]?$/.test(arg) && !isValue ? ['-n', arg.slice(1)] : [arg];
  });
}

export const head = program('head', async (p) => {
  const options = parseOptions(
    p,
    'n:c:qv',
    { lines: 'n', bytes: 'c', quiet: 'q', silent: 'q', verbose: 'v' },
    { args: oldStyleCount(p.args) },
  );
  const bytes = options.get('c');
  const { sign, count } = parseCount(bytes ?? options.get('n') ?? '10');
  const titled = options.has('v') || (options.operands.length > 1 && !options.has('q'));
  let first = true;
  const out = new Output(p);
  const status = await eachInput(
    p,
    options.operands,
    async (fd, name) => {
      if (titled) await out.write(`${first ? '' : '\n'}==> ${name === '-' ? 'standard input' : name} <==\n`);
      first = false;
      if (bytes !== undefined) {
        await out.flush();
        if (sign === '-') {
          const all = await p.readAll(fd);
          await p.write(1, all.subarray(0, Math.max(0, all.length - count)));
          return;
        }
        for (let left = count; left > 0; ) {
          const data = await p.read(fd, Math.min(left, 65536));
          if (data.length === 0) break;
          await p.write(1, data);
          left -= data.length;
        }
        return;
      }
      const kept: string[] = [];
      let seen = 0;
      if (sign !== '-' && count === 0) return;
      for await (const { text, end } of lines(p, fd, out)) {
        seen++;
        if (sign === '-') {
          kept.push(text + end);
          if (kept.length > count) await out.write(kept.shift() ?? '');
        } else {
          await out.write(text + end);
          if (seen >= count) break;
        }
      }
      await out.flush();
    },
    { output: out },
  );
  await out.flush();
  return status;
});
