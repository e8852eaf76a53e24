import { randomBytes } from 'node:crypto';
import type { Container, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { ContainerExit, RunningContainer, StartFailure } from '../../container-api.ts';
import { ConfigError, environment } from '../environment/environment.ts';
import type { PodVolumes } from '../environment/volumes.ts';
import type { ContainerLog } from '../logs/log-file.ts';
import { containerEvent, containerPath, type NodeServices } from '../services.ts';
import type { ContainerRecord, Instance, Termination } from './container-record.ts';
import { containerSpec, linuxUser, verifyNonRoot } from './container-spec.ts';
import { stopContainer } from './container-stop.ts';
import { runHook } from './hooks.ts';
import { type Image, WaitingError } from './images.ts';

export interface StartInput {
  pod: Stored<Pod>;
  container: Container;
  record: ContainerRecord;
  volumes: PodVolumes;
  podIP: string;
  /** Broken off: the Pod is going away. */
  signal: AbortSignal;
  /** The container's run ended; `record` says how. */
  ended: (instance: Instance) => void;
  /** The process runs; probes may begin (before postStart is done). */
  begun: (instance: Instance, running: RunningContainer) => void;
}

/**
 * Starts a container once: image, configuration, create, start, postStart, each with its event. What goes wrong is in
 * `record.waiting` afterwards; the result says when to try again (ms since 1970), if that is known.
 */
export async function startContainer(services: NodeServices, input: StartInput): Promise<number | undefined> {
  const { pod, container, record } = input;
  const path = containerPath(pod, container.name);
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    containerEvent(services, pod, path, type, reason, message);
  try {
    const image = services.images.ensure(pod.metadata.uid, container, tell);
    await create(services, input, image, tell);
    record.waiting = undefined;
    return undefined;
  } catch (error) {
    if (error instanceof WaitingError) {
      record.waiting = { reason: error.reason, message: error.message };
      const told = error.reason === 'CreateContainerConfigError' ? error.message : error.reason;
      if (error.reason !== 'RunContainerError' && error.reason !== 'PostStartHookError') {
        tell('Warning', 'Failed', `Error: ${told}`);
      }
      return error.retryAt;
    }
    throw error;
  }
}

type Tell = (type: 'Normal' | 'Warning', reason: string, message: string) => void;

async function create(services: NodeServices, input: StartInput, image: Image, tell: Tell): Promise<void> {
  const { pod, container, record, podIP } = input;
  const attempt = record.current ? record.current.attempt + 1 : 0;
  const spec = configure(services, input, image, attempt);
  const instance: Instance = {
    id: randomBytes(32).toString('hex'),
    attempt,
    image: image.name,
    imageId: image.digest,
    user: linuxUser(pod, container, image),
    specImage: container.image ?? '',
    resources: container.resources ?? {},
    started: false,
    ready: false,
  };
  const log = services.logs.open(pod, container.name, instance);
  instance.log = log;
  tell('Normal', 'Created', 'Container created');
  if (attempt > 1) void services.logs.drop(pod, container.name, attempt - 2);
  // Until the process runs, or cannot, the status shows what was before.
  const commit = () => {
    if (record.current) record.previous = record.current;
    record.current = instance;
    record.interrupted = undefined;
    record.notBefore = undefined;
  };
  let running: RunningContainer;
  try {
    running = await services.runtime.start(spec);
  } catch (error) {
    const message = startFailureText(error);
    instance.end = {
      exitCode: (error as Partial<StartFailure>).exitCode ?? 128,
      reason: (error as Partial<StartFailure>).reason ?? 'StartError',
      message,
      at: services.clock.now(),
    };
    commit();
    void log.close();
    tell('Warning', 'Failed', `Error: ${message}`);
    throw new WaitingError('RunContainerError', message);
  }
  instance.startedAt = services.clock.now();
  instance.running = running;
  commit();
  running.onOutput((stream, chunk) => log.write(container.tty ? 'stdout' : stream, chunk));
  void running.exited.then(async (exit) => {
    // Set at once: whoever waits for the same end reads it next.
    const end = termination(exit, services.clock.now());
    instance.end = end;
    await log.close();
    if (!end.message && fallsBackToLogs(container, exit)) end.message = await lastLines(log);
    input.ended(instance);
  });
  tell('Normal', 'Started', 'Container started');
  const hook = container.lifecycle?.postStart;
  if (!hook) return input.begun(instance, running);
  const target = { container, running, podIP, podUid: pod.metadata.uid, runtime: services.runtime };
  try {
    await Promise.race([
      runHook(target, hook, services.clock, input.signal),
      running.exited.then(() => Promise.reject(new Error('the container ended'))),
      new Promise((_, reject) =>
        input.signal.addEventListener('abort', () => reject(input.signal.reason), { once: true }),
      ),
    ]);
  } catch (error) {
    if (input.signal.aborted) return;
    tell('Warning', 'FailedPostStartHook', 'PostStartHook failed');
    const graceSeconds = pod.spec?.terminationGracePeriodSeconds ?? 30;
    await stopContainer(services, pod, container, record, { graceSeconds, message: 'FailedPostStartHook', podIP });
    throw new WaitingError('PostStartHookError', error instanceof Error ? error.message : String(error));
  }
  if (!instance.end) input.begun(instance, running);
}

/** Everything that can be wrong with a container before it exists. */
function configure(
  services: NodeServices,
  { pod, container, volumes, podIP }: StartInput,
  image: Image,
  attempt: number,
) {
  try {
    verifyNonRoot(pod, container, image);
    const env = environment(pod, container, {
      podIP,
      hostIP: services.hostIP,
      allocatable: services.allocatable,
      configMap: services.configMap,
      secret: services.secret,
      services: services.services,
    });
    const values = new Map(env.map((e) => [e.name, e.value]));
    const mounts = volumes.mounts(container, (name) => values.get(name));
    return containerSpec({ pod, container, attempt, env, mounts, podIP, nodeName: services.nodeName });
  } catch (error) {
    if (error instanceof ConfigError) throw new WaitingError('CreateContainerConfigError', error.message);
    throw error;
  }
}

const startFailurePrefix =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ';

function startFailureText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.startsWith('failed to ') ? text : startFailurePrefix + text;
}

/** terminationMessagePolicy FallbackToLogsOnError: the last 80 lines, at most 2048 bytes. */
const fallbackLines = 80;
const fallbackBytes = 2048;
/** What fits into a termination message. */
const longestMessage = 4096;

/** A signal shows only as the exit code 128 + its number, as with containerd. */
function termination({ exitCode, reason, message }: ContainerExit, at: number): Termination {
  const text = message?.slice(0, longestMessage);
  return { exitCode, reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'), ...(text && { message: text }), at };
}

function fallsBackToLogs(container: Container, { exitCode }: ContainerExit): boolean {
  return exitCode !== 0 && container.terminationMessagePolicy === 'FallbackToLogsOnError';
}

async function lastLines(log: ContainerLog): Promise<string | undefined> {
  const entries = await log.read();
  const text = entries.slice(-fallbackLines).map((e) => e.text.toString() + (e.complete ? '\n' : ''));
  return text.join('').slice(-fallbackBytes) || undefined;
}
