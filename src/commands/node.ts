import { Command } from 'commander';
import { Queue } from '../kernel/queue.ts';
import type { Labs } from '../session/contract.ts';
import { runNodeProcess } from '../session/node-session.ts';
import type { NodeCommandRequest, NodeInput, NodeOutput, NodeProcessRequest } from '../session/types.ts';
import type { CommandFactory } from './command.ts';
import type { Services } from './services.ts';

export const node: CommandFactory = ({ services, json, exit }) => {
  const command = new Command('node').description('the machines of a cluster');
  command
    .command('shell')
    .description(
      'open a shell on a node, or run a command there: kubedrill node shell worker -- systemctl status kubelet',
    )
    .argument('<node>', 'its name, or the end of it: control-plane, worker2')
    .argument('[command...]', 'what to run, after -- (default: bash)')
    .option('--cluster <id>', "as in kubedrill cluster list (default: the newest attempt's, or the only one)")
    .option('--json', 'print the command instead of running it, as one JSON document')
    .action(async (name: string, words: string[], options: { cluster?: string; json?: boolean }) => {
      const wanted = words.length > 0 ? words : ['bash'];
      const labs = await services.labs();
      const request = { node: name, command: wanted, id: options.cluster };
      if (options.json) return json({ command: (await labs.nodeCommand(request)).argv });
      exit(await runOnNode(services, labs, request));
    });
  return command;
};

/** Runs a command as root on a node, with the streams of this process; its exit code. */
export async function runOnNode(services: Services, labs: Labs, request: NodeCommandRequest): Promise<number> {
  const { argv, simulated } = await labs.nodeCommand(request);
  const tty = Boolean(services.stdin.isTTY && services.stdout.isTTY);
  if (simulated) return runHere(services, labs, { ...request, tty });
  const [file = '', ...args] = argv;
  // Without a terminal docker refuses to make one.
  const plain = tty ? args : args.filter((arg) => arg !== '--tty');
  const { execa } = await import('execa');
  const result = await execa(file, plain, { stdio: 'inherit', reject: false });
  return result.exitCode ?? 0;
}

/** Joins the streams of this process to those of one on a node; resolves with its exit code. */
async function runHere(services: Services, labs: Labs, request: Omit<NodeProcessRequest, 'session'>): Promise<number> {
  const { stdin, stdout, stderr, signal } = services;
  const input = new Queue<NodeInput>();
  const size = () => input.push({ columns: stdout.columns, rows: stdout.rows });
  const type = async (chunk: Buffer) => {
    // No more is read than the process takes.
    stdin.pause();
    await input.push({ data: chunk.toString('base64') });
    if (!stdin.destroyed) stdin.resume();
  };
  const end = () => input.push({ end: true });
  const onOutput = ({ stream, data }: NodeOutput) =>
    void (stream === 'stdout' ? stdout : stderr).write(Buffer.from(data, 'base64'));
  if (request.tty) {
    stdin.setRawMode(true);
    stdout.on('resize', size);
    size();
  }
  stdin.on('data', type);
  stdin.on('end', end);
  try {
    return await runNodeProcess(labs, request, { input, onOutput, signal });
  } finally {
    input.end();
    stdin.off('data', type);
    stdin.off('end', end);
    stdout.off('resize', size);
    if (request.tty) stdin.setRawMode(false);
    // Nobody is to wait for what may still come.
    stdin.destroy();
  }
}
