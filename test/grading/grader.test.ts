import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkTypes } from '../../src/checks/registry.ts';
import type { Check } from '../../src/checks/types.ts';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/embedded/cluster.ts';
import { activityOf } from '../../src/grading/activity.ts';
import { baselineOf, captureBaseline } from '../../src/grading/baseline.ts';
import { Grader, type GraderOptions } from '../../src/grading/grader.ts';
import type { Activity, GraderMemory, Verdict } from '../../src/grading/types.ts';
import { scoreOf } from '../../src/grading/types.ts';
import { ManualClock, systemClock } from '../../src/kernel/clock.ts';
import { KubeClient } from '../../src/kube/client.ts';
import type { Stored } from '../../src/kube/meta.ts';
import * as resources from '../../src/kube/resources.ts';

let cluster: EmbeddedCluster;
let client: KubeClient;
let namespace: string;
let count = 0;

beforeAll(async () => {
  cluster = await createEmbeddedCluster({ kubelet: false, controllers: false });
  client = KubeClient.fromText(cluster.kubeconfig());
});

beforeEach(async () => {
  namespace = `grading-${++count}`;
  await client.create(resources.namespaces, { metadata: { name: namespace } });
  await client.create(resources.serviceAccounts, { metadata: { name: 'app', namespace } });
});

afterAll(async () => {
  await client?.close();
  await cluster?.stop();
});

function check(id: string, type: string, spec: object, more: Partial<Check> = {}): Check {
  const parsed = checkTypes.get(type)?.schema.parse(spec);
  return { id, title: id, weight: 50, guard: false, mode: 'level', after: [], type, spec: parsed, ...more };
}

const mayList = (more: Partial<Check> = {}) =>
  check(
    'may-list',
    'canI',
    { subject: { serviceAccount: 'app', namespace }, verb: 'list', resource: 'pods', namespace },
    more,
  );

const there = () => check('there', 'resource', { kind: 'ConfigMap', namespace, name: 'there' });

