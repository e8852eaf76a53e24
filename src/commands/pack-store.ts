import type { Command } from 'commander';
import { EnvironmentError, type ErrorText, errorLines, UserError } from '../kernel/errors.ts';
import { paintFor, tableText } from '../present/text.ts';
import { printable, printableLine } from '../present/width.ts';
import type { Inspect, InstalledPack, PackStore, PackUpdate } from '../scenario/packs/store.ts';
import type { CommandContext } from './command.ts';
import { findingText } from './pack-author.ts';
import type { Services } from './services.ts';

/** Packs from elsewhere: install, update, list, remove. What they need is loaded late. */
export function addStoreCommands(pack: Command, context: CommandContext): void {
  for (const add of [addInstall, addUpdate, addList, addRemove]) add(pack, context);
}

function addInstall(pack: Command, { services, print, json }: CommandContext): void {
  pack
    .command('install')
    .description('add a pack from elsewhere: its scenarios stand beside the built-in ones')
    .argument(
      '<source>',
      'a folder, a .tgz here or at https://…, owner/repo on GitHub, or a git URL; #branch or #tag after it',
    )
    .option('--json', 'print one JSON document')
    .action(async (text: string, options: { json?: boolean }) => {
      const { parseSource } = await import('../scenario/packs/source.ts');
      const source = parseSource(text);
      const packs = await storeOf(services);
      const installed = await describe(
        await packs.install(source, await inspection(services), services.signal),
        services,
      );
      if (options.json) return json(installed);
      const { id, version, digest, scenarios } = installed;
      print(printableLine(`${id} ${version} (${digest.slice(0, 12)}) is installed: ${scenarios.join(', ')}`));
      for (const line of scriptLines(installed)) print(line);
    });
}

function addUpdate(pack: Command, { services, print, json, exit }: CommandContext): void {
  pack
    .command('update')
    .description('fetch installed packs again from where they came from, and tell what changed')
    .argument('[pack]', 'its name, as in kubedrill pack list (default: all that are installed)')
    .option('--json', 'print one JSON document')
    .action(async (name: string | undefined, options: { json?: boolean }) => {
      const packs = await storeOf(services);
      const ids = name === undefined ? packs.list().map((one) => one.id) : [name];
      const inspect = await inspection(services);
      const results: object[] = [];
      for (const id of ids) {
        try {
          const update = await packs.update(id, inspect, services.signal);
          const now = await describe(update.after, services);
          const { version, digest } = update.before;
          const { added, removed, changed } = update;
          results.push({ ...now, before: { version, digest }, added, removed, changed });
          if (options.json) continue;
          for (const line of updateLines(update)) print(printable(line));
          if (digest !== now.digest) for (const line of scriptLines(now)) print(line);
        } catch (error) {
          // With several of them the others are still looked after.
          if (name !== undefined || !(error instanceof UserError || error instanceof EnvironmentError)) throw error;
          results.push({ id, error: error.text });
          exit(error.exitCode);
          if (!options.json) for (const line of failureLines(id, error.text)) print(printable(line));
        }
      }
      if (options.json) return json({ packs: results });
      if (ids.length === 0) print('no pack is installed');
    });
}

function addList(pack: Command, { services, print, json }: CommandContext): void {
  pack
    .command('list')
    .alias('ls')
    .description('list the built-in and installed packs')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const { scenarioIds } = await import('../scenario/load.ts');
      const { loadFindings } = await import('../authoring/lint.ts');
      const builtIn = (await services.catalog()).builtInPacks().map((one) => {
        const { id, version, folder } = one;
        return { id, version, source: 'built in', folder, scenarios: scenarioIds(one), trusted: true };
      });
      const packs = await storeOf(services);
      const installed = await Promise.all(
        packs.list().map(async (one) => {
          const problems = loadFindings(one.folder);
          if (problems.length === 0) return { ...(await describe(one, services)), problems: undefined };
          const { sourceText } = await import('../scenario/packs/source.ts');
          return { ...one, source: sourceText(one.source), scenarios: [], trusted: false, problems };
        }),
      );
      const rows = [...builtIn, ...installed];
      if (options.json) return json(rows);
      print(
        tableText([
          ['PACK', 'VERSION', 'SCENARIOS', 'TRUSTED', 'FROM'],
          ...rows.map((r) => [r.id, r.version, String(r.scenarios.length), r.trusted ? 'yes' : 'no', r.source]),
        ]),
      );
      for (const { id, folder, problems } of installed) {
        if (!problems) continue;
        print(`\n${id} cannot be used: mend or remove it, or update it if there is a newer one`);
        for (const problem of problems) print(findingText(folder, problem, paintFor(services.stdout)));
      }
    });
}

