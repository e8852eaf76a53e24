import type { ContainerUsage } from '../../container-api.ts';
import type { NodeEntries } from '../../node-api.ts';
import type { BusyShare } from '../kernel/busy-threads.ts';
import { HostPathError } from '../kernel/host-tree.ts';
import type { Program } from '../kernel/process.ts';
import { Scheduler } from '../kernel/scheduler.ts';
import type { TcpSocket } from '../kernel/tcp.ts';
import { OUTPUT_WINDOW, type ToMain, type ToWorker } from '../protocol.ts';
import { Requests, WorkerCluster } from './cluster.ts';
import { Outbox, Window } from './port.ts';
import { getOver } from './prober.ts';
import { CannotStart, Sandbox, type Session } from './sandbox.ts';

/** So long a client may come late to a container that has ended. */
const MISSED_MS = 20_000;

/** Everything in the worker: handles the messages of the main thread. */
export class ContainerHost {
  readonly #outbox: Outbox;
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #scheduler: Scheduler;
  readonly #requests = new Requests();
  #cluster: WorkerCluster | undefined;
  readonly #sandboxes = new Map<number, { sandbox: Sandbox; sessions: Set<number> }>();
  readonly #sessions = new Map<number, Session>();
  /** Interactive containers that ended before a client attached, for a while. */
  readonly #missed = new Map<number, { sandbox: Sandbox; code: number }>();

  /** `busy`: what this thread shares with the others of the process; undefined: it is alone. */
  constructor(programs: ReadonlyMap<string, Program>, post: (messages: ToMain[]) => void, busy?: BusyShare) {
    this.#scheduler = new Scheduler(busy);
    this.#programs = programs;
    this.#outbox = new Outbox(post);
  }

  #send = (message: ToMain): void => this.#outbox.send(message);

