import { type Duplex, PassThrough } from 'node:stream';
import { getOver } from '../../../src/embedded/container/worker/prober.ts';
import type {
  ContainerExit,
  ContainerRuntime,
  ContainerSpec,
  ContainerUsage,
  ProbeRequest,
  ProbeResponse,
  RunningContainer,
} from '../../../src/embedded/container-api.ts';
import type { NodeEntries, NodeLog } from '../../../src/embedded/node-api.ts';
import type { ProcessStreams } from '../../../src/kernel/process-streams.ts';
import type { ResourceRequirements } from '../../../src/kube/api.gen.ts';

/** What a scripted container does: `this` is the container. */
export type Script = (container: FakeContainer) => void;

export class FakeContainer implements RunningContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly signals: string[] = [];
  readonly exited: Promise<ContainerExit>;
  /** Exit code and output of exec, by command. */
  readonly execs = new Map<string, { code: number; output?: string }>();
  /** What a SIGTERM does; default: ends with 143. */
  onTerm: (() => void) | undefined;
  #listeners: ((stream: 'stdout' | 'stderr', chunk: Uint8Array) => void)[] = [];
  #exit: (exit: ContainerExit) => void = () => {};

  constructor(spec: ContainerSpec) {
    this.id = spec.id;
    this.spec = spec;
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  print(text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    for (const l of this.#listeners) l(stream, Buffer.from(text));
  }

  end(exitCode: number, more: Partial<ContainerExit> = {}): void {
    this.#exit({ exitCode, ...more });
  }

  onOutput(listener: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void): void {
    this.#listeners.push(listener);
  }

  kill(signal: string): void {
    this.signals.push(signal);
    if (signal === 'SIGKILL') this.end(137);
    else if (this.onTerm) this.onTerm();
    else this.end(143);
  }

  exec({ command }: { command: string[] }): ProcessStreams {
    const { code, output = '' } = this.execs.get(command.join(' ')) ?? { code: 0 };
    const stdout = new PassThrough();
    stdout.end(output);
    return {
      stdout,
      exit: new Promise((resolve) => stdout.on('close', () => resolve(code)).on('end', () => resolve(code))),
      close() {},
    };
  }

  attach(): ProcessStreams {
    const stdout = new PassThrough();
    const exit = this.exited.then(({ exitCode }) => {
      stdout.end();
      return exitCode;
    });
    return { stdout, exit, close() {} };
  }

  updateFiles(): void {}

  readonly limits: ResourceRequirements[] = [];

  update(resources: ResourceRequirements): void {
    this.limits.push(resources);
  }
}

/** A runtime whose containers do what the test says. Image `missing:*` does not exist. */
export class FakeRuntime implements ContainerRuntime {
  readonly started: FakeContainer[] = [];
  readonly updated: { id: string; names: string[]; text: Record<string, string> }[] = [];
  readonly removed: string[] = [];
  readonly listeners = new Set<string>();
  scripts = new Map<string, Script>();
  startFailure: Error | undefined;

  image(reference: string) {
    if (reference.startsWith('missing') || reference.endsWith(':no-such-tag')) return undefined;
    const name = reference.includes('/') ? reference : `docker.io/library/${reference}`;
    return { name, digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 1000 };
  }

  hasRepository(reference: string): boolean {
    return !reference.includes('missing');
  }

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    if (this.startFailure && spec.command?.[0] === 'nosuchcommand') throw this.startFailure;
    const container = new FakeContainer(spec);
    this.started.push(container);
    const script = this.scripts.get(spec.id.split('/')[1] ?? '');
    if (script) setImmediate(() => script(container));
    return container;
  }

  /** The newest run of a container by name. */
  last(name: string): FakeContainer {
    const found = this.started.findLast((c) => c.id.split('/')[1] === name);
    if (!found) throw new Error(`container ${name} was not started`);
    return found;
  }

  readonly used: Record<string, ContainerUsage> = {};

  async usage(): Promise<Record<string, ContainerUsage>> {
    return this.used;
  }

  loadImages(): void {}

  updateFiles(id: string, files: Record<string, { content: Uint8Array; mode: number }>): void {
    const text = Object.fromEntries(Object.entries(files).map(([k, v]) => [k, Buffer.from(v.content).toString()]));
    this.updated.push({ id, names: Object.keys(files), text });
  }

  removeVolume(id: string): void {
    this.removed.push(id);
  }

  /** Files of nodes, and how a test says that they have changed. */
  /** The logs that are shown, by path. */
  readonly nodeLogs = new Map<string, NodeLog>();
  showLog(_: string, log: NodeLog): void {
    this.nodeLogs.set(log.path, log);
  }
  hideLog(_: string, path: string): void {
    this.nodeLogs.delete(path);
  }

  readonly nodeFiles = new Map<string, { entries: NodeEntries; changed: (entries: NodeEntries) => void }>();

  keepFiles(node: string, _: readonly string[], entries: NodeEntries, changed: (entries: NodeEntries) => void): void {
    this.nodeFiles.set(node, { entries, changed });
  }

  /** What hostPath volumes of a type other than none are refused with, by path. */
  readonly hostPathFailures = new Map<string, string>();

  async prepareHostPath(_: string, path: string): Promise<void> {
    const failure = this.hostPathFailures.get(path);
    if (failure) throw new Error(failure);
  }

  listening(podUid: string, port: number): boolean {
    return this.listeners.has(`${podUid}:${port}`);
  }

  async connect(podUid: string, port: number): Promise<Duplex> {
    if (!this.listening(podUid, port)) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    return new PassThrough();
  }

  async get(podUid: string, port: number, request: ProbeRequest, signal?: AbortSignal): Promise<ProbeResponse> {
    return getOver(await this.connect(podUid, port), request, false, signal);
  }

  async dispose(): Promise<void> {}
}
