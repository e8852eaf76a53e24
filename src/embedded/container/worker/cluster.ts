/** The cluster as its worker sees it: its clock, network, images, volumes. */
import type { Clock, Timer } from '../../../kernel/clock.ts';
import type { ConnectionRoute, DnsAnswer } from '../../network-api.ts';
import type { LogPiece, NodeLog, NodeQuestion } from '../../node-api.ts';
import { kubeletVersion } from '../../node-facts.ts';
import { Catalogue } from '../images/catalogue.ts';
import type { Tree } from '../images/tree.ts';
import { NodeCpu } from '../kernel/cpu-meter.ts';
import { PodNetwork } from '../kernel/network.ts';
import { Volumes } from '../kernel/volumes.ts';
import type { ToMain } from '../protocol.ts';

/** Asks the main thread; the answer comes with the request's number. */
export class Requests {
  #next = 1;
  #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();

  add(): { request: number; answer: Promise<unknown> } {
    const request = this.#next++;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(request, { resolve, reject });
    });
    return { request, answer };
  }

  settle(request: number, value: unknown, errorCode: string | undefined): void {
    const pending = this.#pending.get(request);
    this.#pending.delete(request);
    if (errorCode === undefined) pending?.resolve(value);
    else pending?.reject(Object.assign(new Error(errorCode), { code: errorCode }));
  }
}

/** The machine's clock, or the main thread's own one by messages. */
export class ClusterClock implements Clock {
  #now: number | undefined;
  #next = 1;
  #timers = new Map<number, () => void>();
  readonly #send: (message: ToMain) => void;

  constructor(now: number | undefined, send: (message: ToMain) => void) {
    this.#now = now;
    this.#send = send;
  }

  now(): number {
    return this.#now ?? Date.now();
  }

  after(ms: number, fn: () => void): Timer {
    if (this.#now === undefined) {
      // setTimeout takes no more than 31 bits.
      const handle = ms > 2_147_483_647 ? undefined : setTimeout(fn, ms);
      return { cancel: () => clearTimeout(handle) };
    }
    const timer = this.#next++;
    this.#timers.set(timer, fn);
    this.#send({ t: 'timer', timer, ms });
    return {
      cancel: () => {
        if (this.#timers.delete(timer)) this.#send({ t: 'timerCancel', timer });
      },
    };
  }

  /** The main thread's time, where that is not the machine's. */
  set(now: number | undefined): void {
    if (this.#now !== undefined && now !== undefined) this.#now = now;
  }

  fire(timer: number, now: number): void {
    this.set(now);
    const fn = this.#timers.get(timer);
    this.#timers.delete(timer);
    fn?.();
  }
}

export class WorkerCluster {
  readonly clock: ClusterClock;
  readonly catalogue = new Catalogue();
  readonly volumes: Volumes;
  readonly network: PodNetwork;
  /** Probes that are under way, by their requests' numbers. */
  readonly gets = new Map<number, AbortController>();
  readonly #cpus = new Map<string, NodeCpu>();

  /** What is on a node's disk before anything is put there. */
  #nodeTree(): Tree {
    const name = `docker.io/kindest/node:${kubeletVersion}`;
    const found = this.catalogue.find(name);
    if (!found) throw new Error(`no image ${name}`);
    return this.catalogue.tree(found.image);
  }

  constructor(now: number | undefined, requests: Requests, send: (message: ToMain) => void) {
    this.clock = new ClusterClock(now, send);
    this.volumes = new Volumes(
      () => this.clock.now(),
      () => this.#nodeTree().instantiate(this.clock.now()),
    );
    this.ask = (node, question) => {
      // Services are to find what was written before they were asked.
      this.volumes.host(node).flush();
      const { request, answer } = requests.add();
      send({ t: 'node', request, node, question });
      return answer;
    };
    this.network = new PodNetwork(
      {
        records: (question) => {
          const { request, answer } = requests.add();
          send({ t: 'records', request, question });
          return answer as Promise<DnsAnswer>;
        },
        route: (from, to) => {
          const { request, answer } = requests.add();
          send({ t: 'route', request, from, to });
          return answer as Promise<ConnectionRoute>;
        },
      },
      (podUid, ports) => send({ t: 'listening', podUid, ports }),
    );
  }

  /** The log of a container on a node, which the main thread keeps: read when a program reads it. */
  showLog(node: string, log: NodeLog): void {
    const { path } = log;
    this.volumes.host(node).showLog(log, async (offset, length) => {
      const piece = await this.ask(node, { kind: 'logFile', path, offset, length });
      return piece as LogPiece;
    });
  }

  /** Asks the node itself. */
  readonly ask: (node: string, question: NodeQuestion) => Promise<unknown>;

  cpuOf(nodeName: string): NodeCpu {
    const cpu = this.#cpus.get(nodeName) ?? new NodeCpu(this.clock);
    this.#cpus.set(nodeName, cpu);
    return cpu;
  }
}
