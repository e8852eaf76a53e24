import { ownValue } from '../../kernel/own.ts';
import type { Event, Node, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { matchesNode, tolerates } from '../../kube/placement.ts';
import { readable } from '../../kube/readable.ts';
import { type Amounts, add, amounts, holdsResources, podRequests } from '../../kube/requests.ts';
import * as resources from '../../kube/resources.ts';
import { parseSchedulingMessage } from '../../kube/scheduling-message.ts';
import { selectorMatches } from '../../kube/selectors.ts';
import { eventsAbout, type Trace } from './reader.ts';
import { clip, eventsCommand, getCommand, listed, quote } from './words.ts';

/** From a Pod without a node to what the scheduler found on each node, reason by reason. */
export async function traceScheduling(t: Trace, pod: Stored<Pod>): Promise<void> {
  const { name } = pod.metadata;
  const scheduled = pod.status?.conditions?.find((c) => c.type === 'PodScheduled');
  t.chain.add({ fact: `Pod ${name} is on no node`, command: getCommand('pod', pod), shows: [name] });
  const gates = (pod.spec?.schedulingGates ?? []).map((gate) => gate.name);
  if (gates.length > 0) {
    const command = getCommand('pod', pod, "-o jsonpath='{.spec.schedulingGates[*].name}'");
    return t.chain.add({
      fact: `it is held by the scheduling gate ${listed(gates)}`,
      command,
      shows: gates.slice(0, 3),
    });
  }
  const events = await eventsAbout(t.reader, pod);
  const failed = events.findLast((e) => e.reason === 'FailedScheduling');
  const message = scheduled?.message ?? failed?.message;
  if (!message) return reportNobody(t, pod, events);
  const failure = parseSchedulingMessage(message);
  t.chain.add({
    fact: `the scheduler: ${clip(readable(message).replace(/\.\s+(?:no new claims|preemption:).*$/s, ''))}`,
    command: getCommand('pod', pod, `-o jsonpath='{.status.conditions[?(@.type=="PodScheduled")].message}'`),
    shows: [quote(message)],
  });
  if (!failure) return;
  const nodes = await t.reader.list(resources.nodes);
  for (const { text } of failure.reasons) await reportReason(t, pod, nodes, text);
}

/** No scheduler has said anything. */
function reportNobody(t: Trace, pod: Stored<Pod>, events: readonly Event[]): void {
  const scheduler = pod.spec?.schedulerName ?? 'default-scheduler';
  const said = events.length === 0 ? 'no Event tells of it' : `the last Event is ${events.at(-1)?.reason}`;
  t.chain.add({
    fact: `it is left to the scheduler ${scheduler}`,
    command: getCommand('pod', pod, "-o jsonpath='{.spec.schedulerName}'"),
    shows: [scheduler],
  });
  t.chain.add({ kind: 'missing', fact: `no scheduler has looked at it: ${said}`, command: eventsCommand('pod', pod) });
}

async function reportReason(t: Trace, pod: Stored<Pod>, nodes: readonly Stored<Node>[], text: string): Promise<void> {
  const { namespace = '' } = pod.metadata;
  const [, claim] = /persistentvolumeclaim "([^"]+)"/.exec(text) ?? [];
  if (claim || /PersistentVolumeClaims|persistent volumes? to bind|volume node affinity/.test(text))
    return followClaims(t, pod, claim);
  if (/untolerated taint/.test(text)) return reportTaints(t, pod, nodes);
  const [, resource] = /^Insufficient (\S+)/.exec(text) ?? [];
  if (resource) return reportRequests(t, pod, nodes, resource);
  if (/node affinity\/selector/.test(text)) return reportSelector(t, pod, nodes);
  if (/were unschedulable/.test(text)) {
    const cordoned = nodes.filter((node) => node.spec?.unschedulable).map((node) => node.metadata.name);
    const fact = `${listed(cordoned)} ${cordoned.length === 1 ? 'is' : 'are'} cordoned`;
    return t.chain.add({ fact, command: 'kubectl get nodes', shows: ['SchedulingDisabled'] });
  }
  if (/anti-affinity|affinity rules/.test(text)) return reportNeighbours(t, pod, text);
  if (/topology spread/.test(text)) return reportSpread(t, pod, nodes);
  if (/free ports/.test(text)) return reportPorts(t, pod);
  if (/Too many pods/.test(text)) {
    const command = 'kubectl get nodes -o custom-columns=NAME:.metadata.name,PODS:.status.allocatable.pods';
    const room = nodes.map((n) => `${n.metadata.name} ${n.status?.allocatable?.pods}`);
    return t.chain.add({
      fact: `nodes hold only so many Pods: ${listed(room)}`,
      command,
      shows: nodes.slice(0, 3).map((n) => n.metadata.name),
    });
  }
  if (/requested node name/.test(text)) {
    const command = `kubectl get pods -n ${namespace} -o wide`;
    return t.chain.add({ fact: `it wants the node ${pod.spec?.nodeName}`, command });
  }
}

