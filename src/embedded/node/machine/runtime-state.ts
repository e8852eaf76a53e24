/** What containerd knows of a node, and tells to whoever asks on it. */
import { text as textOf } from 'node:stream/consumers';
import type { Clock } from '../../../kernel/clock.ts';
import type { ContainerRuntime } from '../../container-api.ts';
import type { RuntimeContainer, RuntimeState } from '../../node-api.ts';
import type { ContainerRecord, Instance } from '../containers/container-record.ts';
import { readLog } from '../logs/log-reader.ts';
import { logPathOf } from '../logs/log-store.ts';
import type { PodWorker } from '../pods/pod-worker.ts';

function instancesOf(workers: readonly PodWorker[]): { record: ContainerRecord; instance: Instance }[] {
  return workers
    .flatMap(({ records }) => records)
    .flatMap((record) =>
      [record.current, record.previous].flatMap((instance) => (instance ? [{ record, instance }] : [])),
    );
}

/** What `crictl` shows: Pods, containers and images. */
export function runtimeState(workers: readonly PodWorker[], runtime: Pick<ContainerRuntime, 'image'>): RuntimeState {
  const names = new Set<string>();
  const pods = workers.map(({ pod, records, podId }) => {
    const containers = records.flatMap(({ name, current, previous }) =>
      [current, previous].flatMap((instance): RuntimeContainer[] => {
        if (!instance) return [];
        names.add(instance.image);
        const { id, image, imageId, attempt, end } = instance;
        const { startedAt } = instance;
        const createdAt = startedAt ?? end?.at ?? 0;
        const ended = end && {
          ...{ exitCode: end.exitCode, finishedAt: end.at, reason: end.reason },
          ...(end.message !== undefined && { message: end.message }),
        };
        const state = { state: end ? ('Exited' as const) : ('Running' as const), ...ended };
        const logPath = logPathOf(pod, name, attempt);
        return [{ id, name, image, imageId, attempt, createdAt, startedAt, logPath, ...state }];
      }),
    );
    const { name, namespace = '', uid } = pod.metadata;
    const createdAt = Date.parse(pod.status?.startTime ?? pod.metadata.creationTimestamp);
    const ready = containers.some(({ state }) => state === 'Running');
    return { id: podId, name, namespace, uid, attempt: 0, createdAt, ready, containers };
  });
  const images = [...names].flatMap((name) => {
    const image = runtime.image(name);
    return image ? [{ name: image.name, id: image.digest, sizeBytes: image.sizeBytes }] : [];
  });
  return { pods, images };
}

/** The log of a container, by the beginning of its id, or of its run before. Rejects with code ENOENT if there is none. */
export async function containerLog(
  workers: readonly PodWorker[],
  id: string,
  previous: boolean,
  clock: Clock,
): Promise<string> {
  const found = instancesOf(workers).find(({ instance }) => instance.id.startsWith(id));
  const instance = previous ? found?.record.previous : found?.instance;
  if (!instance?.log) throw Object.assign(new Error(`no container ${id}`), { code: 'ENOENT' });
  return textOf(await readLog(instance.log, {}, clock));
}