  handle(message: ToWorker): void {
    switch (message.t) {
      case 'cluster':
        this.#cluster = new WorkerCluster(message.now, this.#requests, this.#send);
        return;
      case 'clusterEnd':
        for (const { sandbox } of [...this.#sandboxes.values()]) sandbox.container.kill();
        for (const abort of this.#cluster?.gets.values() ?? []) abort.abort();
        this.#cluster?.volumes.dispose();
        this.#cluster = undefined;
        return;
      case 'images':
        return this.#cluster?.catalogue.add(message.images);
      case 'start':
        return this.#start(message);
      case 'signal':
        return this.#sandboxes.get(message.container)?.sandbox.signal(message.signal);
      case 'limits':
        return this.#sandboxes.get(message.container)?.sandbox.limit(message.resources);
      case 'exec':
        return this.#exec(message);
      case 'attach':
        return this.#attach(message);
      case 'connect':
        return this.#connect(message);
      case 'get':
        return void this.#get(message);
      case 'getAbort':
        return this.#cluster?.gets.get(message.request)?.abort();
      case 'input':
        return this.#sessions.get(message.session)?.input(message.data);
      case 'inputEnd':
        return this.#sessions.get(message.session)?.inputEnd();
      case 'resize':
        return this.#sessions.get(message.session)?.resize(message.columns, message.rows);
      case 'hangup': {
        const session = this.#sessions.get(message.session);
        session?.hangup();
        return;
      }
      case 'ackOutput':
        return this.#sandboxes.get(message.container)?.sandbox.window.release(message.bytes);
      case 'ackSession':
        return this.#sessions.get(message.session)?.window.release(message.bytes);
      case 'files':
        return this.#cluster?.volumes.update(message.id, message.files);
      case 'removeVolume':
        return this.#cluster?.volumes.remove(message.id);
      case 'nodeFiles':
        return this.#nodeFiles(message);
      case 'nodeLog':
        return this.#cluster?.showLog(message.node, message.log);
      case 'nodeLogEnd':
        return this.#cluster?.volumes.host(message.node).hideLog(message.path);
      case 'hostPath':
        return this.#hostPath(message);
      case 'answer':
        return this.#requests.settle(message.request, message.value, message.errorCode);
      case 'timer':
        return this.#cluster?.clock.fire(message.timer, message.now);
      case 'usage':
        return this.#usage(message);
      case 'ping':
        return this.#send({ t: 'pong' });
    }
  }

  #start(message: Extract<ToWorker, { t: 'start' }>): void {
    const { container, spec } = message;
    const cluster = this.#cluster;
    cluster?.clock.set(message.now);
    const found = cluster?.catalogue.find(spec.image);
    const fail = (reason: 'StartError' | 'ContainerCannotRun', text: string, exitCode: number) =>
      this.#send({ t: 'startFailed', container, reason, message: text, exitCode });
    if (!cluster || !found) return fail('ContainerCannotRun', `image "${spec.image}" not found`, 128);
    let sandbox: Sandbox | undefined;
    try {
      sandbox = new Sandbox({
        ...{ id: container, cluster, spec, found, scheduler: this.#scheduler, programs: this.#programs },
        send: this.#send,
        onEnd: () => this.#forget(container),
      });
      sandbox.start();
    } catch (error) {
      sandbox?.container.network.release(sandbox.container);
      if (sandbox) this.#scheduler.close(sandbox.container.cpu);
      if (error instanceof CannotStart) return fail('StartError', error.message, error.exitCode);
      return fail('ContainerCannotRun', error instanceof Error ? error.message : String(error), 128);
    }
    this.#sandboxes.set(container, { sandbox, sessions: new Set() });
    this.#send({ t: 'started', container });
  }

  #nodeFiles({ node, roots, entries, version }: Extract<ToWorker, { t: 'nodeFiles' }>): void {
    const tell = (now: NodeEntries) => this.#send({ t: 'nodeFiles', node, entries: now, version });
    this.#cluster?.volumes.host(node).keep(roots, entries, tell);
  }

  #hostPath({ request, node, path, type }: Extract<ToWorker, { t: 'hostPath' }>): void {
    try {
      this.#cluster?.volumes.host(node).mountable(path, type);
      this.#send({ t: 'hostPath', request });
    } catch (error) {
      if (!(error instanceof HostPathError)) throw error;
      this.#send({ t: 'hostPath', request, error: error.message });
    }
  }

  #usage({ request, now }: Extract<ToWorker, { t: 'usage' }>): void {
    this.#cluster?.clock.set(now);
    const containers: Record<string, ContainerUsage> = {};
    for (const { sandbox } of this.#sandboxes.values()) {
      const { id: name, cpu, memoryBytes } = sandbox.container;
      containers[name] = { cpuMs: cpu.usedMs, memoryBytes };
    }
    this.#send({ t: 'usage', request, containers });
  }

  #forget(container: number): void {
    const entry = this.#sandboxes.get(container);
    this.#sandboxes.delete(container);
    for (const session of entry?.sessions ?? []) this.#endSession(session, { code: 137 });
    if (!entry?.sandbox.unattended) return;
    this.#missed.set(container, { sandbox: entry.sandbox, code: entry.sandbox.container.init?.status?.code ?? 0 });
    setTimeout(() => this.#missed.delete(container), MISSED_MS);
  }

