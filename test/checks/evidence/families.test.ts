import { describe, expect, it } from 'vitest';
import { type Reader, Unreadable } from '../../../src/checks/evidence/reader.ts';
import { traceEvidence } from '../../../src/checks/evidence/trace.ts';
import type { Suspect } from '../../../src/checks/types.ts';
import type { KubeObject, Resource, Stored } from '../../../src/kube/meta.ts';
import * as resources from '../../../src/kube/resources.ts';
import { objectSet, objectsOf } from '../../helpers/fake-view.ts';

interface World {
  objects: string;
  /** Lines by `pod/container`. */
  logs?: Record<string, string[]>;
  /** Resources that may not be read. */
  forbidden?: string[];
}

const now = Date.parse('2026-01-01T01:00:00Z');

/** A cluster that is written down, read as the grader reads one. */
function readerOf({ objects, logs = {}, forbidden = [] }: World): Reader {
  const set = objectSet(objectsOf(objects));
  const guard = (r: Resource, namespace?: string) => {
    if (!forbidden.includes(r.resource)) return;
    throw new Unreadable(
      r,
      namespace,
      `${r.resource} is forbidden: User "grader" cannot list resource "${r.resource}"`,
    );
  };
  return {
    async get<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string) {
      guard(r, namespace);
      return set.get(r, namespace, name);
    },
    async list<T extends KubeObject>(r: Resource<T>, namespace?: string, fieldSelector = '') {
      guard(r, namespace);
      const [, field = '', value = ''] = /^([^=]+)=(.*)$/.exec(fieldSelector) ?? [];
      const at = (object: unknown, path: string): unknown =>
        path.split('.').reduce<unknown>((o, key) => (o as Record<string, unknown> | undefined)?.[key], object);
      return set.list(r, namespace).filter((o) => !field || at(o, field) === value) as Stored<T>[];
    },
    log: async (_namespace, pod, container) => logs[`${pod}/${container}`] ?? [],
  };
}

async function trace(world: World, ...suspects: Suspect[]) {
  const evidence = await traceEvidence(suspects, readerOf(world), now);
  return {
    evidence,
    facts: evidence.flatMap((e) => (e.kind === 'command' ? [] : [e.text])),
    commands: evidence.flatMap((e) => (e.kind === 'command' ? [e.text] : [])),
  };
}

const about = (resource: Resource, name: string, namespace: string | undefined = 'shop'): Suspect => ({
  about: 'object',
  resource,
  name,
  ...(namespace ? { namespace } : {}),
});

const shop = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
`;

const pod = (spec: string, status: string, more = '') => `${shop}
apiVersion: v1
kind: Pod
metadata: { name: app, namespace: shop, labels: { app: app }${more} }
spec: ${spec}
status: ${status}
---
`;

const event = (reason: string, message: string, of = 'uid-Pod-app', name = 'e') => `
apiVersion: v1
kind: Event
metadata: { name: ${name}, namespace: shop }
type: Warning
reason: ${reason}
message: ${JSON.stringify(message)}
involvedObject: { uid: ${of} }
---
`;

const waiting = (reason: string, message = '') =>
  `{ phase: Pending, containerStatuses: [{ name: app, ready: false, restartCount: 0, image: x, imageID: x, state: { waiting: { reason: ${reason}, message: ${JSON.stringify(message)} } } }] }`;

const ended = (exitCode: number, reason: string, restarts = 3) =>
  `{ phase: Running, containerStatuses: [{ name: app, ready: false, restartCount: ${restarts}, image: x, imageID: x, state: { waiting: { reason: CrashLoopBackOff } }, lastState: { terminated: { exitCode: ${exitCode}, reason: ${reason} } } }] }`;

describe('an image', () => {
  const pull =
    'Failed to pull image "registry.example.com/app:1": rpc error: code = Unknown desc = failed to pull and unpack image "registry.example.com/app:1": failed to resolve reference "registry.example.com/app:1": pull access denied';
  const secret = (type: string, data: string) => `
