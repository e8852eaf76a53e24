/**
 * `npm run bench -- api`: what the API of an embedded cluster in the daemon, durable in its folder, bears; beside a real
 * one if `--peer` names its kubeconfig, or is `kind`. Row by row, one after the other, by the same client.
 */
import { parseArgs } from 'node:util';
import { Bed, processorTime, residentMemory } from '../lab.ts';
import { type Measured, round } from '../measure.ts';
import { startKind } from './kind-peer.ts';
import { Peer } from './peer.ts';
import { type Load, World } from './rows.ts';

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
    },
  });
  const load: Load = {
    seconds: Number(values.seconds),
    concurrency: Number(values.concurrency),
    http2: values.http2,
    only: new RegExp(values.only),
  };
  const bed = new Bed();
  const worlds: World[] = [];
  const stops: (() => Promise<void>)[] = [];
  const open = async (kubeconfig: string, time?: () => number | undefined) => {
    const world = new World(await Peer.open(kubeconfig, load), load, time);
    worlds.push(world);
    await world.prepare();
    return world;
  };
  try {
    // As kind has its node image by the time it is measured, this has its code compiled; without it is reported, too.
    const earlier = new Bed();
    const first = await earlier.startCluster();
    await earlier.dispose();
    const { pid, kubeconfig, milliseconds } = await bed.startCluster();
    const startMs = { first: first.milliseconds, later: milliseconds };
    const atRest = residentMemory(pid);
    const embedded = await open(kubeconfig, () => processorTime(pid));
    const kind = values.peer === 'kind' ? await startKind(bed.folder) : undefined;
    if (kind) stops.push(kind.stop);
    const kindAtRest = await kind?.memory();
    const peerFile = kind?.kubeconfig ?? values.peer;
    const peer = peerFile === undefined ? undefined : await open(peerFile);
    const rows: Record<string, Compared> = {};
    for (const [name, row] of embedded.rows) {
      console.error(name);
      rows[name] = compared(await row(), await peer?.rows.get(name)?.());
    }
    const { seconds, concurrency, http2 } = load;
    const afterwards = residentMemory(pid);
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    const memoryMiB = { atRest, afterwards, aMinuteLater: residentMemory(pid) };
    const report = { node: process.version, seconds, concurrency, http2, startMs, memoryMiB };
    const peerCosts = kind && {
      peer: { startMs: kind.startMs, memoryMiB: { atRest: kindAtRest, afterwards: await kind.memory() } },
    };
    console.log(JSON.stringify({ ...report, ...peerCosts, rows }, null, 2));
  } finally {
    // A server that went away has nothing to be cleaned up, and the daemon must not stay.
    await Promise.allSettled(worlds.map((world) => world.dispose()));
    for (const stop of stops) await stop();
    await bed.dispose();
  }
}

function compared(measured: Measured, peer: Measured | undefined): Compared {
  if (!peer) return measured;
  const ratio = { perSecond: round(measured.perSecond / peer.perSecond, 2), p99: round(measured.p99 / peer.p99, 2) };
  return { ...measured, peer, ratio };
}
