import type { Process } from '../kernel/process.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';

const units: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Milliseconds of `1.5`, `10s`, `2m`, `infinity`; undefined: not a duration. */
export function parseDuration(text: string): number | undefined {
  if (/^inf(inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  const match = /^(\d*\.?\d+|\d+\.)([smhd]?)$/.exec(text);
  return match ? Number(match[1]) * (units[match[2] ?? ''] ?? 1) * 1000 : undefined;
}

/** Waits on the cluster's clock; an infinite wait needs no timer. */
export function pause(p: Process, ms: number): Promise<void> {
  return ms === Number.POSITIVE_INFINITY ? p.block(() => undefined) : p.sleep(ms);
}

export const sleep = program('sleep', async (p) => {
  if (p.args.length === 0) throw new UsageError('missing operand');
  let total = 0;
  for (const arg of p.args) {
    const ms = parseDuration(arg);
    if (ms === undefined)
      throw new UsageError(
        isBusybox(p)
          ? `invalid number '${arg}'`
          : `invalid time interval '${arg}'\nTry 'sleep --help' for more information.`,
      );
    total += ms;
  }
  await pause(p, total);
  return 0;
});
