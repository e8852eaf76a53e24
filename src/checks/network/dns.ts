import { isIPv4 } from 'node:net';
import * as z from 'zod';
import * as resources from '../../kube/resources.ts';
import { workloadNeeds } from '../access/subject.ts';
import { duration } from '../objects/fields.ts';
import type { CheckType, ClusterView, Evidence, ExecTarget, Outcome, Suspect } from '../types.ts';
import { isReady } from '../workloads/pod-trouble.ts';
import { describeWorkload, parseWorkload, podsOf, suspectWorkload, workloadName } from '../workloads/workload.ts';
import { readyAddresses } from './endpoints.ts';
import { podOf, probeNeeds, probeSource, targetsOf } from './probe.ts';

const schema = z.strictObject({
  from: probeSource.describe('Where the name is looked up'),
  name: z
    .string()
    .regex(/^[A-Za-z0-9_.-]+$/, { error: 'expected a name such as web.shop.svc.cluster.local' })
    .describe('The name, as a program in the Pod would use it'),
  expect: z
    .union([
      z.enum(['resolves', 'unknown']),
      z.strictObject({
        service: z.string().describe('The Service whose address it must be'),
        namespace: z.string().describe('Where the Service is'),
      }),
      z.strictObject({
        workload: workloadName.describe('The workload whose ready Pods it must mean: all of them, and nothing else'),
        namespace: z.string().describe('Where the workload is'),
      }),
      z.strictObject({ addresses: z.array(z.string()).min(1).describe('All addresses that it must be') }),
    ])
    .default('resolves')
    .describe(
      'resolves, unknown, a Service whose address it must have (of its Pods if it has none), a workload whose Pods it must mean, or addresses',
    ),
  every: duration.default(10_000).describe('How often it is looked up again though nothing seems to have changed'),
});
type Spec = z.infer<typeof schema>;

/** What a name means inside of a workload's Pods, asked of the DNS server that they use. */
export const dns: CheckType<Spec> = {
  type: 'dns',
  schema,
  guard: false,
  probe: true,
  needs: (spec) => {
    const { expect } = spec;
    const needs = probeNeeds(spec.from);
    // What the cluster's DNS says depends on them.
    needs.push({ kind: 'resource', resource: resources.configMaps, namespace: 'kube-system' });
    if (typeof expect === 'object' && 'service' in expect) {
      for (const resource of [resources.services, resources.endpointSlices])
        needs.push({ kind: 'resource', resource, namespace: expect.namespace });
    }
    if (typeof expect === 'object' && 'workload' in expect)
      needs.push(...workloadNeeds(expect.workload, expect.namespace));
    return needs;
  },
  async evaluate(spec, view) {
    const expected = `${spec.name} ${describe(spec)}`;
    const from = targetsOf(spec.from, view);
    if ('none' in from) return { ...from.none, expected };
    const wanted = wantedOf(spec, view);
    if (wanted && 'missing' in wanted) {
      const evidence: Evidence[] = [
        { kind: 'missing', text: wanted.missing },
        { kind: 'command', text: wanted.command },
      ];
      const { missing: why, suspect } = wanted;
      return { status: 'fail', expected, actual: 'nothing to resolve to', why, evidence, suspects: [suspect] };
    }
    view.wakeIn(spec.every);
    let first: Outcome | undefined;
    for (const target of from.targets) {
      const result = await view.exec(target, ['nslookup', spec.name]);
      const text = `${result.stdout}\n${result.stderr}`;
      const look: Evidence = {
        kind: 'command',
        text: `kubectl exec ${target.pod} -n ${target.namespace} -- nslookup ${spec.name}`,
      };
      const fail = (actual: string, why: string): Outcome => ({
        status: 'fail',
        expected,
        actual,
        why,
        evidence: [{ kind: 'log', text: lastLine(text) }, look],
        suspects: spec.expect === 'unknown' ? [] : [{ about: 'name', from: podOf(target), name: spec.name }],
      });
      const answers = addressesIn(result.stdout);
      const problem = judge(spec, wanted?.addresses, answers, result.exitCode, text, target.pod);
      if (problem) return fail(...problem);
      if (answers.length > 0 && (await saysYesToEverything(view, target)))
        return fail('any name has an address', `nslookup in Pod ${target.pod} knows a name that cannot exist`);
      first ??= {
        status: 'pass',
        expected,
        actual: answers.join(', ') || 'unknown, as it should be',
        evidence: [look],
      };
    }
    return first as Outcome;
  },
};

