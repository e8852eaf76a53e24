import type { RemoteReader } from '../../../src/embedded/client/client.ts';
import { controllers } from '../../../src/embedded/cluster/parts.ts';
import { createScheduler } from '../../../src/embedded/scheduler/index.ts';
import type { Event, Pod, PodStatus } from '../../../src/kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../../src/kube/meta.ts';
import { events, leases, nodes, pods } from '../../../src/kube/resources.ts';
import { startControlPlane } from '../../helpers/control-plane.ts';

/** A whole control plane without a server (`remote`: what others serve), with nodes whose Pods do what `kubelet` says. */
export async function workloadPlane(nodeCount = 1, remote?: RemoteReader) {
  const plane = await startControlPlane({ remote });
  const { client, clock, pki, stop } = plane;
  const context = plane.context();
  for (const component of [...controllers(pki), createScheduler()]) await component.start(context);
  for (let i = 1; i <= nodeCount; i++) await addNode(`node-${i}`);

  async function addNode(name: string): Promise<void> {
    const made = await client.create(nodes, { metadata: { name, labels: { 'kubernetes.io/hostname': name } } });
    const resources = { cpu: '4', memory: '8Gi', pods: '110' };
    const conditions = [{ type: 'Ready', status: 'True' }];
    await client.updateStatus(nodes, { ...made, status: { allocatable: resources, capacity: resources, conditions } });
    await renewLease(name);
  }

  /** Says that the node is alive, every ten seconds from now on. */
  async function renewLease(name: string): Promise<void> {
    const spec = () => ({
      holderIdentity: name,
      leaseDurationSeconds: 40,
      renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
    });
    await client.create(leases, { metadata: { name, namespace: 'kube-node-lease' }, spec: spec() });
    const renew = () => {
      clock.after(10_000, () => {
        void client.patch(leases, 'kube-node-lease', name, 'merge', { spec: spec() }).then(renew);
      });
    };
    renew();
  }

  /** What becomes of a Pod on a node: the phase it gets, or nothing yet. */
  let behaviour: (pod: Stored<Pod>) => 'ready' | 'Succeeded' | 'Failed' | undefined = () => 'ready';
  let addresses = 1;
  const act = (pod: Stored<Pod>) =>
    clock.after(5, () => {
      const newest = context.informers.of(pods).get(pod.metadata.namespace, pod.metadata.name);
      if (newest?.metadata.uid === pod.metadata.uid) void step(newest).catch(() => {}); // told again when it changed
    });
  async function step(pod: Stored<Pod>): Promise<void> {
    const { namespace, name } = pod.metadata;
    if (pod.metadata.deletionTimestamp) return client.delete(pods, namespace, name, { gracePeriodSeconds: 0 });
    const what = behaviour(pod);
    if (!pod.spec?.nodeName || !what || (pod.status?.phase ?? 'Pending') !== 'Pending') return;
    const ready = what === 'ready';
    const at = new Date(clock.now()).toISOString().replace(/\.\d+/, '');
    const status: PodStatus = {
      ...pod.status,
      phase: ready ? 'Running' : what,
      startTime: at,
      podIP: `10.244.0.${++addresses}`,
      conditions: [
        ...(pod.status?.conditions ?? []),
        { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at },
      ],
    };
    await client.updateStatus(pods, { ...pod, status });
  }
  context.informers.of(pods).on({ add: act, update: act });
  await clock.advance(50);

  return {
    clock,
    client,
    addNode,
    behave(next: typeof behaviour) {
      behaviour = next;
    },
    get: <T extends KubeObject>(r: Resource<T>, name: string) => context.informers.of(r).get('default', name),
    list: <T extends KubeObject>(r: Resource<T>) => context.informers.of(r).list('default'),
    /** Lets time go on until `look` finds something. */
    async until<T>(look: () => T | undefined | false, limit = 120_000): Promise<T> {
      for (let passed = 0; passed <= limit; passed += 20) {
        const found = look();
        if (found) return found;
        await clock.advance(20);
      }
      throw new Error(`never: ${look}`);
    },
    events: (reason: string) =>
      (context.informers.of(events).list('default') as Stored<Event>[])
        .filter((e) => e.reason === reason)
        .map((e) => e.message),
    stop,
  };
}
