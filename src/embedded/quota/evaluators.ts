import type {
  PersistentVolumeClaim,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
  Service,
} from '../../kube/api.gen.ts';
import { groupResource, type KubeObject } from '../../kube/meta.ts';
import { betaClassAnnotation } from '../resources/printing/storage.ts';
import type { Amounts } from './amounts.ts';
import { podEvaluator } from './pods.ts';
import type { Evaluator } from './types.ts';

const writes = (operation: string, subresource: string | undefined) =>
  subresource === undefined && (operation === 'CREATE' || operation === 'UPDATE');

const serviceNames = ['services', 'count/services', 'services.nodeports', 'services.loadbalancers'];

const serviceEvaluator: Evaluator<Service> = {
  matching: (names) => names.filter((name) => serviceNames.includes(name)),
  handles: writes,
  usage({ spec }) {
    const ports = spec?.ports ?? [];
    const balanced = spec?.type === 'LoadBalancer';
    // Without allocation only the node ports that were asked for count.
    const own = balanced && spec?.allocateLoadBalancerNodePorts === false;
    const nodePorts = own ? ports.filter((p) => (p.nodePort ?? 0) > 0).length : ports.length;
    return {
      services: '1',
      'count/services': '1',
      'services.nodeports': String(spec?.type === 'NodePort' || balanced ? nodePorts : 0),
      'services.loadbalancers': balanced ? '1' : '0',
    };
  },
};

const claimNames = ['persistentvolumeclaims', 'requests.storage', 'count/persistentvolumeclaims'];
const ofClass = '.storageclass.storage.k8s.io/';

const claimEvaluator: Evaluator<PersistentVolumeClaim> = {
  matching: (names) =>
    names.filter(
      (name) =>
        claimNames.includes(name) ||
        name.endsWith(`${ofClass}requests.storage`) ||
        name.endsWith(`${ofClass}persistentvolumeclaims`),
    ),
  handles: writes,
  usage({ metadata, spec }) {
    const name = metadata?.annotations?.[betaClassAnnotation] ?? spec?.storageClassName ?? '';
    const storage = spec?.resources?.requests?.storage;
    return {
      persistentvolumeclaims: '1',
      'count/persistentvolumeclaims': '1',
      ...(storage !== undefined && { 'requests.storage': storage }),
      ...(name !== '' && { [`${name}${ofClass}persistentvolumeclaims`]: '1' }),
      ...(name !== '' && storage !== undefined && { [`${name}${ofClass}requests.storage`]: storage }),
    };
  },
  inScope: ({ scopeName, operator, values = [] }, claim) => {
    if (scopeName !== 'VolumeAttributesClass') return false;
    const name = claim.spec?.volumeAttributesClassName ?? '';
    if (operator === 'In') return values.includes(name);
    if (operator === 'NotIn') return !values.includes(name);
    return (operator === 'Exists') === (name !== '');
  },
};

/** Core kinds that were counted before `count/` was there. */
const aliases = ['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'];

const counters = new Map<string, Evaluator>();

function counterOf(name: string): Evaluator {
  const known = counters.get(name);
  if (known) return known;
  const names = [`count/${name}`, ...(aliases.includes(name) ? [name] : [])];
  const usage: Amounts = Object.fromEntries(names.map((n) => [n, '1']));
  const counter: Evaluator = {
    matching: (limited) => limited.filter((n) => names.includes(n)),
    handles: (operation, subresource) => operation === 'CREATE' && subresource === undefined,
    usage: () => usage,
  };
  counters.set(name, counter);
  return counter;
}

/** The evaluator of a resource: every namespaced kind can at least be counted. */
export function evaluatorOf(resource: { group: string; resource: string }): Evaluator {
  const name = groupResource(resource);
  switch (name) {
    case 'pods':
      return podEvaluator as Evaluator;
    case 'services':
      return serviceEvaluator as Evaluator;
    case 'persistentvolumeclaims':
      return claimEvaluator as Evaluator;
    default:
      return counterOf(name);
  }
}

function scopesOf({ spec }: ResourceQuota): ScopedResourceSelectorRequirement[] {
  const bare = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  return [...bare, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

/** Whether all scopes of the quota mean the object. */
export function inScopes(evaluator: Evaluator, quota: ResourceQuota, object: KubeObject): boolean {
  return scopesOf(quota).every((requirement) => evaluator.inScope?.(requirement, object) ?? false);
}
