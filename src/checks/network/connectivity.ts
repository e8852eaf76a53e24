import * as z from 'zod';
import type { EndpointSlice, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { selectorMatches } from '../../kube/selectors.ts';
import { workloadNeeds } from '../access/subject.ts';
import { duration, matchIn, regex } from '../objects/fields.ts';
import type {
  CheckType,
  ClusterView,
  ConnectionTarget,
  Evidence,
  ExecTarget,
  Need,
  Outcome,
  Suspect,
  WorkloadRef,
} from '../types.ts';
import { isReady } from '../workloads/pod-trouble.ts';
import { describeWorkload, parseWorkload, podsOf, workloadName } from '../workloads/workload.ts';
import { readyAddresses, slicesOf } from './endpoints.ts';
import { type Destination, podOf, probeNeeds, probeSource, type Reach, reach, targetsOf } from './probe.ts';

const destination = z
  .strictObject({
    service: z.string().optional().describe('The name of a Service'),
    behind: workloadName.optional().describe('service: the workload whose Pods must be behind it, and nobody else'),
    workload: workloadName.optional().describe('The Pods of a workload, each by its address'),
    host: z.string().optional().describe('Any other name or address'),
    namespace: z.string().optional().describe('Of the Service or workload; left out: where the probe comes from'),
    port: z.number().int().min(1).max(65_535).describe('The port, as a client names it'),
  })
  .refine((to) => [to.service, to.workload, to.host].filter(Boolean).length === 1, {
    error: 'expected one of service, workload and host',
  })
  .refine((to) => !to.behind || to.service, { error: 'expected a service with behind' });
const schema = z
  .strictObject({
    from: probeSource.describe('Where the connection is made from'),
    to: destination.describe('Where it goes to'),
    protocol: z.enum(['tcp', 'http']).default('tcp').describe('http also reads an answer'),
    path: z.string().startsWith('/').default('/').describe('http: what is asked for'),
    status: z.number().int().optional().describe('http: the status that must come'),
    body: regex.optional().describe('http: a regular expression that the answer must match'),
    expect: z.enum(['allowed', 'denied']).default('allowed').describe('Whether the connection must come about or not'),
    timeout: duration.default(2_000).describe('How long a connection may take; denied is told by this'),
    every: duration.default(10_000).describe('How often it is tried again though nothing seems to have changed'),
  })
  .refine((spec) => spec.protocol === 'http' || (spec.status === undefined && !spec.body), {
    error: 'expected protocol: http for status and body',
  });
type Spec = z.infer<typeof schema>;

/**
 * Whether a connection comes about, tried from inside of the Pods. `denied` only counts while there is somebody to
 * connect to: a Service without Pods denies nobody.
 */
export const connectivity: CheckType<Spec> = {
  type: 'connectivity',
  schema,
  guard: false,
  probe: true,
  needs: (spec) => {
    const namespace = spec.to.namespace ?? spec.from.namespace;
    const needs: Need[] = [
      ...probeNeeds(spec.from),
      { kind: 'resource', resource: resources.networkPolicies, namespace },
    ];
    needs.push({ kind: 'resource', resource: resources.networkPolicies, namespace: spec.from.namespace });
    needs.push({ kind: 'resource', resource: resources.namespaces });
    if (spec.to.workload) needs.push(...workloadNeeds(spec.to.workload, namespace), { kind: 'exec', namespace });
    if (spec.to.behind) needs.push(...workloadNeeds(spec.to.behind, namespace));
    if (spec.to.service) {
      for (const resource of [resources.services, resources.endpointSlices, resources.pods])
        needs.push({ kind: 'resource', resource, namespace });
    }
    return needs;
  },
  async evaluate(spec, view) {
    const label = labelOf(spec);
    const expected = `${label} is ${spec.expect === 'allowed' ? 'reached' : 'not reached'} from ${spec.from.workload}`;
    const outcome = (
      status: Outcome['status'],
      actual: string,
      why: string,
      evidence: Evidence[],
      suspects: Suspect[] = [],
    ): Outcome => ({
      status,
      expected,
      actual,
      ...(status === 'pass' ? {} : { why }),
      evidence,
      ...(suspects.length > 0 ? { suspects } : {}),
    });
    const from = targetsOf(spec.from, view);
    if ('none' in from) return { ...from.none, expected };
    const to = destinationsOf(spec, view);
    if ('none' in to)
      return outcome(
        'fail',
        'nothing to connect to',
        to.none,
        [
          { kind: 'missing', text: to.none },
          { kind: 'command', text: to.command },
        ],
        [suspectOf(spec, parseWorkload(spec.from.workload, spec.from.namespace))],
      );
    view.wakeIn(spec.every);
    for (const target of from.targets) {
      for (const host of to.hosts) {
        const wanted = { ...settingsOf(spec), host };
        const found = await reach(view, target, wanted);
        const evidence = [...evidenceOf(found, target.pod, host, spec), ...policiesOf(spec, view)];
        const bad = await judge(spec, view, found, wanted);
        if (bad) return outcome('fail', bad.actual, bad.why, evidence, suspectsOf(spec, found, target, host));
      }
    }
    return outcome('pass', spec.expect === 'allowed' ? 'reached' : 'not reached', '', [
      { kind: 'command', text: commandOf(from.targets[0]?.pod ?? '', to.hosts[0] ?? '', spec) },
    ]);
  },
};

/** Where the cause lies that it was reached, or not. */
function suspectsOf(spec: Spec, found: Reach, target: ExecTarget, host: string): Suspect[] {
  const from = podOf(target);
  if (found.how === 'no-tool') return [];
  return found.how === 'unknown-name' ? [{ about: 'name', from, name: host }] : [suspectOf(spec, from)];
}

function suspectOf({ from: { namespace: here }, to, expect }: Spec, from: WorkloadRef): Suspect {
  const { namespace = here, port } = to;
  const target: ConnectionTarget = to.service
    ? { service: to.service, namespace }
    : to.workload
      ? { workload: parseWorkload(to.workload, namespace) }
      : { host: to.host ?? '' };
  return { about: 'connection', from, to: target, port, denied: expect === 'denied' };
}

/** What is wrong with what was found; undefined if it is as expected. */
async function judge(spec: Spec, view: ClusterView, found: Reach, to: Destination) {
  const label = labelOf(spec);
  if (found.how === 'no-tool') return { actual: 'it cannot be tried', why: found.text };
  if (spec.expect === 'denied') {
    if (found.how === 'open') return { actual: 'reached', why: `nothing keeps ${spec.from.workload} from ${label}` };
    if (found.how === 'unknown-name')
      return { actual: 'the name is unknown', why: `${to.host} does not resolve: ${found.text}` };
    if (found.how === 'refused' && (await isDead(spec, view, to)))
      return { actual: 'nobody listens', why: `${label} refuses everybody: nothing listens on port ${to.port}` };
    if (!isKeptAway(spec, view))
      return {
        actual: 'no answer, and no policy',
        why: `no NetworkPolicy keeps ${spec.from.workload} from ${label}: that nothing answers denies nobody`,
      };
    return undefined;
  }
  if (found.how === 'unknown-name')
    return { actual: 'the name is unknown', why: `${to.host} does not resolve: ${found.text}` };
  if (found.how === 'refused')
    return { actual: 'refused', why: `nothing accepts connections on port ${to.port}: ${found.text}` };
  if (found.how === 'timeout')
    return { actual: 'no answer', why: `no answer within ${to.seconds} s, as if the packets were dropped` };
  if (spec.status !== undefined && found.status !== spec.status)
    return {
      actual: `status ${found.status ?? 'none'}`,
      why: `it answers with status ${found.status ?? 'none'}, not ${spec.status}`,
    };
  if (spec.body && matchIn(spec.body, found.body) === undefined) {
    const line = found.body.split('\n')[0] ?? '';
    return { actual: 'another answer', why: `it answers ${line ? JSON.stringify(line.slice(0, 60)) : 'nothing'}` };
  }
  return undefined;
}

/** Whether the destination's own Pods refuse themselves: then nothing was denied. Pods that can't be asked are not dead. */
async function isDead(spec: Spec, view: ClusterView, to: Destination): Promise<boolean> {
  if (!spec.to.workload) return false;
  const own = targetsOf({ workload: spec.to.workload, namespace: spec.to.namespace ?? spec.from.namespace }, view);
  if ('none' in own) return true;
  const [first] = own.targets;
  return first !== undefined && (await reach(view, first, { ...to, host: '127.0.0.1' })).how === 'refused';
}

function settingsOf(spec: Spec): Omit<Destination, 'host'> {
  const { protocol, path, timeout } = spec;
  return { port: spec.to.port, protocol, path, seconds: Math.max(1, Math.ceil(timeout / 1000)) };
}

function labelOf({ to }: Spec): string {
  return `${to.service ? `Service ${to.service}` : (to.workload ?? to.host)}:${to.port}`;
}

/** The names or addresses to connect to, or what is missing. */
function destinationsOf(spec: Spec, view: ClusterView): { hosts: string[] } | { none: string; command: string } {
  const { to, from } = spec;
  const namespace = to.namespace ?? from.namespace;
  if (to.host) return { hosts: [to.host] };
  if (to.workload) {
    const workload = parseWorkload(to.workload, namespace);
    const pods = podsOf(view, workload).filter((pod) => isReady(pod) && pod.status?.podIP);
    if (pods.length > 0) return { hosts: pods.map((pod) => pod.status?.podIP ?? '') };
    return { none: `the ${describeWorkload(workload)} has no ready Pods`, command: `kubectl get pods -n ${namespace}` };
  }
  const service = view.get(resources.services, namespace, to.service ?? '');
  if (!service)
    return {
      none: `there is no Service ${to.service} in namespace ${namespace}`,
      command: `kubectl get services -n ${namespace}`,
    };
  const command = `kubectl describe service ${to.service} -n ${namespace}`;
  const ports = (service.spec?.ports ?? []).map((p) => p.port);
  if (!ports.includes(to.port))
    return { none: `the Service ${to.service} has no port ${to.port}, only ${ports.join(', ') || 'none'}`, command };
  if (!slicesOf(view, namespace, to.service ?? '').some(hasReady) && service.spec?.type !== 'ExternalName')
    return { none: `the Service ${to.service} has no ready endpoints: its selector finds no ready Pod`, command };
  const stranger = to.behind && strangerBehind(view, namespace, to.service ?? '', parseWorkload(to.behind, namespace));
  if (stranger) return { none: `the Service ${to.service} ${stranger}`, command };
  // A policy that keeps DNS away as well is no excuse to be reached: what must be denied is asked for by address. What
  // must be allowed is asked for by both: a name may mean something else to one Pod.
  const address = service.spec?.clusterIP;
  const addresses = address && address !== 'None' ? [address] : [];
  const name = `${to.service}.${namespace}.svc`;
  return { hosts: spec.expect === 'denied' && addresses.length > 0 ? addresses : [name, ...addresses] };
}

/** Whether a NetworkPolicy has a say: over what comes in at the destination's Pods, or what goes out of the source's. */
function isKeptAway({ from, to }: Spec, view: ClusterView): boolean {
  const namespace = to.namespace ?? from.namespace;
  const selects = (pod: Stored<Pod>, direction: 'Ingress' | 'Egress') =>
    view
      .list(resources.networkPolicies, pod.metadata.namespace)
      .some(
        ({ spec }) =>
          spec?.policyTypes?.includes(direction) && selectorMatches(spec.podSelector ?? {}, pod.metadata.labels ?? {}),
      );
  const source = podsOf(view, parseWorkload(from.workload, from.namespace));
  if (source.some((pod) => selects(pod, 'Egress'))) return true;
  // What is no Pod of this cluster has policies of its own.
  if (to.host) return true;
  const behind = to.workload
    ? podsOf(view, parseWorkload(to.workload, namespace))
    : podsBehind(view, namespace, to.service ?? '');
  return behind.some((pod) => selects(pod, 'Ingress'));
}

function podsBehind(view: ClusterView, namespace: string, service: string): Stored<Pod>[] {
  const addresses = slicesOf(view, namespace, service).flatMap((slice) =>
    (slice.endpoints ?? []).flatMap((e) => e.addresses),
  );
  return view.list(resources.pods, namespace).filter((pod) => addresses.includes(pod.status?.podIP ?? ''));
}

/** How what is behind a Service is not just the ready Pods of a workload; undefined if it is. */
function strangerBehind(
  view: ClusterView,
  namespace: string,
  service: string,
  workload: WorkloadRef,
): string | undefined {
  const own = podsOf(view, workload).filter(isReady);
  const addresses = readyAddresses(view, namespace, service);
  const stranger = addresses.find((address) => !own.some((pod) => pod.status?.podIP === address));
  if (stranger) return `leads to ${stranger}, which is no Pod of the ${describeWorkload(workload)}`;
  const missing = own.find((pod) => !addresses.includes(pod.status?.podIP ?? ''));
  return missing && `does not lead to Pod ${missing.metadata.name} of the ${describeWorkload(workload)}`;
}

function hasReady(slice: EndpointSlice): boolean {
  // Without any, the API server answers null.
  return (slice.endpoints ?? []).some(
    (endpoint) => endpoint.conditions?.ready !== false && (endpoint.addresses?.length ?? 0) > 0,
  );
}

/** What a learner would type to see the same. */
function commandOf(pod: string, host: string, spec: Spec): string {
  const { seconds, port, path } = settingsOf(spec);
  const tool =
    spec.protocol === 'http'
      ? `wget -qO- -T ${seconds} http://${host}:${port}${path}`
      : `nc -z -v -w ${seconds} ${host} ${port}`;
  return `kubectl exec ${pod} -n ${spec.from.namespace} -- ${tool}`;
}

function evidenceOf(found: Reach, pod: string, host: string, spec: Spec): Evidence[] {
  const said = found.how === 'open' ? `connected${found.status ? `, status ${found.status}` : ''}` : found.text;
  return [
    { kind: 'log', text: `Pod ${pod} to ${host}:${spec.to.port}: ${said}` },
    { kind: 'command', text: commandOf(pod, host, spec) },
  ];
}

/** The policies that may have a say, by where they are. */
function policiesOf(spec: Spec, view: ClusterView): Evidence[] {
  const spaces = [...new Set([spec.from.namespace, spec.to.namespace ?? spec.from.namespace])];
  return spaces.map((namespace) => {
    const names = view.list(resources.networkPolicies, namespace).map((policy) => policy.metadata.name);
    return { kind: 'object', text: `NetworkPolicies in namespace ${namespace}: ${names.join(', ') || 'none'}` };
  });
}
