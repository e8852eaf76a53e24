/**
 * `npm run bench -- api`: what the API of an embedded cluster, durable in a folder and in a process of its own, bears;
 * beside a real one if a kubeconfig names it. Both are measured in turns by the same client.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { processorTime, residentMemory } from '../lab.ts';
import { type Measured, round } from './measure.ts';
import { Peer } from './peer.ts';
import { type Load, measureRows } from './rows.ts';

interface Compared extends Measured {
  peer?: Measured;
  /** Of the embedded one to the peer: requests a second (more is better), and the slowest hundredth (less is better). */
  ratio?: { perSecond: number; p99: number };
}

export async function benchApi(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      peer: { type: 'string' },
      seconds: { type: 'string', default: '3' },
      concurrency: { type: 'string', default: '8' },
      http2: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      'cpu-prof': { type: 'string' },
    },
  });
  const load: Load = {
    seconds: Number(values.seconds),
    concurrency: Number(values.concurrency),
    http2: values.http2,
    only: new RegExp(values.only),
  };
  const folder = await mkdtemp(join(tmpdir(), 'kubedrill-bench-api-'));
  const begin = performance.now();
  const profile = values['cpu-prof'];
  const server = fork(join(import.meta.dirname, 'server.ts'), [folder], {
    execArgv: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  });
  try {
    const [kubeconfig] = (await once(server, 'message')) as [string];
    const startMs = Math.round(performance.now() - begin);
    const embedded = await rowsOf('embedded', kubeconfig, load, () => processorTime(server.pid ?? 0));
    const memoryMiB = residentMemory(server.pid ?? 0);
    const peer = values.peer === undefined ? undefined : await rowsOf('peer', values.peer, load);
    const rows = Object.fromEntries(
      Object.entries(embedded).map(([name, measured]) => [name, compared(measured, peer?.[name])]),
    );
    console.log(
      JSON.stringify(
        {
          node: process.version,
          seconds: load.seconds,
          concurrency: load.concurrency,
          http2: load.http2,
          startMs,
          memoryMiB,
          rows,
        },
        null,
        2,
      ),
    );
  } finally {
    const ended = once(server, 'exit');
    server.disconnect();
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

async function rowsOf(
  who: string,
  kubeconfig: string,
  load: Load,
  time: () => number | undefined = () => undefined,
): Promise<Record<string, Measured>> {
  const peer = await Peer.open(kubeconfig, load);
  try {
    return await measureRows(peer, load, (row) => console.error(`${who}: ${row}`), time);
  } finally {
    await peer.close();
  }
}

function compared(measured: Measured, peer: Measured | undefined): Compared {
  if (!peer) return measured;
  const ratio = { perSecond: round(measured.perSecond / peer.perSecond, 2), p99: round(measured.p99 / peer.p99, 2) };
  return { ...measured, peer, ratio };
}
