import { ownValue } from '../../kernel/own.ts';
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { compareQuantities, quantityNanos } from '../../kube/quantity.ts';
import { limitRanges } from '../../kube/resources.ts';
import type { Amounts } from '../quota/amounts.ts';
import { podResources } from '../quota/pod-resources.ts';
import { podOf, refusal } from './refuse.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './types.ts';

const annotation = 'kubernetes.io/limit-ranger';

/** Gives containers the namespace's default requests and limits, and holds Pods and claims to its bounds. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  mutate(attributes) {
    const pod = attributes.operation === 'CREATE' ? podOf(attributes) : undefined;
    if (pod) for (const range of rangesOf(attributes)) applyDefaults(pod, range);
  },
  validate(attributes) {
    const { operation, definition, subresource } = attributes;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return;
    const resize = definition.resource === 'pods' && subresource === 'resize';
    if (subresource !== undefined && !resize) return;
    const pod = operation === 'CREATE' || resize ? podOf(attributes, subresource ?? '') : undefined;
    const claim = claimOf(attributes);
    if (!pod && !claim) return;
    for (const range of rangesOf(attributes)) {
      const items = range.spec?.limits ?? [];
      const problems = items.flatMap((item) => (pod ? podProblems(pod, item) : claimProblems(claim ?? {}, item)));
      const [first] = problems;
      if (first === undefined) continue;
      throw refusal(attributes, problems.length === 1 ? first : `[${problems.join(', ')}]`);
    }
  },
};

const rangesOf = (attributes: AdmissionAttributes): Stored<LimitRange>[] =>
  attributes.namespace === undefined ? [] : attributes.listAll(limitRanges, attributes.namespace);

function claimOf({ definition, object, subresource }: AdmissionAttributes): PersistentVolumeClaim | undefined {
  const isClaim = definition.group === '' && definition.resource === 'persistentvolumeclaims';
  return isClaim && subresource === undefined ? (object as PersistentVolumeClaim | undefined) : undefined;
}

// ---------------------------------------------------------------- defaults

function applyDefaults(pod: Pod, range: LimitRange): void {
  const notes: string[] = [];
  for (const item of range.spec?.limits ?? []) {
    if (item.type !== 'Container') continue;
    for (const container of pod.spec?.containers ?? []) notes.push(...fill(container, item, 'container'));
    for (const container of pod.spec?.initContainers ?? []) notes.push(...fill(container, item, 'init container'));
  }
  if (notes.length === 0) return;
  pod.metadata ??= {};
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${notes.join('; ')}`,
  };
}

function fill(container: Container, item: LimitRangeItem, what: string): string[] {
  const resources = { ...container.resources };
  const missing = (defaults: Amounts | undefined, own: Amounts | undefined) =>
    Object.entries(defaults ?? {}).filter(([name]) => ownValue(own, name) === undefined);
  const requests = missing(item.defaultRequest, resources.requests);
  const limits = missing(item.default, resources.limits);
  if (requests.length > 0) resources.requests = { ...resources.requests, ...Object.fromEntries(requests) };
  if (limits.length > 0) resources.limits = { ...resources.limits, ...Object.fromEntries(limits) };
  if (requests.length + limits.length > 0) container.resources = resources;
  const note = (names: readonly [string, string][], kind: string) =>
    names.length === 0
      ? []
      : [
          `${names
            .map(([name]) => name)
            .sort()
            .join(', ')} ${kind} for ${what} ${container.name}`,
        ];
  return [...note(requests, 'request'), ...note(limits, 'limit')];
}

// ---------------------------------------------------------------- bounds

function podProblems(pod: Pod, item: LimitRangeItem): string[] {
  if (item.type === 'Container') {
    const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
    return all.flatMap(({ resources }) => problemsOf(item, resources?.requests ?? {}, resources?.limits ?? {}));
  }
  if (item.type !== 'Pod') return [];
  return problemsOf(item, podResources(pod, 'requests'), podResources(pod, 'limits'));
}

const byName = (amounts: Amounts | undefined) => Object.entries(amounts ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

function problemsOf(item: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  return [
    ...byName(item.min).map(([name, min]) => minimum(item.type, name, min, requests[name], limits[name])),
    ...byName(item.max).map(([name, max]) => maximum(item.type, name, max, requests[name], limits[name])),
    ...byName(item.maxLimitRequestRatio).map(([name, most]) =>
      ratio(item.type, name, most, requests[name], limits[name]),
    ),
  ].filter((problem) => problem !== undefined);
}

function claimProblems({ spec }: PersistentVolumeClaim, item: LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = spec?.resources?.requests ?? {};
  return [
    ...byName(item.min).map(([name, min]) => minimum(item.type, name, min, requests[name], undefined)),
    ...byName(item.max).map(([name, max]) => {
      const text = `maximum ${name} usage per ${item.type} is ${max}`;
      const request = requests[name];
      if (request === undefined) return `${text}.  No request is specified`;
      return compareQuantities(request, max) > 0 ? `${text}, but request is ${request}` : undefined;
    }),
  ].filter((problem) => problem !== undefined);
}

function minimum(type: string, name: string, min: string, request?: string, limit?: string): string | undefined {
  const text = `minimum ${name} usage per ${type} is ${min}`;
  if (request === undefined) return `${text}.  No request is specified`;
  if (compareQuantities(request, min) < 0) return `${text}, but request is ${request}`;
  if (limit !== undefined && compareQuantities(limit, min) < 0) return `${text}, but limit is ${limit}`;
  return undefined;
}

function maximum(type: string, name: string, max: string, request?: string, limit?: string): string | undefined {
  const text = `maximum ${name} usage per ${type} is ${max}`;
  if (limit === undefined) return `${text}.  No limit is specified`;
  if (compareQuantities(limit, max) > 0) return `${text}, but limit is ${limit}`;
  if (request !== undefined && compareQuantities(request, max) > 0) return `${text}, but request is ${request}`;
  return undefined;
}

function ratio(type: string, name: string, most: string, request?: string, limit?: string): string | undefined {
  const text = `${name} max limit to request ratio per ${type} is ${most}`;
  const zero = (amount: string | undefined) => amount === undefined || quantityNanos(amount) === 0n;
  if (request === undefined || zero(request)) return `${text}, but no request is specified or request is 0`;
  if (limit === undefined || zero(limit)) return `${text}, but no limit is specified or limit is 0`;
  const observed = Number(quantityNanos(limit)) / Number(quantityNanos(request));
  if (observed <= Number(quantityNanos(most)) / 1e9) return undefined;
  return `${text}, but provided ratio is ${observed.toFixed(6)}`;
}
