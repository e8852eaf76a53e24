import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import {
  ApiextensionsV1Api,
  AppsV1Api,
  Attach,
  AuthenticationV1Api,
  AuthorizationV1Api,
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  Exec,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  type ListWatch,
  Log,
  makeInformer,
  PatchStrategy,
  PolicyV1Api,
  PortForward,
  RbacAuthorizationV1Api,
  StorageV1Api,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Deployment,
  type V1Job,
  type V1Status,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { configOf, refusal, sink, startCluster } from './client-node.ts';

const namespace = 'shop';
const labels = { app: 'web' };
const container = { name: 'c', image: 'nginx:1.29' };

let cluster: EmbeddedCluster;
let config: KubeConfig;
let core: CoreV1Api;
let apps: AppsV1Api;
beforeAll(async () => {
  cluster = await startCluster();
  config = configOf(cluster);
  core = config.makeApiClient(CoreV1Api);
  apps = config.makeApiClient(AppsV1Api);
  await core.createNamespace({ body: { metadata: { name: namespace } } });
});
afterAll(() => cluster.stop());

/** Follows objects of a path until one is as wanted. */
async function until<T extends KubernetesObject>(path: string, wanted: (object: T) => boolean): Promise<T> {
  const found = Promise.withResolvers<T>();
  const watch = await new Watch(config).watch(
    path,
    {},
    (_type, object: T) => wanted(object) && found.resolve(object),
    (error) => error && found.reject(error),
  );
  try {
    return await found.promise;
  } finally {
    watch.abort();
  }
}

const deployment = (name: string, more: object = {}): V1Deployment => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container] } },
    ...more,
  },
});

