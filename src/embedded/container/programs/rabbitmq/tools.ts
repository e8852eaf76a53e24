/** rabbitmqctl and rabbitmq-diagnostics: they ask the node of their Pod. */
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { program } from '../../lib/program.ts';
import { DISTRIBUTION_PORT, nodeName, readCookie } from './broker.ts';
import { argumentFault, EXIT, isToolCommand, type ToolAnswer, type ToolRequest } from './commands.ts';
import { readMessage, writeMessage } from './messages.ts';

interface ToolOptions {
  quiet: boolean;
  node: string | undefined;
  vhost: string;
  words: string[];
}

const withValue = new Set(['-n', '--node', '-p', '--vhost', '-t', '--timeout', '--formatter']);

function readOptions(args: readonly string[]): ToolOptions {
  const options: ToolOptions = { quiet: false, node: undefined, vhost: '/', words: [] };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '-q' || arg === '--quiet' || arg === '-s' || arg === '--silent') options.quiet = true;
    else if (withValue.has(arg)) {
      const value = args[++i] ?? '';
      if (arg === '-n' || arg === '--node') options.node = value;
      if (arg === '-p' || arg === '--vhost') options.vhost = value;
    } else options.words.push(arg);
  }
  return options;
}

const unreachable = (
  node: string,
) => `Error: unable to perform an operation on node '${node}'. Please see diagnostics information and suggestions below.

Most common reasons for this are:

 * Target node is unreachable (e.g. due to hostname resolution, TCP connection or firewall issues)
 * CLI tool fails to authenticate with the server (e.g. due to CLI tool's Erlang cookie not matching that of the server)
 * Target node is not running

In addition to the diagnostics info below:

 * See the CLI, clustering and networking guides on https://rabbitmq.com/documentation.html to learn more
 * Consult server logs on node ${node}
`;

/** Asks the node; undefined: it does not run here, or takes nobody with this cookie. */
async function ask(p: Process, request: ToolRequest): Promise<ToolAnswer | undefined> {
  try {
    const socket = await p.container.network.connect(p, '127.0.0.1', DISTRIBUTION_PORT);
    writeMessage(socket, request);
    const answer = await readMessage(p, socket);
    socket.end();
    return answer as ToolAnswer | undefined;
  } catch (error) {
    if (!isSysError(error)) throw error;
    return undefined;
  }
}

async function run(p: Process): Promise<number> {
  const { quiet, node = nodeName(p), vhost, words } = readOptions(p.args);
  const [command, ...args] = words;
  if (command === undefined || command === 'help' || command === '--help') {
    await p.print(
      1,
      `\nUsage\n\n${p.name} [--node <node>] [--timeout <timeout>] [--longnames] [--quiet] <command> [<command options>]\n`,
    );
    return command === undefined ? EXIT.usage : 0;
  }
  if (!isToolCommand(command)) {
    await p.print(2, `\nCommand '${command}' not found. \n`);
    return EXIT.usage;
  }
  const fault = argumentFault(command, args);
  if (fault !== undefined) {
    await p.print(2, `Error (argument validation): ${fault}\nArguments given:\n\t${words.join(' ')}\n`);
    return EXIT.usage;
  }
  if (vhost !== '/') {
    await p.print(2, `Error:\nVirtual host '${vhost}' does not exist\n`);
    return EXIT.data;
  }
  const answer = node === nodeName(p) ? await ask(p, { cookie: readCookie(p), command, args }) : undefined;
  if (!answer) {
    await p.print(2, unreachable(node));
    return EXIT.unavailable;
  }
  if (!quiet && answer.banner !== undefined) await p.print(1, `${answer.banner}\n`);
  if (answer.error !== undefined) await p.print(2, `Error:\n${answer.error}\n`);
  if (answer.out !== undefined) await p.print(1, answer.out);
  return answer.code;
}

export const rabbitmqctl = program('rabbitmqctl', run);
export const rabbitmqDiagnostics = program('rabbitmq-diagnostics', run);
