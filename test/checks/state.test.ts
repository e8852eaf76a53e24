import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { helmRelease } from '../../src/checks/objects/helm-release.ts';
import { nodeState } from '../../src/checks/objects/node-state.ts';
import { metric } from '../../src/checks/workloads/metric.ts';
import { swan } from '../helpers/fake-view.ts';
import { ago, judge } from '../helpers/judge.ts';

describe('metric', () => {
  const spec = { workload: 'deployment/api-client', namespace: 'project-swan', resource: 'cpu', max: '200m' };
  const running = swan().replace('status:\n  conditions', 'status:\n  phase: Running\n  conditions');
  const measured =
    (cpu: string, { seconds = 10, name = 'api-client-1-x' } = {}) =>
    async () => ({
      items: [
        {
          metadata: { name },
          timestamp: ago(seconds),
          containers: [{ name: 'client', usage: { cpu, memory: '64Mi' } }],
        },
      ],
    });
  const look = (fetch: () => Promise<unknown>, more: object = {}, objects = running) =>
    judge(metric, { ...spec, ...more }, { objects, fetch });

  it('passes within the bounds, and measures again', async () => {
    expect(await look(measured('150m'))).toMatchObject({ status: 'pass', actual: '150m', wakes: [15_000] });
    expect(await look(measured('1m'), { resource: 'memory', min: '60Mi', max: undefined, of: 'sum' })).toMatchObject({
      status: 'pass',
      actual: '64Mi',
    });
  });

  it.each([
    ['it is over', measured('201m'), {}, 'Pod api-client-1-x uses 201m'],
    ['it is under', measured('1n'), { min: '1m' }, 'Pod api-client-1-x uses 1m'],
    ['the cluster does not measure', async () => undefined, {}, 'this cluster does not serve metrics.k8s.io'],
    [
      'the measure is of before set-up',
      measured('1m', { seconds: 3_000 }),
      {},
      'there are no metrics of Pod api-client-1-x yet',
    ],
    [
      'another Pod was measured',
      measured('1m', { name: 'other' }),
      {},
      'there are no metrics of Pod api-client-1-x yet',
    ],
  ])('fails where %s', async (_, fetch, more, why) => {
    expect(await look(fetch, more)).toMatchObject({ status: 'fail', why });
  });

  it('does not measure a Pod that somebody made or resized by hand', async () => {
    const resized = running.replace(
      'name: api-client-1-x\n',
      'name: api-client-1-x\n  managedFields: [{ manager: kubectl-patch, subresource: resize, fieldsV1: { "f:spec": { "f:containers": {} } } }]\n',
    );
    expect(await look(measured('1m'), {}, resized)).toMatchObject({
      status: 'fail',
      why: 'Pod api-client-1-x was made or changed by hand (kubectl-patch), not from the template',
    });
    expect(await look(measured('1m'), {}, resized.replace('kubectl-patch', 'kube-controller-manager'))).toMatchObject({
      status: 'pass',
    });
  });

  it('is pending while a new Pod is not measured, fails without Pods', async () => {
    const young = running.replace('phase: Running', `phase: Running\n  startTime: "${ago(20)}"`);
    expect(await look(async () => ({ items: [] }), {}, young)).toMatchObject({ status: 'pending' });
    const crashing = young.replace(
      /state: \{ running: .*? \} \}/,
      'state: { waiting: { reason: CrashLoopBackOff } }, lastState: { terminated: { exitCode: 1 } }',
    );
    expect(await look(async () => ({ items: [] }), {}, crashing)).toMatchObject({
      status: 'fail',
      why: 'Pod api-client-1-x: client is in CrashLoopBackOff, its last exit code was 1',
    });
    expect(await look(measured('1m'), {}, swan())).toMatchObject({
      status: 'fail',
      why: 'the Deployment api-client has no running Pods',
    });
    expect(await look(measured('1m'), {}, '')).toMatchObject({ status: 'fail' });
  });

  it('rejects where it cannot ask, and needs a bound', async () => {
    await expect(look(async () => Promise.reject(new Error('no route')))).rejects.toThrow('no route');
    expect(metric.schema.safeParse({ ...spec, max: undefined }).success).toBe(false);
    expect(metric.schema.safeParse({ ...spec, max: 'much' }).success).toBe(false);
  });
});

