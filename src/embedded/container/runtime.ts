import { EventEmitter } from 'node:events';
import { Duplex, Readable, Writable } from 'node:stream';
import { type Clock, systemClock, type Timer } from '../../kernel/clock.ts';
import type { ProcessStreams } from '../../kernel/process-streams.ts';
import type { EnvVar, ResourceRequirements } from '../../kube/api.gen.ts';
import type {
  ContainerExit,
  ContainerRuntime,
  ContainerSpec,
  ContainerUsage,
  ImageDescription,
  ProbeRequest,
  ProbeResponse,
  RunningContainer,
  StartFailure,
} from '../container-api.ts';
import type { ClusterNetwork } from '../network-api.ts';
import type { NodeAnswers, NodeEntries, NodeLog, RuntimeLoss } from '../node-api.ts';
import { Catalogue } from './images/catalogue.ts';
import { ACK_AFTER, type Files, INPUT_WINDOW, type Stream, type ToMain, type ToWorker } from './protocol.ts';
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

/** A container could not be started, or a process in it. */
class RuntimeStartFailure extends Error implements StartFailure {
  readonly reason: 'StartError' | 'ContainerCannotRun';
  readonly exitCode: number;

  constructor(reason: 'StartError' | 'ContainerCannotRun', message: string, exitCode: number) {
    super(message);
    this.reason = reason;
    this.exitCode = exitCode;
  }
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
  readonly #containers = new Map<number, WorkerContainer>();
  readonly #sessions = new Map<number, WorkerSession>();
  readonly #ports = new Map<string, number[]>();
  readonly #timers = new Map<number, Timer>();
  readonly #clock: Clock;
  readonly #options: ContainerRuntimeOptions;
  readonly #questions = new Map<number, (usage: Record<string, ContainerUsage>) => void>();
  readonly #hostPaths = new Map<number, PromiseWithResolvers<void>>();
  readonly #gets = new Map<number, PromiseWithResolvers<ProbeResponse>>();
  readonly #nodeFiles = new Map<string, KeptFiles>();
  /** By node and path. */
  readonly #nodeLogs = new Map<string, Map<string, NodeLog>>();
  #nextQuestion = 1;
  #images: ImageDescription[] = [];
  #disposed = false;

  constructor(options: ContainerRuntimeOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#worker = options.worker ?? new WorkerClient();
    this.#worker.join({
      now: () => (this.#clock === systemClock ? undefined : this.#clock.now()),
      images: () => this.#images,
      nodes: () => [
        ...[...this.#nodeFiles].map(([node, kept]) => this.#nodeFilesMessage(node, kept)),
        ...[...this.#nodeLogs].flatMap(([node, logs]) =>
          [...logs.values()].map((log) => this.#nodeLogMessage(node, log)),
        ),
      ],
      handle: (message) => this.#handle(message),
      lost: (loss) => this.#lost(loss),
    });
    // While the cluster starts, so that its first container does not wait.
    this.#worker.warmUp();
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
    const id = this.#worker.newId();
    return new Promise((resolve, reject) => {
      const container = new WorkerContainer(id, spec, {
        send: (message) => this.#worker.send(message),
        openSession: (session) => this.#openSession(session),
        started: () => resolve(container),
        failed: reject,
        updateFiles: (volume, files) => this.updateFiles(volume, files),
      });
      this.#containers.set(id, container);
      this.#worker.send({ t: 'start', container: id, spec, now: this.#now() });
    });
  }

  #now(): number | undefined {
    return this.#clock === systemClock ? undefined : this.#clock.now();
  }

