/**
 * `npm run bench -- tui`: what somebody at the terminal waits for, and what the app costs: the first screen, from a key to its
 * frame while the cluster changes and a program prints, memory, and what is written to a terminal where nothing happens.
 */
import { join } from 'node:path';
import * as pty from '@lydell/node-pty';
import { KubeClient } from '../../../src/kube/client.ts';
import * as resources from '../../../src/kube/resources.ts';
import { Bed, median, residentMemory, root } from '../lab.ts';

const targets = { firstScreen: 150, keyToFrame: 30, memoryMiB: 150, idleBytesPerSecond: 0 };

const f12 = '\u001b[24~';
/** The mark of the pane that the arrows move: of all that is drawn only a key changes its place. */
const mark = '▸';
const keys = 100;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The app in a terminal, and everything that it writes. */
class App {
  readonly #terminal: pty.IPty;
  readonly exited: Promise<void>;
  readonly begun = performance.now();
  readonly #looks = new Set<() => void>();
  seen = '';

  constructor(bed: Bed, ...args: string[]) {
    this.#terminal = pty.spawn(process.execPath, [join(root, 'bin', 'kubedrill.js'), ...args], {
      name: 'xterm-256color',
      cols: 120,
      rows: 40,
      env: bed.env,
    });
    this.exited = new Promise((resolve) => this.#terminal.onExit(() => resolve()));
    this.#terminal.onData((data) => {
      this.seen += data;
      for (const look of this.#looks) look();
    });
  }

  get pid(): number {
    return this.#terminal.pid;
  }

  type(text: string): void {
    this.seen = '';
    this.#terminal.write(text);
  }

  /** Milliseconds from `from` until it has written this since the last key. */
  wrote(wanted: string | RegExp, from: number): Promise<number> {
    return new Promise((resolve) => {
      const look = () => {
        if (typeof wanted === 'string' ? !this.seen.includes(wanted) : !wanted.test(this.seen)) return;
        this.#looks.delete(look);
        resolve(performance.now() - from);
      };
      this.#looks.add(look);
      look();
    });
  }
}

async function firstScreen(bed: Bed): Promise<number> {
  const app = new App(bed);
  const taken = await app.wrote('forbidden-deployment', app.begun);
  app.type('q');
  await app.exited;
  await bed.run('cluster', 'list');
  return taken;
}

/** Nothing is done in the list for five seconds. */
async function idle(bed: Bed): Promise<{ bytesPerSecond: number; memoryMiB: number | undefined }> {
  const app = new App(bed);
  await app.wrote('forbidden-deployment', app.begun);
  await pause(3_000);
  app.seen = '';
  await pause(5_000);
  const bytesPerSecond = Buffer.byteLength(app.seen) / 5;
  const memoryMiB = residentMemory(app.pid);
  app.type('q');
  await app.exited;
  return { bytesPerSecond, memoryMiB };
}

/** Prints 100 lines of 100 characters, ten times in a tenth of a second: 1 MB a second. */
const printing = [
  "const line = 'x'.repeat(91) + ' ';",
  'let n = 0;',
  "setInterval(() => process.stdout.write(Array.from({ length: 1000 }, () => line + String(n++ % 1e7) + '\\n').join('')), 100);",
].join(' ');

/** Keys in a lab, while its cluster changes 100 times a second and a program in its pane prints 1 MB a second. */
async function underLoad(bed: Bed) {
  const app = new App(bed, 'forbidden-deployment');
  await app.wrote(/ready in/, app.begun);
  app.type('s');
  await app.wrote(/0\/100 \d\d:\d\d/, app.begun);
  app.type(`${process.execPath} -e "${printing.replaceAll('"', '\\"')}"\r`);
  await app.wrote('xxxxxxxx 1', app.begun);
  const changing = await changes(bed);
  app.type(f12);
  await app.wrote(mark, app.begun);
  const taken: number[] = [];
  for (let n = 0; n < keys; n++) {
    // Not in step with frames.
    await pause(40 + 37 * Math.random());
    const begin = performance.now();
    app.type('\t');
    taken.push(await app.wrote(mark, begin));
  }
  const memoryMiB = residentMemory(app.pid);
  const written = await changing.stop();
  app.type('q');
  await app.exited;
  const sorted = taken.sort((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? Number.NaN) * 10) / 10;
  return {
    keyToFrame: { median: at(0.5), p95: at(0.95), most: at(1 - 1 / keys) },
    memoryMiB,
    changesPerSecond: written,
  };
}

/** Changes a Role 100 times a second, which the lab's activity shows; `stop` says how often it really was. */
async function changes(bed: Bed): Promise<{ stop(): Promise<number> }> {
  const labs = await bed.labs();
  const [attempt] = await labs.attempts();
  if (!attempt?.cluster) throw new Error('the lab has no cluster');
  const client = await KubeClient.fromFile(attempt.cluster.kubeconfig);
  const begin = performance.now();
  let done = 0;
  let stopped = false;
  const loop = (async () => {
    for (let n = 0; !stopped; n++) {
      const metadata = { name: `bench-${n}`, namespace: attempt.namespace };
      await client.create(resources.roles, { metadata, rules: [] });
      done++;
      await pause(Math.max(0, begin + n * 10 - performance.now()));
    }
  })();
  return {
    async stop() {
      stopped = true;
      await loop;
      const rate = Math.round((1_000 * done) / (performance.now() - begin));
      await client.close();
      labs.close();
      return rate;
    },
  };
}

async function onBed<T>(work: (bed: Bed) => Promise<T>): Promise<T> {
  const bed = new Bed();
  try {
    return await work(bed);
  } finally {
    await bed.dispose();
  }
}

export async function benchTui(): Promise<void> {
  const starts: number[] = [];
  for (let n = 0; n < 7; n++) starts.push(await onBed(firstScreen));
  const atRest = await onBed(idle);
  const load = await onBed(underLoad);
  const report = { node: process.version, firstScreen: median(starts), atRest, underLoad: load, targets };
  console.log(JSON.stringify(report, null, 2));
}