apiVersion: v1
kind: Secret
metadata: { name: regcred, namespace: shop }
type: ${type}
data: ${data}
---
`;
  const world = (more: string) =>
    pod(
      '{ nodeName: n, imagePullSecrets: [{ name: regcred }], containers: [{ name: app, image: "registry.example.com/app:1" }] }',
      waiting('ImagePullBackOff'),
    ) +
    event('Failed', pull) +
    more;
  const config = (hosts: string[]) =>
    Buffer.from(
      JSON.stringify({ auths: Object.fromEntries(hosts.map((h) => [h, { username: 'me', password: 'hunter2' }])) }),
    ).toString('base64');

  it('leads to a pull secret that is not there', async () => {
    const { facts, commands } = await trace({ objects: world('') }, about(resources.pods, 'app'));
    expect(facts).toEqual([
      'Pod app: container app waits for its image, ImagePullBackOff',
      'the kubelet could not get "registry.example.com/app:1": pull access denied',
      'it is asked of registry registry.example.com: repository app, tag 1',
      'the Pod names the imagePullSecrets regcred',
      'there is no Secret regcred in namespace shop',
    ]);
    expect(commands.at(-1)).toBe('kubectl get secret regcred -n shop');
  });

  it.each([
    ['Opaque', '{ user: bWU= }', 'is of type Opaque, which holds no'],
    [
      'kubernetes.io/dockerconfigjson',
      `{ .dockerconfigjson: ${config(['other.example.com'])} }`,
      'for other.example.com, none for registry.example.com',
    ],
    [
      'kubernetes.io/dockerconfigjson',
      `{ .dockerconfigjson: ${config(['https://registry.example.com/v1/'])} }`,
      'the registry does not take them',
    ],
    ['kubernetes.io/dockerconfigjson', '{ .dockerconfigjson: bm9uZQ== }', 'has credentials for none'],
  ])('leads to a pull secret of type %s: %s', async (type, data, end) => {
    const { facts, evidence } = await trace({ objects: world(secret(type, data)) }, about(resources.pods, 'app'));
    expect(facts.at(-1)).toContain(end);
    expect(JSON.stringify(evidence)).not.toMatch(/hunter2|aHVudGVyMg|username/);
  });

  it('does not ask for credentials where the image is not there', async () => {
    const objects = world('').replace('pull access denied', 'registry.example.com/app:1: not found');
    const { facts } = await trace({ objects }, about(resources.pods, 'app'));
    expect(facts.at(-1)).toBe('it is asked of registry registry.example.com: repository app, tag 1');
  });
});

describe('a refusal', () => {
  const owner = (kind: string, name: string, more: string) => `${shop}
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: shop }
spec: { replicas: 2, template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, image: x }] } } }
status: { replicas: 0, readyReplicas: 0 }
---
${more}`;
  const refused = (kind: string, message: string) => event('FailedCreate', message, `uid-${kind}-db`);

  it('of a claim leads to the quota of storage', async () => {
    const message =
      'create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: disk, requested: requests.storage=5Gi, used: requests.storage=0, limited: requests.storage=2Gi';
    const objects = owner('StatefulSet', 'db', refused('StatefulSet', message));
    const { facts } = await trace({ objects }, about(resources.statefulSets, 'db'));
    expect(facts).toEqual([
      'StatefulSet db: 0 of 2 Pods are ready',
      'StatefulSet db cannot make its Pods: exceeded quota: disk, requested: requests.storage=5Gi, used: requests.storage=0, limited: requests.storage=2Gi',
      'ResourceQuota disk: of requests.storage 0 of 2Gi are used, 5Gi more are asked for',
    ]);
  });

  it('in a namespace that goes leads to what holds that up', async () => {
    const message =
      'pods "db-x" is forbidden: unable to create new content in namespace shop because it is being terminated';
    const objects = owner('ReplicaSet', 'db', refused('ReplicaSet', message)).replace(
      'metadata: { name: shop }',
      'metadata: { name: shop, deletionTimestamp: "2026-01-01T00:00:00Z" }\nstatus: { conditions: [{ type: NamespaceFinalizersRemaining, status: "True", reason: SomeFinalizersRemain, message: "held by example.com/keep" }] }',
    );
    const { facts } = await trace({ objects }, about(resources.replicaSets, 'db'));
    expect(facts.slice(2)).toEqual([
      'Namespace shop is being deleted',
      'Namespace shop: NamespaceFinalizersRemaining is True, SomeFinalizersRemain: held by example.com/keep',
    ]);
  });

  it('by a policy leads to the expression that was broken', async () => {
    const message = `pods "db-x" is forbidden: ValidatingAdmissionPolicy 'names' with binding 'all' denied request: failed expression: object.metadata.name.startsWith('ok-')`;
    const policy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: names }
spec: { validations: [{ expression: "true", message: never }, { expression: "object.metadata.name.startsWith('ok-')" }] }
`;
    const objects = owner('ReplicaSet', 'db', refused('ReplicaSet', message) + policy);
    const { facts } = await trace({ objects }, about(resources.replicaSets, 'db'));
    expect(facts.at(-1)).toBe("the policy demands object.metadata.name.startsWith('ok-')");
  });
});

