import { Command } from 'commander';
import { brokenText } from '../cluster/broken.ts';
import type { Diagnosis } from '../cluster/provider.ts';
import { EnvironmentError, exitCodes } from '../kernel/errors.ts';
import { paintFor, tableText } from '../present/text.ts';
import type { CommandFactory } from './command.ts';
import type { Services } from './services.ts';

export const doctor: CommandFactory = ({ services, print, json, exit }) =>
  new Command('doctor')
    .description('show what works on this machine, and how to mend what does not')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const findings = [...(await services.diagnose()), ...(await lookAtLabs(services))];
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
