import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { normalize } from '../../../src/embedded/codec/decode.ts';
import { schemaOf } from '../../../src/embedded/codec/schema-source.ts';
import type { ResourceDefinition } from '../../../src/embedded/definition.ts';
import { isApiError } from '../../../src/embedded/errors/status.ts';
import { createManagedFields, createPatcher, updateManagedFields } from '../../../src/embedded/patch/index.ts';
import { isMap } from '../../../src/embedded/patch/json-value.ts';
import type { ManagedFieldsEntry } from '../../../src/kube/api.gen.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';

/** One request of a recorded API server (fixtures/kubernetes/patch), in order; `state` only tells how the object looks by now. */
interface Exchange {
  topic: string;
  name: string;
  object: string;
  type: 'create' | 'put' | 'strategic' | 'merge' | 'json' | 'apply' | 'scale' | 'state';
  manager: string;
  subresource?: string;
  force?: boolean;
  body?: unknown;
  replicas?: number;
  apply?: boolean;
  status?: number;
  response?: KubeObject;
  error?: { code: number; message: string; reason?: string; details?: unknown };
}

const exchanges: Exchange[] = readFileSync('fixtures/kubernetes/patch/exchanges.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line.replaceAll('{{time}}', '2026-01-01T00:00:00Z')));

const schemas: Readonly<Record<string, string>> = {
  ConfigMap: 'io.k8s.api.core.v1.ConfigMap',
  Deployment: 'io.k8s.api.apps.v1.Deployment',
  Ingress: 'io.k8s.api.networking.v1.Ingress',
  Namespace: 'io.k8s.api.core.v1.Namespace',
  NetworkPolicy: 'io.k8s.api.networking.v1.NetworkPolicy',
  Pod: 'io.k8s.api.core.v1.Pod',
  Role: 'io.k8s.api.rbac.v1.Role',
  Service: 'io.k8s.api.core.v1.Service',
  ServiceAccount: 'io.k8s.api.core.v1.ServiceAccount',
};
const kindOfPlural: Readonly<Record<string, string>> = {
  configmaps: 'ConfigMap',
  deployments: 'Deployment',
  ingresses: 'Ingress',
  namespaces: 'Namespace',
  networkpolicies: 'NetworkPolicy',
  pods: 'Pod',
  roles: 'Role',
  services: 'Service',
  serviceaccounts: 'ServiceAccount',
};

function definitionOf(path: string): ResourceDefinition {
  const parts = path.split('/');
  const plural = parts.at(-2) ?? '';
  const kind = kindOfPlural[plural] ?? '';
  const [group, version] = parts[1] === 'api' ? ['', 'v1'] : [parts[2] ?? '', parts[3] ?? ''];
  const schema = schemas[kind];
  if (!schema) throw new Error(`no schema for ${path}`);
  return {
    group,
    version,
    resource: plural,
    kind,
    namespaced: kind !== 'Namespace',
    singular: kind.toLowerCase(),
    schema,
    strategy: {},
    columns: [],
    cells: () => [],
  };
}

const patcher = createPatcher();
const managedFields = createManagedFields();

/** Which of an object's fields are not, or are otherwise, in another one: the server's may have defaults beyond ours. */
function beyond(ours: unknown, theirs: unknown, path = ''): string[] {
  if (isMap(ours) && isMap(theirs)) {
    return Object.keys(ours).flatMap((key) => beyond(ours[key], theirs[key], `${path}.${key}`));
  }
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    if (ours.length !== theirs.length) return [`${path}: ${ours.length} items instead of ${theirs.length}`];
    return ours.flatMap((item, i) => beyond(item, theirs[i], `${path}[${i}]`));
  }
  const empty = isMap(ours)
    ? Object.keys(ours).length === 0
    : ours === null || (Array.isArray(ours) && ours.length === 0);
  if (empty && theirs === undefined) return [];
  // Go's zero value, until the port's default is set.
  if (path.endsWith('.targetPort') && ours === 0) return [];
  return ours === theirs ? [] : [`${path}: ${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`];
}