describe('a crash', () => {
  const running = (spec: string, status: string) => pod(`{ nodeName: n, ${spec} }`, status);

  it('leads to the memory limit', async () => {
    const objects = running(
      'containers: [{ name: app, image: x, resources: { limits: { memory: 64Mi } } }]',
      ended(137, 'OOMKilled'),
    );
    const { facts } = await trace({ objects }, about(resources.pods, 'app'));
    expect(facts).toEqual([
      'Pod app: container app has restarted 3 times, CrashLoopBackOff',
      'it ended with exit code 137, OOMKilled: the kernel ended it for its memory',
      'its memory limit is 64Mi',
      'neither command nor args are given: image x decides',
    ]);
  });

  it('tells the kubelet that killed it from a signal of somebody else', async () => {
    const spec =
      'containers: [{ name: app, image: x, livenessProbe: { httpGet: { path: /up, port: 81 } }, ports: [{ containerPort: 80 }] }]';
    const objects =
      running(spec, ended(137, 'Error')) +
      event('Killing', 'Container app failed liveness probe, will be restarted') +
      event('Unhealthy', 'Liveness probe failed: Get "http://10.0.0.1:81/up": connection refused', 'uid-Pod-app', 'u');
    const { facts } = await trace({ objects }, about(resources.pods, 'app'));
    expect(facts.slice(2)).toEqual([
      'the kubelet killed it: Container app failed liveness probe, will be restarted',
      'Liveness probe failed: Get "http://10.0.0.1:81/up": connection refused',
      'the liveness probe asks: http-get http://:81/up (every 10 s, for 1 s, 3 failures count)',
      'container app declares the ports 80, not 81',
    ]);
  });

  it('hides tokens and passwords of logs and arguments', async () => {
    const token = `eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(40)}.c2ln`;
    const objects = running(
      `containers: [{ name: app, image: x, args: [--dsn, "postgres://me:hunter2@db/x"] }]`,
      ended(1, 'Error'),
    );
    const logs = { 'app/app': [`failed with Bearer ${token}`] };
    const { evidence, facts } = await trace({ objects, logs }, about(resources.pods, 'app'));
    expect(JSON.stringify(evidence)).not.toMatch(/hunter2|eyJ/);
    expect(facts).toContain('failed with Bearer <hidden>');
  });

  it('follows a Forbidden to the missing right', async () => {
    const line =
      'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:shop:default" cannot list resource "pods" in API group "" in the namespace "shop"';
    const objects = running('containers: [{ name: app, image: x }]', ended(1, 'Error'));
    const { facts, commands } = await trace({ objects, logs: { 'app/app': [line] } }, about(resources.pods, 'app'));
    expect(facts.at(-1)).toMatch(/^none of the rules that ServiceAccount shop\/default has allows it to/);
    expect(commands).toContain('kubectl auth can-i list pods -n shop --as=system:serviceaccount:shop:default');
  });

  it('follows a connection that is refused to the Service', async () => {
    const objects = `${running('containers: [{ name: app, image: x }]', ended(1, 'Error'))}
apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
spec: { clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7], selector: { app: db }, ports: [{ port: 5432 }] }
`;
    const logs = { 'app/app': ['dial tcp 10.96.0.7:5432: connect: connection refused'] };
    const { facts } = await trace({ objects, logs }, about(resources.pods, 'app'));
    expect(facts.slice(3)).toEqual([
      'Service db has no ready endpoints',
      'it selects Pods with app=db',
      'no Pod has these labels; app comes nearest: its label app is app, not db',
    ]);
  });
});

