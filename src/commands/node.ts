import { Command } from 'commander';
import type { CommandFactory } from './command.ts';

export const node: CommandFactory = ({ services, json, exit }) => {
  const command = new Command('node').description('the machines of a cluster');
  command
    .command('shell')
    .description('open a shell on a node (clusters of kind)')
    .argument('<node>', 'its name, or the end of it: control-plane, worker2')
    .option('--id <cluster>', "as in kubedrill cluster list (default: the newest attempt's)")
    .option('--json', 'print the command instead of running it, as one JSON document')
    .action(async (name: string, options: { id?: string; json?: boolean }) => {
      const [file = '', ...args] = await (await services.labs()).nodeCommand(name, options.id);
      if (options.json) return json({ command: [file, ...args] });
      // Without a terminal docker refuses to make one.
      const plain = services.stdin.isTTY ? args : args.filter((arg) => arg !== '--tty');
      const { execa } = await import('execa');
      const result = await execa(file, plain, { stdio: 'inherit', reject: false });
      exit(result.exitCode ?? 0);
    });
  return command;
};
