import type { ContainerStatus, Event, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { isReady } from '../workloads/pod-trouble.ts';
import { traceConfiguration } from './configuration.ts';
import { traceCrash } from './crash.ts';
import { traceImage } from './image.ts';
import { lastLines } from './log.ts';
import { traceProbe } from './probe.ts';
import { eventsAbout, type Trace } from './reader.ts';
import { traceScheduling } from './scheduling.ts';
import { clip, describeCommand, getCommand, listed, quote } from './words.ts';

const imageReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
]);
const configurationReasons = new Set(['CreateContainerConfigError', 'CreateContainerError']);
const crashReasons = new Set(['CrashLoopBackOff', 'RunContainerError', 'StartError', 'PostStartHookError']);

/** From a Pod that does not get on to why: on its way to a node, to its image, its configuration, in its program, its probes. */
export async function tracePod(t: Trace, pod: Stored<Pod>): Promise<void> {
  const { name, namespace, deletionTimestamp, finalizers = [] } = pod.metadata;
  if (!t.chain.enter(`Pod ${namespace}/${name}`)) return;
  const { status, spec } = pod;
  if (deletionTimestamp) {
    const held = finalizers.length > 0 ? `, held by ${listed(finalizers)}` : '';
    const command = getCommand('pod', pod, "-o jsonpath='{.metadata.deletionTimestamp} {.metadata.finalizers}'");
    return t.chain.add({ fact: `Pod ${name} is being deleted${held}`, command, shows: finalizers });
  }
  if (!spec?.nodeName) return traceScheduling(t, pod);
  // Evicted, ended at its deadline, lost with its node: the Pod as a whole, not one of its containers.
  if (status?.phase === 'Failed' && status.reason) {
    t.chain.add({
      fact: `Pod ${name} has failed, ${status.reason}: ${clip(status.message ?? '')}`,
      command: describeCommand('pod', pod),
      shows: [status.reason],
    });
    return;
  }
  const events = await eventsAbout(t.reader, pod);
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const stuck = all.find((c) => !isFine(c, pod));
  if (!stuck) return traceSetUp(t, pod, events);
  const waiting = stuck.state?.waiting;
  const reason = waiting?.reason ?? '';
  if (imageReasons.has(reason)) return traceImage(t, pod, stuck, events);
  if (configurationReasons.has(reason)) return traceConfiguration(t, pod, stuck, events);
  if (crashReasons.has(reason) || stuck.state?.terminated) return traceCrash(t, pod, stuck, events);
  if (waiting) return traceSetUp(t, pod, events);
  const init = status?.initContainerStatuses?.includes(stuck) ?? false;
  if (init && !isSidecar(pod, stuck.name)) return tellInit(t, pod, stuck);
  // It runs between two crashes.
  if (stuck.restartCount > 0 && !isReady(pod)) return traceCrash(t, pod, stuck, events);
  return traceProbe(t, pod, stuck, events, stuck.started === false ? 'startup' : 'readiness');
}

/** Whether a container is where it should be. */
function isFine(status: ContainerStatus, pod: Stored<Pod>): boolean {
  const init = pod.status?.initContainerStatuses?.includes(status) && !isSidecar(pod, status.name);
  if (status.state?.terminated?.exitCode === 0) return Boolean(init) || pod.spec?.restartPolicy !== 'Always';
  return status.ready;
}

function isSidecar(pod: Stored<Pod>, container: string): boolean {
  return pod.spec?.initContainers?.find((c) => c.name === container)?.restartPolicy === 'Always';
}

/** An init container that runs: the others wait for its end. */
async function tellInit(t: Trace, pod: Stored<Pod>, { name }: ContainerStatus): Promise<void> {
  t.chain.add({
    fact: `Pod ${pod.metadata.name}: init container ${name} has not ended, and the containers wait for it`,
    command: getCommand('pod', pod),
    shows: ['Init:'],
  });
  await lastLines(t, pod, name, false);
}

/** Before the containers: volumes, the sandbox with its network, readiness gates. */
async function traceSetUp(t: Trace, pod: Stored<Pod>, events: readonly Stored<Event>[]): Promise<void> {
  const { name } = pod.metadata;
  const failed = events.findLast((e) => e.type === 'Warning' && /^Failed/.test(e.reason ?? ''));
  if (failed && pod.status?.phase === 'Pending') {
    return traceConfiguration(
      t,
      pod,
      pod.status.containerStatuses?.find((c) => c.state?.waiting),
      events,
    );
  }
  const closed = (pod.spec?.readinessGates ?? [])
    .map((gate) => gate.conditionType)
    .filter((type) => pod.status?.conditions?.find((c) => c.type === type)?.status !== 'True');
  if (closed.length > 0) {
    t.chain.add({
      fact: `Pod ${name} waits at its readiness gate ${listed(closed)}`,
      command: describeCommand('pod', pod),
      shows: closed,
    });
    return;
  }
  const ready = pod.status?.conditions?.find((c) => c.type === 'Ready');
  if (ready?.status === 'True') return;
  t.chain.add({
    fact: `Pod ${name} is not ready: ${clip(ready?.message ?? `phase ${pod.status?.phase}`)}`,
    command: getCommand('pod', pod, "-o jsonpath='{.status.conditions}'"),
    shows: ready?.message ? [quote(ready.message)] : [],
  });
}
