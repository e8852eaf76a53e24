import { errorPrefix } from './messages.ts';
import type { Shell } from './shell.ts';

/** A builtin's complaint: printed with the shell's and the builtin's name. */
export async function complain(shell: Shell, builtin: string, message: string, status = 1): Promise<number> {
  await shell.p.print(2, `${errorPrefix(shell.state, builtin)}${message}\n`);
  return status;
}
