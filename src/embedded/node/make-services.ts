/** What the workers of a node share. */
import { join } from 'node:path';
import { type Amounts, add, holdsResources, podRequests } from '../../kube/requests.ts';
import { configMaps, persistentVolumeClaims, persistentVolumes, secrets, services } from '../../kube/resources.ts';
import type { ComponentContext } from '../api.ts';
import type { ContainerRuntime } from '../container-api.ts';
import { AddressPool } from './address-pool.ts';
import { BackOff } from './containers/back-off.ts';
import { Images } from './containers/images.ts';
import { ProbeCounter } from './kubelet-api/probe-counter.ts';
import type { KubeletLog } from './logs/kubelet-log.ts';
import { LogStore } from './logs/log-store.ts';
import type { PodWorker } from './pods/pod-worker.ts';
import { capacityOf, type NodeFacts } from './registration/node-object.ts';
import type { NodeServices } from './services.ts';

/** CrashLoopBackOff: 10 s doubling to 5 min, forgotten after 10 min. */
const firstRestart = 10_000;
const lastRestart = 300_000;

/** Joins the services of a node's kubelet. @param running whether its process runs */
export function nodeServices(
  context: ComponentContext,
  facts: NodeFacts,
  runtime: ContainerRuntime,
  workers: ReadonlyMap<string, PodWorker>,
  running: () => boolean,
  log: KubeletLog,
): NodeServices {
  const { clock, informers, cluster } = context;
  const user = { name: `system:node:${facts.name}`, groups: ['system:nodes', 'system:authenticated'] };
  const [maps, secretCache, serviceCache] = [informers.of(configMaps), informers.of(secrets), informers.of(services)];
  const [claims, volumes] = [informers.of(persistentVolumeClaims), informers.of(persistentVolumes)];
  const recorder = context.recorder('kubelet', facts.name);
  return {
    nodeName: facts.name,
    hostIP: facts.address,
    allocatable: capacityOf(facts),
    client: context.client.as({ user, fieldManager: 'kubelet' }),
    clock,
    report: (error, where) => {
      if (!context.signal.aborted) context.report(error, where);
    },
    runtime,
    recorder: {
      event: (...event) => {
        if (!running()) return;
        recorder.event(...event);
        logFailure(workers, log, ...event);
      },
    },
    images: new Images(runtime, clock, cluster.unknownImages),
    crashes: new BackOff(firstRestart, lastRestart),
    probes: new ProbeCounter(),
    logs: new LogStore({
      clock,
      ...(cluster.folder !== undefined && { folder: join(cluster.folder, 'logs', facts.name) }),
      show: (log) => runtime.showLog(facts.name, log),
      hide: (path) => runtime.hideLog(facts.name, path),
    }),
    addresses: new AddressPool(facts.podCIDR),
    configMap: (namespace, name) => maps.get(namespace, name),
    secret: (namespace, name) => secretCache.get(namespace, name),
    services: () => serviceCache.list(),
    claim: (namespace, name) => claims.get(namespace, name),
    persistentVolume: (name) => volumes.get(undefined, name),
    held: (uid) => {
      const sum: Amounts = {};
      for (const [other, { allocatedPod }] of workers) {
        if (other !== uid && holdsResources(allocatedPod)) add(sum, podRequests(allocatedPod));
      }
      return sum;
    },
    freed: () => {
      for (const worker of workers.values()) if (worker.waitsForRoom) worker.wake();
    },
  };
}

/** What keeps a container from running stands in the kubelet's log as well, in its own words. */
function logFailure(
  workers: ReadonlyMap<string, PodWorker>,
  log: KubeletLog,
  ...[involved, , reason, message]: Parameters<NodeServices['recorder']['event']>
): void {
  if (reason !== 'BackOff' && !message.startsWith('Error: ')) return;
  const { uid = '', namespace, name } = involved.metadata ?? {};
  const container = /\{(.*)\}/.exec(involved.fieldPath ?? '')?.[1] ?? '';
  const waiting = workers.get(uid)?.record(container)?.waiting;
  if (!waiting) return;
  const why = `failed to "StartContainer" for "${container}" with ${waiting.reason}: ${JSON.stringify(waiting.message ?? '')}`;
  log('E', 'pod_workers.go:1324', 'Error syncing pod, skipping', {
    err: why,
    pod: `${namespace}/${name}`,
    podUID: uid,
  });
}
