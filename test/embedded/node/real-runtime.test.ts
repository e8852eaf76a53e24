/** The kubelet on the real container runtime: what runs, prints, listens and ends. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import type { ClusterNetwork } from '../../../src/embedded/network-api.ts';
import { createKubelet } from '../../../src/embedded/node/index.ts';
import { type Clock, systemClock } from '../../../src/kernel/clock.ts';
import type { ContainerStatus, PodSpec } from '../../../src/kube/api.gen.ts';
import { pods } from '../../../src/kube/resources.ts';
import type { TestControlPlane } from '../../helpers/control-plane.ts';
import { exhaustible } from '../container/helpers.ts';
import { condition, first, nodeApi } from './harness.ts';

const nowhere: ClusterNetwork = {
  records: async () => ({ code: 'NXDOMAIN', records: [] }),
  route: async () => ({ kind: 'refused' }),
};

describe('the kubelet on the container runtime', () => {
  const runtime = createContainerRuntime({ network: nowhere });
  let api: TestControlPlane<Clock>;
  const kubelet = createKubelet({ nodeName: 'node-1', runtime });
  beforeAll(async () => {
    api = await nodeApi(systemClock);
    await kubelet.start(api.context());
  });
  afterEach(async () => {
    for (const pod of api.all(pods)) {
      await api.client.delete(pods, 'default', pod.metadata.name, { gracePeriodSeconds: 0 });
    }
  });
  afterAll(async () => {
    api.stop();
    await runtime.dispose();
  });

  const run = (name: string, spec: Partial<PodSpec>) =>
    api.client.create(pods, {
      metadata: { name, namespace: 'default' },
      spec: { containers: [], nodeName: 'node-1', restartPolicy: 'Never', ...spec },
    });
  const pod = (name: string) => api.read(pods, 'default', name);
  const phase = (name: string, wanted: string) => api.until(() => pod(name).status?.phase === wanted && pod(name));

  it('runs a command to its end, with mounted files and environment', async () => {
    const token = { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } };
    await run('once', {
      containers: [
        {
          name: 'c',
          image: 'busybox:1.36',
          command: ['sh', '-c', 'echo "$GREETING from $(hostname)"; cat /secrets/token; echo; exit 3'],
          env: [{ name: 'GREETING', value: 'hello' }],
          volumeMounts: [{ name: 't', mountPath: '/secrets', readOnly: true }],
        },
      ],
      volumes: [{ name: 't', projected: { sources: [token] } }],
    });
    const ended = await phase('once', 'Failed');
    expect(first(ended).state?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(await text(await kubelet.logs(pod('once'), {}))).toMatch(/^hello from once\n[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  it('shares an emptyDir, answers exec, and follows logs until the end', async () => {
    const volumeMounts = [{ name: 'v', mountPath: '/v' }];
    await run('two', {
      terminationGracePeriodSeconds: 1,
      initContainers: [
        { name: 'i', image: 'busybox:1.36', command: ['sh', '-c', 'echo made > /v/file'], volumeMounts },
      ],
      containers: [{ name: 'c', image: 'busybox:1.36', command: ['sh', '-c', 'cat /v/file; sleep 100'], volumeMounts }],
      volumes: [{ name: 'v', emptyDir: {} }],
    });
    await phase('two', 'Running');
    const followed = text(await kubelet.logs(pod('two'), { follow: true }));
    const streams = await kubelet.exec(pod('two'), { command: ['cat', '/v/file'], stdin: false, tty: false });
    expect(await text(streams.stdout)).toBe('made\n');
    expect(await streams.exit).toBe(0);
    await api.client.delete(pods, 'default', 'two');
    expect(await followed).toBe('made\n');
  });

  it('is ready when nginx answers, and forwards its port', async () => {
    const readinessProbe = { httpGet: { path: '/', port: 80 }, periodSeconds: 1 };
    await run('web', { containers: [{ name: 'c', image: 'nginx:1.27', readinessProbe }] });
    await api.until(() => condition(pod('web'), 'Ready')?.status === 'True');
    const socket = await kubelet.portForward(pod('web'), 80);
    const body = await new Promise<string>((resolve, reject) => {
      const call = request(
        { path: '/', createConnection: () => socket, headers: { connection: 'close' } },
        (response) => text(response).then(resolve, reject),
      );
      call.on('error', reject);
      call.end();
    });
    expect(body).toContain('Welcome to nginx!');
    await expect(kubelet.portForward(pod('web'), 81)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('says what cannot be started', async () => {
    await run('bad', { containers: [{ name: 'c', image: 'busybox:1.36', command: ['nosuch'] }] });
    const failed = await phase('bad', 'Failed');
    expect(first(failed).state?.terminated).toMatchObject({
      reason: 'StartError',
      exitCode: 128,
      message: expect.stringMatching(
        /^failed to create containerd task: .*exec: "nosuch": executable file not found in \$PATH$/,
      ),
    });
  });
});

it('starts containers again when what runs them has no memory left', async () => {
  const losses: string[] = [];
  const nodes = {
    answer: () => Promise.reject(new Error('nobody asks')),
    lost: (loss: string) => void losses.push(loss),
  };
  const runtime = createContainerRuntime({ network: nowhere, nodes, worker: exhaustible() });
  const api = await nodeApi(systemClock);
  const kubelet = createKubelet({ nodeName: 'node-1', runtime });
  await kubelet.start(api.context());
  const create = (name: string, restartPolicy: string) =>
    api.client.create(pods, {
      metadata: { name, namespace: 'default' },
      spec: {
        containers: [{ name: 'c', image: 'busybox:1.36', command: ['sleep', '100'] }],
        nodeName: 'node-1',
        restartPolicy,
      },
    });
  const pod = (name: string) => api.read(pods, 'default', name);
  const until = (name: string, test: (status: ContainerStatus) => unknown) =>
    api.until(() => pod(name).status?.containerStatuses?.some(test) && first(pod(name)));
  await create('served', 'Always');
  await create('once', 'Never');
  for (const name of ['served', 'once']) await until(name, ({ state }) => state?.running);
  const streams = await kubelet.exec(pod('once'), { command: ['exhaust-heap'], stdin: false, tty: false });
  expect(await streams.exit).toBe(137);
  const killed = { exitCode: 137, reason: 'Error' };
  const served = await until('served', ({ restartCount, state }) => restartCount === 1 && state?.running);
  expect(served.lastState?.terminated).toMatchObject(killed);
  const once = await until('once', ({ state }) => state?.terminated);
  expect([once.restartCount, once.state?.terminated, pod('once').status?.phase]).toEqual([
    0,
    expect.objectContaining(killed),
    'Failed',
  ]);
  expect(losses).toEqual(['memory']);
  api.stop();
  await runtime.dispose();
});
