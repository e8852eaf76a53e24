import { Command } from 'commander';
import { brokenText } from '../cluster/broken.ts';
import type { Diagnosis } from '../cluster/provider.ts';
import { systemClock } from '../kernel/clock.ts';
import { EnvironmentError, exitCodes } from '../kernel/errors.ts';
import { readFaults } from '../kernel/fault-log.ts';
import { visibleLine } from '../kernel/visible.ts';
import { paintFor, tableText } from '../present/text.ts';
import type { CommandFactory } from './command.ts';
import type { Services } from './services.ts';

export const doctor: CommandFactory = ({ services, print, json, exit }) =>
  new Command('doctor')
    .description('show what works on this machine, and how to mend what does not')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const findings = [...(await services.diagnose()), ...(await lookAtLabs(services)), await lookAtFaults(services)];
      // What only a kind of cluster needs that nobody asked for is no fault.
      const ok = findings.every((f) => f.ok || f.onlyFor !== undefined);
      if (!ok) exit(exitCodes.environment);
      if (options.json) return json({ ok, findings });
      const paint = paintFor(services.stdout);
      const mark = (f: Diagnosis) => {
        if (f.ok) return paint('green', '✔');
        return f.onlyFor ? paint('yellow', '–') : paint('red', '✘');
      };
      const rows = findings.map((f) => [mark(f), f.subject, f.text, f.onlyFor ? `only for ${f.onlyFor}` : '']);
      print(tableText(rows, [0]));
      for (const f of findings) if (!f.ok && f.fix) print(`\n${f.subject}: ${f.fix}`);
    });

/** The daemon, where there is one or its labs wait for one, and what of them is broken. */
async function lookAtLabs(services: Services): Promise<Diagnosis[]> {
  const subject = 'daemon';
  try {
    const labs = await services.runningLabs();
    if (!labs) return [{ subject, ok: true, text: 'none runs, none is needed now' }];
    const clusters = await labs.clusterList();
    const broken = clusters.flatMap((c) => (c.broken ? [c.broken] : []));
    return [
      { subject, ok: true, text: `answers, clusters: ${clusters.length - broken.length}` },
      ...broken.map((one): Diagnosis => {
        const { why = '', next = '' } = brokenText(one);
        return { subject: `cluster ${one.id}`, ok: false, text: `broken: ${why}`, fix: next };
      }),
    ];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const { what, why, next } = error.text;
    return [{ subject, ok: false, text: [what, why].filter(Boolean).join(': '), ...(next && { fix: next }) }];
  }
}

/** How long a fault is told, milliseconds. */
const faultTime = 24 * 3_600_000;

/** What the daemon has written of its own faults: whoever meets one may not have been there to see it. */
async function lookAtFaults({ paths }: Services): Promise<Diagnosis> {
  const { daemonLogPath } = await import('../session/remote-labs.ts');
  const log = daemonLogPath(paths);
  const since = systemClock.now() - faultTime;
  const faults = (await readFaults(log)).filter(({ at }) => at >= since);
  const last = faults.at(-1);
  const subject = 'faults';
  if (!last) return { subject, ok: true, text: 'none in the last 24 hours' };
  const text = `${faults.length} in the last 24 hours, the last at ${new Date(last.at).toISOString()}: ${visibleLine(last.what)}`;
  return { subject, ok: false, text, fix: `these are bugs of kubedrill: report them with their entries in ${log}` };
}
