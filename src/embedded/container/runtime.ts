import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import type {
  ContainerRuntime,
  ContainerSpec,
  ContainerUsage,
  ImageDescription,
  ProbeRequest,
  ProbeResponse,
  RunningContainer,
} from '../container-api.ts';
import type { ClusterNetwork } from '../network-api.ts';
import type { NodeAnswers, NodeEntries, NodeLog, RuntimeLoss } from '../node-api.ts';
import { Catalogue } from './images/catalogue.ts';
import type { Files, HandlersOf, ToMain } from './protocol.ts';
import { answersTo } from './runtime/answers.ts';
import { Containers } from './runtime/containers.ts';
import { NodeDisks } from './runtime/node-disks.ts';
import { Requests } from './runtime/requests.ts';
import { Sessions } from './runtime/sessions.ts';
import { RuntimeStartFailure } from './runtime/start-failure.ts';
import { Timers } from './runtime/timers.ts';
import { WorkerClient } from './worker-client.ts';

export interface ContainerRuntimeOptions {
  /** What programs find on the network. */
  network: ClusterNetwork;
  /** What programs on nodes ask. Default: there is nobody to ask. */
  nodes?: NodeAnswers;
  /** Default: the machine's. */
  clock?: Clock;
  /** Default: one of its own; for tests that end it. */
  worker?: WorkerClient;
  /** Told when a program of the simulation failed by our own fault. Default: nothing. */
  onBug?(program: string, stack: string): void;
}

/**
 * The runtime of one cluster. Its containers run in a worker thread of their own that is started at the first need and
 * ends with the cluster; if it dies, its containers are reported as killed (137) and the next start begins a new one.
 */
export function createContainerRuntime(options: ContainerRuntimeOptions): ContainerRuntime {
  return new Runtime(options);
}

class Runtime implements ContainerRuntime {
  readonly #catalogue = new Catalogue();
  readonly #worker: WorkerClient;
  readonly #sessions: Sessions;
  readonly #containers: Containers;
  readonly #requests: Requests;
  readonly #disks: NodeDisks;
  readonly #timers: Timers;
  /** Where processes listen, by the uid of the Pod. */
  readonly #ports = new Map<string, number[]>();
  readonly #clock: Clock;
  readonly #nodes: NodeAnswers | undefined;
  #images: ImageDescription[] = [];
  #disposed = false;

  constructor(options: ContainerRuntimeOptions) {
    const worker = options.worker ?? new WorkerClient();
    this.#worker = worker;
    this.#clock = options.clock ?? systemClock;
    this.#nodes = options.nodes;
    this.#sessions = new Sessions(worker);
    this.#containers = new Containers(worker, this.#sessions);
    this.#requests = new Requests(worker);
    this.#disks = new NodeDisks(worker);
    this.#timers = new Timers(worker, this.#clock);
    worker.join({
      now: () => this.#now(),
      images: () => this.#images,
      nodes: () => this.#disks.messages(),
      handlers: this.#handlers(options),
      lost: (loss) => this.#lost(loss),
    });
    // While the cluster starts, so that its first container does not wait.
    worker.warmUp();
  }

  #handlers({ network, nodes, onBug }: ContainerRuntimeOptions): HandlersOf<ToMain['t']> {
    return {
      ...this.#sessions.handlers,
      ...this.#containers.handlers,
      ...this.#requests.handlers,
      ...this.#disks.handlers,
      ...this.#timers.handlers,
      ...answersTo(this.#worker, { network, nodes, onBug, listening: (podUid, port) => this.listening(podUid, port) }),
      listening: ({ podUid, ports }) => {
        if (ports.length > 0) this.#ports.set(podUid, ports);
        else this.#ports.delete(podUid);
      },
      bug: ({ program, stack }) => onBug?.(program, stack),
      // That it says something at all is what they are for.
      ready: () => undefined,
      pong: () => undefined,
    };
  }

  /** The time of the cluster's own clock; undefined: the machine's. */
  #now(): number | undefined {
    return this.#clock === systemClock ? undefined : this.#clock.now();
  }

  image(reference: string): { name: string; digest: string; sizeBytes: number; user?: number } | undefined {
    const found = this.#catalogue.find(reference);
    if (!found) return undefined;
    const { name, digest, image } = found;
    return { name, digest, sizeBytes: image.sizeBytes, ...(image.user === undefined ? {} : { user: image.user }) };
  }

  hasRepository(reference: string): boolean {
    return this.#catalogue.hasRepository(reference);
  }

  loadImages(images: readonly ImageDescription[]): void {
    this.#catalogue.add(images);
    this.#images = [...this.#images, ...images];
    this.#worker.send({ t: 'images', images });
  }

  start(spec: ContainerSpec): Promise<RunningContainer> {
    if (this.#disposed)
      return Promise.reject(new RuntimeStartFailure('ContainerCannotRun', 'the runtime has ended', 128));
    return this.#containers.start(spec, this.#now());
  }

  updateFiles(id: string, files: Files): void {
    this.#worker.send({ t: 'files', id, files });
  }

  removeVolume(id: string): void {
    this.#worker.send({ t: 'removeVolume', id });
  }

  keepFiles(
    node: string,
    roots: readonly string[],
    entries: NodeEntries,
    changed: (entries: NodeEntries) => void,
    beside?: () => NodeEntries,
  ): void {
    this.#disks.keepFiles(node, roots, entries, changed, beside);
  }

  showLog(node: string, log: NodeLog): void {
    this.#disks.showLog(node, log);
  }

  hideLog(node: string, path: string): void {
    this.#disks.hideLog(node, path);
  }

  prepareHostPath(node: string, path: string, type: string): Promise<void> {
    // As for those that wait at the end: the node that asks is about to stop, and no fault of the volume is to be told.
    return this.#disposed ? Promise.resolve() : this.#requests.prepareHostPath(node, path, type);
  }

  usage(): Promise<Readonly<Record<string, ContainerUsage>>> {
    return this.#containers.size === 0 ? Promise.resolve({}) : this.#requests.usage(this.#now());
  }

  listening(podUid: string, port: number): boolean {
    return this.#ports.get(podUid)?.includes(port) ?? false;
  }

  async connect(podUid: string, port: number, from?: string): Promise<Duplex> {
    const session = this.#sessions.open(true);
    this.#worker.send({ t: 'connect', session: session.id, podUid, port, from });
    await session.opened;
    return session.duplex();
  }

  get(podUid: string, port: number, request: ProbeRequest, signal?: AbortSignal): Promise<ProbeResponse> {
    return this.#requests.get(podUid, port, request, signal);
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const ended = this.#containers.ended();
    this.#worker.send({ t: 'clusterEnd' });
    await ended;
    this.#requests.ended();
    this.#timers.cancelAll();
    await this.#worker.leave();
  }

  /** The worker died: everything that ran in it is gone. */
  #lost(loss: RuntimeLoss): void {
    this.#containers.lost();
    this.#requests.lost();
    this.#nodes?.lost(loss);
    this.#sessions.lost();
    this.#ports.clear();
    this.#timers.cancelAll();
  }
}
