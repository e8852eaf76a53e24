import { type Clock, pause } from '../../../kernel/clock.ts';
import type { Node } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { leases, nodes } from '../../../kube/resources.ts';
import type { ApiClient, EventRecorder } from '../../api.ts';
import { expecting, inBackground, refusals } from '../../errors/background.ts';
import { reasonOf } from '../../errors/status.ts';
import { registerCsiNode } from '../environment/csi-node.ts';
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
  report(error: unknown, where: string): void;
  facts: NodeFacts;
  /** The machine's; another one than the Node has means that the machine was started anew. */
  bootId: string;
}

/** Registers the Node, or takes the existing one over after a restart, and says that it is Ready. */
export async function registerNode(registration: Registration): Promise<void> {
  const { client, clock, recorder, facts, bootId } = registration;
  const about = { apiVersion: 'v1', kind: 'Node', metadata: { name: facts.name } };
  recorder.event(about, 'Normal', 'Starting', 'Starting kubelet.');
  const existing = await expecting(['NotFound'], client.get(nodes, undefined, facts.name));
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
  void every(registration, heartbeatEvery, 'the status of a Node', async () => {
    const newest = await client.get(nodes, undefined, facts.name);
    await writeStatus(client, facts, newest, bootId, clock.now());
  });
  void renewLease(registration, node.metadata.uid);
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

async function renewLease(registration: Registration, uid: string): Promise<void> {
  const { client, clock, signal, facts } = registration;
  const { name } = facts;
  const where = 'the Lease of a Node';
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
  const create = async () => {
    await expecting(['AlreadyExists'], client.create(leases, lease()));
    made = true;
  };
  while (!made && !signal.aborted) {
    await inBackground(registration, where, create, refusals);
    // The namespace may be a moment away in a fresh cluster.
    if (!made) await pause(clock, retryEvery, signal);
  }
  const renew = async () => {
    const current = await client.get(leases, 'kube-node-lease', name);
    await client.update(leases, { ...current, spec: { ...current.spec, ...lease().spec } });
  };
  await inBackground(registration, where, renew, refusals);
  await every(registration, renewEvery, where, renew);
}

/** Runs `task` every `ms` until `signal` aborts; what fails is tried again the next time. */
async function every(of: Registration, ms: number, where: string, task: () => Promise<unknown>): Promise<void> {
  while (!of.signal.aborted) {
    await pause(of.clock, ms, of.signal);
    if (!of.signal.aborted) await inBackground(of, where, task, refusals);
  }
}