async function followClaims(t: Trace, pod: Stored<Pod>, claim: string | undefined): Promise<void> {
  const { name, namespace = '' } = pod.metadata;
  const claims = (pod.spec?.volumes ?? []).flatMap((v) =>
    v.persistentVolumeClaim ? [v.persistentVolumeClaim.claimName] : v.ephemeral ? [`${name}-${v.name}`] : [],
  );
  for (const one of claim ? [claim] : claims) {
    const found = await t.reader.get(resources.persistentVolumeClaims, namespace, one);
    if (found?.status?.phase === 'Bound') await reportVolumeAffinity(t, found.spec?.volumeName ?? '');
    else await t.follow({ about: 'object', resource: resources.persistentVolumeClaims, namespace, name: one });
  }
}

/** A volume that is bound and can be had on some nodes only. */
async function reportVolumeAffinity(t: Trace, name: string): Promise<void> {
  const volume = await t.reader.get(resources.persistentVolumes, undefined, name);
  const terms = volume?.spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const wants = terms
    .flatMap((term) => term.matchExpressions ?? [])
    .map((e) => `${e.key} ${e.operator} ${listed(e.values ?? [])}`);
  if (!volume || wants.length === 0) return;
  t.chain.add({
    fact: `its volume ${name} is only on nodes with ${listed(wants)}`,
    command: getCommand('pv', volume, "-o jsonpath='{.spec.nodeAffinity}'"),
    shows: terms.flatMap((term) => term.matchExpressions ?? []).map((e) => e.key),
  });
}

