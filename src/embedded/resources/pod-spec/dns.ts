import type { HostAlias, PodSpec } from '../../../kube/api.gen.ts';
import { dnsSubdomain, validIP } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

const policies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const limits = { nameservers: 3, searches: 32, characters: 2048 };

export function validateDnsPolicy(policy: string | undefined, where: field.FieldPath): FieldError[] {
  if (!policy) return [field.required(where)];
  return policies.includes(policy) ? [] : [field.notSupported(where, policy, policies)];
}

export function validateDnsConfig({ dnsConfig, dnsPolicy }: PodSpec, at: field.FieldPath): FieldError[] {
  const nameservers = dnsConfig?.nameservers ?? [];
  if (dnsPolicy === 'None') {
    if (dnsConfig === undefined) return [field.required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (nameservers.length === 0) {
      const text = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      return [field.required(at.child('nameservers'), text)];
    }
  }
  if (dnsConfig === undefined) return [];
  const errors: FieldError[] = [];
  if (nameservers.length > limits.nameservers) {
    const text = `must not have more than ${limits.nameservers} nameservers`;
    errors.push(field.invalid(at.child('nameservers'), nameservers, text));
  }
  for (const [i, server] of nameservers.entries()) {
    errors.push(...field.invalidEach(at.child('nameservers').index(i), server, validIP(server)));
  }
  const searches = dnsConfig.searches ?? [];
  if (searches.length > limits.searches) {
    const text = `must not have more than ${limits.searches} search paths`;
    errors.push(field.invalid(at.child('searches'), searches, text));
  }
  if (searches.join(' ').length > limits.characters) {
    const text = `must not have more than ${limits.characters} characters (including spaces) in the search list`;
    errors.push(field.invalid(at.child('searches'), searches, text));
  }
  for (const [i, search] of searches.entries()) {
    const name = search.replace(/\.$/, '');
    if (name === '' && search === '.') continue;
    errors.push(...field.invalidEach(at.child('searches').index(i), name, dnsSubdomain(name)));
  }
  for (const [i, option] of (dnsConfig.options ?? []).entries()) {
    if (!option.name) errors.push(field.required(at.child('options').index(i), 'must not be empty'));
  }
  return errors;
}

export function validateHostAliases(aliases: readonly HostAlias[] | undefined, at: field.FieldPath): FieldError[] {
  return (aliases ?? []).flatMap((alias, i) => [
    ...field.invalidEach(at.index(i).child('ip'), alias.ip, validIP(alias.ip)),
    ...(alias.hostnames ?? []).flatMap((name) =>
      field.invalidEach(at.index(i).child('hostnames'), name, dnsSubdomain(name)),
    ),
  ]);
}
