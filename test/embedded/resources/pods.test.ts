import { describe, expect, it } from 'vitest';
import { qosClass } from '../../../src/embedded/resources/pod-spec/qos.ts';
import { podResource } from '../../../src/embedded/resources/pods.ts';
import type { Binding, Eviction, Pod, ResourceRequirements } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { nodes, pods } from '../../../src/kube/resources.ts';
import { refusal } from '../../helpers/control-plane.ts';
import { api, causes, podOf } from './api.ts';

describe('defaults of Pods', () => {
  it('fills in what kubectl get -o yaml shows of a minimal Pod', async () => {
    const { client } = await api();
    const pod = await client.create(pods, podOf({ automountServiceAccountToken: false }));
    expect(pod.spec).toMatchObject({
      containers: [
        {
          name: 'c',
          image: 'nginx',
          imagePullPolicy: 'Always',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      serviceAccount: 'default',
      serviceAccountName: 'default',
      terminationGracePeriodSeconds: 30,
    });
    expect(pod.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(pod.metadata.generation).toBe(1);
  });

  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['registry.example.com:5000/a/b', 'Always'],
    ['registry.example.com:5000/a/b:1', 'IfNotPresent'],
    [`nginx@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
  ])('pulls %s %s', async (image, policy) => {
    const { client } = await api();
    const pod = await client.create(pods, podOf({ containers: [{ name: 'c', image }] }));
    expect(pod.spec?.containers[0]?.imagePullPolicy).toBe(policy);
  });

  it('makes requests of limits and host ports of container ports on the host network', async () => {
    const { client } = await api();
    const container = { name: 'c', image: 'x', ports: [{ containerPort: 80 }], resources: { limits: { cpu: '1' } } };
    const pod = await client.create(pods, podOf({ hostNetwork: true, containers: [container] }));
    expect(pod.spec?.containers[0]?.resources).toEqual({ limits: { cpu: '1' }, requests: { cpu: '1' } });
    expect(pod.spec?.containers[0]?.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
  });
});

describe('quality of service', () => {
  const of = (...resources: ResourceRequirements[]) =>
    qosClass({ containers: resources.map((r, i) => ({ name: `c${i}`, image: 'x', resources: r })) });
  const both = { cpu: '100m', memory: '64Mi' };

  it.each([
    ['BestEffort', [{}]],
    ['BestEffort', [{ limits: { 'example.com/gpu': '1' } }]],
    ['Burstable', [{ requests: { cpu: '1' } }]],
    ['Burstable', [{ requests: both, limits: both }, {}]],
    ['Burstable', [{ requests: { cpu: '50m', memory: '64Mi' }, limits: both }]],
    ['Guaranteed', [{ requests: { cpu: '0.1', memory: '65536Ki' }, limits: both }]],
  ] as [string, ResourceRequirements[]][])('is %s', (expected, resources) => {
    expect(of(...resources)).toBe(expected);
  });
});

describe('validation of Pods', () => {
  it('names everything that is wrong, in the order of the API server', async () => {
    const { client } = await api();
    const bad = podOf({
      restartPolicy: 'x',
      containers: [{ name: 'C', image: '', ports: [{ containerPort: -1 }], env: [{ name: '' }] }],
    });
    expect((await causes(client.create(pods, bad))).map((cause) => cause.split(':')[0])).toEqual([
      'spec.containers[0].name',
      'spec.containers[0].image',
      'spec.containers[0].ports[0].containerPort',
      'spec.containers[0].env[0].name',
      'spec.restartPolicy',
    ]);
  });

  it('prints internal structs where Kubernetes does', async () => {
    const { client } = await api();
    const securityContext = { privileged: true, allowPrivilegeEscalation: false };
    const bad = podOf({ containers: [{ name: 'c', image: 'x', securityContext }] });
    expect(await causes(client.create(pods, bad))).toEqual([
      'spec.containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ]);
  });

  it('refuses a mount of a volume that is not there, and two sources of one volume', async () => {
    const { client } = await api();
    const volumeMounts = [{ name: 'nope', mountPath: '/x' }];
    const volumes = [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }];
    const bad = podOf({ volumes, containers: [{ name: 'c', image: 'x', volumeMounts }] });
    expect(await causes(client.create(pods, bad))).toEqual([
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
      'spec.containers[0].volumeMounts[0].name: Not found: "nope"',
    ]);
  });
});

describe('updates of Pods', () => {
  it('allows another image, counts the generation, and shows any other change as a diff', async () => {
    const { client } = await api();
    await client.create(pods, podOf());
    const container = (change: object) => ({ spec: { containers: [{ name: 'c', ...change }] } });
    const changed = await client.patch(pods, 'lab', 'p', 'strategic', container({ image: 'nginx:2' }));
    expect(changed.metadata.generation).toBe(2);
    const [cause] = await causes(client.patch(pods, 'lab', 'p', 'strategic', container({ command: ['x'] })));
    expect(cause?.split('\n').slice(1)).toEqual([
      '@@ -93,7 +93,9 @@',
      '   {',
      '    "Name": "c",',
      '    "Image": "nginx:2",',
      '-   "Command": null,',
      '+   "Command": [',
      '+    "x"',
      '+   ],',
      '    "Args": null,',
      '    "WorkingDir": "",',
      '    "Ports": null,',
      '',
    ]);
  });

  it('lets deadlines only shrink and tolerations only grow', async () => {
    const { client } = await api();
    await client.create(pods, podOf({ activeDeadlineSeconds: 60, tolerations: [{ key: 'a', operator: 'Exists' }] }));
    expect(await causes(client.patch(pods, 'lab', 'p', 'merge', { spec: { activeDeadlineSeconds: 61 } }))).toEqual([
      'spec.activeDeadlineSeconds: Invalid value: 61: must be less than or equal to previous value',
    ]);
    expect(await causes(client.patch(pods, 'lab', 'p', 'merge', { spec: { tolerations: [] } }))).toContain(
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    );
  });

  it('keeps the spec on /status and the status on the Pod', async () => {
    const { client } = await api();
    await client.create(pods, podOf());
    const change = { spec: { nodeName: 'other' }, status: { phase: 'Running', podIP: '10.244.0.5' } };
    const through = await client.patch(pods, 'lab', 'p', 'merge', change, { subresource: 'status' });
    expect(through.spec?.nodeName).toBeUndefined();
    expect(through.status).toMatchObject({ phase: 'Running', podIPs: [{ ip: '10.244.0.5' }], qosClass: 'BestEffort' });
    const main = await client.patch(pods, 'lab', 'p', 'merge', { status: { phase: 'Failed' } });
    expect(main.status?.phase).toBe('Running');
  });

  it('adds ephemeral containers but never changes one', async () => {
    const { client } = await api();
    await client.create(pods, podOf({ nodeName: 'n' }));
    const debug = (image: string) =>
      client.patch(
        pods,
        'lab',
        'p',
        'strategic',
        { spec: { ephemeralContainers: [{ name: 'dbg', image, targetContainerName: 'c' }] } },
        { subresource: 'ephemeralcontainers' },
      );
    expect((await debug('busybox')).spec?.ephemeralContainers).toHaveLength(1);
    expect((await causes(debug('other')))[0]).toContain('existing ephemeral containers "dbg" may not be changed\n@@');
  });

  it('resizes cpu within the quality of service', async () => {
    const { client } = await api();
    const resources = { requests: { cpu: '100m' }, limits: { cpu: '200m' } };
    await client.create(pods, podOf({ containers: [{ name: 'c', image: 'x', resources }] }));
    const resize = (changed: object) =>
      client.patch(
        pods,
        'lab',
        'p',
        'strategic',
        { spec: { containers: [{ name: 'c', image: 'ignored', resources: changed }] } },
        { subresource: 'resize' },
      );
    const resized = await resize({ requests: { cpu: '150m' } });
    expect(resized.spec?.containers[0]).toMatchObject({ image: 'x', resources: { requests: { cpu: '150m' } } });
    expect(await causes(resize({ requests: null, limits: null }))).toEqual([
      'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
      'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
    ]);
  });
});

describe('graceful deletion', () => {
  const grace = (pod: Partial<Pod>, requested?: number) =>
    podResource.strategy.gracePeriod?.({ ...podOf(), ...pod } as Stored<Pod>, requested);
  const scheduled = { spec: { containers: [], nodeName: 'n', terminationGracePeriodSeconds: 30 } };

  it('takes the time of the Pod, of the request, or none', () => {
    expect(grace({})).toBe(0);
    expect(grace(scheduled)).toBe(30);
    expect(grace(scheduled, 5)).toBe(5);
    expect(grace(scheduled, 0)).toBe(0);
    expect(grace(scheduled, -1)).toBe(1);
    expect(grace({ ...scheduled, status: { phase: 'Succeeded' } })).toBe(0);
  });
});

describe('binding and eviction', () => {
  const bind = (name: string, target: object): Binding =>
    ({ apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace: 'lab' }, target }) as Binding;

  it('assigns a Pod once, with its condition and the topology of the node', async () => {
    const { client } = await api();
    const labels = { 'topology.kubernetes.io/zone': 'z1', other: 'x' };
    await client.create(nodes, { metadata: { name: 'n1', labels } });
    await client.create(pods, podOf());
    await client.createSubresource(pods, 'lab', 'p', 'binding', bind('p', { kind: 'Node', name: 'n1' }));
    const pod = await client.get(pods, 'lab', 'p');
    expect(pod.spec?.nodeName).toBe('n1');
    expect(pod.metadata).toMatchObject({ generation: 1, labels: { 'topology.kubernetes.io/zone': 'z1' } });
    expect(pod.metadata.labels).not.toHaveProperty('other');
    expect(pod.status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    const again = client.createSubresource(pods, 'lab', 'p', 'binding', bind('p', { kind: 'Node', name: 'n2' }));
    expect(await refusal(again)).toMatchObject({
      code: 409,
      message: 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
    });
  });

  it('refuses a target that is no node', async () => {
    const { client } = await api();
    await client.create(pods, podOf());
    const wrong = client.createSubresource(pods, 'lab', 'p', 'binding', bind('p', { kind: 'Pod', name: 'x' }));
    expect((await refusal(wrong)).message).toBe(
      'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
    );
  });

  it('evicts: the Pod terminates and says why', async () => {
    const { client } = await api();
    await client.create(pods, podOf({ nodeName: 'n1' }));
    const eviction: Eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p', namespace: 'lab' } };
    await client.createSubresource(pods, 'lab', 'p', 'eviction', eviction);
    const pod = await client.get(pods, 'lab', 'p');
    expect(pod.metadata.deletionGracePeriodSeconds).toBe(30);
    expect(pod.status?.conditions).toMatchObject([{ type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' }]);
    const other = client.createSubresource(pods, 'lab', 'p', 'eviction', { ...eviction, metadata: { name: 'q' } });
    expect((await refusal(other)).message).toBe('name in URL does not match name in Eviction object');
  });
});
