import { UserError } from '../../kernel/errors.ts';

/** What no pack of texts comes near to. */
export const mostFiles = 5_000;
export const mostBytes = 64 * 2 ** 20;

/** Counts what a pack brings. */
export class Measure {
  readonly #source: string;
  #files = 0;
  #bytes = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Throws a UserError as soon as it is too much. */
  add(bytes: number): void {
    this.#files += 1;
    this.#bytes += bytes;
    if (this.#files > mostFiles) throw refused(this.#source, `it has more than ${mostFiles} files`);
    if (this.#bytes > mostBytes) throw tooLarge(this.#source);
  }
}

export function tooLarge(source: string): UserError {
  return refused(source, `it holds more than ${mostBytes / 2 ** 20} MiB`);
}

/** A source that no pack is taken from. */
export function refused(source: string, why: string, options?: ErrorOptions): UserError {
  return new UserError({ what: `${source} cannot be installed`, why, next: 'ask whoever made the pack' }, options);
}