describe('a 401', () => {
  const line = 'error: You must be logged in to the server (Unauthorized)';
  const log: Suspect = { about: 'log', namespace: 'shop', pod: 'app', container: 'app', line };
  const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  const own = 'https://kubernetes.default.svc.cluster.local';
  const world = (claims: object | string, account = '') => `${pod(
    '{ nodeName: n, containers: [{ name: app, image: x, env: [{ name: TOKEN, valueFrom: { secretKeyRef: { name: api, key: token } } }] }] }',
    '{ phase: Running }',
  )}
apiVersion: v1
kind: Secret
metadata: { name: api, namespace: shop }
data: { token: ${Buffer.from(typeof claims === 'string' ? claims : jwt(claims)).toString('base64')} }
---
${account}`;
  const bound = { sub: 'system:serviceaccount:shop:bot', aud: [own], exp: now / 1000 + 60 };
  const account = { namespace: 'shop', serviceaccount: { name: 'bot', uid: 'uid-ServiceAccount-bot' } };
  const bot = 'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: bot, namespace: shop }\n---\n';

  it.each([
    ['none', 'hunter2', '', 'is no token'],
    ['expired', { ...bound, exp: now / 1000 - 60 }, '', 'it has expired at 2026-01-01T00:59:00.000Z'],
    [
      'of another audience',
      { ...bound, aud: ['vault'] },
      bot,
      'is a token of system:serviceaccount:shop:bot for vault',
    ],
    [
      'of an account that is gone',
      { ...bound, 'kubernetes.io': account },
      '',
      'there is no ServiceAccount bot in namespace shop',
    ],
    [
      'of an account that was made again',
      { ...bound, 'kubernetes.io': { ...account, serviceaccount: { name: 'bot', uid: 'old' } } },
      bot,
      'ServiceAccount bot has another uid now, uid-ServiceAccount-bot',
    ],
    [
      'of a Pod that is gone',
      { ...bound, 'kubernetes.io': { ...account, pod: { name: 'bot-1', uid: 'p' } } },
      bot,
      'it is bound to Pod bot-1 with uid p, which is gone',
    ],
  ])('leads to a token that is %s', async (_, claims, more, end) => {
    const { facts, evidence } = await trace({ objects: world(claims, more) }, log);
    expect(facts[0]).toMatch(/^a 401 says/);
    expect(facts.at(-1)).toContain(end);
    expect(JSON.stringify(evidence)).not.toMatch(/hunter2|e30\./);
  });

  it('leads to an account that is newer than the Pod', async () => {
    const objects = `${pod(
      `{ nodeName: n, serviceAccountName: bot, containers: [{ name: app, image: x, volumeMounts: [{ name: t, mountPath: /t }] }], volumes: [{ name: t, projected: { sources: [{ serviceAccountToken: { path: token, expirationSeconds: 3607 } }] } }] }`,
      '{ phase: Running }',
    )}
apiVersion: v1
kind: ServiceAccount
metadata: { name: bot, namespace: shop, creationTimestamp: "2026-01-01T00:10:00Z" }
`;
    const { facts } = await trace({ objects }, log);
    expect(facts.slice(1)).toEqual([
      "the token at /t/token is for the API server's own audience, renewed within 3607 s",
      'ServiceAccount bot is newer than the Pod: 2026-01-01T00:10:00Z, the Pod 2026-01-01T00:00:00Z; a token is of the account that was there before',
    ]);
  });

  it('leads to a mounted token that is for somebody else', async () => {
    const objects = pod(
      '{ nodeName: n, containers: [{ name: app, image: x, volumeMounts: [{ name: t, mountPath: /t }] }], volumes: [{ name: t, projected: { sources: [{ serviceAccountToken: { path: token, audience: vault } }] } }] }',
      '{ phase: Running }',
    );
    const { facts } = await trace({ objects }, log);
    expect(facts.at(-1)).toBe('the token at /t/token is for audience "vault", renewed within 3600 s');
  });

  it('is told apart from a 403 of nobody', async () => {
    const forbidden =
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "shop"';
    const { facts } = await trace({ objects: world('x') }, { ...log, line: forbidden });
    expect(facts).toEqual([
      'the server took who asks for system:anonymous: the request showed no token that it could refuse',
      'no token is mounted in container app',
    ]);
  });
});

describe('a connection that must not be', () => {
  const client = (name: string, labels: string, ip: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: shop, labels: ${labels} }
spec: { nodeName: n, containers: [{ name: c, image: x }] }
status: { phase: Running, podIP: ${ip}, conditions: [{ type: Ready, status: "True" }] }
---
`;
  const policy = (spec: string) => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: shop, namespace: shop }
spec: ${spec}
---
`;
  const pods = shop + client('client', '{ role: client }', '10.0.0.1') + client('db', '{ app: db }', '10.0.0.2');
  const suspect = (denied: boolean): Suspect => ({
    about: 'connection',
    from: { kind: 'Pod', name: 'client', namespace: 'shop' },
    to: { workload: { kind: 'Pod', name: 'db', namespace: 'shop' } },
    port: 5432,
    denied,
  });

  it('leads to the rule that lets it pass, and to where no policy speaks', async () => {
    const open = policy(
      '{ podSelector: { matchLabels: { app: db } }, ingress: [{ ports: [{ port: 80 }] }, { from: [{ podSelector: {} }] }] }',
    );
    const { facts } = await trace({ objects: pods + open }, suspect(true));
    expect(facts).toEqual([
      'no NetworkPolicy selects Pod client for egress',
      'NetworkPolicy shop lets it pass by its ingress rule 2',
    ]);
  });

  it('leads to the policies of the side that refuses where it should be', async () => {
    const closed = policy(
      '{ podSelector: { matchLabels: { role: client } }, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 10.1.0.0/16, except: [10.1.2.0/24] } }], ports: [{ protocol: UDP, port: 53 }] }] }',
    );
    const { facts } = await trace({ objects: pods + closed }, suspect(false));
    expect(facts).toEqual([
      'Pod client is isolated for egress by NetworkPolicy shop, and none lets it out to Pod db on TCP 5432',
      'NetworkPolicy shop lets pass: 10.1.0.0/16 but 10.1.2.0/24 on UDP 53',
    ]);
  });
});

