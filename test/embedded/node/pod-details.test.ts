import { afterEach, describe, expect, it } from 'vitest';
import { pods } from '../../../src/kube/resources.ts';
import { condition, first, startNode } from './harness.ts';

let stop = () => {};
afterEach(() => stop());

async function node() {
  const n = await startNode();
  stop = n.stop;
  return n;
}

describe('changes of a running Pod', () => {
  it('replaces a container whose image changed, at once', async () => {
    const { client, run, until, runtime, messages } = await node();
    await run('p', { restartPolicy: 'Never' });
    await until('p', (p) => p.status?.phase === 'Running');
    const spec = { containers: [{ name: 'c', image: 'busybox:1.37' }], nodeName: 'node-1', restartPolicy: 'Never' };
    await client.patch(pods, 'default', 'p', 'merge', { spec });
    const pod = await until('p', (p) => first(p).restartCount === 1 && first(p).ready);
    expect(runtime.last('c').spec.image).toBe('busybox:1.37');
    expect(messages('Killing')).toEqual(['Container c definition changed, will be restarted']);
    expect(pod.status?.observedGeneration).toBe(2);
    expect(pod.status?.conditions?.every((c) => c.observedGeneration === 2)).toBe(true);
  });

  it('starts ephemeral containers once and reports them apart', async () => {
    const { client, run, until, runtime } = await node();
    await run('p', {});
    await until('p', (p) => p.status?.phase === 'Running');
    const ephemeralContainers = [{ name: 'dbg', image: 'busybox:1.36', command: ['sh'], stdin: true, tty: true }];
    await client.patch(
      pods,
      'default',
      'p',
      'strategic',
      { spec: { ephemeralContainers } },
      { subresource: 'ephemeralcontainers' },
    );
    const pod = await until('p', (p) => p.status?.ephemeralContainerStatuses?.[0]?.state?.running !== undefined);
    expect(pod.status?.ephemeralContainerStatuses?.[0]).toMatchObject({ name: 'dbg', ready: false, restartCount: 0 });
    expect(runtime.last('dbg').spec).toMatchObject({ stdin: true, tty: true });
    runtime.last('dbg').end(1);
    await until('p', (p) => p.status?.ephemeralContainerStatuses?.[0]?.state?.terminated?.exitCode === 1);
    expect(first(pod).restartCount).toBe(0);
  });

  it('waits for readiness gates', async () => {
    const { client, run, until } = await node();
    await run('p', { readinessGates: [{ conditionType: 'example.com/ok' }] });
    const waiting = await until('p', (p) => condition(p, 'ContainersReady')?.status === 'True');
    expect(condition(waiting, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "example.com/ok" does not exist.',
    });
    const gate = { type: 'example.com/ok', status: 'True' };
    const conditions = [...(waiting.status?.conditions ?? []), gate];
    await client.updateStatus(pods, { ...waiting, status: { ...waiting.status, conditions } });
    const ready = await until('p', (p) => condition(p, 'Ready')?.status === 'True');
    expect(condition(ready, 'example.com/ok')).toMatchObject(gate);
  });
});

describe('restart policies', () => {
  it('starts again after failures only with OnFailure', async () => {
    const { run, runtime, advanceUntil, until } = await node();
    let rounds = 0;
    runtime.scripts.set('c', (c) => c.end(rounds++ === 0 ? 1 : 0));
    await run('p', { restartPolicy: 'OnFailure' });
    await advanceUntil('p', (p) => p.status?.phase === 'Succeeded');
    const pod = await until('p', (p) => first(p).restartCount === 1);
    expect(first(pod).lastState?.terminated?.exitCode).toBe(1);
  });

  it('restarts a failed init container until it succeeds', async () => {
    const { run, runtime, advanceUntil } = await node();
    let rounds = 0;
    runtime.scripts.set('i', (c) => c.end(rounds++ < 2 ? 1 : 0));
    await run('p', { initContainers: [{ name: 'i', image: 'x' }] });
    const crashed = await advanceUntil(
      'p',
      (p) => p.status?.initContainerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
    );
    expect(crashed.status?.phase).toBe('Pending');
    const pod = await advanceUntil('p', (p) => p.status?.phase === 'Running');
    expect(pod.status?.initContainerStatuses?.[0]).toMatchObject({ restartCount: 2, ready: true });
  });

  it('obeys restartPolicyRules of a container', async () => {
    const { run, runtime, advanceUntil } = await node();
    let rounds = 0;
    runtime.scripts.set('c', (c) => c.end(rounds++ === 0 ? 42 : 1));
    const restartPolicyRules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];
    const containers = [{ name: 'c', image: 'x', restartPolicy: 'Never', restartPolicyRules }];
    await run('p', { restartPolicy: 'Never', containers });
    const pod = await advanceUntil('p', (p) => p.status?.phase === 'Failed');
    expect(first(pod)).toMatchObject({ restartCount: 1, state: { terminated: { exitCode: 1 } } });
  });
});

describe('what containers are given', () => {
  it('expands $(VAR) in command and args, and merges security contexts', async () => {
    const { run, until, runtime } = await node();
    await run('p', {
      hostname: 'h',
      subdomain: 'sub',
      securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000 },
      containers: [
        {
          name: 'c',
          image: 'x',
          command: ['echo', '$(A) $(B)'],
          args: ['$$(A)'],
          env: [{ name: 'A', value: '1' }],
          securityContext: { runAsUser: 1001, readOnlyRootFilesystem: true },
        },
      ],
    });
    const pod = await until('p', (p) => p.status?.phase === 'Running');
    expect(runtime.last('c').spec).toMatchObject({
      command: ['echo', '1 $(B)'],
      args: ['$(A)'],
      hostname: 'h',
      fqdn: 'h.sub.default.svc.cluster.local',
      securityContext: { runAsUser: 1001, runAsGroup: 3000, fsGroup: 2000, readOnlyRootFilesystem: true },
    });
    expect(first(pod).user).toEqual({ linux: { gid: 3000, supplementalGroups: [2000, 3000], uid: 1001 } });
  });

  it('gives host network Pods the address of the node', async () => {
    const { run, until } = await node();
    await run('p', { hostNetwork: true });
    expect((await until('p', (p) => p.status?.phase === 'Running')).status?.podIP).toBe('172.18.0.2');
  });
});