  #openSession(session: WorkerSession): number {
    const id = this.#worker.newId();
    this.#sessions.set(id, session);
    return id;
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
    beside: () => NodeEntries = () => ({}),
  ): void {
    const version = (this.#nodeFiles.get(node)?.version ?? 0) + 1;
    const kept = { roots, entries, changed, version, beside };
    this.#nodeFiles.set(node, kept);
    this.#worker.send(this.#nodeFilesMessage(node, kept));
  }

  #nodeFilesMessage(node: string, { roots, entries, version, beside }: KeptFiles): ToWorker {
    const all = { ...beside(), ...entries };
    return { t: 'nodeFiles', node, roots, entries: all, version };
  }

  showLog(node: string, log: NodeLog): void {
    const logs = this.#nodeLogs.get(node) ?? new Map<string, NodeLog>();
    this.#nodeLogs.set(node, logs);
    logs.set(log.path, log);
    this.#worker.send(this.#nodeLogMessage(node, log));
  }

  hideLog(node: string, path: string): void {
    this.#nodeLogs.get(node)?.delete(path);
    this.#worker.send({ t: 'nodeLogEnd', node, path });
  }

  #nodeLogMessage(node: string, log: NodeLog): ToWorker {
    return { t: 'nodeLog', node, log };
  }

  prepareHostPath(node: string, path: string, type: string): Promise<void> {
    // As for those that wait at the end: the node that asks is about to stop, and no fault of the volume is to be told.
    if (this.#disposed) return Promise.resolve();
    const answer = Promise.withResolvers<void>();
    const request = this.#nextQuestion++;
    this.#hostPaths.set(request, answer);
    this.#worker.send({ t: 'hostPath', request, node, path, type });
    return answer.promise;
  }

  usage(): Promise<Readonly<Record<string, ContainerUsage>>> {
    if (this.#containers.size === 0) return Promise.resolve({});
    return new Promise((resolve) => {
      const request = this.#nextQuestion++;
      this.#questions.set(request, resolve);
      this.#worker.send({ t: 'usage', request, now: this.#now() });
    });
  }

  listening(podUid: string, port: number): boolean {
    return this.#ports.get(podUid)?.includes(port) ?? false;
  }

  async connect(podUid: string, port: number, from?: string): Promise<Duplex> {
    const session = new WorkerSession((message) => this.#worker.send(message), true);
    const id = this.#openSession(session);
    this.#worker.send({ t: 'connect', session: session.begin(id), podUid, port, from });
    await session.opened;
    const socket = session.duplex();
    return socket;
  }

  async get(podUid: string, port: number, get: ProbeRequest, signal?: AbortSignal): Promise<ProbeResponse> {
    signal?.throwIfAborted();
    const request = this.#nextQuestion++;
    const answer = Promise.withResolvers<ProbeResponse>();
    this.#gets.set(request, answer);
    const abort = () => {
      this.#worker.send({ t: 'getAbort', request });
      answer.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort);
    try {
      this.#worker.send({ t: 'get', request, podUid, port, get });
      return await answer.promise;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#gets.delete(request);
    }
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const ends = [...this.#containers.values()].map((c) => c.exited);
    this.#worker.send({ t: 'clusterEnd' });
    await Promise.all(ends);
    for (const answer of this.#questions.values()) answer({});
    for (const { resolve } of this.#hostPaths.values()) resolve();
    for (const { reject } of this.#gets.values()) reject(new Error('EOF'));
    for (const timer of this.#timers.values()) timer.cancel();
    await this.#worker.leave();
  }

  #handle(message: ToMain): void {
    switch (message.t) {
      case 'started':
        this.#containers.get(message.container)?.started();
        return;
      case 'startFailed': {
        const { container: id, reason, message: text, exitCode } = message;
        const container = this.#containers.get(id);
        this.#containers.delete(id);
        container?.failed(new RuntimeStartFailure(reason, text, exitCode));
        // Whoever ends everything waits for what was about to start, too.
        container?.ended({ exitCode });
        return;
      }
      case 'output':
        this.#containers.get(message.container)?.output(message.stream, message.data);
        return;
      case 'exited':
        this.#containers.get(message.container)?.ended(message.exit);
        this.#containers.delete(message.container);
        return;
      case 'sessionStarted':
        this.#sessions.get(message.session)?.started();
        return;
      case 'sessionOutput':
        this.#sessions.get(message.session)?.output(message.stream, message.data);
        return;
      case 'sessionEnd':
        this.#sessions.get(message.session)?.ended(message.code, message.error);
        this.#sessions.delete(message.session);
        return;
      case 'ackInput':
        this.#sessions.get(message.session)?.inputTaken(message.bytes);
        return;
      case 'usage':
        this.#questions.get(message.request)?.(message.containers);
        this.#questions.delete(message.request);
        return;
      case 'nodeFiles': {
        const kept = this.#nodeFiles.get(message.node);
        // What changed before the present files were put there is gone with the earlier ones.
        if (!kept || message.version !== kept.version) return;
        this.#nodeFiles.set(message.node, { ...kept, entries: message.entries });
        return kept.changed(message.entries);
      }
      case 'hostPath': {
        const answer = this.#hostPaths.get(message.request);
        this.#hostPaths.delete(message.request);
        if (message.error === undefined) answer?.resolve();
        else answer?.reject(new Error(message.error));
        return;
      }
      case 'got': {
        const { response, error } = message;
        const answer = this.#gets.get(message.request);
        if (response) answer?.resolve(response);
        else answer?.reject(Object.assign(new Error(error?.message), { code: error?.code }));
        return;
      }
      case 'listening':
        if (message.ports.length > 0) this.#ports.set(message.podUid, message.ports);
        else this.#ports.delete(message.podUid);
        return;
      case 'records':
        return this.#answer(message.request, this.#options.network.records(message.question));
      case 'route': {
        const { from, to } = message;
        // What listens has been told before: messages keep their order.
        const listening = (podUid: string, port: number) => this.listening(podUid, port);
        return this.#answer(message.request, this.#options.network.route(from, to, listening));
      }
      case 'node': {
        const { nodes } = this.#options;
        const { request, node, question } = message;
        return this.#answer(request, nodes?.answer(node, question) ?? Promise.reject(new Error('no node')));
      }
      case 'timer':
        this.#timers.set(
          message.timer,
          this.#clock.after(message.ms, () => {
            this.#timers.delete(message.timer);
            this.#worker.send({ t: 'timer', timer: message.timer, now: this.#clock.now() });
          }),
        );
        return;
      case 'timerCancel':
        this.#timers.get(message.timer)?.cancel();
        this.#timers.delete(message.timer);
        return;
      case 'bug':
        this.#options.onBug?.(message.program, message.stack);
        return;
      case 'ready':
      case 'pong':
        return;
    }
  }

  #answer(request: number, answer: Promise<unknown>): void {
    answer.then(
      (value) => this.#worker.send({ t: 'answer', request, value }),
      (error: unknown) => {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
        this.#worker.send({ t: 'answer', request, errorCode: code });
      },
    );
  }

  /** The worker died: everything that ran in it is gone. */
  #lost(loss: RuntimeLoss): void {
    for (const container of [...this.#containers.values()]) {
      container.failed(new RuntimeStartFailure('ContainerCannotRun', 'the container runtime was restarted', 128));
      container.ended({ exitCode: 137, signal: 9 });
    }
    this.#containers.clear();
    for (const answer of this.#questions.values()) answer({});
    this.#questions.clear();
    for (const { reject } of this.#hostPaths.values()) reject(new Error('the container runtime was restarted'));
    this.#hostPaths.clear();
    for (const { reject } of this.#gets.values()) reject(new Error('EOF'));
    this.#options.nodes?.lost(loss);
    for (const session of [...this.#sessions.values()]) session.ended(137, undefined);
    this.#sessions.clear();
    this.#ports.clear();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}

/** What was put on a node, or is there since; `version` counts how often something was put there. */
interface KeptFiles {
  roots: readonly string[];
  entries: NodeEntries;
  version: number;
  changed(entries: NodeEntries): void;
  beside(): NodeEntries;
}

interface ContainerHooks {
  send: WorkerClient['send'];
  openSession(session: WorkerSession): number;
  started(): void;
  failed(error: Error): void;
  updateFiles(id: string, files: Files): void;
}

class WorkerContainer implements RunningContainer {
  readonly id: string;
  readonly exited: Promise<ContainerExit>;
  readonly #number: number;
  readonly #hooks: ContainerHooks;
  readonly #events = new EventEmitter<{ output: [Stream, Uint8Array] }>();
  /** Output from before somebody listened. */
  #early: [Stream, Uint8Array][] | undefined = [];
  #unacked = 0;
  #resolveExit: (exit: ContainerExit) => void = () => {};

  constructor(number: number, spec: ContainerSpec, hooks: ContainerHooks) {
    this.id = spec.id;
    this.#number = number;
    this.#hooks = hooks;
    this.#events.setMaxListeners(0);
    this.exited = new Promise((resolve) => {
      this.#resolveExit = resolve;
    });
  }

  onOutput(listener: (stream: Stream, chunk: Uint8Array) => void): void {
    this.#events.on('output', listener);
    const early = this.#early;
    this.#early = undefined;
    for (const [stream, chunk] of early ?? []) listener(stream, chunk);
  }

  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT'): void {
    this.#hooks.send({ t: 'signal', container: this.#number, signal });
  }

  exec(options: { command: string[]; stdin: boolean; tty: boolean; env?: EnvVar[] }): ProcessStreams {
    const session = new WorkerSession(this.#hooks.send, options.stdin);
    const id = session.begin(this.#hooks.openSession(session));
    const { command, stdin, tty, env = [] } = options;
    this.#hooks.send({ t: 'exec', container: this.#number, session: id, command, stdin, tty, env });
    return session.streams(tty);
  }

  attach(options: { stdin: boolean; tty: boolean }): ProcessStreams {
    const session = new WorkerSession(this.#hooks.send, options.stdin);
    const id = session.begin(this.#hooks.openSession(session));
    this.#hooks.send({ t: 'attach', container: this.#number, session: id, ...options });
    return session.streams(options.tty);
  }

  updateFiles(id: string, files: Files): void {
    this.#hooks.updateFiles(id, files);
  }

  update(resources: ResourceRequirements): void {
    this.#hooks.send({ t: 'limits', container: this.#number, resources });
  }

  started(): void {
    this.#hooks.started();
  }

  failed(error: Error): void {
    this.#hooks.failed(error);
  }

  output(stream: Stream, chunk: Uint8Array): void {
    this.#unacked += chunk.length;
    if (this.#unacked >= ACK_AFTER) {
      this.#hooks.send({ t: 'ackOutput', container: this.#number, bytes: this.#unacked });
      this.#unacked = 0;
    }
    if (this.#early) this.#early.push([stream, chunk]);
    else this.#events.emit('output', stream, chunk);
  }

  ended(exit: ContainerExit): void {
    this.#resolveExit(exit);
  }
}

/** An exec, an attach or a connection: Node streams on this side, messages to the other. */
class WorkerSession {
  readonly exit: Promise<number>;
  readonly opened: Promise<void>;
  readonly #send: WorkerClient['send'];
  #id = 0;
  readonly #outputs: Record<Stream, Readable>;
  readonly #stdin: Writable | undefined;
  #inFlight = 0;
  #resumeInput: (() => void) | undefined;
  #unacked: Record<Stream, number> = { stdout: 0, stderr: 0 };
  #done = false;
  #resolve: (code: number) => void = () => {};
  #reject: (error: Error) => void = () => {};
  #open: () => void = () => {};
  #refuse: (error: Error) => void = () => {};

  constructor(send: WorkerClient['send'], stdin: boolean) {
    this.#send = send;
    this.exit = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    this.exit.catch(() => {});
    this.opened.catch(() => {});
    const output = (stream: Stream) =>
      new Readable({ highWaterMark: 64 * 1024, read: () => this.#acknowledge(stream) });
    this.#outputs = { stdout: output('stdout'), stderr: output('stderr') };
    this.#stdin = stdin ? this.#input() : undefined;
  }

  begin(id: number): number {
    this.#id = id;
    return id;
  }

  #input(): Writable {
    return new Writable({
      write: (chunk: Uint8Array, _encoding, done) => {
        if (this.#done) return done();
        this.#inFlight += chunk.length;
        this.#send({ t: 'input', session: this.#id, data: new Uint8Array(chunk) });
        if (this.#inFlight < INPUT_WINDOW) done();
        else this.#resumeInput = done;
      },
      final: (done) => {
        if (!this.#done) this.#send({ t: 'inputEnd', session: this.#id });
        done();
      },
    });
  }

  inputTaken(bytes: number): void {
    this.#inFlight = Math.max(0, this.#inFlight - bytes);
    if (this.#inFlight >= INPUT_WINDOW) return;
    const resume = this.#resumeInput;
    this.#resumeInput = undefined;
    resume?.();
  }

  /** The reader wants more: what it was given before has been taken. */
  #acknowledge(stream: Stream): void {
    const bytes = this.#unacked[stream];
    if (bytes < ACK_AFTER) return;
    this.#unacked[stream] = 0;
    this.#send({ t: 'ackSession', session: this.#id, bytes });
  }

  output(stream: Stream, data: Uint8Array): void {
    this.#unacked[stream] += data.length;
    if (this.#outputs[stream].push(Buffer.from(data.buffer, data.byteOffset, data.byteLength)))
      this.#acknowledge(stream);
  }

  started(): void {
    this.#open();
  }

  ended(code: number | undefined, failure: { message: string; exitCode: number; code?: string } | undefined): void {
    if (this.#done) return;
    this.#done = true;
    this.#outputs.stdout.push(null);
    this.#outputs.stderr.push(null);
    const resume = this.#resumeInput;
    this.#resumeInput = undefined;
    resume?.();
    if (failure) {
      const error = Object.assign(new RuntimeStartFailure('StartError', failure.message, failure.exitCode), {
        code: failure.code,
      });
      this.#reject(error);
      this.#refuse(error);
    } else {
      this.#open();
      this.#resolve(code ?? 0);
    }
  }

  close(): void {
    if (!this.#done) this.#send({ t: 'hangup', session: this.#id });
  }

  streams(tty: boolean): ProcessStreams {
    return {
      ...(this.#stdin ? { stdin: this.#stdin } : {}),
      stdout: this.#outputs.stdout,
      ...(tty ? {} : { stderr: this.#outputs.stderr }),
      resize: (columns, rows) => this.#send({ t: 'resize', session: this.#id, columns, rows }),
      exit: this.exit,
      close: () => this.close(),
    };
  }

  /** A connection's one stream for both directions. */
  duplex(): Duplex {
    const { stdout } = this.#outputs;
    const stdin = this.#stdin ?? this.#input();
    const socket = Duplex.from({ readable: stdout, writable: stdin });
    socket.once('close', () => this.close());
    return socket;
  }
}
