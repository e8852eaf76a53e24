import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { People } from '../../scripts/conformance/client.ts';
import { compare } from '../../scripts/conformance/placeholders.ts';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/embedded/cluster.ts';
import { createContainerRuntime } from '../../src/embedded/container/runtime.ts';
import { createClusterNetwork } from '../../src/embedded/network/index.ts';
import type { KubeObject, Stored } from '../../src/kube/meta.ts';
import { serviceAccounts } from '../../src/kube/resources.ts';
import { recording } from '../embedded/codec/recorded.ts';
import { type RecordedDocument, reduced, sortedRequired } from '../embedded/codec/reduced-openapi.ts';

let cluster: EmbeddedCluster;
let people: People;

beforeAll(async () => {
  cluster = await createEmbeddedCluster();
  people = new People(cluster.url, cluster.caCertificate, { admin: cluster.pki.admin });
});
afterAll(async () => {
  people.close();
  await cluster.stop();
});

const ask = (path: string, accept = 'application/json') =>
  people.call({ as: 'admin', method: 'GET', path, headers: { Accept: accept } });

const get = async <T = unknown>(path: string, accept?: string): Promise<T> =>
  JSON.parse((await ask(path, accept)).text) as T;

const files = (folder: string) => readdirSync(new URL(`../../fixtures/kubernetes/${folder}/`, import.meta.url));
const pathOf = (file: string) => `/${file.replace('.json', '').replaceAll('__', '/')}`;

/** `apps/v1/deployments` to the path of the collection. */
const collection = (resource: string) => `/${resource.split('/').length === 2 ? 'api' : 'apis'}/${resource}`;

describe('what a served cluster answers', () => {
  it.each(files('discovery/legacy'))('to discovery of %s', async (file) => {
    expect(await get(pathOf(file))).toEqual(recording(`discovery/legacy/${file}`));
  });

  it.each(['apis', 'root', 'version'])('to %s', async (name) => {
    expect(await get(name === 'root' ? '/' : `/${name}`)).toEqual(recording(`discovery/${name}.json`));
  });

  it('to /api, with its own address', async () => {
    const recorded = recording<{ serverAddressByClientCIDRs: object[] }>('discovery/api.json');
    const address = { clientCIDR: '0.0.0.0/0', serverAddress: new URL(cluster.url).host };
    expect(await get('/api')).toEqual({ ...recorded, serverAddressByClientCIDRs: [address] });
  });

  it.each(['api', 'apis'])('to aggregated discovery of %s', async (root) => {
    const recorded = recording<{ body: object; contentType: string }>(`discovery/${root}.aggregated.json`);
    const { contentType, text } = await ask(`/${root}`, recorded?.contentType);
    expect({ contentType, body: JSON.parse(text) }).toEqual(recorded);
  });

  it('to the index of OpenAPI', async () => {
    const recorded = recording<{ paths: object }>('discovery/openapi-v3-index.json');
    const served = await get<{ paths: object }>('/openapi/v3');
    expect(Object.keys(served.paths).sort()).toEqual(Object.keys(recorded?.paths ?? {}).sort());
  });

  it.each(files('openapi'))('to OpenAPI of %s', async (file) => {
    const recorded = recording<RecordedDocument>(`openapi/${file}`);
    const { components, paths } = await get<RecordedDocument>(`/openapi/v3${pathOf(file)}`);
    const served = Object.entries(paths).map(([path, item]) => [path, reduced(item as Parameters<typeof reduced>[0])]);
    expect(Object.fromEntries(served)).toEqual(recorded?.paths);
    const schemas = recorded?.components?.schemas ?? {};
    expect(Object.keys(components?.schemas ?? {}).sort()).toEqual(Object.keys(schemas).sort());
    for (const [name, schema] of Object.entries(schemas)) {
      const own = sortedRequired(components?.schemas?.[name]);
      expect({ [name]: withoutDescriptions(own) }).toEqual({ [name]: sortedRequired(schema) });
    }
  });

  const columns = Object.entries(recording<Record<string, object[]>>('tables/columns.json') ?? {});
  it.each(columns.filter(([resource]) => !resource.startsWith('example.com/')))(
    'to a list of %s as a Table',
    async (resource, recorded) => {
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
      const { columnDefinitions } = await get<{ columnDefinitions: object[] }>(collection(resource), accept);
      expect(columnDefinitions.map(withoutDescriptions)).toEqual(recorded);
    },
  );

  const objects: [file: string, resource: string][] = [
    ['rbac/clusterroles', 'rbac.authorization.k8s.io/v1/clusterroles'],
    ['rbac/clusterrolebindings', 'rbac.authorization.k8s.io/v1/clusterrolebindings'],
    ['rbac/roles', 'rbac.authorization.k8s.io/v1/roles'],
    ['rbac/rolebindings', 'rbac.authorization.k8s.io/v1/rolebindings'],
    ['bootstrap/apiservices', 'apiregistration.k8s.io/v1/apiservices'],
    ['bootstrap/configmaps', 'v1/configmaps'],
    ['bootstrap/flowschemas', 'flowcontrol.apiserver.k8s.io/v1/flowschemas'],
    ['bootstrap/namespaces', 'v1/namespaces'],
    ['bootstrap/priorityclasses', 'scheduling.k8s.io/v1/priorityclasses'],
    ['bootstrap/prioritylevelconfigurations', 'flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations'],
    ['bootstrap/services', 'v1/services'],
  ];
  it.each(objects)('with exactly the recorded %s', async (file, resource) => {
    const { items } = await get<{ items: Stored[] }>(collection(resource));
    const recorded = byName(recording<KubeObject[]>(`${file}.json`) ?? []);
    const differences: string[] = [];
    compare(recorded, byName(items), new Map(), '', differences);
    // The day on which it was recorded.
    expect(differences.filter((text) => !/-token-tracking\.data\.since: expected "2026-\d\d-\d\d"/.test(text))).toEqual(
      [],
    );
  });

  it('with the recorded ServiceAccounts, once its controllers run with nodes', async () => {
    const whole = await createEmbeddedCluster({
      runtime: (context) => createContainerRuntime({ network: createClusterNetwork(context) }),
    });
    try {
      const recorded = byName(recording<KubeObject[]>('bootstrap/serviceaccounts.json') ?? []);
      // Controllers make them after the cluster has begun: on a busy machine that takes a moment.
      await vi.waitFor(async () => {
        const served = byName((await whole.client.list(serviceAccounts)).items);
        for (const [name, account] of Object.entries(recorded)) {
          expect({ [name]: served[name] }).toEqual({ [name]: account });
        }
      }, 10_000);
    } finally {
      await whole.stop();
    }
  });
});

/** By namespace and name, without what every server fills in for itself. */
function byName(objects: readonly KubeObject[]): Record<string, object> {
  return Object.fromEntries(
    objects.map(({ apiVersion: _, kind: __, metadata = {}, ...rest }) => {
      const { name, namespace, labels, annotations, finalizers } = metadata;
      const kept = { name, namespace, labels, annotations, finalizers };
      return [`${namespace ?? ''}/${name}`, { ...rest, metadata: JSON.parse(JSON.stringify(kept)) }];
    }),
  );
}

/** Texts for people are not recorded. */
function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => key !== 'description' || typeof item !== 'string')
      .map(([key, item]) => [key, withoutDescriptions(item)]),
  );
}