function reportTaints(t: Trace, pod: Stored<Pod>, nodes: readonly Stored<Node>[]): void {
  const closed = nodes.flatMap((node) => {
    const taints = (node.spec?.taints ?? []).filter(
      (taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(pod.spec?.tolerations, taint),
    );
    const text = taints.map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`);
    return taints.length > 0 ? [{ node: node.metadata.name, text: listed(text), key: taints[0]?.key ?? '' }] : [];
  });
  if (closed.length === 0) return;
  t.chain.add({
    fact: `the Pod does not tolerate ${listed(closed.map(({ node, text }) => `${text} of ${node}`))}`,
    command: 'kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints',
    shows: closed.slice(0, 3).map(({ key }) => key),
  });
}

/** What the Pod asks of a resource, what nodes have to give, and what is given already. */
async function reportRequests(
  t: Trace,
  pod: Stored<Pod>,
  nodes: readonly Stored<Node>[],
  resource: string,
): Promise<void> {
  const written = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].flatMap(
    (c) => c.resources?.requests?.[resource] ?? c.resources?.limits?.[resource] ?? [],
  );
  const wanted = podRequests(pod)[resource] ?? 0;
  t.chain.add({
    fact: `the Pod requests ${resource} ${amountText(resource, wanted)}`,
    command: getCommand('pod', pod, "-o jsonpath='{.spec.containers[*].resources}'"),
    shows: written.slice(0, 1).map(String),
  });
  // Not what nobody could get there: only nodes that the Pod may go to.
  const open = nodes.filter((node) => isOpen(pod, node));
  for (const node of open.slice(0, 2)) {
    const there = await t.reader.list(resources.pods, undefined, `spec.nodeName=${node.metadata.name}`);
    const used: Amounts = {};
    for (const one of there) if (holdsResources(one)) add(used, podRequests(one));
    const has = node.status?.allocatable?.[resource];
    const room = amounts(node.status?.allocatable)[resource] ?? 0;
    t.chain.add({
      fact: `${node.metadata.name} has ${amountText(resource, room)} of ${resource}, ${amountText(resource, used[resource] ?? 0)} of it taken by requests of its Pods`,
      command: `kubectl describe node ${node.metadata.name}`,
      shows: ['Allocatable:', ...(has ? [String(has)] : []), 'Allocated resources:'],
    });
  }
}

function isOpen(pod: Stored<Pod>, node: Stored<Node>): boolean {
  const closed = (node.spec?.taints ?? []).some(
    (taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(pod.spec?.tolerations, taint),
  );
  return !closed && !node.spec?.unschedulable && matchesNode(pod, node);
}

/** `1500m`, `2`, `900Gi` as people write amounts. */
function amountText(resource: string, amount: number): string {
  if (resource === 'cpu') return amount % 1_000 === 0 ? String(amount / 1_000) : `${amount}m`;
  if (!['memory', 'ephemeral-storage', 'storage'].includes(resource)) return String(amount);
  const [unit = '', size = 1] =
    (
      [
        ['Gi', 2 ** 30],
        ['Mi', 2 ** 20],
        ['Ki', 2 ** 10],
      ] as const
    ).find(([, bytes]) => amount >= bytes) ?? [];
  return `${Math.round((amount / size) * 10) / 10}${unit}`;
}

/** The labels that the Pod asks nodes for, and which values nodes have. */
function reportSelector(t: Trace, pod: Stored<Pod>, nodes: readonly Stored<Node>[]): void {
  const { nodeSelector = {}, affinity } = pod.spec ?? {};
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const expressions = terms.flatMap((term) => term.matchExpressions ?? []);
  const wants = [
    ...Object.entries(nodeSelector).map(([key, value]) => `${key}=${value}`),
    ...expressions.map(({ key, operator, values = [] }) => [key, operator, ...values].join(' ')),
  ];
  const path = Object.keys(nodeSelector).length > 0 ? '.spec.nodeSelector' : '.spec.affinity.nodeAffinity';
  const keys = [...new Set([...Object.keys(nodeSelector), ...expressions.map((e) => e.key)])];
  t.chain.add({
    fact: `the Pod wants nodes with ${listed(wants)}`,
    command: getCommand('pod', pod, `-o jsonpath='{${path}}'`),
    shows: keys.slice(0, 1),
  });
  for (const key of keys.slice(0, 3)) {
    const have = nodes.flatMap((node) => {
      const value = ownValue(node.metadata.labels, key);
      return value === undefined ? [] : [`${node.metadata.name} has ${value === '' ? 'it without a value' : value}`];
    });
    t.chain.add({
      fact: have.length > 0 ? `of the label ${key} ${listed(have)}` : `no node has the label ${key}`,
      command: `kubectl get nodes -L ${key}`,
      shows: nodes.slice(0, 1).map((node) => node.metadata.name),
    });
  }
}

/** Rules about other Pods, and where those are. */
async function reportNeighbours(t: Trace, pod: Stored<Pod>, text: string): Promise<void> {
  const { namespace = '', labels } = pod.metadata;
  const { podAntiAffinity, podAffinity } = pod.spec?.affinity ?? {};
  const anti = /anti-affinity/.test(text);
  const [term] = (anti ? podAntiAffinity : podAffinity)?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  if (!term) {
    // `existing pods anti-affinity rules`: those of others.
    const others = (await t.reader.list(resources.pods, namespace)).filter((other) =>
      other.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.some((rule) =>
        selectorMatches(rule.labelSelector, labels),
      ),
    );
    if (others.length === 0) return;
    const names = others.map((o) => `${o.metadata.name} on ${o.spec?.nodeName}`);
    const command = `kubectl get pods -n ${namespace} -o wide`;
    return t.chain.add({
      fact: `${listed(names)} keep it away by their own podAntiAffinity`,
      command,
      shows: others.slice(0, 3).map((o) => o.metadata.name),
    });
  }
  const kind = anti ? 'podAntiAffinity' : 'podAffinity';
  t.chain.add({
    fact: `its ${kind} is about Pods with ${selectorText(term.labelSelector)} by ${term.topologyKey}`,
    command: getCommand('pod', pod, `-o jsonpath='{.spec.affinity.${kind}}'`),
    shows: [term.topologyKey],
  });
  const others = (await t.reader.list(resources.pods, namespace)).filter(
    (other) =>
      other.spec?.nodeName && holdsResources(other) && selectorMatches(term.labelSelector, other.metadata.labels),
  );
  const where = others.map((other) => `${other.metadata.name} on ${other.spec?.nodeName}`);
  t.chain.add({
    fact: others.length > 0 ? `such Pods are ${listed(where)}` : 'there are no such Pods on any node',
    command: `kubectl get pods -n ${namespace} -o wide`,
    shows: others.slice(0, 3).map((other) => other.metadata.name),
  });
}

function selectorText(
  selector: { matchLabels?: Record<string, string>; matchExpressions?: { key: string }[] } | undefined,
): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return listed([...labels, ...(selector?.matchExpressions ?? []).map((e) => `a rule on ${e.key}`)]);
}

function reportSpread(t: Trace, pod: Stored<Pod>, nodes: readonly Stored<Node>[]): void {
  for (const { topologyKey, maxSkew, whenUnsatisfiable } of pod.spec?.topologySpreadConstraints ?? []) {
    if (whenUnsatisfiable !== 'DoNotSchedule') continue;
    t.chain.add({
      fact: `it must be spread by ${topologyKey}, with a skew of at most ${maxSkew}`,
      command: getCommand('pod', pod, "-o jsonpath='{.spec.topologySpreadConstraints}'"),
      shows: [topologyKey],
    });
    const without = nodes
      .filter((node) => ownValue(node.metadata.labels, topologyKey) === undefined)
      .map((n) => n.metadata.name);
    const fact =
      without.length > 0
        ? `${listed(without)} ${without.length === 1 ? 'has' : 'have'} no label ${topologyKey}`
        : `all nodes have the label ${topologyKey}`;
    t.chain.add({ fact, command: `kubectl get nodes -L ${topologyKey}`, shows: without.slice(0, 3) });
  }
}

/** Ports of the node that the Pod wants for itself, and who has them. */
async function reportPorts(t: Trace, pod: Stored<Pod>): Promise<void> {
  const portsOf = (one: Stored<Pod>) =>
    (one.spec?.containers ?? []).flatMap((c) => c.ports ?? []).flatMap((p) => (p.hostPort ? [p.hostPort] : []));
  const wanted = portsOf(pod);
  t.chain.add({
    fact: `it wants the ports ${listed(wanted.map(String))} of its node`,
    command: getCommand('pod', pod, "-o jsonpath='{.spec.containers[*].ports[*].hostPort}'"),
    shows: wanted.slice(0, 3).map(String),
  });
  const all = await t.reader.list(resources.pods);
  const holders = all.filter(
    (other) => other.spec?.nodeName && holdsResources(other) && portsOf(other).some((p) => wanted.includes(p)),
  );
  if (holders.length === 0) return;
  const names = holders.map(({ metadata, spec }) => `${metadata.namespace}/${metadata.name} on ${spec?.nodeName}`);
  t.chain.add({
    fact: `they are taken by ${listed(names)}`,
    command: 'kubectl get pods -A -o wide',
    shows: holders.slice(0, 3).map((h) => h.metadata.name),
  });
}
