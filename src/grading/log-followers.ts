import type { ContainerLog, LogLine } from '../checks/types.ts';
import { type Clock, pause } from '../kernel/clock.ts';
import type { ContainerStatus, Pod } from '../kube/api.gen.ts';
import { type KubeClient, KubeError } from '../kube/client.ts';
import type { Stored } from '../kube/meta.ts';

const keptLines = 2_000;
/** What checks see of a line, characters: its beginning tells what it is. */
const longestLine = 4_096;
const retry = 500;

/** One instance of a container: what a log belongs to. */
interface Instance {
  key: string;
  pod: Stored<Pod>;
  container: string;
  restartCount: number;
  running: boolean;
  /** A log can be read: the container has started at least once. */
  started: boolean;
  /** When the whole Pod was over, milliseconds since 1970; undefined: it goes on. */
  overAt: number | undefined;
}

interface Follower {
  instance: Instance;
  lines: LogLine[];
  error?: Error;
  stop: AbortController;
}

export interface LogFollowersOptions {
  client: KubeClient;
  clock: Clock;
  /** Lines older than this (milliseconds since 1970) are left out. */
  since(): number;
  /** Whether all that was said counts of Pods that were over by then: they say nothing new. */
  lastError: boolean;
  /** New lines, or the end or an error of a log. */
  onChange(): void;
}

/**
 * Follows the logs of the newest instance of each container of the Pods it is given, running or ended. An instance is
 * named by Pod uid, container and restart count, so what an earlier one said is never taken for the present one's.
 */
export class LogFollowers {
  readonly #options: LogFollowersOptions;
  readonly #followers = new Map<string, Follower>();

  constructor(options: LogFollowersOptions) {
    this.#options = options;
  }

  /** Follows exactly the containers of these Pods from now on. */
  follow(pods: Stored<Pod>[]): void {
    const wanted = new Map(pods.flatMap(instancesOf).map((instance) => [instance.key, instance]));
    for (const [key, follower] of this.#followers) {
      if (wanted.has(key)) continue;
      follower.stop.abort();
      this.#followers.delete(key);
    }
    for (const [key, instance] of wanted) {
      const known = this.#followers.get(key);
      if (known) known.instance = instance;
      else if (instance.started) this.#start(key, instance);
    }
  }

  /** The logs of these Pods' containers (or of one container), as far as they are known. */
  logs(pods: Stored<Pod>[], container?: string): ContainerLog[] {
    const uids = new Set(pods.map((pod) => pod.metadata.uid));
    return [...this.#followers.values()]
      .filter(({ instance }) => uids.has(instance.pod.metadata.uid) && (!container || instance.container === container))
      .map(({ instance, lines, error }) => ({
        pod: instance.pod,
        container: instance.container,
        restartCount: instance.restartCount,
        running: instance.running,
        lines: lines.filter((line) => line.time >= this.#since(instance)),
        ...(error ? { error } : {}),
      }));
  }

  stop(): void {
    for (const follower of this.#followers.values()) follower.stop.abort();
    this.#followers.clear();
  }

  #since({ overAt = Number.POSITIVE_INFINITY }: Instance): number {
    const since = this.#options.since();
    return this.#options.lastError && overAt <= since ? 0 : since;
  }

  #start(key: string, instance: Instance): void {
    const follower: Follower = { instance, lines: [], stop: new AbortController() };
    this.#followers.set(key, follower);
    void this.#read(follower);
  }

  async #read(follower: Follower): Promise<void> {
    const { client, clock, onChange } = this.#options;
    const since = () => this.#since(follower.instance);
    const { signal } = follower.stop;
    const { namespace = '', name } = follower.instance.pod.metadata;
    const from = new Date(since()).toISOString();
    while (!signal.aborted) {
      const last = follower.lines.at(-1)?.time ?? 0;
      const skip = follower.lines.filter((line) => line.time === last).length;
      const sinceTime = last > 0 ? new Date(last).toISOString() : from;
      try {
        const query = { container: follower.instance.container, follow: true, timestamps: true, sinceTime };
        let repeated = 0;
        for await (const line of client.logs(namespace, name, query, signal)) {
          const parsed = parseLine(line);
          // After an interruption sinceTime gives the last lines again.
          if (!parsed || parsed.time < Math.max(since(), last)) continue;
          if (parsed.time === last && repeated++ < skip) continue;
          follower.lines.push(parsed);
          if (follower.lines.length > keptLines) follower.lines.shift();
          delete follower.error;
          onChange();
        }
        if (signal.aborted) return;
        delete follower.error;
        onChange();
        // Complete: the container has ended. Else the connection did, and we go on.
        if (!follower.instance.running) return;
      } catch (error) {
        if (signal.aborted) return;
        const gone = error instanceof KubeError && (error.code === 404 || error.code === 400);
        if (!gone) follower.error = error as Error;
        onChange();
      }
      await pause(clock, retry, signal);
    }
  }
}

function parseLine(line: string): LogLine | undefined {
  const space = line.indexOf(' ');
  const time = Date.parse(space < 0 ? line : line.slice(0, space));
  return Number.isNaN(time)
    ? undefined
    : { time, text: space < 0 ? '' : line.slice(space + 1, space + 1 + longestLine) };
}

function instancesOf(pod: Stored<Pod>): Instance[] {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  const ended = Math.max(...statuses.map((status) => Date.parse(endOf(status)?.finishedAt ?? '') || 0));
  return statuses.map((status) => {
    const running = Boolean(status.state?.running);
    return {
      key: `${pod.metadata.uid}/${status.name}/${status.restartCount}`,
      pod,
      container: status.name,
      restartCount: status.restartCount,
      running,
      started: running || Boolean(endOf(status)),
      overAt: isOver ? ended : undefined,
    };
  });
}

function endOf(status: ContainerStatus) {
  return status.state?.terminated ?? status.lastState?.terminated;
}
