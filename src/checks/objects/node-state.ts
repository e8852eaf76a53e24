import * as z from 'zod';
import { ownValue } from '../../kernel/own.ts';
import type { Node, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { selectorMatches } from '../../kube/selectors.ts';
import type { CheckType, ClusterView, Evidence, Need, Outcome, Suspect } from '../types.ts';
import { leaseOf, nodeNeeds } from './lease.ts';
import { handThatWrote } from './written.ts';

const taint = z.string().regex(/^[A-Za-z0-9./_-]+(=[A-Za-z0-9._-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/, {
  error: 'expected key=value:Effect, as kubectl taint takes it',
});
const schema = z
  .strictObject({
    node: z.string().optional().describe('The node by its name'),
    role: z.enum(['control-plane', 'worker']).optional().describe('All nodes of a role'),
    ready: z.boolean().optional().describe('Whether its kubelet is alive and says that it is ready'),
    schedulable: z.boolean().optional().describe('Whether new Pods may come: false is cordoned'),
    drained: z.boolean().optional().describe('true: cordoned, and only Pods of DaemonSets and static ones are left'),
    taints: z.array(taint).default([]).describe('Taints that it must have, as in key=value:NoSchedule'),
    noTaints: z.array(z.string()).default([]).describe('Keys of taints that it must not have'),
    labels: z.record(z.string(), z.string()).default({}).describe('Labels that it must have'),
    kubeletVersion: z.string().optional().describe('As in v1.35.4'),
  })
  .refine((spec) => (spec.node === undefined) !== (spec.role === undefined), { error: 'expected node or role' });
type Spec = z.infer<typeof schema>;

/** How long a Pod may take to go after its grace period, milliseconds. */
const patience = 5_000;

/** What state nodes are in: alive by their Leases, not by what somebody wrote into a status. */
export const nodeState: CheckType<Spec> = {
  type: 'nodeState',
  schema,
  guard: false,
  needs: (spec) =>
    spec.drained
      ? [
          ...nodeNeeds,
          ...[resources.pods, resources.daemonSets].map((resource): Need => ({ kind: 'resource', resource })),
        ]
      : nodeNeeds,
  evaluate(spec, view) {
    const label = spec.node ? `node ${spec.node}` : `every ${spec.role} node`;
    const expected = [label, ...wishes(spec)].join(', ');
    const look: Evidence = {
      kind: 'command',
      text: spec.node ? `kubectl describe node ${spec.node}` : 'kubectl get nodes',
    };
    const fail = (actual: string): Outcome => ({
      status: 'fail',
      expected,
      actual,
      why: actual,
      evidence: [{ kind: 'object', text: actual }, look],
    });
    const nodes = view
      .list(resources.nodes)
      .filter((node) => (spec.node ? node.metadata.name === spec.node : roleOf(view, node) === spec.role));
    if (nodes.length === 0) return fail(spec.node ? `there is no node ${spec.node}` : `there is no ${spec.role} node`);
    for (const node of nodes) {
      const problem = problemOf(spec, view, node);
      if (!problem) continue;
      const wait =
        spec.drained && node.spec?.unschedulable ? endOf(podsLeft(view, node.metadata.name)) - view.now() : 0;
      if (wait > 0) view.wakeIn(wait);
      const suspects: Suspect[] = [{ about: 'object', resource: resources.nodes, name: node.metadata.name }];
      return { ...fail(`${node.metadata.name} ${problem}`), status: wait > 0 ? 'pending' : 'fail', suspects };
    }
    return { status: 'pass', expected, actual: 'as it should be', evidence: [look] };
  },
};

function wishes(spec: Spec): string[] {
  const { ready, schedulable, drained, taints, noTaints, labels, kubeletVersion } = spec;
  return [
    ready === undefined ? '' : ready ? 'ready' : 'not ready',
    schedulable === undefined ? '' : schedulable ? 'schedulable' : 'cordoned',
    drained ? 'drained' : '',
    ...taints.map((t) => `tainted ${t}`),
    ...noTaints.map((t) => `not tainted ${t}`),
    ...Object.entries(labels).map(([key, value]) => `labelled ${key}=${value}`),
    kubeletVersion ? `kubelet ${kubeletVersion}` : '',
  ].filter(Boolean);
}

/**
 * The role of a node: what it was after set-up, whatever its labels say now. A Node that was made since then counts
 * once there is a kubelet behind it.
 */
function roleOf(view: ClusterView, node: Stored<Node>): Spec['role'] {
  const { name } = node.metadata;
  const before = view.baseline.get(resources.nodes, undefined, name);
  if (!before && !leaseOf(view, name).fresh) return undefined;
  return 'node-role.kubernetes.io/control-plane' in ((before ?? node).metadata.labels ?? {})
    ? 'control-plane'
    : 'worker';
}

function problemOf(spec: Spec, view: ClusterView, node: Stored<Node>): string | undefined {
  const { name, labels = {} } = node.metadata;
  if (spec.ready !== undefined) {
    const condition = node.status?.conditions?.find((c) => c.type === 'Ready');
    const hand = handThatWrote(node, 'Ready');
    if (hand) return `has a status that ${hand} wrote, not its kubelet`;
    const lease = leaseOf(view, name);
    const says = condition?.status === 'True';
    if (spec.ready && !says) return `is not ready: ${condition?.message ?? 'it does not say'}`;
    if (spec.ready && !lease.fresh) return `says that it is ready, but ${lease.text}`;
    if (!spec.ready && says && lease.fresh) return 'is ready';
  }
  const cordoned = node.spec?.unschedulable === true;
  if (spec.schedulable !== undefined && cordoned === spec.schedulable)
    return cordoned ? 'is cordoned' : 'is not cordoned';
  if (spec.drained) {
    if (!cordoned) return 'is not cordoned';
    const left = podsLeft(view, name).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    if (left.length > 0)
      return `still runs ${left.slice(0, 3).join(', ')}${left.length > 3 ? ` and ${left.length - 3} more` : ''}`;
  }
  const has = (node.spec?.taints ?? []).map((t) => `${t.key}${t.value ? `=${t.value}` : ''}:${t.effect}`);
  const lacking = spec.taints.find((t) => !has.includes(t.replace('=:', ':')));
  if (lacking) return `has no taint ${lacking}`;
  const unwanted = node.spec?.taints?.find((t) => spec.noTaints.includes(t.key));
  if (unwanted) return `has the taint ${unwanted.key}`;
  const label = Object.entries(spec.labels).find(([key, value]) => ownValue(labels, key) !== value);
  if (label)
    return `has ${ownValue(labels, label[0]) === undefined ? 'no label' : `the label ${label[0]}=${ownValue(labels, label[0])}, not`} ${label[0]}=${label[1]}`;
  const version = node.status?.nodeInfo?.kubeletVersion;
  if (spec.kubeletVersion && version !== spec.kubeletVersion) return `has kubelet ${version}`;
  return undefined;
}

/** Pods that draining would have taken away. */
function podsLeft(view: ClusterView, node: string): Stored<Pod>[] {
  return view
    .list(resources.pods)
    .filter((pod) => pod.spec?.nodeName === node && !['Succeeded', 'Failed'].includes(pod.status?.phase ?? ''))
    .filter((pod) => !isStatic(pod, node) && !isDaemon(view, pod));
}

/** When the last of these should have gone, if all of them are being deleted; else 0. */
function endOf(pods: Stored<Pod>[]): number {
  const times = pods.map((pod) => Date.parse(pod.metadata.deletionTimestamp ?? '') || 0);
  return times.includes(0) ? 0 : Math.max(...times) + patience;
}

/** The mirror of a static Pod belongs to its node, by annotation and by owner; the annotation alone may be anybody's. */
function isStatic({ metadata }: Stored<Pod>, node: string): boolean {
  const owned = metadata.ownerReferences?.some((r) => r.controller && r.kind === 'Node' && r.name === node);
  return owned === true && metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
}

/** Made by a DaemonSet that there is and that looks after such Pods: a reference to an owner may be anybody's, too. */
function isDaemon(view: ClusterView, { metadata }: Stored<Pod>): boolean {
  const uid = metadata.ownerReferences?.find((r) => r.controller && r.kind === 'DaemonSet')?.uid;
  const owner = uid && view.list(resources.daemonSets, metadata.namespace).find((set) => set.metadata.uid === uid);
  return Boolean(owner && selectorMatches(owner.spec?.selector, metadata.labels ?? {}));
}