/** Beyond what this room decides: revisions, and what the server sets. */
function comparable(object: KubeObject): KubeObject {
  const { resourceVersion, generation, managedFields: _, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

const timeless = (entries: readonly ManagedFieldsEntry[] | undefined) =>
  [...(entries ?? [])]
    .map((entry) => ({ ...entry, time: entry.time === undefined ? 'none' : 'some' }))
    .sort((a, b) => identity(a).localeCompare(identity(b)));

const identity = (e: ManagedFieldsEntry) => [e.manager, e.operation, e.subresource, e.apiVersion].join(' ');

describe.each(['patch', 'ssa', 'metadata'])('recorded exchanges: %s', (topic) => {
  const live = new Map<string, KubeObject>();
  let clock = Date.parse('2026-01-01T00:00:00Z');

  /** The response as the live object of the next exchange: times are ours, the recorded ones are placeholders. */
  function store(object: string, response: KubeObject, computed: KubeObject): void {
    const { managedFields: _, ...metadata } = response.metadata ?? {};
    const managed = computed.metadata?.managedFields;
    const stored = { ...response, metadata: managed ? { ...metadata, managedFields: managed } : metadata };
    live.set(object, normalize(definitionOf(object), stored).object);
  }

  function run(e: Exchange, definition: ResourceDefinition, time: string): KubeObject {
    const now = live.get(e.object);
    const request = { definition, live: now, manager: e.manager, subresource: e.subresource, time };
    switch (e.type) {
      case 'strategic':
      case 'merge':
      case 'json':
        if (!now) throw new Error(`nothing to patch at ${e.object}`);
        return patcher.patch({ definition, type: e.type, live: now, body: e.body, fieldValidation: 'Warn' }).object;
      case 'apply':
        return managedFields.apply({ ...request, config: e.body, force: e.force ?? false, fieldValidation: 'Warn' })
          .object;
      default:
        throw new Error(`no ${e.type} here`);
    }
  }

  it.each(exchanges.filter((e) => e.topic === topic))('$type $name', (e) => {
    clock += 1000;
    const time = new Date(clock).toISOString().replace('.000Z', 'Z');
    const definition = definitionOf(e.object);
    const request = {
      live: live.get(e.object),
      manager: e.manager,
      apiVersion: `${definition.group}/${definition.version}`.replace(/^\//, ''),
      subresource: e.subresource,
      time,
      schema: schemaOf(definition),
    };
    if (e.type === 'scale') {
      const updated = { ...request.live, spec: { ...(request.live as { spec: object }).spec, replicas: e.replicas } };
      live.set(e.object, updateManagedFields({ ...request, updated, subresource: 'scale' }));
      return;
    }
    if (e.error) {
      const attempt = () => run(e, definition, time);
      expect(attempt).toThrow();
      try {
        attempt();
      } catch (error) {
        if (!isApiError(error)) throw error;
        const { code, message, reason, details } = error.status;
        const seen = clean({ code, message, reason, details });
        expect(seen).toEqual(clean(e.error));
      }
      return;
    }
    const { response } = e;
    if (!response) throw new Error('a success has an answer');
    if (e.type === 'state') {
      const before = live.get(e.object);
      if (before && e.name === 'managedFields now') {
        expect(beyond(comparable(before), comparable(response))).toEqual([]);
        expect(timeless(before.metadata?.managedFields)).toEqual(timeless(response.metadata?.managedFields));
      }
      store(e.object, response, before ?? response);
      return;
    }
    if (e.type === 'apply') {
      const object = run(e, definition, time);
      expect(beyond(comparable(object), comparable(response))).toEqual([]);
      expect(timeless(object.metadata?.managedFields)).toEqual(timeless(response.metadata?.managedFields));
      store(e.object, response, object);
      return;
    }
    let wanted = response;
    if (e.type !== 'create' && e.type !== 'put') {
      const patched = run(e, definition, time);
      const part = (object: KubeObject) => ({
        ...comparable(object),
        ...(e.subresource ? { spec: 0 } : { status: 0 }),
      });
      if (e.name !== 'labels through status') expect(beyond(part(patched), part(response))).toEqual([]);
      wanted = { ...response, metadata: { ...response.metadata, managedFields: patched.metadata?.managedFields } };
    } else {
      const { managedFields: _, ...metadata } = response.metadata ?? {};
      wanted = { ...response, metadata };
    }
    // What admission and allocation add when Pods and Services are made is nobody's; only their registry tells it apart.
    const computed = updateManagedFields({ ...request, updated: withoutAllocated(wanted, e) });
    expect(timeless(computed.metadata?.managedFields)).toEqual(timeless(response.metadata?.managedFields));
    store(e.object, response, computed);
  });
});

/** Times that messages show are not the recorded ones; the order of fields in the objects that they show is the codec's. */
function clean<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (key, item) => {
    if (key !== 'message' || typeof item !== 'string') return item;
    const text = item.replaceAll(/2026-01-01T\d\d:\d\d:\d\dZ/g, 'TIME');
    return text.includes('metadata') ? text.split(/[,{}]+/).sort() : text;
  });
}

function withoutAllocated(object: KubeObject, e: Exchange): KubeObject {
  if (e.type !== 'create') return object;
  const copy = structuredClone(object) as KubeObject & { spec?: Record<string, unknown> };
  const spec = copy.spec ?? {};
  const added: Readonly<Record<string, readonly string[]>> = {
    Namespace: ['finalizers'],
    Service: ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'],
    Pod: ['preemptionPolicy', 'priority', 'serviceAccount', 'serviceAccountName', 'tolerations', 'volumes'],
  };
  for (const field of added[object.kind ?? ''] ?? []) delete spec[field];
  for (const container of (spec.containers ?? []) as Record<string, unknown>[]) {
    if (object.kind === 'Pod') delete container.volumeMounts;
  }
  return copy;
}