/** A running grader, and a way to wait for what it says. */
async function grade(checks: Check[], more: Partial<GraderOptions> = {}) {
  const told: Verdict[] = [];
  const activities: Activity[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  const grader = new Grader({
    client,
    checks,
    baseline: baselineOf(await captureBaseline(client, checks)),
    clock: systemClock,
    activatedAt: Date.now(),
    feed: [namespace],
    onVerdict: (verdict) => {
      told.push(verdict);
      wake();
    },
    onActivity: (activity) => {
      activities.push(activity);
      wake();
    },
    ...more,
  });
  onTestFinished(() => grader.stop());
  await grader.start();
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!holds()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const status = (id: string) => grader.verdicts().find((v) => v.id === id)?.status;
  return { grader, told, activities, until, status };
}

/** The client, one of its methods replaced. */
function clientWith(method: keyof KubeClient, instead: (...args: never[]) => unknown): KubeClient {
  return new Proxy(client, {
    get(target, key) {
      const value: unknown = key === method ? instead : Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('an explanation', () => {
  const rolledOut = () => check('rolled-out', 'rollout', { workload: 'deployment/web', namespace });
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
    },
  };
  const create = () => client.create(resources.deployments, { ...deployment, metadata: { name: 'web', namespace } });

  it('reads on from where the check stands, each time anew', async () => {
    await create();
    const { grader } = await grade([rolledOut()]);
    const told = async () => (await grader.explain('rolled-out'))?.evidence.map((e) => e.text) ?? [];
    expect(await told()).toEqual([
      `kubectl rollout status deployment/web -n ${namespace}`,
      'Deployment web: 0 of 1 Pods are ready',
      `kubectl get deployment web -n ${namespace}`,
      'no ReplicaSet has the present template of Deployment web',
      `kubectl get replicasets -n ${namespace}`,
    ]);
    // Nothing of it comes with the verdict: it is read when it is asked for.
    expect(grader.verdicts()[0]?.evidence).toHaveLength(1);
    await client.delete(resources.deployments, namespace, 'web');
    expect(await told()).toContain(`there is no Deployment web in namespace ${namespace}`);
  });

  it('is the verdict itself where it passes, and nothing for a check that there is not', async () => {
    await client.create(resources.configMaps, { metadata: { name: 'there', namespace } });
    const { grader, until, status } = await grade([there()]);
    await until(() => status('there') === 'pass');
    expect(await grader.explain('there')).toEqual(grader.verdicts()[0]);
    expect(await grader.explain('nowhere')).toBeUndefined();
  });

  it('says so when the cluster cannot be asked', async () => {
    await create();
    const gone = KubeClient.fromText(cluster.kubeconfig());
    const { grader } = await grade([rolledOut()], { client: gone });
    const list = vi.spyOn(gone, 'list').mockRejectedValue(new Error('connection refused'));
    const explained = await grader.explain('rolled-out');
    list.mockRestore();
    expect(explained?.evidence.at(-1)).toEqual({
      kind: 'missing',
      text: 'the cluster cannot be asked: connection refused',
    });
    grader.stop();
    await gone.close();
  });
});

const role = () => ({
  metadata: { name: 'pods', namespace },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
});
const binding = () => ({
  metadata: { name: 'pods', namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'pods' },
  subjects: [{ kind: 'ServiceAccount', name: 'app', namespace }],
});

async function grant() {
  await client.create(resources.roles, role());
  await client.create(resources.roleBindings, binding());
}

it('judges conditions beside the checks, and tells only that they hold', async () => {
  const condition = check('condition', 'resource', { kind: 'ConfigMap', namespace, name: 'wrong' });
  const turned = Promise.withResolvers<void>();
  const { grader, told } = await grade([there()], { conditions: [condition], onCondition: () => turned.resolve() });
  expect(grader.holds(condition)).toBe(false);
  await client.create(resources.configMaps, { metadata: { name: 'wrong', namespace } });
  await turned.promise;
  expect(grader.holds(condition)).toBe(true);
  expect([...told, ...grader.verdicts()].map((v) => v.id)).not.toContain('condition');
  await client.delete(resources.configMaps, namespace, 'wrong');
  await grader.settled(5_000);
  expect(grader.holds(condition)).toBe(false);
});

it('distrusts at once, checks that wait for an answer included', async () => {
  let hangs = false;
  const asked = Promise.withResolvers<void>();
  const create: KubeClient['create'] = (resource, object, query) => {
    if (!hangs) return client.create(resource, object, query);
    asked.resolve();
    return new Promise(() => undefined);
  };
  const hanging = { client: clientWith('create', create) };
  const { grader, until, status } = await grade([mayList()], hanging);
  expect(status('may-list')).toBe('fail');
  hangs = true;
  await client.create(resources.roles, role());
  await asked.promise;
  grader.distrust('it hangs');
  await until(() => status('may-list') === 'error');
  expect(grader.verdicts()[0]?.why).toBe('it hangs');
});

describe('a level check', () => {
  it('turns to pass when the cluster changes, and back when it changes back', async () => {
    const { until, status, told } = await grade([mayList()]);
    expect(status('may-list')).toBe('fail');
    await grant();
    await until(() => status('may-list') === 'pass');
    await client.delete(resources.roles, namespace, 'pods');
    await until(() => status('may-list') === 'fail');
    expect(told.map((v) => v.status)).toEqual(['fail', 'pass', 'fail']);
    expect(told.at(-1)?.why).toContain('refers to Role pods, which does not exist');
  });
});

describe('settled verdicts', () => {
  /** A client whose watches hold back what happens until the gate is opened. */
  function heldBack(gate: Promise<void>): KubeClient {
    async function* watch(...args: Parameters<KubeClient['watch']>) {
      for await (const event of client.watch(...args)) {
        await gate;
        yield event;
      }
    }
    return clientWith('watch', watch);
  }

  const make = () => client.create(resources.configMaps, { metadata: { name: 'it', namespace } });
  const remove = () => client.delete(resources.configMaps, namespace, 'it');

  it.each([
    ['made', async () => {}, make, 'pass'],
    ['deleted', make, remove, 'fail'],
  ] as const)('wait for what was %s before, however late it is told', async (_, before, change, wanted) => {
    await before();
    const gate = Promise.withResolvers<void>();
    const isThere = check('is-there', 'resource', { kind: 'configmaps', namespace, name: 'it' });
    const { grader, status } = await grade([isThere], { client: heldBack(gate.promise) });
    const initial = wanted === 'pass' ? 'fail' : 'pass';
    expect(status('is-there')).toBe(initial);
    await change();
    const settled = grader.settled(30_000);
    // Longer than anything else that verdicts wait for.
    await grader.quiet(2_500, 5_000);
    gate.resolve();
    expect((await settled).map((v) => v.status)).toEqual([wanted]);
  });
});

describe('latch', () => {
  it('stays passed, and is remembered', async () => {
    const memories: GraderMemory[] = [];
    const first = await grade([mayList({ mode: 'latch' })], { onMemory: (m) => memories.push(m) });
    await grant();
    await first.until(() => first.status('may-list') === 'pass');
    await client.delete(resources.roleBindings, namespace, 'pods');
    const memory = memories.at(-1);
    expect(memory).toEqual({ latched: ['may-list'], heldSince: {} });
    const second = await grade([mayList({ mode: 'latch' })], { memory: memory as GraderMemory });
    expect(second.status('may-list')).toBe('pass');
  });
});

describe('hold', () => {
  it('passes only after it held without a break', async () => {
    const clock = new ManualClock(Date.now());
    await grant();
    const { status, until, grader } = await grade([mayList({ mode: { hold: 10_000 } })], { clock });
    expect(status('may-list')).toBe('pending');
    await clock.advance(9_000);
    expect(status('may-list')).toBe('pending');
    await client.delete(resources.roleBindings, namespace, 'pods');
    await until(() => status('may-list') === 'fail');
    await client.create(resources.roleBindings, binding());
    await until(() => status('may-list') === 'pending');
    const passed = until(() => status('may-list') === 'pass');
    await clock.advance(10_000);
    await passed;
    expect(grader.verdicts()[0]?.why).toBe('');
  });
});

describe('after', () => {
  it('is not judged before its gate passes', async () => {
    const quiet = check(
      'no-secrets',
      'resource',
      { kind: 'secrets', namespace, expect: 'absent' },
      { after: ['may-list'] },
    );
    const { status, until, grader } = await grade([mayList(), quiet]);
    expect(grader.verdicts()[1]).toMatchObject({ status: 'fail', actual: 'comes after "may-list"' });
    await grant();
    await until(() => status('no-secrets') === 'pass');
  });
});

describe('a cluster whose user may see one namespace only', () => {
  it('is judged by what can be seen', async () => {
    const apiGroup = 'rbac.authorization.k8s.io';
    await client.create(resources.roleBindings, {
      metadata: { name: 'jane', namespace },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'admin' },
      subjects: [{ apiGroup, kind: 'User', name: 'jane' }],
    });
    const jane = KubeClient.fromText(cluster.kubeconfig('jane'));
    onTestFinished(() => jane.close());
    const nodes = check('nodes', 'resource', { kind: 'Node' });
    const { grader, until, status, activities } = await grade([there(), nodes], { client: jane });
    expect(status('there')).toBe('fail');
    expect(grader.verdicts()[1]).toMatchObject({ status: 'error', why: expect.stringContaining('nodes is forbidden') });
    await client.create(resources.configMaps, { metadata: { name: 'there', namespace } });
    await until(() => status('there') === 'pass');
    expect(activities).toMatchObject([{ kind: 'ConfigMap', name: 'there' }]);
  });
});

describe('an unreachable cluster', () => {
  it('is an error that takes no points, and mends itself', async () => {
    const flaky = await createEmbeddedCluster({ kubelet: false, controllers: false });
    const lost = KubeClient.fromText(flaky.kubeconfig());
    onTestFinished(async () => {
      await lost.close();
      await flaky.stop();
    });
    const exists = check('there', 'resource', { kind: 'configmaps', namespace: 'kube-public' });
    await lost.create(resources.configMaps, { metadata: { name: 'a', namespace: 'kube-public' } });
    const { status, until, grader } = await grade([exists], {
      client: lost,
      baseline: baselineOf({ version: 1, objects: [] }),
      feed: [],
    });
    expect(status('there')).toBe('pass');
    await flaky.stop();
    await until(() => status('there') === 'error');
    expect(scoreOf(grader.verdicts())).toMatchObject({ score: 50, solved: false });
  });
});

describe('a grader that is told to stop', () => {
  it.each([
    ['has not seen the cluster yet', 'list'],
    ['waits for what a check has asked', 'create'],
  ] as const)('does not go on waiting when it %s', async (_, method) => {
    const asked = Promise.withResolvers<void>();
    const mute = clientWith(method, () => {
      asked.resolve();
      return new Promise(() => undefined);
    });
    const grader = new Grader({
      client: mute,
      checks: [mayList()],
      baseline: baselineOf({ version: 1, objects: [] }),
      clock: systemClock,
      activatedAt: Date.now(),
    });
    onTestFinished(() => grader.stop());
    const started = grader.start();
    await asked.promise;
    const settled = grader.settled(60_000);
    grader.stop();
    await started;
    await settled;
  });
});

describe('the activity feed', () => {
  it('tells what was changed, by whom, and what about it matters', async () => {
    const { activities, until } = await grade([mayList()]);
    await client.create(resources.roles, role(), { fieldManager: 'kubectl-create' });
    await client.create(resources.roleBindings, binding(), { fieldManager: 'kubectl-create' });
    await client.request('PATCH', `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/pods`, {
      body: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }] },
      contentType: 'application/merge-patch+json',
      query: { fieldManager: 'kubectl-edit' },
    });
    await client.delete(resources.roles, namespace, 'pods');
    await until(() => activities.length === 4);
    expect(activities.map(({ change, kind, name, manager, detail }) => [change, kind, name, manager, detail])).toEqual([
      ['+', 'Role', 'pods', 'kubectl-create', 'rules: list pods'],
      ['+', 'RoleBinding', 'pods', 'kubectl-create', `Role pods → ServiceAccount ${namespace}/app`],
      ['~', 'Role', 'pods', 'kubectl-edit', 'rules: get pods, list pods'],
      ['-', 'Role', 'pods', '', ''],
    ]);
  });
});

