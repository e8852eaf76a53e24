/** A timer that can be taken back; cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Where all time comes from. Milliseconds throughout. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number;
  /** Runs `fn` once after `ms` milliseconds. The timer does not keep the process alive. */
  after(ms: number, fn: () => void): Timer;
}

/** Node fires longer timers at once, about 25 days. */
const longestTimeout = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    let handle: NodeJS.Timeout;
    const arm = (left: number) => {
      handle = setTimeout(
        () => (left > longestTimeout ? arm(left - longestTimeout) : fn()),
        Math.min(left, longestTimeout),
      );
      handle.unref();
    };
    arm(ms);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  #sequence = 0;
  #timers = new Map<number, { at: number; fn: () => void }>();

  constructor(start = Date.parse('2026-01-01T00:00:00Z')) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): Timer {
    const id = this.#sequence++;
    this.#timers.set(id, { at: this.#now + Math.max(0, ms), fn });
    return { cancel: () => void this.#timers.delete(id) };
  }

  /** Moves time on by `ms`, firing due timers in order; pending promises are let through between them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await allTurns();
      const due = [...this.#timers].filter(([, t]) => t.at <= end).sort(([i, a], [j, b]) => a.at - b.at || i - j)[0];
      if (!due) break;
      const [id, timer] = due;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, timer.at);
      timer.fn();
    }
    this.#now = end;
    await allTurns();
  }
}

/** Lets everything that is ready to run, run: resolves in the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The next turn, and those that others wait for. */
async function allTurns(): Promise<void> {
  do await nextTurn();
  while (waitingForTurn.length > 0);
}

/** How long the work of all components together may hold up a turn of the event loop, milliseconds. */
const turnBudget = 5;

/**
 * Milliseconds of this thread's processor time, where Node tells it (from 23.9): on a machine where others work, too,
 * ever shorter turns would only add to what there is to do. Else plain time.
 */
const spent: () => number =
  typeof process.threadCpuUsage === 'function'
    ? () => {
        const { user, system } = process.threadCpuUsage();
        return (user + system) / 1000;
      }
    : () => performance.now();

/** When the work of this turn began; undefined: there was none yet. */
let turnBegan: number | undefined;
const waitingForTurn: (() => void)[] = [];
/** Somebody is let through soon. */
let letting = false;

/**
 * Awaited before each piece of work that nobody waits for at the other end of a connection. Those who wait come one
 * after the other, each when the one before has nothing more to do at once, and in a later turn when this one has had
 * enough: however many workers there are, whoever asks the API waits for a few milliseconds of them at a time.
 */
export function turnToWork(): Promise<void> {
  return new Promise((resolve) => {
    waitingForTurn.push(resolve);
    if (letting) return;
    letting = true;
    letNextLater();
  });
}

/** When all microtasks have run: a tick that a tick asks for comes before them, one that a microtask asks for does not. */
function letNextLater(): void {
  queueMicrotask(() => process.nextTick(letNext));
}

/** What whoever was let through before could do at once is done. */
function letNext(): void {
  const now = spent();
  if (turnBegan === undefined) {
    turnBegan = now;
    setImmediate(endTurn);
  }
  if (now - turnBegan >= turnBudget) return;
  const next = waitingForTurn.shift();
  letting = next !== undefined;
  if (!next) return;
  next();
  letNextLater();
}

function endTurn(): void {
  turnBegan = undefined;
  letting = waitingForTurn.length > 0;
  if (letting) letNext();
}

/** Resolves after `ms` on `clock`; rejects with the signal's reason if that aborts first. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** As `sleep`, but an abort only ends it early. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(clock, ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
