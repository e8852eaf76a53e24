import { Command } from 'commander';
import { markdownText } from '../present/markdown.ts';
import { paintFor } from '../present/text.ts';
import type { Catalog } from '../scenario/catalog.ts';
import type { CoachLevel } from '../session/coach-level.ts';
import type { StartRequest } from '../session/types.ts';
import { type ClusterFlags, clusterOptions, withClusterOptions } from './cluster-options.ts';
import { coachOption } from './coach-option.ts';
import { type CommandContext, type CommandFactory, reportCleanup } from './command.ts';
import { otherSeed, parseSeedOrAny } from './seeds.ts';

interface Options extends ClusterFlags {
  pack?: string;
  seed?: number | 'any';
  coach?: CoachLevel;
  json?: boolean;
}

export const start: CommandFactory = (context) => {
  const { services } = context;
  return withClusterOptions(new Command('start'))
    .description('start a scenario on a cluster of its own')
    .argument('<scenario>', 'its id, as in kubedrill list')
    .option('--pack <pack>', 'take the scenario from this pack: its name or its folder')
    .option(
      '--seed <number>',
      'draw other names and numbers; any: for a second time, not the familiar ones',
      parseSeedOrAny,
    )
    .addOption(coachOption())
    .option('--json', 'print one JSON document')
    .action(async (word: string, options: Options) => {
      // What is wrong with the name or the scenario is said before a daemon is started for it.
      const catalog = await services.catalog();
      const { name: scenario, ...place } = placeOf(catalog, word, options.pack);
      catalog.scenario(scenario, place);
      const seed =
        options.seed === 'any'
          ? otherSeed((drawn) => catalog.scenario(scenario, { ...place, seed: drawn }).variables)
          : options.seed;
      await startLab(context, {
        ...{ scenario, provider: options.provider, ...clusterOptions(options, services), ...place },
        ...(seed === undefined ? {} : { seed }),
        ...(options.coach === undefined ? {} : { coach: options.coach }),
        json: options.json ?? false,
      });
    });
};

/** Starts a lab, as the user wants labs to be, and prints its task and how to get to it. */
export async function startLab(
  { services, print, json, note }: CommandContext,
  { json: asJson, ...request }: StartRequest & { json: boolean },
): Promise<void> {
  const { coach } = await services.settings();
  const labs = await services.labs();
  reportCleanup({ services, note });
  let step: string | undefined;
  const state = await labs.start(
    { coach, ...request },
    {
      onEvent: (now) => {
        if (now.step && now.step !== step && !asJson) note(now.step);
        step = now.step;
      },
      signal: services.signal,
    },
  );
  const { id = '', kubeconfig = '', context = '', server = '' } = state.cluster ?? {};
  if (asJson) return json({ id, kubeconfig, context, server, attempt: state.id, scenario: state.scenario.id });
  const paint = paintFor(services.stdout);
  print(paint('bold', state.title));
  print('');
  print(markdownText(state.task, Math.min(services.stdout.columns ?? 80, 100), paint));
  print('');
  print(
    paint('dim', `ready in ${((state.readyIn ?? 0) / 1000).toFixed(1)} s: attempt ${state.id}, context ${context}`),
  );
  print(`  kubedrill shell            a shell with kubectl set to this cluster`);
  print(`  eval "$(kubedrill env)"    the same for the shell you are in`);
  print(`  kubedrill check --watch    the checks, live`);
}

/** How the daemon, which stands in another folder, finds the scenario: by its pack's name, or the whole path of its pack. */
function placeOf(catalog: Catalog, scenario: string, pack: string | undefined): { name: string; packFolder?: string } {
  if (pack === undefined) return { name: scenario };
  const { id, folder } = catalog.pack(pack);
  if (!catalog.packs().some((known) => known.folder === folder)) return { name: scenario, packFolder: folder };
  return { name: scenario.includes('/') ? scenario : `${id}/${scenario}` };
}
