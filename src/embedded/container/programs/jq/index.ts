import { isSysError } from '../../kernel/errno.ts';
import type { Json } from '../../lib/json.ts';
import { program } from '../../lib/program.ts';
import { Failure, help, hint, readArguments, usage, version } from './command-line.ts';
import { Inputs } from './inputs.ts';
import { functionNames } from './library.ts';
import { CompileError, parseProgram } from './parser.ts';
import { Run } from './run.ts';

/** jq 1.7.1: the language without modules and SQL-style operators, the options without --stream. */
export const jq = program('jq', async (p) => {
  try {
    const call = await readArguments(p);
    if (call.flags.has('h')) {
      await p.print(1, help);
      return 0;
    }
    if (call.flags.has('V')) {
      await p.print(1, `${version}\n`);
      return 0;
    }
    let { filter } = call;
    if (call.flags.has('f') && filter !== undefined) {
      // The file's name stands where the filter would.
      try {
        filter = p.vfs.readText(p, filter);
      } catch (error) {
        if (!isSysError(error)) throw error;
        throw new Failure(`error: Could not open ${filter}: ${error.message}`);
      }
    }
    if (filter === undefined) {
      // Alone in a pipe it only formats.
      if (p.args.length > 0 || p.fds.get(0)?.isTty === true || p.fds.get(1)?.isTty === true) {
        await p.print(2, `${usage}${hint}`);
        return 2;
      }
      filter = '.';
    }
    const args = new Map<string, Json>([
      ['positional', call.positional],
      ['named', call.named],
    ]);
    const variables = new Map<string, Json>([['ENV', new Map(p.env)], ...call.named, ['ARGS', args]]);
    const node = parseProgram(filter, { functions: functionNames, variables: new Set(variables.keys()) });
    const inputs = new Inputs(p, call.files, call.flags.has('R'), call.flags.has('s'));
    return await new Run(p, call, node, inputs, variables).run();
  } catch (error) {
    if (error instanceof CompileError) {
      await p.print(2, error.message);
      return 3;
    }
    if (!(error instanceof Failure)) throw error;
    await p.print(2, `jq: ${error.message}\n${error.message.startsWith('error:') ? '' : hint}`);
    return error.code;
  }
});
