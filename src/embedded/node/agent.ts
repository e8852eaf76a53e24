import { randomBytes } from 'node:crypto';
import type { Duplex, Readable } from 'node:stream';
import type { Clock } from '../../kernel/clock.ts';
import type { ProcessStreams } from '../../kernel/process-streams.ts';
import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import type { ContainerRuntime, RunningContainer } from '../container-api.ts';
import { ApiError, internalError } from '../errors/status.ts';
import { uidOnNode } from '../mirror-pod.ts';
import type { ExecOptions, LogOptions, NodeAgent } from '../node-api.ts';
import { containerName, noLog, notRunning, statusOf } from './containers/container-lookup.ts';
import { containerStatus } from './containers/container-status.ts';
import { readLog } from './logs/log-reader.ts';
import type { PodWorker } from './pods/pod-worker.ts';

/** The kubelet's own server: logs, exec, attach and port-forward of the Pods on this node. */
export class Agent implements Omit<NodeAgent, 'answer'> {
  readonly nodeName: string;
  readonly #runtime: ContainerRuntime;
  readonly #clock: () => Clock;
  readonly #worker: (uid: string) => PodWorker | undefined;

  constructor(
    nodeName: string,
    runtime: ContainerRuntime,
    clock: () => Clock,
    worker: (uid: string) => PodWorker | undefined,
  ) {
    this.nodeName = nodeName;
    this.#runtime = runtime;
    this.#clock = clock;
    this.#worker = worker;
  }

  /** The log of the newest run that has one, or with `previous` of the run before. */
  async logs(pod: Stored<Pod>, options: LogOptions): Promise<Readable> {
    const name = containerName(pod, options.container);
    const worker = this.#worker(uidOnNode(pod));
    const record = worker?.record(name);
    const spec = [
      ...(pod.spec?.containers ?? []),
      ...(pod.spec?.initContainers ?? []),
      ...(pod.spec?.ephemeralContainers ?? []),
    ].find((c) => c.name === name);
    const status = worker && spec ? containerStatus(worker.pod, { ...spec }, record) : statusOf(pod, name);
    // A container that waits for its next run shows the run that ended; so does `previous` then.
    const waits = status?.state?.waiting !== undefined;
    const instance = options.previous && !waits ? record?.previous : record?.current;
    if (!instance?.log || (options.previous && !instance.end)) {
      throw noLog(pod, name, status, options.previous ?? false);
    }
    return readLog(instance.log, options, this.#clock());
  }

  async exec(pod: Stored<Pod>, options: ExecOptions): Promise<ProcessStreams> {
    const { command, stdin, tty } = options;
    const streams = this.#running(pod, options.container).exec({ command, stdin, tty });
    // What cannot be started is reported on the error stream, as runc words it.
    const exit = streams.exit.catch((error: Error) => {
      const id = randomBytes(32).toString('hex');
      const why = error.message.startsWith('OCI runtime')
        ? error.message
        : `OCI runtime exec failed: exec failed: unable to start container process: ${error.message}`;
      throw internalError(
        `error executing command in container: failed to exec in container: failed to start exec "${id}": ${why}`,
      );
    });
    // Whoever has the streams waits for it, or has left before: then it is nobody's.
    exit.catch(() => {});
    return { ...streams, close: () => streams.close(), resize: (c, r) => streams.resize?.(c, r), exit };
  }

  async attach(pod: Stored<Pod>, options: Omit<ExecOptions, 'command'>): Promise<ProcessStreams> {
    return this.#running(pod, options.container).attach({ stdin: options.stdin, tty: options.tty });
  }

  async portForward(pod: Stored<Pod>, port: number): Promise<Duplex> {
    if (!this.#worker(uidOnNode(pod))) {
      throw new ApiError({ code: 404, reason: 'NotFound', message: `pod ${pod.metadata.name} not found` });
    }
    // Begins inside of the Pod's network: no policy is asked.
    return this.#runtime.connect(uidOnNode(pod), port, '127.0.0.1');
  }

  #running(pod: Stored<Pod>, wanted: string | undefined): RunningContainer {
    const name = containerName(pod, wanted);
    const current = this.#worker(uidOnNode(pod))?.record(name)?.current;
    if (!current?.running || current.end) throw notRunning(name);
    return current.running;
  }
}
