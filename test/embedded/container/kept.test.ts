/** What is kept of containers after they are over, by count: in their thread (its host runs in this one here), and in the main one. */
import { EventEmitter } from 'node:events';
import { ClientRequest } from 'node:http';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { queryObjects } from 'node:v8';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Container } from '../../../src/embedded/container/kernel/container.ts';
import { Process } from '../../../src/embedded/container/kernel/process.ts';
import { OpenFile } from '../../../src/embedded/container/kernel/vfs-node.ts';
import { programs } from '../../../src/embedded/container/programs/index.ts';
import type { ToMain, ToWorker } from '../../../src/embedded/container/protocol.ts';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { ContainerHost } from '../../../src/embedded/container/worker/host.ts';
import { collect, emptyNetwork, finished, printed, specOf } from './helpers.ts';

// Each count collects all garbage first, which takes its time on a machine that has other work.
vi.setConfig({ testTimeout: 120_000 });

/** Under all that is counted: one collection is enough for a count of everything. */
class Counted {}
for (const { prototype } of [EventEmitter, OpenFile, Process, Container]) {
  Object.setPrototypeOf(prototype, Counted.prototype);
}

type Of<T extends ToMain['t']> = Extract<ToMain, { t: T }>;

const nowhere = { code: 'NXDOMAIN', records: [] };
const refused = { kind: 'refused' };

/** Speaks for the main thread, on a network where nothing is found. */
class Peer {
  readonly host: ContainerHost;
  #next = 2;
  #waiting = new Set<(message: ToMain) => void>();

