/** What the containers' worker keeps after what it was for is over: by count, with the worker's host in this thread. */
import { Duplex } from 'node:stream';
import { queryObjects } from 'node:v8';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { programs } from '../../src/embedded/container/programs/index.ts';
import type { ToMain, ToWorker } from '../../src/embedded/container/protocol.ts';
import { ContainerHost } from '../../src/embedded/container/worker/host.ts';
import { specOf } from './helpers.ts';

type Of<T extends ToMain['t']> = Extract<ToMain, { t: T }>;

/** Speaks for the main thread. */
class Peer {
  readonly host: ContainerHost;
  #next = 2;
  #waiting = new Set<(message: ToMain) => void>();

  constructor() {
    this.host = new ContainerHost(programs, (messages) => {
      for (const message of messages) for (const look of [...this.#waiting]) look(message);
    });
    this.host.handle({ t: 'cluster', cluster: 1 });
  }

  newId(): number {
    return this.#next++;
  }

  /** The first message of a type that `which` holds for. */
  told<T extends ToMain['t']>(type: T, which: (message: Of<T>) => boolean): Promise<Of<T>> {
    return new Promise((resolve) => {
      const look = (message: ToMain) => {
        if (message.t !== type || !which(message as Of<T>)) return;
        this.#waiting.delete(look);
        resolve(message as Of<T>);
      };
      this.#waiting.add(look);
    });
  }

  /** Starts a container; resolves with its number and its Pod's uid when it listens. */
  async serve(image: string, args?: string[]): Promise<{ container: number; podUid: string }> {
    const container = this.newId();
    const spec = specOf(image, args && { args });
    const listening = this.told('listening', ({ podUid }) => podUid === spec.pod.uid);
    this.host.handle({ t: 'start', cluster: 1, container, spec });
    await listening;
    return { container, podUid: spec.pod.uid };
  }

  /** Says something over a connection of its own and waits for its end; `finish` is run when something has come back. */
  async talk(podUid: string, port: number, text: string, finish: 'hangup' | 'inputEnd' | 'nothing'): Promise<void> {
    const session = this.newId();
    const ended = this.told('sessionEnd', (m) => m.session === session);
    const answered = this.told('sessionOutput', (m) => m.session === session);
    this.host.handle({ t: 'connect', cluster: 1, session, podUid, port });
    this.host.handle({ t: 'input', session, data: new TextEncoder().encode(text) });
    if (finish !== 'nothing') {
      await answered;
      this.host.handle({ t: finish, session });
    }
    await ended;
  }

  /** Runs a command in a container to its end. */
  async exec(container: number, ...command: string[]): Promise<void> {
    const session = this.newId();
    const ended = this.told('sessionEnd', (m) => m.session === session);
    this.host.handle({ t: 'exec', container, session, command, stdin: false, tty: false, env: [] });
    await ended;
  }

  async end(...containers: number[]): Promise<void> {
    for (const container of containers) {
      const exited = this.told('exited', (m) => m.container === container);
      this.host.handle({ t: 'signal', container, signal: 'SIGKILL' } satisfies ToWorker);
      await exited;
    }
  }
}

/** How many streams there are after `work` has been done often, more than after it was done once. */
async function left(work: () => Promise<unknown>): Promise<number> {
  for (let n = 0; n < 3; n++) await work();
  const before = queryObjects(Duplex, { format: 'count' });
  for (let n = 0; n < 30; n++) await work();
  return queryObjects(Duplex, { format: 'count' }) - before;
}

describe('connections to servers in containers', () => {
  let peer: Peer;
  beforeEach(() => {
    peer = new Peer();
  });
  afterEach(() => {
    peer.host.handle({ t: 'clusterEnd', cluster: 1 });
  });

  const get = (header = '') => `GET / HTTP/1.1\r\nHost: x\r\n${header}\r\n`;

  it.each([
    ['the server closes', get('Connection: close\r\n'), 'nothing'],
    ['the client closes', get(), 'hangup'],
    ['the client says that it will send no more', get(), 'inputEnd'],
  ] as const)('are gone when %s', async (_, request, finish) => {
    const { container, podUid } = await peer.serve('nginx:1.29');
    expect(await left(() => peer.talk(podUid, 80, request, finish))).toBeLessThan(5);
    await peer.end(container);
  });

  it('are gone with the process that made them', async () => {
    const { container } = await peer.serve('nginx:1.29');
    expect(await left(() => peer.exec(container, 'curl', '-s', 'http://127.0.0.1/'))).toBeLessThan(5);
    await peer.end(container);
  });
});
