import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { selectorText, writeAnnotations, writeLabels, writeName } from './format.ts';
import type { DescribeWriter } from './writer.ts';

export const describeNetworkPolicy: Describer<NetworkPolicy> = async (w, { metadata, spec }) => {
  writeName(w, metadata);
  const created = (metadata?.creationTimestamp ?? '').replace('T', ' ').replace(/Z$/, ' +0000 UTC');
  w.write(0, `Created on:\t${created}\n`);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  w.write(0, 'Spec:\n');
  const { matchLabels = {}, matchExpressions = [] } = spec?.podSelector ?? {};
  const selectsAll = Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
  const selected = selectsAll
    ? '<none> (Allowing the specific traffic to all pods in this namespace)'
    : selectorText(spec?.podSelector);
  w.write(1, `PodSelector:     ${selected}\n`);
  const types = spec?.policyTypes ?? [];
  const ingress = (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }));
  const egress = (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  writeDirection(w, 'ingress', types.includes('Ingress') ? ingress : undefined);
  writeDirection(w, 'egress', types.includes('Egress') ? egress : undefined);
  w.write(1, `Policy Types: ${types.join(', ')}\n`);
};

interface TrafficRule {
  peers: readonly NetworkPolicyPeer[] | undefined;
  ports: readonly NetworkPolicyPort[] | undefined;
}

function writeDirection(
  w: DescribeWriter,
  direction: 'ingress' | 'egress',
  rules: readonly TrafficRule[] | undefined,
): void {
  if (!rules) {
    w.write(1, `Not affecting ${direction} traffic\n`);
    return;
  }
  w.write(1, `Allowing ${direction} traffic:\n`);
  if (rules.length === 0) w.write(2, `<none> (Selected pods are isolated for ${direction} connectivity)\n`);
  rules.forEach((rule, i) => {
    if (i > 0) w.write(2, '----------\n');
    writePorts(w, rule.ports);
    const [word, restricted] = direction === 'ingress' ? ['From', 'source'] : ['To', 'destination'];
    if (!rule.peers?.length) w.write(2, `${word}: <any> (traffic not restricted by ${restricted})\n`);
    for (const peer of rule.peers ?? []) {
      w.write(2, `${word}:\n`);
      writePeer(w, peer);
    }
  });
}

function writePorts(w: DescribeWriter, ports: readonly NetworkPolicyPort[] = []): void {
  if (ports.length === 0) w.write(2, 'To Port: <any> (traffic allowed to all ports)\n');
  for (const { port, endPort, protocol = 'TCP' } of ports) {
    // A rule without a port is for all of its protocol, which kubectl shows as Go's nil.
    const text = endPort ? `Port Range: ${port}-${endPort}` : `Port: ${port ?? '<nil>'}`;
    w.write(2, `To ${text}/${protocol}\n`);
  }
}

function writePeer(w: DescribeWriter, { namespaceSelector, podSelector, ipBlock }: NetworkPolicyPeer): void {
  if (namespaceSelector) w.write(3, `NamespaceSelector: ${selectorText(namespaceSelector)}\n`);
  if (podSelector) w.write(3, `PodSelector: ${selectorText(podSelector)}\n`);
  if (!ipBlock) return;
  w.write(3, 'IPBlock:\n');
  w.write(4, `CIDR: ${ipBlock.cidr}\n`);
  w.write(4, `Except: ${(ipBlock.except ?? []).join(', ')}\n`);
}