/** A name below `invalid` has no address anywhere (RFC 6761); a tool that finds one is none. */
async function saysYesToEverything(view: ClusterView, target: ExecTarget): Promise<boolean> {
  const label = Math.random().toString(36).slice(2, 10);
  const { stdout } = await view.exec(target, ['nslookup', `${label}.kubedrill.invalid.`]);
  return addressesIn(stdout).length > 0;
}

function judge(
  spec: Spec,
  wanted: string[] | undefined,
  answers: string[],
  exitCode: number | undefined,
  text: string,
  pod: string,
): [actual: string, why: string] | undefined {
  if (/not found|no such file/i.test(text) && /nslookup/.test(text) && answers.length === 0)
    return ['it cannot be asked', `Pod ${pod} has no nslookup`];
  if (/no servers could be reached|connection timed out/i.test(text))
    return ['no answer', `the DNS server that Pod ${pod} uses does not answer`];
  const unknown = /NXDOMAIN|can't find|can't resolve/i.test(text) && answers.length === 0;
  if (spec.expect === 'unknown')
    return unknown ? undefined : [answers.join(', ') || 'no clear answer', `${spec.name} resolves`];
  if (exitCode === undefined) return ['it cannot be asked', `nslookup does not run in Pod ${pod}`];
  if (answers.length === 0)
    return [unknown ? 'unknown name' : 'no address', `${spec.name} has no address: ${lastLine(text)}`];
  if (!wanted) return undefined;
  const missing = wanted.filter((address) => !answers.includes(address));
  const strange = answers.filter((address) => isIPv4(address) && !wanted.includes(address));
  if (missing.length === 0 && strange.length === 0) return undefined;
  return [answers.join(', '), `${spec.name} is ${answers.join(', ')}, expected ${wanted.join(', ')}`];
}

function describe({ expect }: Spec): string {
  if (expect === 'resolves') return 'resolves';
  if (expect === 'unknown') return 'does not resolve';
  if ('workload' in expect) return `means the Pods of ${expect.workload}`;
  return 'service' in expect
    ? `is Service ${expect.service} of ${expect.namespace}`
    : `is ${expect.addresses.join(', ')}`;
}

/** The addresses that must come, if any are named; or what is missing to know them. */
function wantedOf(
  { expect }: Spec,
  view: ClusterView,
): { addresses: string[] } | { missing: string; command: string; suspect: Suspect } | undefined {
  if (typeof expect === 'string') return undefined;
  if ('addresses' in expect) return expect;
  if ('workload' in expect) {
    const workload = parseWorkload(expect.workload, expect.namespace);
    const pods = podsOf(view, workload).filter(isReady);
    if (pods.length > 0) return { addresses: pods.map((pod) => pod.status?.podIP ?? '').filter(Boolean) };
    const missing = `the ${describeWorkload(workload)} has no ready Pods`;
    const command = `kubectl get pods -n ${expect.namespace} -o wide`;
    return { missing, command, suspect: suspectWorkload(workload) };
  }
  const { service: name, namespace } = expect;
  const command = `kubectl get service,endpointslice -n ${namespace}`;
  const suspect: Suspect = { about: 'object', resource: resources.services, namespace, name };
  const service = view.get(resources.services, namespace, name);
  if (!service) return { missing: `there is no Service ${name} in namespace ${namespace}`, command, suspect };
  const own = (service.spec?.clusterIPs ?? [service.spec?.clusterIP ?? '']).filter((ip) => ip && ip !== 'None');
  if (own.length > 0) return { addresses: own };
  const addresses = readyAddresses(view, namespace, name);
  if (addresses.length === 0)
    return { missing: `the Service ${name} has no address of its own and no ready endpoints`, command, suspect };
  return { addresses: [...new Set(addresses)] };
}

/** The answers of nslookup: what comes after the server's own address, of busybox as of bind. */
function addressesIn(output: string): string[] {
  const [, ...answer] = output.split(/\n\s*\n/);
  const found = answer.join('\n').matchAll(/^Address(?: \d+)?:\s*([0-9a-fA-F.:]+)/gm);
  return [...new Set([...found].map((match) => match[1] ?? ''))].filter(Boolean);
}

function lastLine(text: string): string {
  return text.trim().split('\n').filter(Boolean).at(-1) ?? 'no output';
}
