/** What every JavaScript object inherits (`constructor`) are words like any other, wherever a client writes them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toTable } from '../../../src/embedded/codec/views.ts';
import type { RestClient } from '../../../src/embedded/container/api-client/client.ts';
import { describerOf } from '../../../src/embedded/container/programs/kubectl/describe/describers.ts';
import { DescribeWriter } from '../../../src/embedded/container/programs/kubectl/describe/writer.ts';
import type { ApiResource } from '../../../src/embedded/container/programs/kubectl/discovery.ts';
import type { ResourceDefinition } from '../../../src/embedded/definition.ts';
import { builtinResources } from '../../../src/embedded/resources/index.ts';
import type { KubeObject, Stored } from '../../../src/kube/meta.ts';
import { type Question, serve } from '../properties/requests.ts';
import { fieldsOf, type Path, sampleOf, withValue } from './every-field.ts';

let served: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  served = await serve();
  await ask({ method: 'POST', path: '/api/v1/namespaces/default/serviceaccounts', body: named('ServiceAccount') });
});
afterAll(() => served.stop());

const named = (kind: string, name = 'default') => JSON.stringify({ apiVersion: 'v1', kind, metadata: { name } });

const words = ['constructor', 'toString', '__proto__'];
const inherited = /native code|function|\[object |at Object\./;

/** The answer, which is no fault and says nothing of what is inherited. */
async function ask({ headers, ...question }: Question) {
  const answer = await served.ask({ headers: { 'Content-Type': 'application/json', ...headers }, ...question });
  const shown = `${question.method ?? 'GET'} ${question.path} ${String(question.body).slice(0, 600)} -> ${answer.text.slice(0, 600)}`;
  expect(served.faults.splice(0), shown).toEqual([]);
  expect(answer.status, shown).toBeLessThan(500);
  expect(`${answer.warning} ${answer.text}`, shown).not.toMatch(inherited);
  return answer;
}

const collectionOf = ({ group, version, resource, namespaced }: ResourceDefinition) =>
  `${group === '' ? `/api/${version}` : `/apis/${group}/${version}`}/${namespaced ? 'namespaces/default/' : ''}${resource}`;

/** What `kubectl get` and `kubectl describe` print. */
async function printed(definition: ResourceDefinition, object: Stored): Promise<string> {
  const table = JSON.stringify(toTable(definition, [object], { includeObject: 'None', now: 0 }));
  const empty = { json: async () => ({ items: [], metadata: {} }) } as unknown as RestClient;
  const resource = { ...definition, name: definition.resource } as unknown as ApiResource;
  const w = new DescribeWriter();
  await describerOf(definition.group, definition.kind)(w, object, {
    client: empty,
    resource,
    showEvents: false,
    now: 0,
    chunkSize: '500',
  });
  return `${table}\n${w}`;
}

/** Places in a request: enough that it is few requests, not so many that each is refused. */
const together = 6;

/** A Binding that is refused is answered with 500, as by kube-apiserver. */
const swept = builtinResources.filter((d) => d.kind !== 'Binding');

/** Of all Pods in templates those of Deployments are enough. */
const isSwept = (d: ResourceDefinition, path: Path) => d.kind === 'Deployment' || !path.includes('template');