describe('the activity feed of a whole cluster', () => {
  it('does not tell what was there before, also when it began without the cluster', async () => {
    await client.create(resources.roles, role(), { fieldManager: 'kubectl-create' });
    const gate = Promise.withResolvers<void>();
    const away = clientWith('list', async (...args: Parameters<KubeClient['list']>) => {
      await gate.promise;
      const list = await client.list(...args);
      listed.add(args[0].resource);
      return list;
    });
    const listed = new Set<string>();
    const activities: Activity[] = [];
    const told = Promise.withResolvers<void>();
    const grader = new Grader({
      client: away,
      checks: [mayList()],
      baseline: baselineOf({ version: 1, objects: [] }),
      clock: systemClock,
      activatedAt: Date.now(),
      feed: 'everywhere',
      onActivity: (activity) => {
        activities.push(activity);
        if (activity.name === 'pods') told.resolve();
      },
    });
    onTestFinished(() => grader.stop());
    grader.distrust('it is away');
    await grader.start();
    gate.resolve();
    await expect.poll(() => [...listed]).toEqual(expect.arrayContaining(['roles', 'rolebindings']));
    await client.create(resources.roleBindings, binding(), { fieldManager: 'kubectl-create' });
    await told.promise;
    expect(activities.map(({ kind, name }) => [kind, name])).toEqual([['RoleBinding', 'pods']]);
  });

  it('tells what people do in any namespace, and of a namespace that goes only that it goes', async () => {
    const elsewhere = `elsewhere-${namespace}`;
    const { activities, until, grader } = await grade([mayList()], { feed: 'everywhere' });
    const by = (manager: string) => ({ fieldManager: manager });
    await client.create(resources.namespaces, { metadata: { name: elsewhere } }, by('kubectl-create'));
    await client.create(
      resources.roles,
      { ...role(), metadata: { name: 'pods', namespace: elsewhere } },
      by('kubectl-create'),
    );
    await client.create(resources.configMaps, { metadata: { name: 'a', namespace: elsewhere } }, by('kubectl-create'));
    await client.create(
      resources.configMaps,
      { metadata: { name: 'b', namespace: elsewhere }, data: { k: 'v' } },
      by('kube-scheduler'),
    );
    await client.delete(resources.configMaps, elsewhere, 'a');
    await client.delete(resources.namespaces, undefined, elsewhere);
    await grader.settled(10_000);
    // What the namespace controller does.
    await client.delete(resources.roles, elsewhere, 'pods');
    await client.delete(resources.configMaps, elsewhere, 'b');
    const ending = await client.get(resources.namespaces, undefined, elsewhere);
    await client.request('PUT', `/api/v1/namespaces/${elsewhere}/finalize`, { body: { ...ending, spec: {} } });
    await until(() => activities.some((a) => a.kind === 'Namespace' && a.change === '-'));
    await grader.settled(10_000);
    // Each kind comes on a watch of its own.
    expect(activities.map(({ change, kind, name }) => `${kind} ${change} ${name}`).sort()).toEqual([
      'ConfigMap + a',
      'ConfigMap - a',
      `Namespace + ${elsewhere}`,
      `Namespace - ${elsewhere}`,
      'Role + pods',
    ]);
  });

  it('tells of Pods that people made, not of those that controllers make', async () => {
    const { activities, until } = await grade([mayList()], { feed: 'everywhere' });
    const pod = (name: string, owner = false) => ({
      metadata: {
        name,
        namespace,
        ...(owner && {
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'x', controller: true }],
        }),
      },
      spec: { serviceAccountName: 'app', containers: [{ name: 'c', image: 'nginx' }] },
    });
    await client.create(resources.pods, pod('owned', true), { fieldManager: 'kubectl-create' });
    await client.create(resources.pods, pod('mine'), { fieldManager: 'kubectl-run' });
    await client.create(resources.pods, pod('helper'), { fieldManager: 'local-path-provisioner' });
    for (const name of ['owned', 'helper', 'mine']) await client.delete(resources.pods, namespace, name);
    await until(() => activities.some((a) => a.change === '-'));
    expect(activities.map(({ change, kind, name }) => [change, kind, name])).toEqual([
      ['+', 'Pod', 'mine'],
      ['-', 'Pod', 'mine'],
    ]);
  });

  it('tells what was decided of a CertificateSigningRequest', () => {
    const csr = (...types: string[]) =>
      ({
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name: 'jane', uid: 'u', resourceVersion: `${types.length}` },
        status: { conditions: types.map((type) => ({ type, status: 'True' })) },
      }) as unknown as Stored;
    const change = { resource: resources.certificateSigningRequests, old: csr(), object: csr('Approved') };
    expect(activityOf(change, 0)).toMatchObject({ change: '~', name: 'jane', detail: 'Approved' });
    expect(activityOf({ ...change, old: csr('Approved') }, 0)).toBeUndefined();
  });
});

describe('the score', () => {
  const verdict = (id: string, status: Verdict['status'], weight: number, guard = false): Verdict => ({
    id,
    title: id,
    status,
    weight,
    guard,
    expected: '',
    actual: '',
    why: '',
    evidence: [],
    since: 0,
    scored: status === 'pass' ? 'pass' : 'fail',
  });

  it('gives guards their points only beside work', () => {
    expect(scoreOf([verdict('guard', 'pass', 40, true), verdict('work', 'fail', 60)])).toEqual({
      score: 0,
      max: 100,
      solved: false,
    });
    expect(scoreOf([verdict('guard', 'pass', 40, true), verdict('work', 'pass', 60)])).toEqual({
      score: 100,
      max: 100,
      solved: true,
    });
  });

  it('is lowered by hints, which never unsolve', () => {
    expect(scoreOf([verdict('work', 'pass', 100)], 15)).toEqual({ score: 85, max: 100, solved: true });
    expect(scoreOf([verdict('work', 'fail', 100)], 15).score).toBe(0);
  });
});
