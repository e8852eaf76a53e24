import { Command, InvalidArgumentError } from 'commander';
import { type AddonName, addonNamed, addonNames } from '../cluster/addons/names.ts';
import { brokenText } from '../cluster/broken.ts';
import { errorLines, UserError } from '../kernel/errors.ts';
import { tableText } from '../present/text.ts';
import { printable } from '../present/width.ts';
import { asking } from './ask.ts';
import {
  type ClusterFlags,
  clusterOptions,
  type TargetFlags,
  targetOf,
  withClusterOptions,
  withTargetOptions,
} from './cluster-options.ts';
import { type CommandContext, type CommandFactory, tellOfCleanup } from './command.ts';

interface UpFlags extends ClusterFlags {
  name?: string;
  nodes: number;
  addon: AddonName[];
  json?: boolean;
}

export const cluster: CommandFactory = (context) => {
  const command = new Command('cluster').description('bare clusters, without a scenario');
  for (const add of [addUp, addList, addRepair, addDown, addDoctor, addAdopt]) add(command, context);
  return command;
};

function addUp(command: Command, { services, print, json, note }: CommandContext): void {
  withClusterOptions(command.command('up'))
    .description('make a cluster')
    .option('--name <name>', 'a name for it (default: bare, numbered from the second on)')
    .option('--nodes <count>', 'a control plane and workers; 1: one node that runs everything', parseNodes, 1)
    .option('--addon <name>', `install it too; may be repeated: ${addonNames.join(', ')}`, collectAddon, [])
    .option('--json', 'print one JSON document')
    .action(async (options: UpFlags) => {
      const labs = await services.labs();
      tellOfCleanup({ services, note });
      const { id, kubeconfig, context, server } = await labs.clusterUp(
        {
          ...(options.name !== undefined && { name: options.name }),
          nodes: options.nodes,
          addons: options.addon,
          provider: options.provider,
          ...clusterOptions(options, services),
        },
        {
          onEvent: (step) => {
            if (!options.json) note(step);
          },
          signal: services.signal,
        },
      );
      if (options.json) return json({ id, kubeconfig, context, server });
      print(`${id} is up at ${server}\n\n  export KUBECONFIG=${kubeconfig}`);
    });
}

function addList(command: Command, { services, print, json }: CommandContext): void {
  command
    .command('list')
    .alias('ls')
    .description('list the clusters')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const labs = await services.runningLabs();
      const clusters = labs ? await labs.clusterList() : [];
      if (options.json) return json(clusters);
      if (clusters.length === 0) return print('there are no clusters');
      print(
        tableText([
          ['CLUSTER', 'PROVIDER', 'SERVER', 'ATTEMPT'],
          ...clusters.map((c) => [
            c.id,
            c.provider,
            c.broken ? 'broken' : c.server,
            c.attempt ?? (c.kept ? 'kept for the next one' : ''),
          ]),
        ]),
      );
      for (const { broken } of clusters) if (broken) print(`\n${errorLines(brokenText(broken)).join('\n')}`);
    });
}

function addRepair(command: Command, { services, print, json }: CommandContext): void {
  command
    .command('repair')
    .description('restore what can be restored of a broken cluster, and bring it back')
    .argument('<id>', 'as in kubedrill cluster list')
    .option('--json', 'print one JSON document')
    .action(async (id: string, options: { json?: boolean }) => {
      const done = await (await services.labs()).clusterRepair({ id });
      if (options.json) return json({ id, done });
      print([...done, `${id} is back`].join('\n'));
    });
}

function addDown(command: Command, { services, print, json }: CommandContext): void {
  command
    .command('down')
    .alias('rm')
    .description('delete a cluster; an existing one is given back as it was found')
    .argument('<cluster>', 'its id, as in kubedrill cluster list')
    .option('--json', 'print one JSON document')
    .action(async (id: string, options: { json?: boolean }) => {
      await (await services.labs()).clusterDown({ id });
      if (options.json) return json({ id });
      print(`${id} is gone`);
    });
}

function addDoctor(command: Command, { services, print, json }: CommandContext): void {
  command
    .command('doctor')
    .description('show what is not as it was when set-up ended')
    .argument('[cluster]', "its id, as in kubedrill cluster list (default: the newest attempt's)")
    .option('--json', 'print one JSON document')
    .action(async (id: string | undefined, options: { json?: boolean }) => {
      const differences = await (await services.labs()).clusterDifferences({ id });
      if (options.json) return json({ differences });
      print(differences.length === 0 ? 'everything is as it was' : printable(differences.join('\n')));
    });
}

function addAdopt(command: Command, context: CommandContext): void {
  withTargetOptions(command.command('adopt'))
    .description('mark an existing cluster as a lab, so that scenarios may change anything on it')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON document')
    .action((options: TargetFlags & { yes?: boolean; json?: boolean }) => adopt(options, context));
}

async function adopt(
  options: TargetFlags & { yes?: boolean; json?: boolean },
  { services, print, json }: CommandContext,
): Promise<void> {
  const target = targetOf(options, services.env);
  if (!target)
    throw new UserError({ what: 'which cluster is not said', next: 'name it with --context or --kubeconfig' });
  const [{ extractContext }, { mark, portrayCluster }, { explainRefusal }, { KubeClient }] = await Promise.all([
    import('../cluster/kubeconfig/extract.ts'),
    import('../cluster/kubeconfig/lab-mark.ts'),
    import('../cluster/kubeconfig/refusals.ts'),
    import('../kube/client.ts'),
  ]);
  const { text, source } = await extractContext(target.files, target.context, 'adopt');
  const client = KubeClient.fromText(text);
  try {
    const portrait = await portrayCluster(client, source);
    if (!options.json) {
      print(
        tableText([
          ['context', portrait.context],
          ['server', portrait.server],
          ['version', portrait.version],
          ['made', portrait.createdAt],
          ['nodes', portrait.nodes.join(', ')],
          ['namespaces', portrait.namespaces.join(', ') || 'none but its own'],
          ['Pods', String(portrait.pods)],
        ]),
      );
    }
    if (!portrait.marked) {
      if (!options.yes) await confirm(source, services);
      await mark(client);
    }
    if (options.json) return json({ ...portrait, marked: true });
    print(
      `\n${source} is ${portrait.marked ? 'a lab already' : 'a lab now'}: kubedrill start <scenario> --provider kubeconfig --context ${source}`,
    );
  } catch (error) {
    throw explainRefusal(error, source, client.server);
  } finally {
    await client.close();
  }
}

/** Has the context's name typed: a wrong cluster is worse than a long answer. */
async function confirm(source: string, services: CommandContext['services']): Promise<void> {
  if (!services.stdin.isTTY) {
    throw new UserError({ what: 'nobody is there to confirm', next: 'look at what is shown above, then add --yes' });
  }
  const question = '\nScenarios change and delete anything on this cluster.\nType the name of its context to go on: ';
  const answer = await asking(services, (ask) => ask(question));
  if (answer !== source) throw new UserError({ what: `"${answer}" is not ${source}: nothing was done` });
}

const collectAddon = (name: string, before: AddonName[]): AddonName[] => [...new Set([...before, addonNamed(name)])];

function parseNodes(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 5)
    throw new InvalidArgumentError('expected a number from 1 to 5');
  return count;
}
