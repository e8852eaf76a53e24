import { UserError } from '../kernel/errors.ts';
import { onlyStyled } from '../present/width.ts';
import type { Services } from './services.ts';

/** Puts a question and resolves with the line that was typed, without space around it. */
export type Ask = (question: string) => Promise<string>;

/**
 * Asks at the terminal. The terminal stays as it is, so that Ctrl-C is a signal like anywhere else; at the end of the
 * input (Ctrl-D) a question rejects with a UserError. Who has no terminal must be told before.
 */
export async function asking<T>(
  { stdin, stdout, signal }: Pick<Services, 'stdin' | 'stdout' | 'signal'>,
  questions: (ask: Ask) => Promise<T>,
): Promise<T> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: stdin, terminal: false, signal });
  // Keeps what is typed ahead.
  const answers = lines[Symbol.asyncIterator]();
  try {
    return await questions(async (question) => {
      stdout.write(onlyStyled(question));
      const answer = await answers.next();
      // What comes next begins a line.
      if (answer.done) stdout.write('\n');
      signal.throwIfAborted();
      if (answer.done)
        throw new UserError({ what: 'no answer came: nothing was done', next: 'run it again, and answer' });
      return answer.value.trim();
    });
  } finally {
    lines.close();
  }
}