describe('words that every object inherits', () => {
  it.each(swept.map((d) => [`${d.resource}.${d.group}`, d] as const))(
    'are words at every place of %s',
    async (_, definition) => {
      const sample = sampleOf(definition);
      const send = async (object: KubeObject) => {
        const path = `${collectionOf(definition)}?dryRun=All`;
        const { status, text } = await ask({ method: 'POST', path, body: JSON.stringify(object) });
        if (status === 201) expect(await printed(definition, JSON.parse(text))).not.toMatch(inherited);
      };
      const { metadata } = sample;
      for (const word of words) {
        const [labels, annotations] = [{ [word]: 'x' }, { [word]: 'x' }];
        await send({ ...sample, metadata: { ...metadata, labels, annotations } });
      }
      const fields = words.map((word) => [...fieldsOf({ kind: 'struct', name: definition.schema }, word)]);
      const at = (fields[0] ?? []).flatMap(({ type, path }, i) =>
        type.kind === 'scalar' && type.code === 's' && isSwept(definition, path) ? [i] : [],
      );
      for (let i = 0; i < at.length; i += together) {
        const n = (i / together) % words.length;
        const object = at.slice(i, i + together).reduce<unknown>((created, place) => {
          return withValue(created, fields[n]?.[place]?.path ?? [], words[n]);
        }, sample);
        await send({ ...(object as KubeObject), metadata });
      }
    },
  );

  it('are no groups, versions, kinds or resources', async () => {
    for (const word of words) {
      for (const path of [
        ...[`/${word}`, `/api/${word}`, `/apis/${word}`, `/apis/apps/${word}`, `/apis/${word}/${word}`],
        ...[`/apis/${word}/v1/pods`, `/api/v1/${word}`, `/api/v1/namespaces/default/${word}/x`, `/healthz/${word}`],
        ...[`/api/v1/namespaces/default/pods/x/${word}`, `/openapi/v3/${word}`, `/openapi/v3/apis/${word}/v1`],
        ...[`/api/v1/pods?fieldSelector=${word}=x`, `/api/v1/pods?labelSelector=${word}`, `/api/v1/${word}/x/y/z`],
      ]) {
        for (const method of ['GET', 'DELETE']) await ask({ method, path });
      }
      const path = '/api/v1/namespaces/default/configmaps';
      for (const type of [
        { apiVersion: word, kind: 'ConfigMap' },
        { apiVersion: `${word}/v1`, kind: 'ConfigMap' },
        { apiVersion: `v1/${word}`, kind: word },
        { apiVersion: 'v1', kind: word },
      ]) {
        expect((await ask({ method: 'POST', path, body: JSON.stringify(type) })).status).toBe(400);
      }
    }
  });

  it('are keys of what is kept, compared and patched', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    await ask({ method: 'POST', path, body: named('ConfigMap', 'kept') });
    for (const word of words) {
      const patched = async (type: string, patch: string) => {
        const headers = { 'Content-Type': `application/${type}` };
        const { text } = await ask({ method: 'PATCH', path: `${path}/kept`, headers, body: patch });
        const { data, metadata } = JSON.parse(text) as KubeObject & { data?: Record<string, string> };
        return { held: Object.entries(data ?? {}), version: metadata?.resourceVersion };
      };
      const none = await patched('merge-patch+json', '{"data": null}');
      for (const type of ['merge-patch+json', 'strategic-merge-patch+json']) {
        const set = await patched(type, `{"data": {"${word}": "x"}}`);
        expect(set.held).toEqual([[word, 'x']]);
        expect(set.version).not.toBe(none.version);
        expect((await patched(type, `{"data": {"${word}": null}}`)).held).toEqual([]);
      }
    }
  });

  it('are no sysctls that Pod Security takes for safe', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'baseline' };
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels } };
    await ask({ method: 'POST', path: '/api/v1/namespaces', body: JSON.stringify(namespace) });
    await ask({ method: 'POST', path: '/api/v1/namespaces/strict/serviceaccounts', body: named('ServiceAccount') });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: {
        containers: [{ name: 'a', image: 'a' }],
        securityContext: { sysctls: [{ name: 'constructor', value: '1' }] },
      },
    };
    const path = '/api/v1/namespaces/strict/pods?dryRun=All';
    const { status, text } = await ask({ method: 'POST', path, body: JSON.stringify(pod) });
    expect(status).toBe(403);
    expect(text).toContain('forbidden sysctls (constructor)');
  });

  it('are names of fields in the paths of a scale', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
              },
            },
            subresources: {
              scale: { specReplicasPath: '.spec.__proto__.n', statusReplicasPath: '.status.constructor' },
            },
          },
        ],
      },
    };
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await ask({ method: 'POST', path: crds, body: JSON.stringify(definition) });
    const path = '/apis/example.com/v1/namespaces/default/things';
    const thing = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, spec: {} };
    await expect.poll(async () => (await ask({ method: 'POST', path, body: JSON.stringify(thing) })).status).toBe(201);
    const headers = { 'Content-Type': 'application/merge-patch+json' };
    await ask({ method: 'PATCH', path: `${path}/a/scale`, headers, body: '{"spec": {"replicas": 3}}' });
    expect(({} as Record<string, unknown>).n).toBeUndefined();
    expect(JSON.parse((await ask({ path: `${path}/a/scale` })).text).spec).toEqual({ replicas: 3 });
  });
});
