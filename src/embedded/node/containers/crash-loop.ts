import type { Container, Pod } from '../../../kube/api.gen.ts';
import { goDuration } from '../../../kube/duration.ts';
import type { Stored } from '../../../kube/meta.ts';
import { containerEvent, containerPath, type NodeServices, podFullName } from '../services.ts';
import type { ContainerRecord } from './container-record.ts';

/** A real kubelet sees ends of containers when it lists them, once a second; until then they show as ended. */
export const restartDelay = 1000;
/** A Pod that waits is looked at this often, which its events count. */
const resyncDelay = 12_000;
/** No more than one event in this time. */
const tellEvery = 10_000;

/**
 * When a container may start (ms since 1970), undefined: now. While the back-off of one that ended lasts, the reason
 * CrashLoopBackOff is set and told.
 */
export function waitBeforeStart(
  services: NodeServices,
  pod: Stored<Pod>,
  container: Container,
  record: ContainerRecord,
  now: number,
): number | undefined {
  if (record.interrupted) return undefined;
  const end = record.current?.end;
  if (!end) return record.notBefore !== undefined && record.notBefore > now ? record.notBefore : undefined;
  // What the kubelet ended itself it starts again in the same breath.
  if (now < end.at + restartDelay && record.stopped !== record.current?.id) return end.at + restartDelay;
  const { crashes } = services;
  const key = `${pod.metadata.uid}/${container.name}/${container.image}`;
  const until = crashes.until(key, end.at, now);
  if (until === undefined) {
    crashes.next(key, end.at, now);
    return undefined;
  }
  const delay = goDuration(crashes.delay(key));
  const name = podFullName(pod);
  record.waiting = {
    reason: 'CrashLoopBackOff',
    message: `back-off ${delay} restarting failed container=${container.name} pod=${name}`,
  };
  if (record.toldAt === undefined || record.toldAt < end.at || now - record.toldAt >= tellEvery) {
    record.toldAt = now;
    const text = `Back-off restarting failed container ${container.name} in pod ${name}`;
    containerEvent(services, pod, containerPath(pod, container.name), 'Warning', 'BackOff', text);
  }
  return Math.min(until, now + resyncDelay);
}
