/** How a fault of ours stands in the daemon's log, and how it is found there again. */
import { inspect } from 'node:util';
import { errorLines, errorText, exitCodeOf, exitCodes } from './errors.ts';
import { readTextIfThere } from './files.ts';

/** What an entry begins with, after its time; lines that belong to an entry are indented, so no text can pretend to be one. */
const mark = 'fault: ';
const entry = new RegExp(`^(\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z) ${mark}(.*)$`);

export interface LoggedFault {
  /** Milliseconds since 1970. */
  at: number;
  /** Where it was caught, and the error's message. */
  what: string;
}

/** What to log of an error that is our own fault: `where` it was caught, its stack (which `error` may be), and what caused it. */
export function faultText(where: string, error: unknown): string {
  return `${mark}${where}: ${typeof error === 'string' ? error : inspect(error)}`;
}

/** What to log of something that failed: a fault, unless the person or the environment is to blame. */
export function failureText(what: string, error: unknown): string {
  return exitCodeOf(error) === exitCodes.bug
    ? faultText(what, error)
    : `${what}: ${errorLines(errorText(error)).join('; ')}`;
}

/** The faults in a log and in the one before it (`<file>.1`), oldest first. A log that is not there has none. */
export async function readFaults(file: string): Promise<LoggedFault[]> {
  const texts = await Promise.all([`${file}.1`, file].map(readTextIfThere));
  return texts
    .flatMap((text = '') => text.split('\n'))
    .flatMap((line) => {
      const [, time, what] = entry.exec(line) ?? [];
      return time === undefined || what === undefined ? [] : [{ at: Date.parse(time), what }];
    });
}
