import { isSysError } from '../kernel/errno.ts';
import type { Process, Program } from '../kernel/process.ts';
import { TooMuchWork } from '../kernel/work.ts';

/** A program was called wrongly: printed after its name, then it exits. */
export class UsageError extends Error {
  readonly code: number;

  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

/** Makes a program; usage errors and failed system calls end it with a message, as in every tool. */
export function program(
  name: string,
  run: (p: Process) => Promise<number> | number,
  options: { go?: boolean } = {},
): Program {
  return {
    name,
    ...options,
    run: async (p) => {
      try {
        return await run(p);
      } catch (error) {
        if (error instanceof UsageError) {
          await p.print(2, `${name}: ${error.message}\n`);
          return error.code;
        }
        if (error instanceof TooMuchWork) {
          await p.print(2, `${name}: ${error.message}\n`);
          return 2;
        }
        // The reader of our output is gone: SIGPIPE has been dealt with already.
        if (isSysError(error, 'EPIPE')) return 1;
        throw error;
      }
    },
  };
}

export function isBusybox(p: Process): boolean {
  return p.flavor === 'busybox';
}
