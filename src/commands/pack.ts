import { Command } from 'commander';
import type { Proof } from '../authoring/proof.ts';
import type { ScenarioReport, VerifyReport } from '../authoring/verify.ts';
import { exitCodes } from '../kernel/errors.ts';
import { paintFor, tableText } from '../present/text.ts';
import { printable, printableLine } from '../present/width.ts';
import type { Pack } from '../scenario/types.ts';
import { type ClusterFlags, clusterOptions, withClusterOptions } from './cluster-options.ts';
import { type CommandContext, type CommandFactory, reportCleanup } from './command.ts';
import { addAuthorCommands, watchOption } from './pack-author.ts';
import { addStoreCommands } from './pack-store.ts';
import { parallelOn, parseParallel } from './parallel.ts';
import { parseSeeds } from './seeds.ts';

interface Options extends ClusterFlags {
  scenario?: string;
  seeds?: number[];
  parallel?: number;
  again?: boolean;
  shuffle?: boolean;
  mutate?: boolean;
  results?: string;
  watch?: boolean;
  trust?: boolean;
  json?: boolean;
}

export const pack: CommandFactory = (context) => {
  const { services, print, json } = context;
  const command = new Command('pack').description('packs of scenarios');
  withClusterOptions(command.command('verify'))
    .description('prove scenarios: untouched scores 0, every solution 100, every mistake is caught')
    .argument('[pack]', 'a built-in pack, a folder, or an installed pack (default: all built-in packs)')
    .option('--scenario <ids>', 'only this one, or these, as in who-am-i,who-can')
    .option('--seeds <list>', 'with the names that these draw, as in 1-20 or 0,3,7 (default: 0)', parseSeeds)
    .option(
      '--parallel <count>',
      'clusters at the same time (default: embedded 36 a core if there is memory, kind 2, kubeconfig 1)',
      parseParallel,
    )
    .option('--again', 'also: each solution, a reset, and the solution again')
    .option('--shuffle', 'also: manifests with their documents in another order')
    .option('--mutate', 'also: the reference solution with one thing wrong at a time; each must score less')
    .option('--trust', 'first agree that the scripts of the pack may run, as it is now: for your own')
    .option('--results <file>', 'also add what was found to this file, made if it is not there')
    .addOption(watchOption('json', 'results'))
    .option('--json', 'print one JSON document')
    .action(async (name: string | undefined, options: Options) => {
      const { readResults } = await import('../scenario/results.ts');
      // What it could not be added to is told before it takes its time.
      if (options.results !== undefined) readResults(options.results);
      const catalog = await services.catalog();
      const packs = () => (name === undefined ? catalog.builtInPacks() : [catalog.pack(name)]);
      if (!options.watch) return verify(context, packs(), options);
      const { watching } = await import('./pack-watch.ts');
      const folders = packs().map((pack) => pack.folder);
      await watching(context, folders, options.scenario?.split(','), async ({ folder, scenario, pack }) => {
        // Read again: it may be what changed. No proof depends on it.
        const changed = packs().filter((one) => one.folder === folder);
        if (!pack) await verify(context, changed, { ...options, ...(scenario ? { scenario } : {}) });
      });
    });
  command
    .command('trust')
    .description('agree that the scripts of a pack, as it is now, may run on this machine')
    .argument('<folder>', 'the folder of the pack, or the name of an installed one')
    .option('--json', 'print one JSON document')
    .action(async (folder: string, options: { json?: boolean }) => {
      const trusted = (await services.catalog()).pack(folder);
      const digest = services.trust.trust(trusted);
      if (options.json) return json({ pack: trusted.id, digest });
      print(`${trusted.id} is trusted as it is now (${digest.slice(0, 12)})`);
    });
  addStoreCommands(command, context);
  addAuthorCommands(command, context);
  return command;
};

