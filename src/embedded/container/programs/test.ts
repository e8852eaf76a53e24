import type { Process } from '../kernel/process.ts';
import { program } from '../lib/program.ts';
import { evaluateTest, TestError } from '../sh/test-expression.ts';

async function run(p: Process, args: string[]): Promise<number> {
  try {
    return evaluateTest(p, args) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    await p.print(2, `${p.name}: ${error.message}\n`);
    return 2;
  }
}

export const test = program('test', (p) => run(p, p.args));

export const bracket = program('[', async (p) => {
  if (p.args.at(-1) === ']') return run(p, p.args.slice(0, -1));
  await p.print(2, "[: missing ']'\n");
  return 2;
});

export const doubleBracket = program('[[', async (p) => {
  if (p.args.at(-1) === ']]') return run(p, p.args.slice(0, -1));
  await p.print(2, '[[: missing ]]\n');
  return 2;
});
