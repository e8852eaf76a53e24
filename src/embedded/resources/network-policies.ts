import { BlockList, isIPv6 } from 'node:net';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../kube/api.gen.ts';
import { networkPolicies } from '../../kube/resources.ts';
import { formatLabelSelector } from '../../kube/selectors.ts';
import { validCidr, validPortName, validPortNumber } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { cidrWarnings } from './validate/cidr.ts';
import { validateLabelSelector } from './validate/label-selector.ts';

const protocols = ['TCP', 'UDP', 'SCTP'];
const policyTypes = ['Ingress', 'Egress'];

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !protocols.includes(protocol)) {
    errors.push(field.notSupported(at.child('protocol'), protocol, protocols));
  }
  const end = at.child('endPort');
  if (port === undefined) {
    if (endPort !== undefined) {
      errors.push(field.invalid(end, endPort, 'may not be specified when `port` is not specified'));
    }
  } else if (typeof port === 'number') {
    errors.push(...field.invalidEach(at.child('port'), port, validPortNumber(port)));
    if (endPort !== undefined) {
      if (endPort < port) errors.push(field.invalid(end, port, 'must be greater than or equal to `port`'));
      errors.push(...field.invalidEach(end, endPort, validPortNumber(endPort)));
    }
  } else {
    if (endPort !== undefined) {
      errors.push(field.invalid(end, endPort, 'may not be specified when `port` is non-numeric'));
    }
    errors.push(...field.invalidEach(at.child('port'), port, validPortName(port)));
  }
  return errors;
}

/** Whether `inner` lies within `outer` and is smaller. Both are CIDRs of any family. */
function isStrictSubset(inner: string, outer: string): boolean {
  const [innerAddress = '', innerBits = ''] = inner.split('/');
  const [outerAddress = '', outerBits = ''] = outer.split('/');
  const family = isIPv6(outerAddress) ? 'ipv6' : 'ipv4';
  if (isIPv6(innerAddress) !== (family === 'ipv6')) return false;
  const range = new BlockList();
  range.addSubnet(outerAddress, Number(outerBits), family);
  return range.check(innerAddress, family) && Number(innerBits) > Number(outerBits);
}

function validateBlock({ cidr, except }: IPBlock, at: field.FieldPath): FieldError[] {
  if (!cidr) return [field.required(at.child('cidr'))];
  const problems = validCidr(cidr);
  if (problems.length > 0) return field.invalidEach(at.child('cidr'), cidr, problems);
  const errors: FieldError[] = [];
  for (const [i, part] of (except ?? []).entries()) {
    const where = at.child('except').index(i);
    const wrong = validCidr(part);
    if (wrong.length > 0) return [...errors, ...field.invalidEach(where, part, wrong)];
    if (!isStrictSubset(part, cidr)) errors.push(field.invalid(where, part, 'must be a strict subset of `cidr`'));
  }
  return errors;
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  at: field.FieldPath,
): FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, at.child('podSelector')),
    ...validateLabelSelector(namespaceSelector, at.child('namespaceSelector')),
    ...(ipBlock ? validateBlock(ipBlock, at.child('ipBlock')) : []),
  ];
  const peers = [podSelector, namespaceSelector, ipBlock].filter((peer) => peer !== undefined).length;
  if (peers === 0) errors.push(field.required(at, 'must specify a peer'));
  else if (peers > 1 && ipBlock) errors.push(field.forbidden(at, 'may not specify both ipBlock and another peer'));
  return errors;
}

/** Both directions in one shape: what they call their peers differs. */
function rulesOf({ spec }: NetworkPolicy, at: field.FieldPath) {
  return [
    ...(spec?.ingress ?? []).map((rule, i) => ({
      ...rule,
      peers: rule.from,
      at: at.child('ingress').index(i),
      to: 'from',
    })),
    ...(spec?.egress ?? []).map((rule, i) => ({ ...rule, peers: rule.to, at: at.child('egress').index(i), to: 'to' })),
  ];
}

function validate(policy: NetworkPolicy): FieldError[] {
  const at = field.path('spec');
  const errors = validateLabelSelector(policy.spec?.podSelector, at.child('podSelector'));
  for (const rule of rulesOf(policy, at)) {
    errors.push(...(rule.ports ?? []).flatMap((port, i) => validatePort(port, rule.at.child('ports').index(i))));
    errors.push(...(rule.peers ?? []).flatMap((peer, i) => validatePeer(peer, rule.at.child(rule.to).index(i))));
  }
  const types = policy.spec?.policyTypes ?? [];
  const where = at.child('policyTypes');
  if (types.length > policyTypes.length) {
    return [...errors, field.invalid(where, types, 'may not specify more than two policyTypes')];
  }
  for (const [i, type] of types.entries()) {
    if (!policyTypes.includes(type)) errors.push(field.notSupported(where.index(i), type, policyTypes));
  }
  return errors;
}

function warnings(policy: NetworkPolicy): string[] {
  return rulesOf(policy, field.path('spec')).flatMap((rule) =>
    (rule.peers ?? []).flatMap(({ ipBlock }, i) => {
      const at = rule.at.child(rule.to).index(i).child('ipBlock');
      return [
        ...cidrWarnings(at.child('cidr'), ipBlock?.cidr),
        ...(ipBlock?.except ?? []).flatMap((part, e) => cidrWarnings(at.child('except').index(e), part)),
      ];
    }),
  );
}

export const networkPolicyResource = defineResource<NetworkPolicy>({
  ...networkPolicies,
  strategy: {
    generation: true,
    defaults(policy) {
      policy.spec ??= {};
      const spec = policy.spec;
      for (const { ports } of rulesOf(policy, field.path())) {
        for (const port of ports ?? []) port.protocol ??= 'TCP';
      }
      if ((spec.policyTypes ?? []).length === 0) {
        spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
      }
    },
    validate,
    warnings,
  },
  cells: (policy, now) => [
    policy.metadata.name,
    formatLabelSelector(policy.spec?.podSelector),
    age(policy.metadata.creationTimestamp, now),
  ],
});