describe('typed clients', () => {
  it('create, read, replace, patch and delete', async () => {
    const body: V1ConfigMap = { metadata: { name: 'settings', labels }, data: { a: '1' } };
    const created = await core.createNamespacedConfigMap({ namespace, body });
    expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const one = { name: 'settings', namespace };
    const replaced = await core.replaceNamespacedConfigMap({ ...one, body: { ...created, data: { a: '2' } } });
    expect(replaced.data).toEqual({ a: '2' });
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    expect((await core.patchNamespacedConfigMap({ ...one, body: { data: { b: '2' } } }, merge)).data).toEqual({
      a: '2',
      b: '2',
    });
    const operations = [{ op: 'remove', path: '/data/a' }];
    const json = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch);
    expect((await core.patchNamespacedConfigMap({ ...one, body: operations }, json)).data).toEqual({ b: '2' });
    await core.deleteNamespacedConfigMap(one);
    expect(await refusal(core.readNamespacedConfigMap(one))).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'configmaps "settings" not found',
      details: { name: 'settings', kind: 'configmaps' },
    });
  });

  it('are refused with a Status', async () => {
    const body = { metadata: { name: 'twice' }, data: { a: '1' } };
    const first = await core.createNamespacedConfigMap({ namespace, body });
    expect(await refusal(core.createNamespacedConfigMap({ namespace, body }))).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
    });
    await core.replaceNamespacedConfigMap({ name: 'twice', namespace, body: first });
    await core.replaceNamespacedConfigMap({ name: 'twice', namespace, body: { ...body, data: { a: '2' } } });
    const stale = { ...first, data: { a: '3' } };
    expect(await refusal(core.replaceNamespacedConfigMap({ name: 'twice', namespace, body: stale }))).toMatchObject({
      code: 409,
      reason: 'Conflict',
    });
    const selector = { matchLabels: { app: 'other' } };
    expect(
      await refusal(apps.createNamespacedDeployment({ namespace, body: deployment('wrong', { selector }) })),
    ).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'spec.template.metadata.labels', reason: 'FieldValueInvalid' }] },
    });
  });

  it('page through lists and select', async () => {
    for (let i = 0; i < 5; i++) {
      const body = { metadata: { name: `page-${i}`, labels: { page: String(i % 2) } } };
      await core.createNamespacedConfigMap({ namespace, body });
    }
    const names: string[] = [];
    let _continue: string | undefined;
    do {
      const page = await core.listNamespacedConfigMap({ namespace, labelSelector: 'page', limit: 2, _continue });
      expect(page.items.length).toBeLessThanOrEqual(2);
      names.push(...page.items.map((item) => item.metadata?.name ?? ''));
      _continue = page.metadata?._continue || undefined;
    } while (_continue);
    expect(names).toEqual(['page-0', 'page-1', 'page-2', 'page-3', 'page-4']);
    const odd = await core.listNamespacedConfigMap({ namespace, labelSelector: 'page=1' });
    expect(odd.items).toHaveLength(2);
    const fieldSelector = 'metadata.name=page-3';
    expect((await core.listConfigMapForAllNamespaces({ fieldSelector })).items).toHaveLength(1);
    await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'page' });
    expect((await core.listNamespacedConfigMap({ namespace, labelSelector: 'page' })).items).toEqual([]);
  });

  it('roll a Deployment out and scale it', async () => {
    await apps.createNamespacedDeployment({ namespace, body: deployment('web') });
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    const ready = (count: number) =>
      until<V1Deployment>(path, (d) => d.metadata?.name === 'web' && d.status?.availableReplicas === count);
    expect((await ready(1)).spec?.strategy?.type).toBe('RollingUpdate');
    const one = { name: 'web', namespace };
    const scale = await apps.readNamespacedDeploymentScale(one);
    expect(scale).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1, selector: 'app=web' } });
    await apps.replaceNamespacedDeploymentScale({ ...one, body: { ...scale, spec: { replicas: 2 } } });
    await ready(2);
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'app=web' });
    expect(items).toHaveLength(2);
    expect(items[0]?.metadata?.ownerReferences?.[0]).toMatchObject({ kind: 'ReplicaSet', controller: true });
  });

  it('evict what a budget allows', async () => {
    const policy = config.makeApiClient(PolicyV1Api);
    const spec = { minAvailable: 2, selector: { matchLabels: labels } };
    await policy.createNamespacedPodDisruptionBudget({ namespace, body: { metadata: { name: 'web' }, spec } });
    await until(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, (budget) =>
      Boolean((budget as { status?: { observedGeneration?: number } }).status?.observedGeneration),
    );
    const [pod] = (await core.listNamespacedPod({ namespace, labelSelector: 'app=web' })).items;
    const name = pod?.metadata?.name ?? '';
    const eviction = { name, namespace, body: { metadata: { name, namespace } } };
    expect(await refusal(core.createNamespacedPodEviction(eviction))).toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      details: { causes: [{ reason: 'DisruptionBudget' }] },
    });
    await policy.deleteNamespacedPodDisruptionBudget({ name: 'web', namespace });
    expect(await core.createNamespacedPodEviction(eviction)).toMatchObject({ kind: 'Status' });
  });

  it('run a Job to its end', async () => {
    const batch = config.makeApiClient(BatchV1Api);
    const containers = [{ name: 'c', image: 'busybox:1.37', command: ['sh', '-c', 'echo done'] }];
    const body: V1Job = {
      metadata: { name: 'once' },
      spec: { template: { spec: { restartPolicy: 'Never', containers } } },
    };
    await batch.createNamespacedJob({ namespace, body });
    const done = await until<V1Job>(`/apis/batch/v1/namespaces/${namespace}/jobs`, (job) =>
      Boolean(job.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True')),
    );
    expect(done.status).toMatchObject({ succeeded: 1 });
    const read = await batch.readNamespacedJob({ name: 'once', namespace });
    expect(read.status?.completionTime).toBeInstanceOf(Date);
  });

  it('see the node, and what it brings along', async () => {
    const [node] = (await core.listNode()).items;
    expect(node?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
    const one = { name: node?.metadata?.name ?? '' };
    const owner = { kind: 'Node', ...one, uid: node?.metadata?.uid };
    const csiNode = await config.makeApiClient(StorageV1Api).readCSINode(one);
    expect(csiNode.metadata?.ownerReferences).toMatchObject([owner]);
    const leases = config.makeApiClient(CoordinationV1Api);
    const lease = await leases.readNamespacedLease({ ...one, namespace: 'kube-node-lease' });
    expect(lease).toMatchObject({ metadata: { ownerReferences: [owner] }, spec: { holderIdentity: one.name } });
  });

  it('know the version', async () => {
    expect(await config.makeApiClient(VersionApi).getCode()).toMatchObject({ major: '1', minor: '35' });
  });
});

