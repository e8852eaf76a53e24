import { program } from '../lib/program.ts';
import { echoText } from '../sh/builtins/output.ts';

export const echo = program('echo', async (p) => {
  await p.print(1, echoText(p.args, 'ash'));
  return 0;
});
