import { Command } from 'commander';
import type { ScenarioReport } from '../authoring/verify.ts';
import { exitCodes } from '../kernel/errors.ts';
import { paintFor } from '../present/text.ts';
import type { CommandFactory } from './command.ts';

interface Options {
  cluster: string;
  scenario?: string;
  parallel: string;
  json?: boolean;
}

export const pack: CommandFactory = ({ services, print, json, note, exit }) => {
  const command = new Command('pack').description('packs of scenarios');
  command
    .command('verify')
    .description('prove scenarios: untouched scores 0, every solution 100, every mistake is caught')
    .argument('[pack]', 'a built-in pack or a folder (default: all built-in packs)')
    .option('--scenario <id>', 'only this one')
    .option('--cluster <provider>', 'where: embedded', 'embedded')
    .option('--parallel <count>', 'clusters at the same time', '16')
    .option('--json', 'print one JSON document')
    .action(async (name: string | undefined, options: Options) => {
      // Loaded late: no other command needs a client of its own.
      const { verifyPacks } = await import('../authoring/verify.ts');
      const packs = name === undefined ? services.catalog.packs() : [services.catalog.pack(name)];
      const report = await verifyPacks({
        packs,
        ...(options.scenario ? { scenario: options.scenario } : {}),
        parallel: Math.max(1, Number(options.parallel) || 1),
        kubectl: () => services.kubectl(note),
        provider: (folder) => services.localProvider(options.cluster, folder),
        trust: services.trust,
        signal: services.signal,
        progress: options.json ? () => undefined : note,
      });
      exit(report.ok ? exitCodes.ok : exitCodes.notSolved);
      if (options.json) return json(report);
      const paint = paintFor(services.stdout);
      for (const scenario of report.scenarios)
        print(scenarioText(scenario, (ok) => (ok ? paint('green', '✔') : paint('red', '✘'))));
    });
  command
    .command('trust')
    .description('agree that the scripts of a pack, as it is now, may run on this machine')
    .argument('<folder>', 'the folder of the pack')
    .option('--json', 'print one JSON document')
    .action((folder: string, options: { json?: boolean }) => {
      const trusted = services.catalog.pack(folder);
      const digest = services.trust.trust(trusted);
      if (options.json) return json({ pack: trusted.id, digest });
      print(`${trusted.id} is trusted as it is now (${digest.slice(0, 12)})`);
    });
  return command;
};

function scenarioText(report: ScenarioReport, mark: (ok: boolean) => string): string {
  const proofs = [
    { label: 'untouched', ...report.untouched },
    ...report.solutions.map((s) => ({ label: `solution ${s.name}`, ...s })),
    ...report.mistakes.map((m) => ({ label: `mistake ${m.name}`, ...m })),
  ];
  const lines = proofs.flatMap((p) => [
    `  ${mark(p.ok)} ${p.label}  ${p.score} of ${p.max}  ${(p.milliseconds / 1000).toFixed(1)} s`,
    ...p.problems.map((problem) => `      ${problem}`),
  ]);
  return [`${mark(report.ok)} ${report.pack}/${report.id}`, ...lines].join('\n');
}
