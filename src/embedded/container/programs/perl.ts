import { program, UsageError } from '../lib/program.ts';

/** pi to `digits` significant digits, rounded down at the last; by Machin's formula on integers. */
export function computePi(digits: number): string {
  const scale = 10n ** BigInt(digits + 10);
  const arctan = (inverse: bigint) => {
    let term = scale / inverse;
    let sum = term;
    const square = inverse * inverse;
    for (let n = 3n, sign = -1n; term !== 0n; n += 2n, sign = -sign) {
      term /= square;
      sum += (sign * term) / n;
    }
    return sum;
  };
  const pi = (4n * (4n * arctan(5n) - arctan(239n))) / 10n ** 11n;
  const text = pi.toString();
  return `${text[0]}.${text.slice(1, digits)}`;
}

/** As much of perl as the Job of the documentation needs: `perl -Mbignum=bpi -wle 'print bpi(2000)'`. */
export const perl = program('perl', async (p) => {
  const at = p.args.findIndex((a) => /^-[a-z]*e$/.test(a));
  const source = at < 0 ? undefined : p.args[at + 1];
  const pi = /^\s*print\s+bpi\((\d+)\)\s*;?\s*$/.exec(source ?? '');
  if (pi && p.args.includes('-Mbignum=bpi')) {
    const digits = Math.min(Number(pi[1]), 5000);
    await p.step(digits * 4);
    await p.print(1, `${computePi(digits)}\n`);
    return 0;
  }
  const text = /^\s*print\s+(?:"([^"]*)"|'([^']*)')\s*;?\s*$/.exec(source ?? '');
  if (!text) throw new UsageError('this container simulates perl only for `print bpi(N)` and `print "text"`', 2);
  const line = (text[1] ?? text[2] ?? '').replace(/\\n/g, '\n');
  await p.print(1, (p.args[at] ?? '').includes('l') ? `${line}\n` : line);
  return 0;
});