describe('rights', () => {
  const review = (client: AuthorizationV1Api, verb: string) =>
    client
      .createSelfSubjectAccessReview({ body: { spec: { resourceAttributes: { verb, resource: 'pods', namespace } } } })
      .then(({ status }) => status?.allowed);

  it('are granted, reviewed and used', async () => {
    const jane = configOf(cluster, 'jane', ['dev']);
    const hers = jane.makeApiClient(AuthorizationV1Api);
    expect(await review(hers, 'list')).toBe(false);
    const rbac = config.makeApiClient(RbacAuthorizationV1Api);
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }];
    await rbac.createNamespacedRole({ namespace, body: { metadata: { name: 'reader' }, rules } });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'dev' }];
    await rbac.createNamespacedRoleBinding({ namespace, body: { metadata: { name: 'dev' }, roleRef, subjects } });
    expect([await review(hers, 'list'), await review(hers, 'delete')]).toEqual([true, false]);
    const { status } = await hers.createSelfSubjectRulesReview({ body: { spec: { namespace } } });
    expect(status?.resourceRules).toContainEqual({ apiGroups: [''], resources: ['pods'], verbs: ['list'] });
    const spec = { user: 'bob', groups: ['dev'], resourceAttributes: { verb: 'list', resource: 'pods', namespace } };
    const other = await config.makeApiClient(AuthorizationV1Api).createSubjectAccessReview({ body: { spec } });
    expect(other.status).toMatchObject({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "dev/shop" of Role "reader" to Group "dev"',
    });
    const pods = jane.makeApiClient(CoreV1Api);
    expect((await pods.listNamespacedPod({ namespace })).kind).toBe('PodList');
    expect(await refusal(pods.deleteCollectionNamespacedPod({ namespace }))).toMatchObject({
      code: 403,
      message:
        'pods is forbidden: User "jane" cannot deletecollection resource "pods" in API group "" in the namespace "shop"',
    });
  });

  it('of a ServiceAccount come with its token', async () => {
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'robot' } } });
    const { status } = await core.createNamespacedServiceAccountToken({
      ...{ name: 'robot', namespace },
      body: { spec: { audiences: [], expirationSeconds: 600 } },
    });
    expect(status?.expirationTimestamp).toBeInstanceOf(Date);
    const token = status?.token ?? '';
    const reviewed = await config.makeApiClient(AuthenticationV1Api).createTokenReview({ body: { spec: { token } } });
    expect(reviewed.status).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:shop:robot' },
    });
    const robot = configOf(cluster);
    robot.users = [{ name: 'robot', token }];
    robot.contexts = robot.contexts.map((context) => ({ ...context, user: 'robot' }));
    const { status: self } = await robot.makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body: {} });
    expect(self?.userInfo?.groups).toEqual([
      'system:serviceaccounts',
      'system:serviceaccounts:shop',
      'system:authenticated',
    ]);
    await core.deleteNamespacedServiceAccount({ name: 'robot', namespace });
    const gone = robot.makeApiClient(CoreV1Api).listNamespacedPod({ namespace });
    expect(await refusal(gone)).toMatchObject({ code: 401 });
  });
});

describe('changes', () => {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const create = (name: string, more: Record<string, string> = {}) =>
    core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { watched: 'yes', ...more } } } });
  const patch = (name: string, data: Record<string, string>) =>
    core.patchNamespacedConfigMap(
      { name, namespace, body: { data } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  const remove = (name: string) => core.deleteNamespacedConfigMap({ name, namespace });

  it('reach an informer in order, and its cache', async () => {
    await create('early');
    const labelSelector = 'watched=yes';
    const informer = makeInformer(
      config,
      path,
      () => core.listNamespacedConfigMap({ namespace, labelSelector }),
      labelSelector,
    );
    const told: string[] = [];
    const ended = Promise.withResolvers<void>();
    for (const verb of ['add', 'update', 'delete'] as const) {
      informer.on(verb, ({ metadata }) => {
        told.push(`${verb} ${metadata?.name}`);
        if (verb === 'delete') ended.resolve();
      });
    }
    informer.on('error', (error) => ended.reject(error));
    await informer.start();
    expect(told).toEqual(['add early']);
    await create('late');
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'other' } } });
    await patch('late', { a: '1' });
    await remove('early');
    await ended.promise;
    expect(told).toEqual(['add early', 'add late', 'update late', 'delete early']);
    expect((informer as ListWatch<V1ConfigMap>).list(namespace).map(({ data }) => data)).toEqual([{ a: '1' }]);
    await informer.stop();
    await remove('late');
  });

  it('are watched from where a list ends, with bookmarks and as a selector lets them through', async () => {
    const { metadata } = await core.listNamespacedConfigMap({ namespace });
    const seen: string[] = [];
    const last = Promise.withResolvers<void>();
    const query = { resourceVersion: metadata?.resourceVersion, labelSelector: 'stage=on', allowWatchBookmarks: true };
    const watch = await new Watch(config).watch(
      path,
      query,
      (type, object: V1ConfigMap) => {
        seen.push(`${type} ${object.metadata?.name}`);
        if (type === 'DELETED' && object.metadata?.name === 'b') last.resolve();
      },
      (error) => error && last.reject(error),
    );
    await create('a', { stage: 'off' });
    await create('b', { stage: 'on' });
    const relabel = (name: string, stage: string) =>
      core.patchNamespacedConfigMap(
        { name, namespace, body: { metadata: { labels: { stage } } } },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      );
    await relabel('a', 'on');
    await patch('a', { x: '1' });
    await relabel('a', 'off');
    await remove('b');
    await last.promise;
    watch.abort();
    expect(seen).toEqual(['ADDED b', 'ADDED a', 'MODIFIED a', 'DELETED a', 'DELETED b']);
    await remove('a');
  });

  it('that are forgotten make a watch begin anew', async () => {
    const { metadata } = await create('before');
    await remove('before');
    cluster.compact();
    const status = Promise.withResolvers<V1Status>();
    const watch = await new Watch(config).watch(
      path,
      { resourceVersion: metadata?.resourceVersion },
      (type, object: V1Status) => type === 'ERROR' && status.resolve(object),
      (error) => error && status.reject(error),
    );
    expect(await status.promise).toMatchObject({ code: 410, reason: 'Expired' });
    watch.abort();
  });
});

