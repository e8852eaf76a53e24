import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import type { ShellState } from './state.ts';

/** Who asks. */
interface Home {
  readonly p: Process;
  readonly state: ShellState;
}

/** `~` and `~user` at the start of a text; as it is where there is no such user. */
export function expandTilde(shell: Home, text: string): string {
  const match = /^~([A-Za-z0-9_.+-]*)(?=\/|:|$)/.exec(text);
  if (!match) return text;
  const home = homeOf(shell, match[1] ?? '');
  return home === undefined ? text : home + text.slice(match[0].length);
}

function homeOf({ p, state }: Home, user: string): string | undefined {
  if (user === '') return state.get('HOME');
  if (user === '+') return p.cwd;
  if (user === '-') return state.get('OLDPWD');
  try {
    const passwd = p.vfs.readText(p, '/etc/passwd').split('\n');
    return passwd.find((line) => line.startsWith(`${user}:`))?.split(':')[5];
  } catch (error) {
    if (isSysError(error)) return undefined;
    throw error;
  }
}
