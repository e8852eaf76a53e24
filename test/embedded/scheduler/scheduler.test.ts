import { afterEach, describe, expect, it } from 'vitest';
import { createScheduler } from '../../../src/embedded/scheduler/index.ts';
import type { Node, PodSpec } from '../../../src/kube/api.gen.ts';
import {
  nodes,
  pods,
  priorityClasses,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../../src/kube/resources.ts';
import { startControlPlane } from '../../helpers/control-plane.ts';

let stop = () => {};
afterEach(() => stop());

async function cluster(count = 2) {
  const api = await startControlPlane();
  stop = api.stop;
  const { client, clock } = api;
  /** A node that is ready: without the taint that new ones have. */
  async function addNode(node: Node): Promise<void> {
    const { metadata } = await client.create(nodes, node);
    await client.patch(nodes, undefined, metadata.name, 'merge', { spec: { taints: null } });
  }
  for (let i = 1; i <= count; i++) {
    const zone = i === 1 ? 'a' : 'b';
    const object: Node = {
      metadata: {
        name: `node-${i}`,
        labels: { 'kubernetes.io/hostname': `node-${i}`, 'topology.kubernetes.io/zone': zone },
      },
      spec: {},
      status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi' } },
    };
    await addNode(object);
  }
  for (const [name, value] of Object.entries({ low: 1, high: 1000 })) {
    await client.create(priorityClasses, { metadata: { name }, value });
  }
  await createScheduler().start(api.context());
  const add = (name: string, spec: Partial<PodSpec> = {}, labels: Record<string, string> = {}) =>
    client.create(pods, {
      metadata: { name, namespace: 'default', labels },
      spec: { containers: [{ name: 'c', image: 'x' }], schedulerName: 'default-scheduler', ...spec },
    });
  const node = (name: string) => api.read(pods, 'default', name).spec?.nodeName;
  return {
    api,
    client,
    clock,
    addNode,
    add,
    node,
    bound: (name: string) => api.until(() => node(name)),
    failure: (name: string) =>
      api.until(
        () => api.reported.findLast((e) => e.object === `Pod/${name}` && e.reason === 'FailedScheduling')?.message,
      ),
    /** From now on a policy refuses to delete Pods. */
    async forbidDeletion(): Promise<void> {
      const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['pods'] };
      await client.create(validatingAdmissionPolicies, {
        metadata: { name: 'keep' },
        spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'false' }] },
      });
      await client.create(validatingAdmissionPolicyBindings, {
        metadata: { name: 'keep' },
        spec: { policyName: 'keep', validationActions: ['Deny'] },
      });
    },
    patchNode: (name: string, patch: object) => client.patch(nodes, undefined, name, 'merge', patch),
  };
}

const requests = (r: Record<string, string>) => ({
  containers: [{ name: 'c', image: 'x', resources: { requests: r } }],
});
const unhelpful = (n: number, total = n) =>
  `no new claims to deallocate, preemption: 0/${total} nodes are available: ${n} Preemption is not helpful for scheduling.`;
const noVictims = (n: number) =>
  `no new claims to deallocate, preemption: 0/${n} nodes are available: ${n} No preemption victims found for incoming pod.`;