describe('objects of any kind', () => {
  let objects: KubernetesObjectApi;
  beforeAll(async () => {
    objects = KubernetesObjectApi.makeApiClient(config);
    const schema = {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { size: { type: 'integer', maximum: 5 }, replicas: { type: 'integer' } } },
      },
    };
    await config.makeApiClient(ApiextensionsV1Api).createCustomResourceDefinition({
      body: {
        metadata: { name: 'things.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'things', kind: 'Thing' },
          versions: [
            {
              ...{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } },
              subresources: {
                status: {},
                scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
              },
            },
          ],
        },
      },
    });
    await until('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', (crd) =>
      Boolean(
        (crd as { status?: { conditions?: { type: string; status: string }[] } }).status?.conditions?.some(
          (c) => c.type === 'Established' && c.status === 'True',
        ),
      ),
    );
  });

  type Any = KubernetesObject & { spec?: Record<string, unknown>; data?: Record<string, string> };
  it.each([
    ['a built-in kind', { apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } }, { data: { b: '2' } }],
    ['a custom one', { apiVersion: 'example.com/v1', kind: 'Thing', spec: { size: 1 } }, { spec: { replicas: 2 } }],
  ])('%s', async (_, given, change) => {
    const metadata = { name: 'any', namespace };
    const header = { apiVersion: given.apiVersion, kind: given.kind, metadata };
    const made = await objects.create<Any>({ ...given, metadata });
    expect(made).toMatchObject(given);
    expect((await objects.read<Any>(header)).metadata?.uid).toBe(made.metadata?.uid);
    const { items } = await objects.list<Any>(given.apiVersion, given.kind, namespace);
    expect(items.map((item) => item.metadata?.name)).toContain('any');
    const merge = PatchStrategy.MergePatch;
    const patched = await objects.patch<Any>({ ...header, ...change }, undefined, undefined, 'test', undefined, merge);
    expect(patched).toMatchObject({ ...given, ...change });
    const stale = { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } };
    expect(await refusal(objects.replace(stale))).toMatchObject({ code: 409, reason: 'Conflict' });
    const fresh = await objects.replace<Any>({ ...patched, metadata: { ...patched.metadata, labels: { a: 'b' } } });
    expect(fresh.metadata?.labels).toEqual({ a: 'b' });
    await objects.delete(header);
    expect(await refusal(objects.read(header))).toMatchObject({ code: 404 });
  });

  it('is applied, with conflicts told and taken by force', async () => {
    const wish = (size: number): Any => ({
      ...{ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'applied', namespace }, spec: { size } },
    });
    const apply = (object: Any, manager: string, force?: boolean) =>
      objects.patch<Any>(object, undefined, undefined, manager, force, PatchStrategy.ServerSideApply);
    const first = await apply(wish(1), 'one');
    expect(first.metadata?.managedFields).toMatchObject([
      { manager: 'one', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:size': {} } } },
    ]);
    expect((await apply(wish(1), 'one')).metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
    expect(await refusal(apply(wish(2), 'two'))).toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "one": .spec.size',
    });
    expect((await apply(wish(2), 'two', true)).spec).toEqual({ size: 2 });
    expect(await refusal(apply(wish(6), 'two'))).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'spec.size' }] },
    });
  });

  it('as a custom object has its status and its scale', async () => {
    const custom = config.makeApiClient(CustomObjectsApi);
    const one = { group: 'example.com', version: 'v1', namespace, plural: 'things', name: 'applied' };
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    const patched = await custom.patchNamespacedCustomObjectStatus(
      { ...one, body: { status: { replicas: 1 } } },
      merge,
    );
    // The schema knows no status: it is dropped.
    expect(patched.status).toBeUndefined();
    const scale = await custom.patchNamespacedCustomObjectScale({ ...one, body: { spec: { replicas: 3 } } }, merge);
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } });
    const { items } = await custom.listNamespacedCustomObject(one);
    expect(items).toMatchObject([{ spec: { size: 2, replicas: 3 } }]);
    await custom.deleteCollectionNamespacedCustomObject(one);
    expect((await custom.listNamespacedCustomObject(one)).items).toEqual([]);
  });
});

