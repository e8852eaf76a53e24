import { Command } from 'commander';
import { exitCodes } from '../kernel/errors.ts';
import { paintFor, tableText } from '../present/text.ts';
import type { CommandFactory } from './command.ts';

export const doctor: CommandFactory = ({ services, print, json, exit }) =>
  new Command('doctor')
    .description('show what works on this machine, and how to mend what does not')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const findings = await services.diagnose();
      if (findings.some((f) => !f.ok)) exit(exitCodes.environment);
      if (options.json) return json({ ok: findings.every((f) => f.ok), findings });
      const paint = paintFor(services.stdout);
      const rows = findings.map((f) => [f.ok ? paint('green', '✔') : paint('red', '✘'), f.subject, f.text]);
      print(tableText(rows));
      for (const f of findings) if (!f.ok && f.fix) print(`\n${f.subject}: ${f.fix}`);
    });