describe('helmRelease', () => {
  interface Made {
    name?: string;
    version?: number;
    status?: string;
    manifest?: string;
    config?: object;
  }
  const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: shop }\n';
  const secret = ({
    name = 'web',
    version = 1,
    status = 'deployed',
    manifest = deployment,
    config = {},
  }: Made = {}) => {
    const chart = {
      metadata: { name: 'nginx', version: '1.2.3', appVersion: '1.27' },
      values: { replicas: 1, image: { tag: '1.27' } },
    };
    const release = { name, version, info: { status }, chart, config, manifest };
    const packed = Buffer.from(gzipSync(JSON.stringify(release)).toString('base64')).toString('base64');
    return `
apiVersion: v1
kind: Secret
metadata: { name: sh.helm.release.v1.${name}.v${version}, namespace: shop }
type: helm.sh/release.v1
data: { release: ${packed} }
---
`;
  };
  const web = (release = 'web') =>
    `${deployment.replace('namespace: shop }', `namespace: shop, annotations: { meta.helm.sh/release-name: ${release} } }`)}---\n`;
  const spec = { release: 'web', namespace: 'shop' };
  const look = (objects: string, more: object = {}) => judge(helmRelease, { ...spec, ...more }, { objects });

  it('passes on the newest revision, its chart and its computed values', async () => {
    const objects = secret({ status: 'superseded' }) + secret({ version: 2, config: { replicas: 3 } }) + web();
    const more = {
      chart: 'nginx',
      version: '1.2.3',
      appVersion: '1.27',
      revision: 2,
      values: { replicas: 3, 'image.tag': '1.27' },
    };
    expect(await look(objects, more)).toMatchObject({ status: 'pass', actual: 'revision 2 of nginx-1.2.3' });
  });

  it.each([
    ['there is none', '', {}, 'there is no release web in namespace shop'],
    ['it failed', secret({ status: 'failed' }) + web(), {}, 'revision 1 is failed'],
    ['the chart is another', secret() + web(), { chart: 'apache' }, 'its chart is nginx'],
    ['the version is another', secret() + web(), { version: '2.0.0' }, 'the version of its chart is 1.2.3'],
    ['it was not upgraded', secret() + web(), { minRevision: 2 }, 'revision 1 is the newest'],
    [
      'an older revision was deployed, the newest failed',
      secret() + secret({ version: 2, status: 'failed' }) + web(),
      {},
      'revision 2 is failed',
    ],
    ['a value is another', secret() + web(), { values: { replicas: 2 } }, 'the value replicas is 1'],
    ['only the Secret is there', secret(), {}, 'its Deployment web is not there'],
    ['the objects are of another release', secret() + web('other'), {}, 'the Deployment web does not belong to it'],
    ['it installed nothing', secret({ manifest: '' }), {}, 'it installed nothing'],
    [
      'the Secret holds rubbish',
      secret().replace(/release: \S+ }/, 'release: cnViYmlzaA== }'),
      {},
      'there is no release web in namespace shop',
    ],
    [
      'the Secret is of another type',
      secret().replace('helm.sh/release.v1\n', 'Opaque\n') + web(),
      {},
      'there is no release web in namespace shop',
    ],
  ])('fails where %s', async (_, objects, more, why) => {
    expect(await look(objects, more)).toMatchObject({ status: 'fail', why });
  });

  it('expects it to be gone, with all that belonged to it', async () => {
    const absent = { expect: 'absent' };
    expect(await look('', absent)).toMatchObject({ status: 'pass' });
    expect(await look(secret({ status: 'uninstalled' }), absent)).toMatchObject({ status: 'pass' });
    expect(await look(secret() + web(), absent)).toMatchObject({
      status: 'fail',
      why: 'the release web is still there',
    });
    expect(await look(web(), absent)).toMatchObject({
      status: 'fail',
      why: 'objects of the release are still there: Deployment web',
    });
  });

  it('knows what belonged to it though nothing says so any more', async () => {
    const absent = { ...spec, expect: 'absent' };
    const owned = (kind: string, name: string, owner: string) => `
apiVersion: ${kind === 'Pod' ? 'v1' : 'apps/v1'}
kind: ${kind}
metadata: { name: ${name}, namespace: shop, ownerReferences: [{ kind: any, name: any, uid: ${owner}, controller: true }] }
---
`;
    const baseline =
      secret() +
      web() +
      owned('ReplicaSet', 'web-1', 'uid-Deployment-web') +
      owned('Pod', 'web-1-x', 'uid-ReplicaSet-web-1') +
      owned('Pod', 'stranger', 'uid-ReplicaSet-else');
    const judged = (objects: string) => judge(helmRelease, absent, { objects, baseline });
    const left = (...names: string[]) => ({
      status: 'fail',
      why: `objects of the release are still there: ${names.join(', ')}`,
    });
    expect(await judged(`${deployment}---\n`)).toMatchObject(left('Deployment web'));
    const orphans = owned('ReplicaSet', 'web-1', 'none') + owned('Pod', 'web-1-x', 'uid-ReplicaSet-web-1');
    expect(await judged(orphans)).toMatchObject(left('ReplicaSet web-1', 'Pod web-1-x'));
    const anew = `${deployment.replace('namespace: shop }', 'namespace: shop, uid: another }')}---\n`;
    expect(await judged(anew + owned('Pod', 'stranger', 'uid-ReplicaSet-else'))).toMatchObject({ status: 'pass' });
    const rubbish = secret().replace(/release: \S+ }/, 'release: cnViYmlzaA== }');
    expect(await judged(rubbish)).toMatchObject({
      status: 'fail',
      why: 'the Secret sh.helm.release.v1.web.v1 of the release is still there',
    });
  });

  it('compares what is there with the manifest, but for what others may change', async () => {
    const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 1
  template: { spec: { containers: [{ name: web, image: nginx, args: [], resources: { limits: { cpu: 1000m } } }] } }
`;
    const live = (image: string, more = '') =>
      web().replace(
        '---\n',
        `spec:\n  replicas: 3\n  template: { spec: { dnsPolicy: ClusterFirst, containers: [${more}{ name: web, image: ${image}, resources: { limits: { cpu: "1" } } }] } }\n---\n`,
      );
    expect(await look(secret({ manifest }) + live('nginx', '{ name: injected, image: proxy }, '))).toMatchObject({
      status: 'pass',
    });
    expect(await look(secret({ manifest }) + live('apache'))).toMatchObject({
      status: 'fail',
      why: 'the Deployment web is not as the release made it: spec.template.spec.containers[web].image is apache',
    });
    const mounts = '[{ name: data, mountPath: /a }, { name: data, mountPath: /b }]';
    const twice = manifest.replace('args: []', `volumeMounts: ${mounts}`);
    const mounted = (text: string) => live(`nginx, volumeMounts: ${text}`);
    expect(await look(secret({ manifest: twice }) + mounted(mounts))).toMatchObject({ status: 'pass' });
    expect(
      await look(
        secret({ manifest: twice }) + mounted('[{ name: data, mountPath: /a }, { name: other, mountPath: /b }]'),
      ),
    ).toMatchObject({ status: 'fail' });
    expect(await look(secret({ manifest: twice }) + mounted('[]'))).toMatchObject({
      status: 'fail',
      why: expect.stringContaining('volumeMounts[data] is not there'),
    });
  });
});

describe('nodeState', () => {
  interface State {
    ready?: string;
    lease?: number;
    spec?: string;
    labels?: string;
    manager?: string;
  }
  const node = ({ ready = 'True', lease = 5, spec = '{}', labels = '{}', manager = 'kubelet' }: State = {}) => `
apiVersion: v1
kind: Node
metadata:
  name: worker
  labels: ${labels}
  managedFields: [{ manager: ${manager}, subresource: status, fieldsV1: { "f:status": { "f:conditions": { 'k:{"type":"Ready"}': {} } } } }]
spec: ${spec}
status: { conditions: [{ type: Ready, status: "${ready}", message: the kubelet says so }], nodeInfo: { kubeletVersion: v1.35.4 } }
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: worker, namespace: kube-node-lease }
spec: { renewTime: "${ago(lease)}" }
---
`;
  const pod = (more = '', meta = '') => `
apiVersion: v1
kind: Pod
metadata: { name: p, namespace: shop${meta} }
spec: { nodeName: worker }
status: { phase: Running${more} }
---
`;
  const look = (objects: string, more: object) => judge(nodeState, { node: 'worker', ...more }, { objects });

  it('passes on the state that was asked for', async () => {
    expect(await look(node(), { ready: true, schedulable: true, kubeletVersion: 'v1.35.4' })).toMatchObject({
      status: 'pass',
      wakes: [45_100],
    });
    expect(await look(node({ spec: '{ unschedulable: true }' }), { schedulable: false })).toMatchObject({
      status: 'pass',
    });
    const tainted = node({
      spec: '{ taints: [{ key: a, value: b, effect: NoSchedule }, { key: c, effect: NoExecute }] }',
      labels: '{ disk: ssd }',
    });
    expect(
      await look(tainted, { taints: ['a=b:NoSchedule', 'c:NoExecute'], noTaints: ['d'], labels: { disk: 'ssd' } }),
    ).toMatchObject({ status: 'pass' });
    expect(await look(node(), { node: undefined, role: 'worker', ready: true })).toMatchObject({ status: 'pass' });
  });

  it.each([
    ['there is no such node', '', { ready: true }, 'there is no node worker'],
    ['there is none of the role', node(), { node: undefined, role: 'control-plane' }, 'there is no control-plane node'],
    ['it is not ready', node({ ready: 'Unknown' }), { ready: true }, 'worker is not ready: the kubelet says so'],
    [
      'its kubelet is silent',
      node({ lease: 90 }),
      { ready: true },
      'worker says that it is ready, but the kubelet of worker renewed its Lease 90 s ago',
    ],
    [
      'somebody wrote its status',
      node({ manager: 'kubectl-patch' }),
      { ready: true },
      'worker has a status that kubectl-patch wrote, not its kubelet',
    ],
    ['it is ready and should not', node(), { ready: false }, 'worker is ready'],
    ['it is cordoned', node({ spec: '{ unschedulable: true }' }), { schedulable: true }, 'worker is cordoned'],
    [
      'it is only cordoned',
      node({ spec: '{ unschedulable: true }' }) + pod(),
      { drained: true },
      'worker still runs shop/p',
    ],
    ['it is only empty', node(), { drained: true }, 'worker is not cordoned'],
    [
      'a taint has another effect',
      node({ spec: '{ taints: [{ key: a, value: b, effect: NoExecute }] }' }),
      { taints: ['a=b:NoSchedule'] },
      'worker has no taint a=b:NoSchedule',
    ],
    [
      'a taint is left',
      node({ spec: '{ taints: [{ key: a, effect: NoExecute }] }' }),
      { noTaints: ['a'] },
      'worker has the taint a',
    ],
    [
      'a label is another',
      node({ labels: '{ disk: hdd }' }),
      { labels: { disk: 'ssd' } },
      'worker has the label disk=hdd, not disk=ssd',
    ],
    ['its kubelet is older', node(), { kubeletVersion: 'v1.36.0' }, 'worker has kubelet v1.35.4'],
  ])('fails where %s', async (_, objects, more, actual) => {
    expect(await look(objects, more)).toMatchObject({ status: 'fail', actual });
  });

  it('waits for Pods that are being deleted, but not for ever', async () => {
    const cordoned = node({ spec: '{ unschedulable: true }' });
    const going = (seconds: number) => pod('', `, deletionTimestamp: "${ago(seconds)}"`);
    expect(await look(cordoned + going(-20), { drained: true })).toMatchObject({ status: 'pending', wakes: [25_000] });
    expect(await look(cordoned + going(6), { drained: true })).toMatchObject({ status: 'fail' });
    const other = going(-20) + pod().replace('name: p', 'name: q');
    expect(await look(cordoned + other, { drained: true })).toMatchObject({ status: 'fail' });
  });

  it('takes a role as it was after set-up, and a Node that is new once a kubelet is behind it', async () => {
    const label = "{ node-role.kubernetes.io/control-plane: '' }";
    const role = { role: 'worker', labels: { disk: 'ssd' } };
    const judged = (objects: string, baseline: string) => judge(nodeState, role, { objects, baseline });
    expect(await judged(node({ labels: label }), node())).toMatchObject({
      status: 'fail',
      actual: 'worker has no label disk=ssd',
    });
    const ghost = node({ labels: '{ disk: ssd }' });
    expect(await judged(ghost, '')).toMatchObject({ status: 'pass' });
    expect(await judged(node({ labels: '{ disk: ssd }', lease: 90 }), '')).toMatchObject({
      status: 'fail',
      actual: 'there is no worker node',
    });
  });

  it('does not take a Lease that somebody wrote, or one from the future', async () => {
    const byHand = node().replace(
      'namespace: kube-node-lease }',
      'namespace: kube-node-lease, managedFields: [{ manager: kubectl-create, fieldsV1: { "f:spec": { "f:renewTime": {} } } }] }',
    );
    expect(await look(byHand, { ready: true })).toMatchObject({
      status: 'fail',
      actual: 'worker says that it is ready, but the Lease of worker was written by kubectl-create, not by its kubelet',
    });
    expect(await look(node({ lease: -3_600 }), { ready: true })).toMatchObject({ status: 'fail' });
    expect(await look(node({ lease: -5 }), { ready: true })).toMatchObject({ status: 'pass' });
  });

  it('is drained when only Pods are left that draining leaves', async () => {
    const cordoned = node({ spec: '{ unschedulable: true }' });
    const owned = (kind: string, name: string) =>
      `, labels: { app: d }, ownerReferences: [{ kind: ${kind}, name: ${name}, uid: uid-${kind}-${name}, controller: true }]`;
    const daemon = `${pod('', owned('DaemonSet', 'd'))}
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: d, namespace: shop }
spec: { selector: { matchLabels: { app: d } } }
---
`;
    const annotated = ', annotations: { kubernetes.io/config.mirror: x }';
    const mirror = pod('', owned('Node', 'worker') + annotated);
    const done = pod().replace('Running', 'Succeeded');
    for (const left of [daemon, mirror, done])
      expect(await look(cordoned + left, { drained: true })).toMatchObject({ status: 'pass' });
    const orphan = pod('', owned('DaemonSet', 'd'));
    const pretender = daemon.replace('matchLabels: { app: d }', 'matchLabels: { app: e }');
    for (const left of [orphan, pretender, pod('', annotated), pod('', owned('Node', 'worker'))])
      expect(await look(cordoned + left, { drained: true })).toMatchObject({
        status: 'fail',
        actual: 'worker still runs shop/p',
      });
  });
});
