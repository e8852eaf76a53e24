import { afterEach, describe, expect, it } from 'vitest';
import { configMaps, leases, nodes, pods } from '../../../src/kube/resources.ts';
import { condition, first, reason, startNode } from './harness.ts';

let stop = () => {};
afterEach(() => stop());

async function node() {
  const n = await startNode();
  stop = n.stop;
  return n;
}

describe('a node', () => {
  it('registers itself with a ready status and renews its lease', async () => {
    const { api, clock } = await node();
    const object = api.read(nodes, undefined, 'node-1');
    expect(object.status?.conditions?.map((c) => `${c.type}=${c.status}`)).toEqual([
      'MemoryPressure=False',
      'DiskPressure=False',
      'PIDPressure=False',
      'Ready=True',
    ]);
    expect(object.status?.nodeInfo?.kubeletVersion).toBe('v1.35.4');
    const before = await api.until(() => api.read(leases, 'kube-node-lease', 'node-1').spec?.renewTime);
    await clock.advance(11_000);
    expect(api.read(leases, 'kube-node-lease', 'node-1').spec?.renewTime).not.toBe(before);
  });
});

describe('a Pod that runs', () => {
  it('has the status that a kubelet writes', async () => {
    const { run, until, runtime } = await node();
    await run('web', { containers: [{ name: 'web', image: 'nginx:1.27', resources: { requests: { cpu: '50m' } } }] });
    const pod = await until('web', (p) => p.status?.phase === 'Running');
    expect(pod.status?.conditions?.map((c) => `${c.type}=${c.status}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
    expect(pod.status?.conditions?.every((c) => c.observedGeneration === 1)).toBe(true);
    expect(pod.status).toMatchObject({
      hostIP: '172.18.0.2',
      podIP: '10.244.0.2',
      podIPs: [{ ip: '10.244.0.2' }],
      observedGeneration: 1,
      containerStatuses: [
        {
          name: 'web',
          image: 'docker.io/library/nginx:1.27',
          ready: true,
          started: true,
          restartCount: 0,
          lastState: {},
          allocatedResources: { cpu: '50m' },
          resources: { requests: { cpu: '50m' } },
          user: { linux: { gid: 0, supplementalGroups: [0], uid: 0 } },
        },
      ],
    });
    expect(first(pod).containerID).toMatch(/^containerd:\/\/[0-9a-f]{64}$/);
    expect(runtime.last('web').spec.pod.ip).toBe('10.244.0.2');
  });

  it('tells the events of a start with the texts of 1.35', async () => {
    const { api, run, until } = await node();
    await run('p', {});
    await until('p', (p) => p.status?.phase === 'Running');
    const told = api.reported.filter((e) => e.object === 'Pod/p').map((e) => [e.fieldPath, e.reason, e.message]);
    expect(told).toEqual([
      [
        'spec.containers{c}',
        'Pulled',
        'Container image "busybox:1.36" already present on machine and can be accessed by the pod',
      ],
      ['spec.containers{c}', 'Created', 'Container created'],
      ['spec.containers{c}', 'Started', 'Container started'],
    ]);
  });

  it('has its containers running a few event loop turns after it was bound, in two status writes', async () => {
    const { api, run, until } = await node();
    let writes = 0;
    api
      .context()
      .informers.of(pods)
      .on({ update: () => writes++ });
    await run('p', {});
    await until('p', (p) => p.status?.phase === 'Running');
    await api.store.delivered();
    expect(writes).toBeGreaterThan(0);
    expect(writes).toBeLessThanOrEqual(2);
  });
});

describe('containers that end', () => {
  it('completes a Pod with restartPolicy Never', async () => {
    const { run, until, runtime } = await node();
    runtime.scripts.set('c', (c) => c.end(0));
    await run('done', { restartPolicy: 'Never' });
    const pod = await until('done', (p) => p.status?.phase === 'Succeeded');
    expect(first(pod).state?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(condition(pod, 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
    expect(condition(pod, 'PodReadyToStartContainers')?.status).toBe('False');
    expect(condition(pod, 'Initialized')).toMatchObject({ status: 'True', reason: 'PodCompleted' });
  });

  it('fails a Pod whose container ends with an error', async () => {
    const { run, until, runtime } = await node();
    runtime.scripts.set('c', (c) => c.end(3));
    await run('exit3', { restartPolicy: 'Never' });
    const pod = await until('exit3', (p) => p.status?.phase === 'Failed');
    expect(first(pod).state?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(condition(pod, 'Ready')).toMatchObject({ status: 'False', reason: 'PodFailed' });
  });

  it('backs off 10 s, 20 s, 40 s ... with the exact messages', async () => {
    const { run, runtime, advanceUntil, clock, messages } = await node();
    runtime.scripts.set('c', (c) => c.end(1));
    await run('crash', {});
    let pod = await advanceUntil('crash', (p) => reason(p) === 'CrashLoopBackOff');
    const uid = pod.metadata.uid;
    expect(first(pod)).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 1, reason: 'Error' } } });
    expect(first(pod).state?.waiting?.message).toBe(
      `back-off 10s restarting failed container=c pod=crash_default(${uid})`,
    );
    expect(messages('BackOff')[0]).toBe(`Back-off restarting failed container c in pod crash_default(${uid})`);
    expect(pod.status?.phase).toBe('Running');
    const began = clock.now();
    pod = await advanceUntil('crash', (p) => first(p).restartCount === 2 && reason(p) === 'CrashLoopBackOff');
    expect(first(pod).state?.waiting?.message).toContain('back-off 20s');
    expect(clock.now() - began).toBeLessThan(13_000);
    pod = await advanceUntil('crash', (p) => first(p).restartCount === 6 && reason(p) === 'CrashLoopBackOff', 2000);
    expect(first(pod).state?.waiting?.message).toContain('back-off 5m0s');
  });

  it('shows the end of the first run before it starts again', async () => {
    const { run, runtime, until } = await node();
    runtime.scripts.set('c', (c) => c.end(1));
    await run('crash', {});
    const pod = await until('crash', (p) => reason(p) === 'Error');
    expect(first(pod)).toMatchObject({ restartCount: 0, ready: false, started: false });
    expect(pod.status?.phase).toBe('Running');
  });

  it('takes the termination message, or the last lines of the log with FallbackToLogsOnError', async () => {
    const { run, until, runtime } = await node();
    runtime.scripts.set('a', (c) => c.end(1, { message: 'said' }));
    runtime.scripts.set('b', (c) => {
      c.print('last words\n');
      c.end(1);
    });
    await run('p', {
      restartPolicy: 'Never',
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x', terminationMessagePolicy: 'FallbackToLogsOnError' },
      ],
    });
    const pod = await until('p', (p) => p.status?.containerStatuses?.[1]?.state?.terminated?.message !== undefined);
    expect(pod.status?.containerStatuses?.map((s) => s.state?.terminated?.message)).toEqual(['said', 'last words\n']);
  });
});

describe('containers that cannot start', () => {
  it('reports StartError and goes on as CrashLoopBackOff', async () => {
    const { run, runtime, advanceUntil, until } = await node();
    runtime.startFailure = Object.assign(new Error('exec: "nosuchcommand": executable file not found in $PATH'), {
      reason: 'StartError',
      exitCode: 128,
    });
    await run('badcmd', { containers: [{ name: 'c', image: 'busybox:1.36', command: ['nosuchcommand', 'x'] }] });
    const pod = await until('badcmd', (p) => reason(p) === 'RunContainerError');
    expect(first(pod).lastState?.terminated).toMatchObject({
      reason: 'StartError',
      exitCode: 128,
      startedAt: '1970-01-01T00:00:00Z',
      message:
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nosuchcommand": executable file not found in $PATH',
    });
    const later = await advanceUntil('badcmd', (p) => reason(p) === 'CrashLoopBackOff');
    expect(first(later).restartCount).toBe(1);
  });

  it('names a missing ConfigMap, Secret and key', async () => {
    const { client, run, until, messages } = await node();
    await client.create(configMaps, { metadata: { name: 'present', namespace: 'default' }, data: { a: '1' } });
    const env = (valueFrom: object) => ({ containers: [{ name: 'c', image: 'x', env: [{ name: 'B', valueFrom }] }] });
    await run('nocm', { containers: [{ name: 'c', image: 'x', envFrom: [{ configMapRef: { name: 'absent' } }] }] });
    await run('nosecret', env({ secretKeyRef: { name: 'absent', key: 'k' } }));
    await run('nokey', env({ configMapKeyRef: { name: 'present', key: 'b' } }));
    for (const [name, text] of [
      ['nocm', 'configmap "absent" not found'],
      ['nosecret', 'secret "absent" not found'],
      ['nokey', "couldn't find key b in ConfigMap default/present"],
    ] as const) {
      const pod = await until(name, (p) => reason(p) === 'CreateContainerConfigError');
      expect(first(pod).state?.waiting?.message).toBe(text);
      expect(messages('Failed')).toContain(`Error: ${text}`);
    }
    // The Pod runs as soon as what was missing is there.
    await client.create(configMaps, { metadata: { name: 'absent', namespace: 'default' }, data: { a: '1' } });
    await until('nocm', (p) => p.status?.phase === 'Running');
  });

  it('refuses to run as root where it must not', async () => {
    const { run, until } = await node();
    const pod = await run('nonroot', { securityContext: { runAsNonRoot: true } });
    const seen = await until('nonroot', (p) => reason(p) === 'CreateContainerConfigError');
    expect(first(seen).state?.waiting?.message).toBe(
      `container has runAsNonRoot and image will run as root (pod: "nonroot_default(${pod.metadata.uid})", container: c)`,
    );
  });

  it('waits with ContainerCreating for a volume whose ConfigMap is missing', async () => {
    const { client, run, until, messages, api } = await node();
    const volumes = [{ name: 'v', configMap: { name: 'absent' } }];
    await run('novolume', { volumes });
    await api.until(() => messages('FailedMount').length > 0);
    expect(messages('FailedMount')[0]).toBe('MountVolume.SetUp failed for volume "v" : configmap "absent" not found');
    const pod = await until('novolume', (p) => reason(p) === 'ContainerCreating');
    expect(pod.status?.podIP).toBeUndefined();
    expect(condition(pod, 'PodReadyToStartContainers')?.status).toBe('False');
    await client.create(configMaps, { metadata: { name: 'absent', namespace: 'default' }, data: { a: '1' } });
    await until('novolume', (p) => p.status?.phase === 'Running');
  });
});

describe('images', () => {
  it('tells ErrImagePull, then ImagePullBackOff with growing waits', async () => {
    const { run, until, advanceUntil, messages } = await node();
    await run('badimage', { containers: [{ name: 'c', image: 'nginx:no-such-tag' }] });
    await until('badimage', (p) => reason(p) === 'ErrImagePull');
    const pod = await advanceUntil('badimage', (p) => reason(p) === 'ImagePullBackOff');
    expect(first(pod).state?.waiting?.message).toMatch(/^Back-off pulling image "nginx:no-such-tag": ErrImagePull: /);
    expect(messages('BackOff')).toEqual(['Back-off pulling image "nginx:no-such-tag"']);
    expect(messages('Failed').slice(-1)).toEqual(['Error: ImagePullBackOff']);
    await advanceUntil('badimage', () => messages('Pulling').length === 2);
  });

  it.each([
    [
      'neverpull',
      { image: 'missing:1', imagePullPolicy: 'Never' },
      'ErrImageNeverPull',
      'Container image "missing:1" is not present with pull policy of Never',
    ],
    [
      'invalid',
      { image: 'nginx:1.27:x' },
      'InvalidImageName',
      'Failed to apply default image tag "nginx:1.27:x": couldn\'t parse image name "nginx:1.27:x": invalid reference format',
    ],
  ])('refuses %s', async (name, container, why, message) => {
    const { run, until } = await node();
    await run(name, { containers: [{ name: 'c', ...container }] });
    const pod = await until(name, (p) => reason(p) === why);
    expect(first(pod).state?.waiting?.message).toBe(message);
  });
});

describe('init containers and sidecars', () => {
  it('runs them in order before the main containers', async () => {
    const { run, until, runtime } = await node();
    runtime.scripts.set('second', (c) => c.end(0));
    await run('p', {
      initContainers: [
        { name: 'first', image: 'x' },
        { name: 'second', image: 'x' },
      ],
      containers: [{ name: 'main', image: 'x' }],
    });
    const waiting = await until('p', (p) => p.status?.initContainerStatuses?.[0]?.state?.running !== undefined);
    expect(waiting.status?.phase).toBe('Pending');
    expect(condition(waiting, 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [first second]',
    });
    expect(reason(waiting)).toBe('PodInitializing');
    expect(runtime.started.map((c) => c.id.split('/')[1])).toEqual(['first']);
    runtime.last('first').end(0);
    await until('p', (p) => p.status?.phase === 'Running');
    expect(runtime.started.map((c) => c.id.split('/')[1])).toEqual(['first', 'second', 'main']);
  });

  it('fails a Pod with restartPolicy Never whose init container fails', async () => {
    const { run, until, runtime } = await node();
    runtime.scripts.set('i', (c) => c.end(1));
    await run('p', { restartPolicy: 'Never', initContainers: [{ name: 'i', image: 'x' }] });
    const pod = await until('p', (p) => p.status?.phase === 'Failed');
    expect(reason(pod)).toBe('PodInitializing');
    expect(condition(pod, 'PodReadyToStartContainers')?.status).toBe('False');
  });

  it('keeps a sidecar running beside the main container and ends it after that', async () => {
    const { run, until, runtime } = await node();
    await run('p', {
      restartPolicy: 'Never',
      initContainers: [{ name: 'side', image: 'x', restartPolicy: 'Always' }],
      containers: [{ name: 'main', image: 'x' }],
    });
    await until('p', (p) => p.status?.phase === 'Running' && condition(p, 'Ready')?.status === 'True');
    runtime.last('main').end(0);
    const pod = await until('p', (p) => p.status?.phase === 'Succeeded');
    expect(runtime.last('side').signals).toEqual(['SIGTERM']);
    expect(pod.status?.initContainerStatuses?.[0]?.state?.terminated?.exitCode).toBe(143);
  });
});

describe('deletion', () => {
  it('sends SIGTERM, then SIGKILL after the grace period, then removes the object', async () => {
    const { api, client, run, until, runtime, clock, messages } = await node();
    await run('p', { terminationGracePeriodSeconds: 5 });
    await until('p', (p) => p.status?.phase === 'Running');
    runtime.last('c').onTerm = () => {};
    await client.delete(pods, 'default', 'p');
    await api.until(() => runtime.last('c').signals.length === 1);
    expect(messages('Killing')).toEqual(['Stopping container c']);
    await clock.advance(4000);
    expect(runtime.last('c').signals).toEqual(['SIGTERM']);
    await clock.advance(1500);
    expect(runtime.last('c').signals).toEqual(['SIGTERM', 'SIGKILL']);
    await api.until(() => api.all(pods).length === 0);
  });

  it('kills at once what was deleted by force', async () => {
    const { api, client, run, until, runtime, clock } = await node();
    await run('p', {});
    await until('p', (p) => p.status?.phase === 'Running');
    runtime.last('c').onTerm = () => {};
    await client.delete(pods, 'default', 'p', { gracePeriodSeconds: 0 });
    expect(api.all(pods)).toEqual([]);
    await clock.advance(1500);
    expect(runtime.last('c').signals).toEqual(['SIGTERM', 'SIGKILL']);
  });

  it('gives no grace to what is discarded, not even to what ends already', async () => {
    const { api, client, run, until, runtime, kubelet, clock } = await node();
    const preStop = { exec: { command: ['sleep', '600'] } };
    for (const name of ['kept', 'leaving', 'gone']) {
      await run(name, { containers: [{ name, image: 'busybox:1.36', lifecycle: { preStop } }] });
      await until(name, (p) => p.status?.phase === 'Running');
      runtime.last(name).onTerm = () => {};
    }
    await client.delete(pods, 'default', 'leaving', { gracePeriodSeconds: 600 });
    await api.until(() => !kubelet.untouched);
    await client.delete(pods, 'default', 'leaving', { gracePeriodSeconds: 0 });
    await client.delete(pods, 'default', 'gone', { gracePeriodSeconds: 0 });
    const discarded = kubelet.discard(new Set(api.all(pods).map(({ metadata }) => metadata.uid)));
    await clock.advance(0);
    await discarded;
    expect(runtime.last('leaving').signals).toContain('SIGKILL');
    expect(runtime.last('gone').signals).toContain('SIGKILL');
    expect(runtime.last('kept').signals).toEqual([]);
    expect(kubelet.workers().map(({ pod }) => pod.metadata.name)).toEqual(['kept']);
    expect(kubelet.untouched).toBe(true);
  });

  it('ends a Pod whose activeDeadlineSeconds are over', async () => {
    const { run, advanceUntil } = await node();
    await run('p', { activeDeadlineSeconds: 3 });
    const pod = await advanceUntil('p', (p) => p.status?.phase === 'Failed');
    expect(pod.status).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
  });
});

describe('a restart of the daemon', () => {
  it('starts what ran before again, with restartCount + 1 and the old end as lastState', async () => {
    const one = await startNode();
    await one.run('p', {});
    await one.until('p', (p) => p.status?.phase === 'Running');
    one.stop();
    one.api.restart();
    const two = await startNode(one.api);
    stop = two.stop;
    const times: (string | undefined)[] = [];
    one.api
      .context()
      .informers.of(pods)
      .on({ update: (p) => times.push(first(p).state?.running?.startedAt) });
    const pod = await two.until('p', (p) => first(p).restartCount === 1 && first(p).state?.running !== undefined);
    expect(first(pod).lastState?.terminated).toMatchObject({ exitCode: 255, reason: 'Unknown' });
    expect(pod.status?.podIP).toBe('10.244.0.2');
    expect(times).not.toContain('1970-01-01T00:00:00Z');
  });

  it('starts an interrupted container with restartPolicy Never again, but nothing that had ended', async () => {
    const one = await startNode();
    one.runtime.scripts.set('done', (c) => c.end(0));
    const containers = [
      { name: 'done', image: 'x' },
      { name: 'busy', image: 'x' },
    ];
    await one.run('p', { restartPolicy: 'Never', containers });
    await one.until('p', (p) => p.status?.containerStatuses?.[1]?.state?.terminated !== undefined);
    one.stop();
    one.api.restart();
    const two = await startNode(one.api);
    stop = two.stop;
    const pod = await two.until('p', (p) => first(p).state?.running !== undefined && first(p).restartCount === 1);
    expect(pod.status?.containerStatuses?.map((s) => [s.name, s.restartCount])).toEqual([
      ['busy', 1],
      ['done', 0],
    ]);
    expect(two.runtime.started.map((c) => c.id.split('/')[1])).toEqual(['busy']);
  });
});
