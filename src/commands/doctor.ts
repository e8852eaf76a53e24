import { Command } from 'commander';
import type { Diagnosis } from '../cluster/provider.ts';
import { exitCodes } from '../kernel/errors.ts';
import { paintFor, tableText } from '../present/text.ts';
import type { CommandFactory } from './command.ts';

export const doctor: CommandFactory = ({ services, print, json, exit }) =>
  new Command('doctor')
    .description('show what works on this machine, and how to mend what does not')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const { diagnoseAll } = await import('../session/health.ts');
      const findings = await diagnoseAll(services);
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
