/** What a cluster does it does for every client: kubectl in its versions, and a library. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Client, KubectlClient, LibraryClient, type Ref, Refused, type Wire } from './clients.ts';
import type { Started } from './lab.ts';
import { kubectls, Sandbox } from './sandbox.ts';

const user = await Sandbox.create();
const { kubeconfig } = await user.json<Started>(['cluster', 'up']);
afterAll(() => user.dispose());

// The oldest beside the machine's own: what learners type is tried with all of them.
const versions = (await kubectls()).slice(0, 2);
const clients: { name: string; client: Client }[] = [
  { name: '@kubernetes/client-node', client: new LibraryClient(kubeconfig) },
  ...versions.map(({ version, file }) => ({
    name: `kubectl ${version}`,
    client: new KubectlClient(user, kubeconfig, file),
  })),
];

const things = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: { type: 'integer', maximum: 5, default: 1 },
                  color: { type: 'string', maxLength: 9 },
                },
                'x-kubernetes-validations': [
                  { rule: "!has(self.color) || self.color != 'red' || self.size < 3", message: 'red ones are small' },
                ],
              },
            },
          },
        },
      },
    ],
  },
};
beforeAll(async () => {
  // The library knows the definition's type and leaves `default` out of it.
  await clients.at(-1)?.client.create(things);
});

describe.each(clients)('$name', ({ name, client }) => {
  const namespace = `of-${name.replace(/[^a-z0-9]+/g, '-').replace(/^-/, '')}`;
  const ref = (kind: string, object = '', apiVersion = 'v1'): Ref => ({ apiVersion, kind, name: object, namespace });
  const configMap = (object: string, data: Record<string, string>, labels?: Record<string, string>): Wire => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: object, namespace, ...(labels && { labels }) } },
    data,
  });
  const deployment = (object: string, replicas: number): Wire => ({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: object, namespace } },
    spec: {
      replicas,
      selector: { matchLabels: { app: object } },
      template: {
        metadata: { labels: { app: object } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'c', image: 'busybox:1.37', command: ['sh', '-c', 'echo up; sleep 1000'] }],
        },
      },
    },
  });
  const thing = (object: string, spec: Record<string, unknown>): Wire => ({
    ...{ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: object, namespace }, spec },
  });
  const refused = async (request: Promise<unknown>) => {
    const error = await request.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof Refused) return error.message;
    throw error ?? new Error('it was not refused');
  };

  beforeAll(async () => {
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await vi.waitUntil(async () => (await client.list(ref('ServiceAccount'))).includes('default'));
  });

  it('gets what it made, with its defaults', async () => {
    await client.create(deployment('web', 1));
    const { spec } = await client.read(ref('Deployment', 'web', 'apps/v1'));
    expect(spec).toMatchObject({
      ...{ revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { spec: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', schedulerName: 'default-scheduler' } },
    });
  });

  it('is told why not', async () => {
    await client.create(configMap('twice', {}));
    expect(await refused(client.create(configMap('twice', {})))).toContain('configmaps "twice" already exists');
    expect(await refused(client.read(ref('ConfigMap', 'nothing')))).toContain('configmaps "nothing" not found');
    const wrong = deployment('wrong', 1);
    wrong.spec.selector.matchLabels = { app: 'other' };
    expect(await refused(client.create(wrong))).toContain(
      'spec.template.metadata.labels: Invalid value: {"app":"wrong"}: `selector` does not match template `labels`',
    );
    expect(await refused(client.create(configMap('Wrong', {})))).toContain(
      'a lowercase RFC 1123 subdomain must consist',
    );
  });

  it('selects by labels and fields', async () => {
    for (const [object, color] of Object.entries({ one: 'red', two: 'blue', three: 'red' })) {
      await client.create(configMap(object, {}, { color }));
    }
    expect(await client.list(ref('ConfigMap'), { labels: 'color=red' })).toEqual(['one', 'three']);
    expect(await client.list(ref('ConfigMap'), { labels: 'color in (red, blue),color!=red' })).toEqual(['two']);
    expect(await client.list(ref('ConfigMap'), { fields: 'metadata.name=two' })).toEqual(['two']);
    expect(await refused(client.list(ref('ConfigMap'), { fields: 'data.a=1' }))).toContain(
      '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
  });

  it('patches, each way as it means', async () => {
    await client.create(deployment('patched', 0));
    const one = ref('Deployment', 'patched', 'apps/v1');
    const template = (containers: object[]): Wire => ({ spec: { template: { spec: { containers } } } });
    const added = await client.patch(one, 'strategic', template([{ name: 'd', image: 'nginx:1.29' }]));
    expect(added.spec.template.spec.containers.map((c: Wire) => c.name)).toEqual(['d', 'c']);
    const replaced = await client.patch(one, 'merge', template([{ name: 'e', image: 'nginx:1.29' }]));
    expect(replaced.spec.template.spec.containers.map((c: Wire) => c.name)).toEqual(['e']);
    expect(replaced.metadata?.generation).toBe(3);
  });

  it('does not overwrite what somebody else changed meanwhile', async () => {
    const first = await client.create(configMap('shared', { a: '1' }));
    await client.patch(ref('ConfigMap', 'shared'), 'merge', { data: { a: '2' } });
    expect(await refused(client.replace({ ...first, data: { a: '3' } }))).toContain('the object has been modified');
    expect((await client.read(ref('ConfigMap', 'shared'))).data).toEqual({ a: '2' });
  });

  it('applies, is told of conflicts and takes by force', async () => {
    const created = await client.apply(configMap('applied', { a: '1', b: '1' }), 'one');
    expect(created.metadata?.managedFields).toMatchObject([{ manager: 'one', operation: 'Apply' }]);
    expect(await refused(client.apply(configMap('applied', { a: '2' }), 'two'))).toMatch(
      /conflict with "one".*:? *\.data\.a/s,
    );
    expect((await client.apply(configMap('applied', { a: '2' }), 'two', true)).data).toEqual({ a: '2', b: '1' });
    // What one applies no more goes, unless somebody else wants it.
    expect((await client.apply(configMap('applied', { c: '3' }), 'one')).data).toEqual({ a: '2', c: '3' });
  });

  it('rehearses', async () => {
    const created = await client.create(configMap('rehearsed', { a: '1' }), { dryRun: true });
    expect(created.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(await refused(client.read(ref('ConfigMap', 'rehearsed')))).toContain('not found');
  });

  it('has custom resources like any others', async () => {
    const one = ref('Thing', 'a', 'example.com/v1');
    expect((await client.create(thing('a', { color: 'red' }))).spec).toEqual({ color: 'red', size: 1 });
    expect((await client.patch(one, 'merge', { spec: { size: 2 } })).metadata?.generation).toBe(2);
    expect(await refused(client.patch(one, 'merge', { spec: { size: 6 } }))).toContain(
      'spec.size: Invalid value: 6: spec.size in body should be less than or equal to 5',
    );
    expect(await refused(client.patch(one, 'merge', { spec: { size: 4 } }))).toContain('red ones are small');
    expect(await refused(client.patch(one, 'strategic', { spec: { size: 1 } }))).toContain(
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json',
    );
    expect((await client.apply(thing('a', { color: 'blue' }), 'one', true)).spec).toEqual({ color: 'blue', size: 2 });
    await client.remove(one);
    expect(await client.list(ref('Thing', '', 'example.com/v1'))).toEqual([]);
  });

  it('follows changes in their order', async () => {
    const seen = await client.watch(ref('ConfigMap'), 'ADDED kube-root-ca.crt', 'DELETED watched', async () => {
      await client.create(configMap('watched', {}));
      await client.patch(ref('ConfigMap', 'watched'), 'merge', { data: { a: '1' } });
      await client.remove(ref('ConfigMap', 'watched'));
    });
    expect(seen.filter((change) => change.endsWith(' watched'))).toEqual([
      'ADDED watched',
      'MODIFIED watched',
      'DELETED watched',
    ]);
  });

  it('reads logs and runs commands', async () => {
    const [pod = ''] = await client.list(ref('Pod'), { labels: 'app=web' });
    await expect.poll(() => client.logs(namespace, pod).catch(() => ''), { timeout: 10_000 }).toBe('up\n');
    expect(await client.exec(namespace, pod, ['sh', '-c', 'echo $0 here; exit 7', 'I am'])).toEqual({
      output: 'I am here\n',
      code: 7,
    });
  });

  it('asks who may what', async () => {
    const subject = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: `jane-${namespace}` };
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'reader', namespace } };
    const rules = [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] }];
    await client.create({ ...rbac, kind: 'Role', rules });
    expect(await client.mayI('list', 'pods', namespace, subject.name)).toBe(false);
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' };
    await client.create({ ...rbac, kind: 'RoleBinding', roleRef, subjects: [subject] });
    expect(await client.mayI('list', 'pods', namespace, subject.name)).toBe(true);
    expect(await client.mayI('delete', 'pods', namespace, subject.name)).toBe(false);
    expect(await client.mayI('list', 'pods', 'default', subject.name)).toBe(false);
  });

  it('takes what an object owns with it, or leaves it', async () => {
    const owned = ref('ReplicaSet', '', 'apps/v1');
    await client.create(deployment('alone', 0));
    await expect.poll(() => client.list(owned, { labels: 'app=alone' })).toHaveLength(1);
    await client.remove(ref('Deployment', 'alone', 'apps/v1'), 'orphan');
    await expect.poll(() => client.list(ref('Deployment', '', 'apps/v1'))).not.toContain('alone');
    const [orphan = ''] = await client.list(owned, { labels: 'app=alone' });
    await expect
      .poll(async () => (await client.read(ref('ReplicaSet', orphan, 'apps/v1'))).metadata?.ownerReferences)
      .toBeUndefined();
    await client.remove(ref('Deployment', 'web', 'apps/v1'), 'foreground');
    await expect.poll(() => client.list(ref('Pod'), { labels: 'app=web' }), { timeout: 20_000 }).toEqual([]);
    await expect.poll(() => client.list(owned, { labels: 'app=web' })).toEqual([]);
  });
});