describe('what leads on to something else', () => {
  it('is the Service of an EndpointSlice', async () => {
    const objects = `${shop}
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-x, namespace: shop, labels: { kubernetes.io/service-name: web } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { ports: [{ port: 80 }] }
`;
    const { facts } = await trace({ objects }, about(resources.endpointSlices, 'web-x'));
    expect(facts).toEqual([
      'Service web has no ready endpoints',
      'Service web has no selector: its endpoints are made by hand',
    ]);
  });

  it('is the policy for egress of a connection to an address outside', async () => {
    const objects = `${pod('{ nodeName: n, containers: [{ name: app, image: x }] }', '{ phase: Running, podIP: 10.0.0.1 }')}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: inside, namespace: shop }
spec: { podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }] }
`;
    const from = { kind: 'Pod', name: 'app', namespace: 'shop' } as const;
    const to = (host: string): Suspect => ({ about: 'connection', from, to: { host }, port: 443 });
    expect((await trace({ objects }, to('192.0.2.1'))).facts).toEqual([
      'Pod app is isolated for egress by NetworkPolicy inside, and none lets it out to 192.0.2.1 on TCP 443',
      'NetworkPolicy inside lets pass: 10.0.0.0/8',
    ]);
    expect((await trace({ objects }, to('10.9.9.9'))).facts).toEqual([]);
  });
});

describe('a chain', () => {
  it('ends where the grader may not look', async () => {
    const objects = pod('{ nodeName: n, containers: [{ name: app, image: x }] }', waiting('ImagePullBackOff'));
    const { evidence } = await trace({ objects, forbidden: ['events'] }, about(resources.pods, 'app'));
    expect(evidence).toEqual([
      {
        kind: 'missing',
        text: 'what lies behind cannot be read: events is forbidden: User "grader" cannot list resource "events"',
      },
      { kind: 'command', text: 'kubectl auth can-i list events -n shop' },
    ]);
  });

  it('is never longer than eight facts, and says nothing twice', async () => {
    const taints = Array.from(
      { length: 4 },
      (_, n) => `
apiVersion: v1
kind: Node
metadata: { name: n${n} }
spec: { taints: [{ key: t${n}, effect: NoSchedule }] }
status: { allocatable: { cpu: "1" } }
---
`,
    ).join('');
    const message =
      "0/4 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) didn't match Pod's node affinity/selector, 1 Insufficient memory, 1 node(s) were unschedulable.";
    const objects =
      pod(
        '{ nodeSelector: { a: b, c: d, e: f }, containers: [{ name: app, image: x, resources: { requests: { cpu: "2", memory: 1Gi } } }] }',
        `{ phase: Pending, conditions: [{ type: PodScheduled, status: "False", reason: Unschedulable, message: ${JSON.stringify(message)} }] }`,
      ) + taints;
    const { facts } = await trace({ objects }, about(resources.pods, 'app'), about(resources.pods, 'app'));
    expect(facts).toHaveLength(8);
    expect(new Set(facts).size).toBe(8);
  });

  it('says nothing of what is as it should be', async () => {
    const objects = pod(
      '{ nodeName: n, containers: [{ name: app, image: x }] }',
      '{ phase: Running, conditions: [{ type: Ready, status: "True" }], containerStatuses: [{ name: app, ready: true, restartCount: 0, image: x, imageID: x, state: { running: {} } }] }',
    );
    expect((await trace({ objects }, about(resources.pods, 'app'))).facts).toEqual([]);
  });

  it('tells of a namespace that is not there', async () => {
    const { facts, commands } = await trace({ objects: shop }, about(resources.deployments, 'web', 'shpo'));
    expect(facts).toEqual(['there is no namespace shpo']);
    expect(commands).toEqual(['kubectl get namespace shpo']);
  });
});
