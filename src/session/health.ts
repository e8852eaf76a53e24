import { brokenText } from '../cluster/broken.ts';
import type { Diagnosis } from '../cluster/provider.ts';
import { systemClock } from '../kernel/clock.ts';
import { EnvironmentError } from '../kernel/errors.ts';
import { readFaults } from '../kernel/fault-log.ts';
import type { Paths } from '../kernel/paths.ts';
import { visibleLine } from '../kernel/visible.ts';
import { daemonLogPath, type RemoteLabs } from './remote-labs.ts';

/** Where `diagnoseAll` looks. */
export interface Examined {
  paths: Paths;
  /** What works on this machine. */
  diagnose(): Promise<readonly Diagnosis[]>;
  /** The daemon, where there is one or its labs wait for one. */
  runningLabs(): Promise<RemoteLabs | undefined>;
}

/** What works on this machine and of the labs that run on it. */
export async function diagnoseAll({ paths, diagnose, runningLabs }: Examined): Promise<Diagnosis[]> {
  return [...(await diagnose()), ...(await lookAtLabs(runningLabs)), await lookAtFaults(paths)];
}

/** The daemon, where there is one or its labs wait for one, and what of them is broken. */
async function lookAtLabs(runningLabs: Examined['runningLabs']): Promise<Diagnosis[]> {
  const subject = 'daemon';
  try {
    const labs = await runningLabs();
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

/** How long a fault is reported, milliseconds. */
const faultTime = 24 * 3_600_000;

/** What the daemon has written of its own faults: whoever meets one may not have been there to see it. */
async function lookAtFaults(paths: Paths): Promise<Diagnosis> {
  const log = daemonLogPath(paths);
  const since = systemClock.now() - faultTime;
  const faults = (await readFaults(log)).filter(({ at }) => at >= since);
  const last = faults.at(-1);
  const subject = 'faults';
  if (!last) return { subject, ok: true, text: 'none in the last 24 hours' };
  const text = `${faults.length} in the last 24 hours, the last at ${new Date(last.at).toISOString()}: ${visibleLine(last.what)}`;
  return { subject, ok: false, text, fix: `these are bugs of kubedrill: report them with their entries in ${log}` };
}
