import { formatPrintf } from '../lib/printf.ts';
import { program, UsageError } from '../lib/program.ts';

export const printf = program('printf', async (p) => {
  const args = p.args[0] === '--' ? p.args.slice(1) : p.args;
  const [format, ...values] = args;
  if (format === undefined) throw new UsageError('missing operand');
  const { text, errors } = formatPrintf(format, values);
  await p.print(1, text);
  for (const error of errors) await p.print(2, `printf: ${error}\n`);
  return errors.length > 0 ? 1 : 0;
});
