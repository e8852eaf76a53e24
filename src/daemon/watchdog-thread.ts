/** The watchdog's thread: see watchdog.ts. */
import { renameSync, writeFileSync, writeSync } from 'node:fs';
import { Session } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import { faultText } from '../kernel/fault-log.ts';
import type { Blocked, WatchdogData } from './watchdog.ts';

const { beats, file, interval, limit, question } = workerData as WatchdogData;

/** How long the main thread may take to say what it does, milliseconds: code that no interrupt reaches never does. */
const answerPatience = 3_000;

let seen = Atomics.load(beats, 0);
let missed = 0;
let lookedAt = performance.now();

const timer = setInterval(() => {
  const now = performance.now();
  // A look that is late itself says nothing: the machine slept, or the whole process was stopped.
  const onTime = now - lookedAt < 2 * interval;
  lookedAt = now;
  const beat = Atomics.load(beats, 0);
  if (beat !== seen) missed = 0;
  else if (onTime) missed++;
  seen = beat;
  if (missed < limit) return;
  clearInterval(timer);
  report();
}, interval);

function report(): void {
  const seconds = Math.round((limit * interval) / 1000);
  const late = setTimeout(() => end({ seconds, at: Date.now(), stack: [] }), answerPatience);
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.evaluate', { expression: question, returnByValue: true }, (error, reply) => {
    clearTimeout(late);
    const known = error ? { stack: [String(error.message)] } : (reply.result.value as Pick<Blocked, 'work' | 'stack'>);
    end({ seconds, at: Date.now(), ...known });
  });
}

function end(blocked: Blocked): never {
  const text = JSON.stringify(blocked);
  try {
    const fault = faultText('the daemon', `blocked for ${blocked.seconds} s, killed: ${text}`);
    writeSync(2, `${new Date(blocked.at).toISOString()} ${fault}\n`);
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
  throw new Error('killed');
}
