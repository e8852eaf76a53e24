import { fstatSync } from 'node:fs';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Labs } from './contract.ts';

/** How often the terminal is looked at, milliseconds. */
const lookEvery = 5_000;

/** How often a sign is given of somebody who goes on typing, milliseconds. */
export const signEvery = 60_000;

export interface TypingOptions {
  clock: Clock;
  /** When something was last typed, milliseconds; undefined: that can't be seen. */
  lastInput(): number | undefined;
  /** Whether the clock of the attempt stands: the next key starts it at once. */
  isStanding(): boolean;
  onTyping(): void;
}

/** Gives a sign when something was typed in a terminal, hardly ever more than once a minute, until it is stopped. */
export class TypingWatch {
  readonly #options: TypingOptions;
  #seen: number | undefined;
  #signed: number;
  #timer: Timer | undefined;

  constructor(options: TypingOptions) {
    this.#options = options;
    this.#seen = options.lastInput();
    this.#signed = options.clock.now();
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #schedule(): void {
    this.#timer = this.#options.clock.after(lookEvery, () => {
      this.#schedule();
      this.#look();
    });
  }

  #look(): void {
    const { clock, lastInput, isStanding, onTyping } = this.#options;
    const last = lastInput();
    if (last === undefined || last === this.#seen) return;
    if (clock.now() - this.#signed < signEvery && !isStanding()) return;
    this.#seen = last;
    this.#signed = clock.now();
    onTyping();
  }
}

/** Gives the sign to the daemon. */
export async function signOfWork(labs: Pick<Labs, 'work'>, id: string): Promise<void> {
  try {
    await labs.work({ id });
  } catch {
    // That the attempt has ended, or the daemon, whoever follows is told.
  }
}

const standardInput = 0;

/**
 * When something was last read from the terminal of the standard input, as `w` knows it: the access time of its device, milliseconds since 1970.
 * What was typed nobody sees. Undefined where it is no terminal.
 */
export function terminalInput({ isTTY }: { isTTY?: boolean }): number | undefined {
  if (!isTTY) return undefined;
  try {
    return fstatSync(standardInput).atimeMs;
  } catch {
    // It has gone: nobody types there.
    return undefined;
  }
}
