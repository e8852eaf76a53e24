import { ownProgram } from './own-command.ts';

/** How a multiplexer that this process runs in is told to open a command beside it. */
interface Multiplexer {
  name: string;
  /** Set in what runs in it. */
  variable: string;
  /** Before the command and its arguments. */
  argv: readonly [file: string, ...args: string[]];
}

const multiplexers: readonly Multiplexer[] = [
  { name: 'tmux', variable: 'TMUX', argv: ['tmux', 'split-window', '-h'] },
  { name: 'zellij', variable: 'ZELLIJ', argv: ['zellij', 'run', '--direction', 'right', '--close-on-exit', '--'] },
  { name: 'WezTerm', variable: 'WEZTERM_PANE', argv: ['wezterm', 'cli', 'split-pane', '--right', '--'] },
];

/** What the split is to have from here: a multiplexer gives it what it was itself started with. */
const handedOn = ['HOME', 'PATH', 'SHELL', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME'];

/**
 * Opens the shell of an attempt in a split of the multiplexer around this process: tmux, zellij or WezTerm; its name.
 * Undefined: there is none. Rejects as execa does if it fails.
 */
export async function openSplit(attempt: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const found = multiplexers.find(({ variable }) => env[variable]);
  if (!found) return undefined;
  const [file, ...args] = found.argv;
  const { execa } = await import('execa');
  await execa(file, [...args, ...splitCommand(attempt, env)], { env, extendEnv: false, stdin: 'ignore' });
  return found.name;
}

function splitCommand(attempt: string, env: NodeJS.ProcessEnv): string[] {
  const { node, file } = ownProgram();
  const variables = handedOn.flatMap((name) => (env[name] === undefined ? [] : [`${name}=${env[name]}`]));
  return ['env', ...variables, node, file, 'shell', '--attempt', attempt];
}
