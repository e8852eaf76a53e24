import { type Clock, pause } from '../../kernel/clock.ts';
import type { Node } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { leases, nodes } from '../../kube/resources.ts';
import type { ApiClient, EventRecorder } from '../api.ts';
import { reasonOf } from '../errors/status.ts';
import { registerCsiNode } from './csi-node.ts';
import { type NodeFacts, nodeObject, nodeStatus } from './node-object.ts';

/** The kubelet's defaults: nodeLeaseDurationSeconds 40, renewed at a quarter of it; nodeStatusReportFrequency 5 min. */
const leaseSeconds = 40;
const renewEvery = 10_000;
const heartbeatEvery = 300_000;
const retryEvery = 200;

export interface Registration {
  client: ApiClient;
  clock: Clock;
  recorder: EventRecorder;
  signal: AbortSignal;
  facts: NodeFacts;
  /** The machine's; another one than the Node has means that the machine was started anew. */
  bootId: string;
}

/** Registers the Node, or takes the existing one over after a restart, and says that it is Ready. */
export async function registerNode({ client, clock, recorder, signal, facts, bootId }: Registration): Promise<void> {
  const about = { apiVersion: 'v1', kind: 'Node', metadata: { name: facts.name } };
  recorder.event(about, 'Normal', 'Starting', 'Starting kubelet.');
  const existing = await client.get(nodes, undefined, facts.name).catch(() => undefined);
  const node = existing ?? (await client.create(nodes, nodeObject(facts)));
  await registerCsiNode(client, node);
  await writeStatus(client, facts, node, bootId, clock.now());
  for (const reason of ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID']) {
    recorder.event(about, 'Normal', reason, `Node ${facts.name} status is now: ${reason}`);
  }
  recorder.event(about, 'Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
  if (existing && existing.status?.nodeInfo?.bootID !== bootId) {
    recorder.event(about, 'Warning', 'Rebooted', `Node ${facts.name} has been rebooted, boot id: ${bootId}`);
  }
  const wasReady = existing?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  if (!wasReady) {
    recorder.event(about, 'Normal', 'NodeReady', `Node ${facts.name} status is now: NodeReady`);
  }
  void every(clock, heartbeatEvery, signal, async () => {
    const newest = await client.get(nodes, undefined, facts.name);
    await writeStatus(client, facts, newest, bootId, clock.now());
  });
  void renewLease(client, clock, signal, facts.name, node.metadata.uid);
}

async function writeStatus(client: ApiClient, facts: NodeFacts, node: Stored<Node>, bootId: string, now: number) {
  for (let newest = node, tries = 0; ; tries++) {
    try {
      return await client.updateStatus(nodes, { ...newest, status: nodeStatus(facts, newest.status, bootId, now) });
    } catch (error) {
      if (reasonOf(error) !== 'Conflict' || tries > 4) throw error;
      newest = await client.get(nodes, undefined, facts.name);
    }
  }
}

async function renewLease(client: ApiClient, clock: Clock, signal: AbortSignal, name: string, uid: string) {
  const lease = () => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: 'kube-node-lease',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
    },
    spec: {
      holderIdentity: name,
      leaseDurationSeconds: leaseSeconds,
      // A MicroTime: six digits.
      renewTime: new Date(clock.now()).toISOString().replace(/(\.\d{3})Z$/, '$1000Z'),
    },
  });
  let made = false;
  while (!made && !signal.aborted) {
    try {
      await client.create(leases, lease());
      made = true;
    } catch (error) {
      made = reasonOf(error) === 'AlreadyExists';
      // The namespace may be a moment away in a fresh cluster.
      if (!made) await pause(clock, retryEvery, signal);
    }
  }
  const renew = async () => {
    const current = await client.get(leases, 'kube-node-lease', name);
    await client.update(leases, { ...current, spec: { ...current.spec, ...lease().spec } });
  };
  await renew().catch(() => {});
  await every(clock, renewEvery, signal, renew);
}

/** Runs `task` every `ms` until `signal` aborts; what fails is tried again the next time. */
async function every(clock: Clock, ms: number, signal: AbortSignal, task: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted) {
    await pause(clock, ms, signal);
    if (!signal.aborted) await task().catch(() => {});
  }
}