describe('containers', () => {
  const script =
    'trap "exit 0" TERM; echo started; while read line; do echo "got $line"; done; echo closed; sleep 1000 & wait';
  beforeAll(async () => {
    const shell = { name: 'c', image: 'busybox:1.37', command: ['sh', '-c', script], stdin: true };
    await core.createNamespacedPod({ namespace, body: { metadata: { name: 'shell' }, spec: { containers: [shell] } } });
    await core.createNamespacedPod({
      namespace,
      body: { metadata: { name: 'site' }, spec: { containers: [container] } },
    });
    for (const name of ['shell', 'site']) {
      await until(`/api/v1/namespaces/${namespace}/pods`, (pod) => {
        const { metadata, status } = pod as { metadata?: { name?: string }; status?: { phase?: string } };
        return metadata?.name === name && status?.phase === 'Running';
      });
    }
  });

  async function exec(command: string[], input?: string) {
    const [stdout, stderr] = [sink(), sink()];
    const stdin = input === undefined ? null : new PassThrough().end(input);
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config).exec(namespace, 'shell', 'c', command, stdout, stderr, stdin, false, resolve).catch(reject);
    });
    return { stdout: stdout.text, stderr: stderr.text, status };
  }

  it('run commands, and tell how they ended', async () => {
    expect(await exec(['echo', 'hello'])).toMatchObject({
      stdout: 'hello\n',
      stderr: '',
      status: { status: 'Success' },
    });
    const failed = await exec(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(failed).toMatchObject({
      ...{ stdout: 'out\n', stderr: 'err\n' },
      status: {
        status: 'Failure',
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: '3' }] },
      },
    });
  });

  it('take input', async () => {
    expect((await exec(['sh', '-c', 'read line; echo "<$line>"'], 'a line\n')).stdout).toBe('<a line>\n');
  });

  it('are attached to', async () => {
    const stdout = sink();
    const stdin = new PassThrough();
    const socket = await new Attach(config).attach(namespace, 'shell', 'c', stdout, null, stdin, false);
    stdin.write('one\n');
    expect(await stdout.until(/got one\n/)).toContain('got one\n');
    socket.close();
  });

  it('are reached through a forwarded port', async () => {
    const output = sink();
    const input = new PassThrough();
    const socket = await new PortForward(config).portForward(namespace, 'site', [80], output, null, input);
    input.write('GET / HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n');
    expect(await output.until(/<\/html>/i)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const open = typeof socket === 'function' ? socket() : socket;
    open?.close();
    if (open) await once(open, 'close');
    const faults = sink();
    await new PortForward(config).portForward(namespace, 'site', [81], sink(), faults, new PassThrough());
    expect(await faults.until(/refused/i)).toMatch(/refused/i);
  });

  it('show their logs, and go on until they end', async () => {
    const first = await core.readNamespacedPodLog({ name: 'shell', namespace, tailLines: 1, limitBytes: 4 });
    expect(first).toBe('got ');
    const output = sink();
    await new Log(config).log(namespace, 'shell', 'c', output, { follow: true });
    await output.until(/^started\n/);
    await exec(['sh', '-c', 'echo "from outside" > /proc/1/fd/1']);
    expect(await output.until(/from outside\n/)).toMatch(/^started\ngot one\n/);
    await core.deleteNamespacedPod({ name: 'shell', namespace, gracePeriodSeconds: 1 });
    await once(output, 'finish');
  });
});
