import type { ClusterDnsQuestion } from '../../../network-api.ts';
import { fallsThrough, fault, knowsOnly, type Plugin, plain, zoneOf } from './plugin.ts';

const properties = [
  ...['endpoint', 'tls', 'kubeconfig', 'namespaces', 'labels', 'pods', 'endpoint_pod_names', 'namespace_labels'],
  ...['noendpoints', 'fallthrough', 'ttl', 'multicluster', 'startup_timeout', 'apiserver_qps', 'apiserver_burst'],
];

/** Aliases that lead to aliases end at some point. */
const longestChain = 8;

/** Names of Services and Pods: https://coredns.io/plugins/kubernetes/ */
export const kubernetes: Plugin = (setup, next) => {
  const { directive, p } = setup;
  knowsOnly(setup, properties);
  const property = (name: string) => directive.block.find((one) => one.name === name);
  const zones = directive.args.length > 0 ? directive.args.map(plain) : setup.zones;
  const pods = property('pods')?.args[0] ?? 'disabled';
  if (pods !== 'disabled' && pods !== 'insecure' && pods !== 'verified') {
    throw fault(setup, "wrong value for pods: must be 'disabled', 'verified' or 'insecure'", property('pods')?.line);
  }
  const namespaces = property('namespaces')?.args;
  const settings: Omit<ClusterDnsQuestion, 'name' | 'type' | 'zone'> = {
    pods,
    endpointPodNames: property('endpoint_pod_names') !== undefined,
    ttl: Number(property('ttl')?.args[0] ?? 5),
    ...(namespaces && namespaces.length > 0 && { namespaces }),
  };
  const passes = fallsThrough(directive.block);
  return async (question, depth) => {
    const zone = zoneOf(question.name, zones);
    if (zone === undefined) return next(question, depth);
    const answer = await p.container.network.clusterRecords({ ...question, ...settings, zone });
    if (answer.code === 'NXDOMAIN' && passes(question.name)) return next(question, depth);
    const [alias] = answer.records;
    if (alias?.type !== 'CNAME' || question.type === 'CNAME' || depth >= longestChain) return answer;
    // An alias (ExternalName) is answered together with what it leads to.
    const target = await setup.lookup({ name: plain(alias.data), type: question.type }, depth + 1);
    return { code: 'NOERROR', records: [alias, ...target.records] };
  };
};