  #endSession(
    session: number,
    end: { code?: number; error?: { message: string; exitCode: number; code?: string } },
  ): void {
    if (!this.#sessions.delete(session)) return;
    this.#send({ t: 'sessionEnd', session, ...end });
  }

  #exec(message: Extract<ToWorker, { t: 'exec' }>): void {
    const { session } = message;
    const entry = this.#sandboxes.get(message.container);
    if (!entry) {
      return this.#send({ t: 'sessionEnd', session, error: { message: 'container not running', exitCode: 126 } });
    }
    try {
      const made = entry.sandbox.exec(session, message, (code) => {
        entry.sessions.delete(session);
        this.#endSession(session, { code });
      });
      entry.sessions.add(session);
      this.#sessions.set(session, made);
      this.#send({ t: 'sessionStarted', session });
    } catch (error) {
      if (!(error instanceof CannotStart)) throw error;
      this.#send({ t: 'sessionEnd', session, error: { message: error.message, exitCode: error.exitCode } });
    }
  }

  #attach(message: Extract<ToWorker, { t: 'attach' }>): void {
    const { session, container } = message;
    const entry = this.#sandboxes.get(container);
    if (!entry) return this.#attachLate(session, container);
    const made = entry.sandbox.attach(session, message);
    this.#sessions.set(session, {
      ...made,
      hangup: () => {
        made.hangup();
        forget();
        this.#endSession(session, { code: 0 });
      },
    });
    // Ends with the container, with its exit code.
    const forget =
      entry.sandbox.container.init?.onExit((status) => this.#endSession(session, { code: status.code })) ?? (() => {});
    this.#send({ t: 'sessionStarted', session });
  }

  #attachLate(session: number, container: number): void {
    const missed = this.#missed.get(container);
    this.#missed.delete(container);
    if (!missed) {
      return this.#send({ t: 'sessionEnd', session, error: { message: 'container not running', exitCode: 126 } });
    }
    this.#send({ t: 'sessionStarted', session });
    for (const { stream, data } of missed.sandbox.takeEarly())
      this.#send({ t: 'sessionOutput', session, stream, data });
    this.#send({ t: 'sessionEnd', session, code: missed.code });
  }

  #connect(message: Extract<ToWorker, { t: 'connect' }>): void {
    const { session, from } = message;
    const { namespace, gateway } = this.#network(message);
    const socket = namespace?.listeners.dial(message.port, from ?? gateway);
    if (!socket) {
      const error = { message: 'Connection refused', exitCode: 1, code: 'ECONNREFUSED' };
      return this.#send({ t: 'sessionEnd', session, error });
    }
    this.#sessions.set(session, this.#bridge(session, socket));
    this.#send({ t: 'sessionStarted', session });
  }

  /** The network of a Pod, and the node's address in it: the first of the node's range (a /24). */
  #network({ podUid }: { podUid: string }) {
    const namespace = this.#cluster?.network.namespaces.get(podUid);
    return { namespace, gateway: namespace?.pod.ip.replace(/\d+$/, '1') ?? '' };
  }

  async #get(message: Extract<ToWorker, { t: 'get' }>): Promise<void> {
    const { request, port, get } = message;
    const { namespace, gateway } = this.#network(message);
    const secured = get.url.startsWith('https:') ? namespace?.listeners.dialSecured(port, gateway) : undefined;
    const socket = secured ?? namespace?.listeners.dial(port, gateway);
    const gets = this.#cluster?.gets;
    if (!socket || !gets) {
      const error = { message: 'connect: connection refused', code: 'ECONNREFUSED' };
      return this.#send({ t: 'got', request, error });
    }
    const abort = new AbortController();
    gets.set(request, abort);
    try {
      this.#send({
        t: 'got',
        request,
        response: await getOver(socket, get, socket === secured, abort.signal),
      });
    } catch (error) {
      this.#send({ t: 'got', request, error: { message: (error as Error).message } });
    } finally {
      gets.delete(request);
    }
  }

  /** Carries a connection over the messages of a session, both ways with back-pressure. */
  #bridge(session: number, socket: TcpSocket): Session {
    const window = new Window(OUTPUT_WINDOW);
    socket.on('data', (data: Uint8Array) => {
      window.take(data.length);
      this.#send({ t: 'sessionOutput', session, stream: 'stdout', data: new Uint8Array(data) });
      if (!window.full) return;
      socket.pause();
      window.wait(() => socket.resume());
    });
    const end = () => this.#endSession(session, { code: 0 });
    socket.once('end', () => {
      end();
      // Nothing more can come from the main thread.
      socket.destroySoon();
    });
    socket.once('close', end);
    socket.once('error', end);
    return {
      window,
      input: (data) => {
        socket.write(data, () => this.#send({ t: 'ackInput', session, bytes: data.length }));
      },
      inputEnd: () => void socket.end(),
      resize: () => {},
      hangup: () => {
        socket.destroy();
        end();
      },
    };
  }
}
