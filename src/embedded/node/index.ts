/** The simulated kubelet: registers a node and runs the Pods that are bound to it. */
import { join } from 'node:path';
import { systemClock } from '../../kernel/clock.ts';
import type { Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { type Amounts, add, holdsResources, podRequests } from '../../kube/requests.ts';
import {
  configMaps,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  secrets,
  services,
} from '../../kube/resources.ts';
import type { Component, ComponentContext, ContainerRuntime, HttpAnswer, NodeAgent } from '../api.ts';
import { AddressPool } from './address-pool.ts';
import { Agent } from './agent.ts';
import { BackOff } from './back-off.ts';
import { Images } from './images.ts';
import { LogStore } from './log-store.ts';
import { capacityOf, type NodeFacts } from './node-object.ts';
import { registerNode } from './node-registration.ts';
import { kubeletAnswer } from './paths.ts';
import { PodWorker } from './pod-worker.ts';
import { KubeletServer } from './server.ts';
import type { NodeServices } from './services.ts';
import { usesSource } from './sources.ts';
import { NodeStatistics } from './stats.ts';

export interface KubeletOptions extends Partial<Omit<NodeFacts, 'name'>> {
  nodeName: string;
  runtime: ContainerRuntime;
}

export interface Kubelet extends Component, NodeAgent {
  /** Where its port 10250 really is, once it has started. */
  address(): Promise<{ host: string; port: number } | undefined>;
  /** Resolves when the node writes nothing any more: its context was aborted and its runtime has ended before. */
  stop(): Promise<void>;
}

/** CrashLoopBackOff: 10 s doubling to 5 min, forgotten after 10 min. */
const firstRestart = 10_000;
const lastRestart = 300_000;

/**
 * A kubelet for one node. `start` registers the Node and resolves when it is Ready; Pods bound to the node run from
 * then on, those that ran before a restart of the daemon again with restartCount + 1.
 */
export function createKubelet(options: KubeletOptions): Kubelet {
  const { nodeName, runtime, ...more } = options;
  const facts: NodeFacts = {
    address: '172.18.0.2',
    podCIDR: '10.244.0.0/24',
    role: 'control-plane',
    ...more,
    name: nodeName,
  };
  const workers = new Map<string, PodWorker>();
  let clock = systemClock;
  let logs: LogStore | undefined;
  let statistics: NodeStatistics | undefined;
  let server: KubeletServer | undefined;
  const agent = new Agent(
    nodeName,
    runtime,
    () => clock,
    (uid) => workers.get(uid),
  );

  const answer = (path: string): Promise<HttpAnswer> =>
    kubeletAnswer(
      path,
      () => statistics?.collect(),
      () => [...workers.values()].map(({ pod }) => pod),
    );

  const start = async (context: ComponentContext): Promise<void> => {
    clock = context.clock;
    const shared = nodeServices(context, facts, runtime, workers);
    logs = shared.logs;
    statistics = new NodeStatistics(runtime, clock, workers);
    server = new KubeletServer({
      ...{ nodeName, clock, client: shared.client, answer },
      caCertificate: context.cluster.caCertificate,
    });
    await registerNode({
      client: shared.client,
      clock,
      recorder: shared.recorder,
      signal: context.signal,
      facts,
    });
    const stops = [
      followPods(context, shared, workers),
      ...([configMaps, secrets] as const).map((resource) => {
        const changed = (object: Stored) => {
          for (const worker of workers.values()) if (usesSource(worker.pod, object)) worker.sourceChanged();
        };
        return context.informers.of(resource as typeof configMaps).on({ add: changed, update: changed });
      }),
    ];
    context.signal.addEventListener(
      'abort',
      () => {
        for (const stop of stops) stop();
        for (const worker of workers.values()) worker.stop();
      },
      { once: true },
    );
  };

  return {
    name: `kubelet/${nodeName}`,
    start,
    address: async () => server?.address(),
    stop: async () => {
      await server?.close();
      logs?.close();
    },
    nodeName,
    logs: (pod, o) => agent.logs(pod, o),
    exec: (pod, o) => agent.exec(pod, o),
    attach: (pod, o) => agent.attach(pod, o),
    portForward: (pod, port) => agent.portForward(pod, port),
    answer,
  };
}

function nodeServices(
  context: ComponentContext,
  facts: NodeFacts,
  runtime: ContainerRuntime,
  workers: ReadonlyMap<string, PodWorker>,
): NodeServices {
  const { clock, informers, cluster } = context;
  const user = { name: `system:node:${facts.name}`, groups: ['system:nodes', 'system:authenticated'] };
  const [maps, secretCache, serviceCache] = [informers.of(configMaps), informers.of(secrets), informers.of(services)];
  const [claims, volumes] = [informers.of(persistentVolumeClaims), informers.of(persistentVolumes)];
  return {
    nodeName: facts.name,
    hostIP: facts.address,
    allocatable: capacityOf(facts),
    client: context.client.as({ user, fieldManager: 'kubelet' }),
    clock,
    runtime,
    recorder: context.recorder('kubelet', facts.name),
    images: new Images(runtime, clock),
    crashes: new BackOff(firstRestart, lastRestart),
    logs: new LogStore(cluster.folder && join(cluster.folder, 'logs', facts.name), clock),
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

/** One worker a Pod, from the moment it is bound to the node until its object is gone and its containers ended. */
function followPods(context: ComponentContext, shared: NodeServices, workers: Map<string, PodWorker>): () => void {
  const see = (pod: Stored<Pod>) => {
    if (pod.spec?.nodeName !== shared.nodeName) return;
    const { uid } = pod.metadata;
    const worker = workers.get(uid);
    if (worker) worker.update(pod);
    else workers.set(uid, new PodWorker(shared, pod, () => workers.delete(uid)));
  };
  return context.informers.of(pods).on({
    add: see,
    update: (pod, old) => {
      // The same name again before we heard of the end of the first.
      if (old.metadata.uid !== pod.metadata.uid) workers.get(old.metadata.uid)?.remove();
      see(pod);
    },
    delete: (pod) => workers.get(pod.metadata.uid)?.remove(),
  });
}