function addRemove(pack: Command, { services, print, json }: CommandContext): void {
  pack
    .command('remove')
    .alias('rm')
    .description('remove an installed pack')
    .argument('<pack>', 'its name, as in kubedrill pack list')
    .option('--json', 'print one JSON document')
    .action(async (id: string, options: { json?: boolean }) => {
      const labs = await services.runningLabs();
      const attempts = (await labs?.attempts()) ?? [];
      const running = attempts.find((a) => a.scenario.pack === id && a.phase !== 'stopped' && a.phase !== 'failed');
      if (running) {
        throw new UserError({
          what: `${id} is in use: the attempt ${running.id} is running`,
          next: `kubedrill stop --attempt ${running.id}`,
        });
      }
      await (await storeOf(services)).remove(id);
      if (options.json) return json({ removed: id });
      print(`${id} is removed`);
    });
}

async function storeOf({ paths }: Services): Promise<PackStore> {
  const [{ PackStore }, { installedPacks }] = await Promise.all([
    import('../scenario/packs/store.ts'),
    import('../scenario/packs/folders.ts'),
  ]);
  return new PackStore(installedPacks(paths.state));
}

/** What is told of an installed pack. */
async function describe({ id, version, digest, source, folder }: InstalledPack, { trust }: Services) {
  const { sourceText } = await import('../scenario/packs/source.ts');
  const { loadPack, loadScenario, scenarioIds } = await import('../scenario/load.ts');
  const one = loadPack(folder, false);
  const scenarios = scenarioIds(one);
  const scripts = scenarios
    .map((scenario) => loadScenario(one, scenario))
    .flatMap(({ setup, solutions, mistakes }) => [...setup, ...solutions, ...mistakes])
    .filter((script) => script.kind === 'shell').length;
  return { id, version, digest, source: sourceText(source), folder, scenarios, scripts, trusted: trust.isTrusted(one) };
}

function scriptLines({ scripts, trusted, folder }: { scripts: number; trusted: boolean; folder: string }): string[] {
  if (scripts === 0 || trusted) return [];
  return [
    `it has ${scripts} ${scripts === 1 ? 'script' : 'scripts'}, which run on this machine as you once you agree`,
    `next: read them, then: kubedrill pack trust ${folder}`,
  ];
}

/** What must be so before a pack gets its place: it loads, and nobody else has its names. */
async function inspection(services: Services): Promise<Inspect> {
  const { loadFindings } = await import('../authoring/lint.ts');
  const { loadPack, scenarioIds } = await import('../scenario/load.ts');
  const catalog = await services.catalog();
  const taken = catalog.packs();
  const paint = paintFor(services.stderr);
  return (folder, id) => {
    const findings = loadFindings(folder);
    if (findings.length > 0) {
      throw new UserError({
        what: [`the pack ${id} cannot be used`, ...findings.map((f) => findingText(id, f, paint))].join('\n'),
        next: `where it is made: kubedrill pack lint ${id}`,
      });
    }
    if (taken.some((other) => other.builtIn && other.id === id)) {
      throw new UserError({
        what: `a built-in pack is called ${id}`,
        next: 'install it from a folder with another name',
      });
    }
    for (const other of taken.filter((one) => one.id !== id)) {
      const twice = scenarioIds(other).filter((scenario) => scenarioIds(loadPack(folder, false)).includes(scenario));
      if (twice.length === 0) continue;
      throw new UserError({
        what: `${id} has scenarios that the pack ${other.id} has, too: ${twice.join(', ')}`,
        why: 'a scenario is started by its name alone',
        next: other.builtIn
          ? 'rename the folders of these scenarios'
          : `rename them, or: kubedrill pack remove ${other.id}`,
      });
    }
  };
}

function updateLines({ before, after, added, removed, changed }: PackUpdate): string[] {
  const { id } = after;
  if (before.digest === after.digest) return [`${id} ${after.version} is as it was`];
  const version = before.version === after.version ? after.version : `${before.version} -> ${after.version}`;
  const lists = Object.entries({ added, removed, changed }).filter(([, ids]) => ids.length > 0);
  return [
    `${id} ${version} (${before.digest.slice(0, 12)} -> ${after.digest.slice(0, 12)})`,
    ...lists.map(([how, ids]) => `  ${how}: ${ids.join(', ')}`),
  ];
}

function failureLines(id: string, text: ErrorText): string[] {
  return errorLines({ ...text, what: `${id}: ${text.what}` }).map((line, index) => (index === 0 ? line : `  ${line}`));
}
