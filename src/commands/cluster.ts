import { Command, InvalidArgumentError } from 'commander';
import { tableText } from '../present/text.ts';
import type { CommandFactory } from './command.ts';

export const cluster: CommandFactory = ({ services, print, json }) => {
  const command = new Command('cluster').description('bare clusters, without a scenario');
  command
    .command('up')
    .description('make a cluster')
    .option('--name <name>', 'a name for it', 'bare')
    .option('--nodes <count>', 'a control plane and workers; 1: one node that runs everything', parseNodes, 1)
    .option('--cluster <provider>', 'where: embedded', 'embedded')
    .option('--json', 'print one JSON document')
    .action(async (options: { name: string; nodes: number; cluster: string; json?: boolean }) => {
      const labs = await services.labs();
      const { id, kubeconfig, context, server } = await labs.clusterUp({
        name: options.name,
        nodes: options.nodes,
        provider: options.cluster,
      });
      if (options.json) return json({ id, kubeconfig, context, server });
      print(`${id} is up at ${server}\n\n  export KUBECONFIG=${kubeconfig}`);
    });
  command
    .command('list')
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
          ...clusters.map((c) => [c.id, c.provider, c.server, c.attempt ?? '']),
        ]),
      );
    });
  command
    .command('down')
    .description('delete a cluster')
    .argument('<id>', 'as in kubedrill cluster list')
    .option('--json', 'print one JSON document')
    .action(async (id: string, options: { json?: boolean }) => {
      await (await services.labs()).clusterDown(id);
      if (options.json) return json({ id });
      print(`${id} is gone`);
    });
  return command;
};

function parseNodes(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 5)
    throw new InvalidArgumentError('expected a number from 1 to 5');
  return count;
}
