import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, type ManualClock, systemClock } from '../../../src/kernel/clock.ts';
import { pods } from '../../../src/kube/resources.ts';
import type { TestControlPlane } from '../../helpers/control-plane.ts';
import { FakeRuntime } from './fake-runtime.ts';
import { condition, first, nodeApi, reason, startNode } from './harness.ts';

let stop = () => {};
afterEach(() => stop());

async function node<C extends Clock = ManualClock>(runtime = new FakeRuntime(), plane?: TestControlPlane<C>) {
  const n = await startNode(plane, runtime);
  stop = n.stop;
  return n;
}

const container = { name: 'c', image: 'x' };

describe('probes', () => {
  it('is ready only while the readiness probe passes', async () => {
    const { run, advanceUntil, runtime, messages, until } = await node();
    runtime.scripts.set('c', (c) => c.execs.set('check', { code: 1, output: "cat: can't open '/tmp/ok'\n" }));
    await run('p', {
      containers: [{ ...container, readinessProbe: { exec: { command: ['check'] }, periodSeconds: 2 } }],
    });
    const pod = await until('p', (p) => p.status?.phase === 'Running');
    expect(condition(pod, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [c]',
    });
    await advanceUntil('p', () => messages('Unhealthy').length > 1);
    expect(messages('Unhealthy')[0]).toBe("Readiness probe failed: cat: can't open '/tmp/ok'");
    runtime.last('c').execs.set('check', { code: 0 });
    await advanceUntil('p', (p) => first(p).ready);
    expect(first(await advanceUntil('p', (p) => condition(p, 'Ready')?.status === 'True')).restartCount).toBe(0);
  });

  it('restarts a container whose liveness probe fails failureThreshold times', async () => {
    const { run, advanceUntil, runtime, messages } = await node();
    runtime.scripts.set('c', (c) => c.execs.set('check', { code: 1, output: 'no' }));
    const livenessProbe = { exec: { command: ['check'] }, periodSeconds: 1, failureThreshold: 2 };
    await run('live', { containers: [{ ...container, livenessProbe }] });
    const pod = await advanceUntil('live', (p) => first(p).restartCount === 1);
    expect(messages('Killing')[0]).toBe('Container c failed liveness probe, will be restarted');
    expect(first(pod).lastState?.terminated).toMatchObject({ exitCode: 143, reason: 'Error' });
  });

  it('holds liveness and readiness back until the startup probe passed', async () => {
    const { run, advanceUntil, runtime, until, messages } = await node();
    runtime.scripts.set('c', (c) => c.execs.set('up', { code: 1 }).set('live', { code: 1 }));
    const probe = (command: string) => ({ exec: { command: [command] }, periodSeconds: 1, failureThreshold: 100 });
    await run('p', { containers: [{ ...container, startupProbe: probe('up'), livenessProbe: probe('live') }] });
    const pod = await until('p', (p) => p.status?.phase === 'Running');
    expect(first(pod)).toMatchObject({ started: false, ready: false });
    await advanceUntil('p', () => messages('Unhealthy').length >= 3);
    expect(messages('Unhealthy').every((m) => m.startsWith('Startup probe failed'))).toBe(true);
    runtime.last('c').execs.set('up', { code: 0 });
    await advanceUntil('p', (p) => first(p).started === true && first(p).ready);
    await advanceUntil('p', () => messages('Unhealthy').some((m) => m.startsWith('Liveness probe failed')));
  });

  it('words refused connections as Go does', async () => {
    const { run, advanceUntil, messages } = await node();
    await run('tcp', { containers: [{ ...container, readinessProbe: { tcpSocket: { port: 9 } } }] });
    await advanceUntil('tcp', () => messages('Unhealthy').length > 0);
    expect(messages('Unhealthy')[0]).toBe('Readiness probe failed: dial tcp 10.244.0.2:9: connect: connection refused');
  });

  it('gives a gRPC probe that reaches nobody its whole time', async () => {
    const { run, advanceUntil, messages } = await node();
    await run('grpc', { containers: [{ ...container, readinessProbe: { grpc: { port: 9090 } } }] });
    await advanceUntil('grpc', () => messages('Unhealthy').length > 0);
    expect(messages('Unhealthy')[0]).toBe(
      'Readiness probe failed: timeout: failed to connect service "10.244.0.2:9090" within 1s: context deadline exceeded',
    );
  });

  it('judges HTTP answers by their status code', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/ok' ? 200 : 404;
      response.end('body');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const runtime = new FakeRuntime();
    runtime.connect = async () => connect((server.address() as AddressInfo).port, '127.0.0.1');
    const { run, until, api, messages } = await node(runtime, await nodeApi(systemClock));
    const get = (path: string) => ({ httpGet: { path, port: 'http' as const }, periodSeconds: 1 });
    const ports = [{ name: 'http', containerPort: 80 }];
    await run('good', { containers: [{ ...container, ports, readinessProbe: get('/ok') }] });
    await run('bad', { containers: [{ ...container, ports, readinessProbe: get('/nope') }] });
    await until('good', (p) => first(p).ready);
    await api.until(() =>
      messages('Unhealthy').includes('Readiness probe failed: HTTP probe failed with statuscode: 404'),
    );
    server.close();
  });
});

describe('hooks', () => {
  it('kills a container whose postStart hook fails', async () => {
    const { run, runtime, advanceUntil, messages } = await node();
    runtime.scripts.set('c', () => {});
    const start = runtime.start.bind(runtime);
    runtime.start = async (spec) => {
      const started = await start(spec);
      runtime.last('c').execs.set('hook', { code: 4 });
      return started;
    };
    await run('p', { containers: [{ ...container, lifecycle: { postStart: { exec: { command: ['hook'] } } } }] });
    await advanceUntil('p', (p) => reason(p) === 'CrashLoopBackOff');
    expect(messages('FailedPostStartHook')[0]).toBe('PostStartHook failed');
    expect(messages('Killing')[0]).toBe('FailedPostStartHook');
  });

  it('runs preStop before SIGTERM, within the grace period', async () => {
    const { api, client, run, until, runtime, clock } = await node();
    await run('p', {
      terminationGracePeriodSeconds: 10,
      containers: [{ ...container, lifecycle: { preStop: { sleep: { seconds: 4 } } } }],
    });
    await until('p', (p) => p.status?.phase === 'Running');
    await client.delete(pods, 'default', 'p');
    await clock.advance(3000);
    expect(runtime.last('c').signals).toEqual([]);
    await clock.advance(1500);
    expect(runtime.last('c').signals).toEqual(['SIGTERM']);
    await api.until(() => api.all(pods).length === 0);
  });
});