/** Proves scenarios, and tells what came of it. */
async function verify(
  { services, print, json, note, exit }: CommandContext,
  packs: readonly Pack[],
  options: Options,
): Promise<void> {
  // Loaded late: no other command needs a client of its own.
  const { compareReports, verifyPacks } = await import('../authoring/verify.ts');
  reportCleanup({ services, note });
  if (options.trust) for (const pack of packs.filter((p) => !p.builtIn)) services.trust.trust(pack);
  const on = (provider: string) => {
    const parallel = options.parallel ?? parallelOn(provider);
    return verifyPacks({
      packs,
      ...(options.scenario ? { only: options.scenario.split(',') } : {}),
      ...(options.seeds ? { seeds: options.seeds } : {}),
      parallel,
      provers: async (folder) => {
        // Whoever proves finds it in the cache.
        await services.kubectl(note);
        return services.provers(folder, { ...clusterOptions({ ...options, provider }, services), provider, parallel });
      },
      trust: services.trust,
      thorough: { again: options.again, shuffle: options.shuffle, mutate: options.mutate },
      signal: services.signal,
      progress: options.json ? () => undefined : note,
    });
  };
  // A real cluster is judged beside the embedded one: scenarios must mean the same on both.
  const beside = options.provider === 'embedded' ? undefined : await on('embedded');
  const report = await on(options.provider);
  const differences = beside ? compareReports(beside, report) : [];
  const ok = report.ok && differences.length === 0;
  exit(ok ? exitCodes.ok : exitCodes.notSolved);
  if (options.results !== undefined) {
    const { recordResults } = await import('../authoring/results.ts');
    recordResults(options.results, packs, { ...(beside ? { embedded: beside } : {}), [options.provider]: report });
  }
  if (options.json) {
    const both = beside && { provider: options.provider, embedded: beside.scenarios, differences };
    return json({ ...report, ok, ...both });
  }
  const paint = paintFor(services.stdout);
  const mark = (good: boolean) => (good ? paint('green', '✔') : paint('red', '✘'));
  if (beside) {
    print(tableText(columns(options.provider, beside, report, mark), [2, 3]));
    for (const line of [...problemsOf(report), ...differences]) print(printable(line));
    return;
  }
  for (const scenario of report.scenarios) print(scenarioText(scenario, mark));
}

function proofsOf(report: ScenarioReport): (Proof & { label: string })[] {
  return [
    { label: 'untouched', ...report.untouched },
    ...report.solutions.map((s) => ({ label: `solution ${s.name}`, ...s })),
    ...report.mistakes.map((m) => ({ label: `mistake ${m.name}`, ...m })),
    ...(report.again ?? []).map((s) => ({ label: `again ${s.name}`, ...s })),
    ...(report.shuffled ?? []).map((s) => ({ label: `shuffled ${s.name}`, ...s })),
    ...(report.mutants ?? []).map((m) => ({ label: `mutant ${m.name}${m.equivalent ? ' (equivalent)' : ''}`, ...m })),
  ];
}

/** `secret-reader`; `secret-reader seeds 1, 4` if seeds were asked for. */
function nameOf({ id, seeds }: ScenarioReport): string {
  if (!seeds) return id;
  return `${id} ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
}

function timeText(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function scenarioText(report: ScenarioReport, mark: (ok: boolean) => string): string {
  const lines = proofsOf(report).flatMap((p) => [
    `  ${mark(p.ok)} ${printableLine(p.label)}  ${p.score} of ${p.max}  ${timeText(p.milliseconds)}`,
    ...p.problems.map((problem) => `      ${printable(problem)}`),
  ]);
  for (const { hint, ok, mistakes, problems } of report.hints ?? []) {
    lines.push(
      `  ${mark(ok)} hint ${hint}${printable(ok ? `  after ${mistakes.join(', ')}` : `: ${problems.join('; ')}`)}`,
    );
  }
  return [`${mark(report.ok)} ${report.pack}/${nameOf(report)}`, ...lines].join('\n');
}

/** A row a proof, a column a cluster. */
function columns(
  provider: string,
  embedded: VerifyReport,
  real: VerifyReport,
  mark: (ok: boolean) => string,
): string[][] {
  const cell = (proof: Proof | undefined) =>
    proof ? `${mark(proof.ok)} ${proof.score} of ${proof.max}, ${timeText(proof.milliseconds)}` : '';
  return [
    ['SCENARIO', 'PROOF', 'EMBEDDED', provider.toUpperCase()],
    ...real.scenarios.flatMap((scenario, index) => {
      const other = embedded.scenarios[index];
      const others = new Map(other ? proofsOf(other).map((proof) => [proof.label, proof]) : []);
      return proofsOf(scenario).map((p) => [nameOf(scenario), p.label, cell(others.get(p.label)), cell(p)]);
    }),
  ];
}

function problemsOf(report: VerifyReport): string[] {
  return report.scenarios.flatMap((scenario) => {
    const hints = (scenario.hints ?? []).map((h) => ({ label: `hint ${h.hint}`, problems: h.problems }));
    return [...proofsOf(scenario), ...hints].flatMap((p) =>
      p.problems.map((problem) => `${nameOf(scenario)} ${p.label}: ${problem}`),
    );
  });
}