describe('the scheduler', () => {
  it('binds a Pod and says so', async () => {
    const { add, bound, api } = await cluster();
    await add('ok');
    const node = await bound('ok');
    await api.until(() => api.reported.some((e) => e.message === `Successfully assigned default/ok to ${node}`));
    expect(api.reported[0]).toMatchObject({ component: 'default-scheduler', type: 'Normal', reason: 'Scheduled' });
  });

  it.each<[string, Partial<PodSpec>, string]>([
    ['cpu', requests({ cpu: '100' }), `0/2 nodes are available: 2 Insufficient cpu. ${unhelpful(2)}`],
    [
      'both',
      requests({ cpu: '100', memory: '1Ti' }),
      `0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory. ${unhelpful(2)}`,
    ],
    [
      'gpu',
      { containers: [{ name: 'c', image: 'x', resources: { limits: { 'example.com/gpu': '1' } } }] },
      `0/2 nodes are available: 2 Insufficient example.com/gpu. ${unhelpful(2)}`,
    ],
    [
      'selector',
      { nodeSelector: { disk: 'ssd' } },
      `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. ${unhelpful(2)}`,
    ],
    [
      'pvc-missing',
      { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'nope' } }] },
      '0/2 nodes are available: persistentvolumeclaim "nope" not found. not found',
    ],
    [
      'podaffinity',
      {
        affinity: {
          podAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { labelSelector: { matchLabels: { x: 'y' } }, topologyKey: 'kubernetes.io/hostname' },
            ],
          },
        },
      },
      `0/2 nodes are available: 2 node(s) didn't match pod affinity rules. ${unhelpful(2)}`,
    ],
    [
      'inheritedlabel',
      {
        topologySpreadConstraints: [
          { labelSelector: {}, maxSkew: 1, topologyKey: 'constructor', whenUnsatisfiable: 'DoNotSchedule' },
        ],
      },
      `0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints (missing required label). ${unhelpful(2)}`,
    ],
    [
      'inheritedaffinity',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }],
            },
          },
        },
      },
      `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. ${unhelpful(2)}`,
    ],
    [
      'spreadnolabel',
      {
        topologySpreadConstraints: [
          { labelSelector: {}, maxSkew: 1, topologyKey: 'nolabel', whenUnsatisfiable: 'DoNotSchedule' },
        ],
      },
      `0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints (missing required label). ${unhelpful(2)}`,
    ],
  ])('words why %s fits nowhere', async (name, spec, text) => {
    const { add, failure, api } = await cluster();
    await add(name, spec);
    expect(await failure(name)).toBe(text);
    const condition = await api.until(() => api.read(pods, 'default', name).status?.conditions?.[0]);
    expect(condition).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: text,
      observedGeneration: 1,
    });
  });

  it('names taints and cordons', async () => {
    const { add, failure, patchNode } = await cluster();
    await patchNode('node-1', { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] } });
    await patchNode('node-2', { spec: { unschedulable: true } });
    await add('taints');
    expect(await failure('taints')).toBe(
      `0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ${unhelpful(2)}`,
    );
  });

  it('has a text for a cluster without nodes, and binds when one arrives', async () => {
    const { add, failure, addNode, clock, node } = await cluster(0);
    await add('p');
    expect(await failure('p')).toBe('no nodes available to schedule pods');
    await addNode({ metadata: { name: 'n' }, status: { allocatable: { pods: '1' } } });
    await clock.advance(1100);
    expect(node('p')).toBe('n');
  });

  it('keeps Pods apart by anti-affinity and host ports', async () => {
    const { add, bound, failure } = await cluster();
    const apart: Partial<PodSpec> = {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: { anti: 'y' } }, topologyKey: 'kubernetes.io/hostname' },
          ],
        },
      },
    };
    for (const i of [0, 1, 2]) await add(`anti-${i}`, apart, { anti: 'y' });
    expect(new Set([await bound('anti-0'), await bound('anti-1')]).size).toBe(2);
    expect(await failure('anti-2')).toBe(
      `0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. ${noVictims(2)}`,
    );
    const port = { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80, hostPort: 8080 }] }] };
    for (const i of [0, 1, 2]) await add(`port-${i}`, port);
    expect(await failure('port-2')).toBe(
      `0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports. ${noVictims(2)}`,
    );
  });

  it('keeps the skew of a topology', async () => {
    const { add, bound, failure } = await cluster();
    const spread: Partial<PodSpec> = {
      nodeSelector: { 'topology.kubernetes.io/zone': 'a' },
      topologySpreadConstraints: [
        {
          labelSelector: { matchLabels: { sp: 'y' } },
          maxSkew: 1,
          nodeAffinityPolicy: 'Ignore',
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'DoNotSchedule',
        },
      ],
    };
    await add('spread-0', spread, { sp: 'y' });
    await bound('spread-0');
    await add('spread-1', spread, { sp: 'y' });
    expect(await failure('spread-1')).toBe(
      "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) didn't match pod topology spread constraints. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.",
    );
  });

  it('preempts Pods of lower priority', async () => {
    const { add, bound, failure, clock, api, node } = await cluster();
    for (const i of [0, 1]) await add(`low-${i}`, requests({ cpu: '3' }));
    await bound('low-1');
    await add('high', { ...requests({ cpu: '3' }), priorityClassName: 'high' });
    expect(await failure('high')).toBe('0/2 nodes are available: 2 Insufficient cpu.');
    const preempted = await api.until(() => api.reported.find((e) => e.reason === 'Preempted'));
    expect(preempted.message).toMatch(/^Preempted by pod [-0-9a-f]{36} on node node-[12]$/);
    await add('never', requests({ cpu: '3' }));
    expect(await failure('never')).toBe(`0/2 nodes are available: 2 Insufficient cpu. ${noVictims(2)}`);
    const victim = preempted.object.split('/')[1] ?? '';
    await api.client.delete(pods, 'default', victim, { gracePeriodSeconds: 0 });
    await clock.advance(2000);
    expect(node('high')).toBeDefined();
    expect(node('never')).toBeUndefined();
  });

  it('does not say that it has preempted a Pod that may not be deleted, and counts on no room', async () => {
    const { add, bound, failure, api, forbidDeletion } = await cluster();
    for (const i of [0, 1]) await add(`low-${i}`, requests({ cpu: '3' }));
    await bound('low-1');
    await forbidDeletion();
    await add('high', { ...requests({ cpu: '3' }), priorityClassName: 'high' });
    expect(await failure('high')).toBe('0/2 nodes are available: 2 Insufficient cpu.');
    await api.until(() => api.read(pods, 'default', 'high').status?.conditions?.length);
    expect(api.read(pods, 'default', 'high').status?.nominatedNodeName).toBeUndefined();
    expect(api.reported.filter((e) => e.reason === 'Preempted')).toEqual([]);
  });

  it('leaves gated Pods and those of other schedulers alone', async () => {
    const { add, bound, api, node, client } = await cluster();
    await add('gated', { schedulingGates: [{ name: 'a.b/c' }] });
    await add('other', { schedulerName: 'custom' });
    await add('ok');
    await bound('ok');
    expect([node('gated'), node('other')]).toEqual([undefined, undefined]);
    expect(api.reported.some((e) => e.reason === 'FailedScheduling')).toBe(false);
    await client.patch(pods, 'default', 'gated', 'merge', { spec: { schedulingGates: null } });
    await bound('gated');
  });

  it('tries again when a node changes in what refused the Pod, not on its heartbeat', async () => {
    const { add, failure, patchNode, clock, node, api } = await cluster(1);
    await add('p', { nodeSelector: { disk: 'ssd' } });
    await failure('p');
    await patchNode('node-1', { status: { conditions: [{ type: 'Ready', status: 'True' }] } });
    await clock.advance(20_000);
    const tries = api.reported.length;
    await patchNode('node-1', { metadata: { labels: { disk: 'ssd' } } });
    await clock.advance(0);
    expect(node('p')).toBe('node-1');
    expect(api.reported.length).toBe(tries + 1);
  });

  it('spreads Pods that ask for nothing over the nodes, and prefers the emptier node', async () => {
    const { add, bound } = await cluster();
    await add('big', requests({ cpu: '2' }));
    const first = await bound('big');
    await add('small', requests({ cpu: '1' }));
    expect(await bound('small')).not.toBe(first);
  });

  it('places Pods of higher priority first', async () => {
    const { add, bound, failure, api, patchNode } = await cluster(1);
    await patchNode('node-1', { spec: { unschedulable: true } });
    await add('low', { priorityClassName: 'low' });
    await add('high', { priorityClassName: 'high' });
    await failure('high');
    await patchNode('node-1', { spec: { unschedulable: false } });
    await bound('low');
    const order = api.reported.filter((e) => e.reason === 'Scheduled').map((e) => e.object);
    expect(order).toEqual(['Pod/high', 'Pod/low']);
  });
});