  constructor() {
    this.host = new ContainerHost(programs, (messages) => {
      for (const message of messages) {
        if (message.t === 'records') this.host.handle({ t: 'answer', request: message.request, value: nowhere });
        if (message.t === 'route') this.host.handle({ t: 'answer', request: message.request, value: refused });
        for (const look of [...this.#waiting]) look(message);
      }
    });
    this.host.handle({ t: 'cluster' });
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
    this.host.handle({ t: 'start', container, spec });
    await listening;
    return { container, podUid: spec.pod.uid };
  }

  /** Says something over a connection of its own and waits for its end; `finish` is run when something has come back. */
  async talk(podUid: string, port: number, text: string, finish: 'hangup' | 'inputEnd' | 'nothing'): Promise<void> {
    const session = this.newId();
    const ended = this.told('sessionEnd', (m) => m.session === session);
    const answered = this.told('sessionOutput', (m) => m.session === session);
    this.host.handle({ t: 'connect', session, podUid, port });
    this.host.handle({ t: 'input', session, data: new TextEncoder().encode(text) });
    if (finish !== 'nothing') {
      await answered;
      this.host.handle({ t: finish, session });
    }
    await ended;
  }

  /** Asks as a probe does, to its end; `abort`: it is given up at once. */
  async get(podUid: string, url: string, abort = false): Promise<void> {
    const request = this.newId();
    const got = this.told('got', (m) => m.request === request);
    const port = Number(new URL(url).port);
    this.host.handle({ t: 'get', request, podUid, port, get: { url, headers: {} } });
    if (abort) this.host.handle({ t: 'getAbort', request });
    await got;
  }

  /** Opens a session of a container, and hangs up once it has begun. */
  async visit(container: number, what: 'exec' | 'attach'): Promise<void> {
    const session = this.newId();
    const begun = this.told('sessionStarted', (m) => m.session === session);
    const ended = this.told('sessionEnd', (m) => m.session === session);
    const options = { container, session, stdin: true, tty: true };
    if (what === 'attach') this.host.handle({ t: 'attach', ...options });
    else this.host.handle({ t: 'exec', ...options, command: ['sh'], env: [] });
    await begun;
    this.host.handle({ t: 'hangup', session });
    await ended;
  }

  /** Starts a container and waits for its end. */
  async run(image: string, ...command: string[]): Promise<void> {
    const container = this.newId();
    const exited = this.told('exited', (m) => m.container === container);
    this.host.handle({ t: 'start', container, spec: specOf(image, { command }) });
    await exited;
  }

  /** Runs a command in a container to its end. */
  async exec(container: number, ...command: readonly string[]): Promise<void> {
    const session = this.newId();
    const ended = this.told('sessionEnd', (m) => m.session === session);
    this.host.handle({ t: 'exec', container, session, command: [...command], stdin: false, tty: false, env: [] });
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

type Kind = abstract new (...args: never[]) => object;
type Work = () => Promise<unknown>;

const kinds = {
  streams: Duplex,
  requests: ClientRequest,
  emitters: EventEmitter,
  files: OpenFile,
  processes: Process,
  containers: Container,
};

const count = (kind: Kind): number => queryObjects(kind as never, { format: 'count' });
/** What is left of the last time or two is no leak. */
const few = (left: number): boolean => left < 10;

async function repeat(times: number, works: Iterable<Work>): Promise<void> {
  for (const work of works) {
    for (let n = 0; n < times; n++) await work();
  }
}

/** Of works that leave more behind when they have been done often than after a few times: how many of which kinds. */
async function leaks(works: Record<string, Work>): Promise<Record<string, Record<string, number>>> {
  await repeat(3, Object.values(works));
  const before = count(Counted);
  await repeat(30, Object.values(works));
  if (few(count(Counted) - before)) return {};
  const found: Record<string, Record<string, number>> = {};
  const countEach = () => Object.entries(kinds).map(([kind, of]) => [kind, count(of)] as const);
  let earlier = countEach();
  for (const [name, work] of Object.entries(works)) {
    await repeat(30, [work]);
    const now = countEach();
    const left = now.map(([kind, number], n) => [kind, number - (earlier[n]?.[1] ?? 0)] as const);
    const many = left.filter(([, number]) => !few(number));
    if (many.length > 0) found[name] = Object.fromEntries(many);
    earlier = now;
  }
  return found;
}

let peer: Peer;
beforeEach(() => {
  peer = new Peer();
});
afterEach(() => {
  peer.host.handle({ t: 'clusterEnd' });
});

it('keeps nothing of connections to servers in containers', async () => {
  const { container, podUid } = await peer.serve('nginx:1.29');
  const get = (header = '') => `GET / HTTP/1.1\r\nHost: x\r\n${header}\r\n`;
  expect(
    await leaks({
      'the server closes': () => peer.talk(podUid, 80, get('Connection: close\r\n'), 'nothing'),
      'the client closes': () => peer.talk(podUid, 80, get(), 'hangup'),
      'the client says that it will send no more': () => peer.talk(podUid, 80, get(), 'inputEnd'),
      'the process that made it ends': () => peer.exec(container, 'curl', '-s', 'http://127.0.0.1/'),
    }),
  ).toEqual({});
});

it('keeps nothing of probes', async () => {
  const secure = { port: 8443, protocol: 'https' as const, routes: { '/': { body: 'ok' } } };
  const service = { ports: [secure, { ...secure, port: 8080, protocol: 'http' as const }] };
  peer.host.handle({ t: 'images', images: [{ name: 'example.com/both', entrypoint: ['service'], service }] });
  const { podUid } = await peer.serve('example.com/both');
  expect(
    await leaks({
      'are answered': () => peer.get(podUid, 'http://10.244.0.9:8080/'),
      'are answered over TLS': () => peer.get(podUid, 'https://10.244.0.9:8443/'),
      'ask for TLS where there is none': () => peer.get(podUid, 'https://10.244.0.9:8080/'),
      'find nobody': () => peer.get(podUid, 'http://10.244.0.9:81/'),
      'are given up': () => peer.get(podUid, 'http://10.244.0.9:8080/', true),
    }),
  ).toEqual({});
});

it('keeps nothing of what has run in containers', async () => {
  const { container } = await peer.serve('nginx:1.29');
  const script = (text: string) => () => peer.exec(container, 'sh', '-c', text);
  expect(
    await leaks({
      exec: () => peer.exec(container, 'cat', '/etc/hostname'),
      'pipes, substitutions and children': script('x=$(echo a | tr a b); (exit 3) || echo $x | cat'),
      'what is left in the background': script('true & echo done'),
      'what fails on the network': script('wget -q -O- http://no-such-host/; nslookup no-such-host; true'),
      'what is refused': () => peer.exec(container, 'curl', '-s', 'http://127.0.0.1:81/'),
      'an exec whose client hangs up': () => peer.visit(container, 'exec'),
      'an attach whose client hangs up': () => peer.visit(container, 'attach'),
      'a container': () => peer.run('busybox:1.36', 'sh', '-c', 'echo a > /tmp/b; sleep 9 & cat /tmp/b'),
      'a server': async () => peer.end((await peer.serve('nginx:1.29')).container),
    }),
  ).toEqual({});
});

it('keeps nothing of a cluster', async () => {
  const visit = async () => {
    const { container } = await peer.serve('nginx:1.29');
    const exited = peer.told('exited', (m) => m.container === container);
    peer.host.handle({ t: 'clusterEnd' });
    await exited;
    peer.host.handle({ t: 'cluster' });
  };
  expect(await leaks({ visit })).toEqual({});
});

describe("the main thread's end", () => {
  it('keeps nothing of containers, sessions and connections that are over', async () => {
    const runtime = createContainerRuntime({ network: emptyNetwork() });
    const spec = specOf('nginx:1.29');
    const server = await runtime.start(spec);
    await printed(server, /start worker processes/);
    const work = async () => {
      await finished(await runtime.start(specOf('busybox:1.36', { command: ['echo', 'hello'] })));
      await collect(server.exec({ command: ['cat', '/etc/hostname'], stdin: false, tty: false }));
      const attached = server.attach({ stdin: false, tty: false });
      attached.close();
      await attached.exit;
      const socket = await runtime.connect(spec.pod.uid, 80);
      socket.end('GET / HTTP/1.0\r\n\r\n');
      expect(await text(socket)).toContain('Welcome to nginx!');
      expect(await runtime.connect(spec.pod.uid, 81).catch((error: Error) => error.message)).toBe('Connection refused');
    };
    expect(await leaks({ work })).toEqual({});
    await runtime.dispose();
  });
});
