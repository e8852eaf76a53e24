import { describe, expect, it } from 'vitest';
import { resource } from '../../src/checks/objects/resource.ts';
import { unchanged } from '../../src/checks/objects/unchanged.ts';
import type { Outcome } from '../../src/checks/types.ts';
import { podLogs } from '../../src/checks/workloads/pod-logs.ts';
import { rollout } from '../../src/checks/workloads/rollout.ts';
import { binding, type FakeViewOptions, fakeView, role, swan } from '../helpers/fake-view.ts';

const workload = { workload: 'deployment/api-client', namespace: 'project-swan' };
const forbidden =
  'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:project-swan:default" cannot list resource "pods" in API group "" in the namespace "project-swan"';

describe('podLogs', () => {
  const spec = podLogs.schema.parse({
    ...workload,
    matches: '^NAME\\s+READY',
    contradicts: 'Forbidden',
    period: '3s',
    shows: 'a table of pods',
  });
  const read = (options: Partial<FakeViewOptions>) => {
    const view = fakeView({ objects: swan(), ...options });
    return { outcome: podLogs.evaluate(spec, view), wakes: view.wakes };
  };

  it('passes on a fresh line, and looks again when it would be stale', () => {
    const { outcome, wakes } = read({
      logs: [
        [5, forbidden],
        [1, 'NAME   READY   STATUS'],
      ],
    });
    expect(outcome).toMatchObject({ status: 'pass' });
    expect(wakes).toEqual([3 * 3_000 + 2_000 - 1_000 + 100]);
  });

  it('fails when the last telling line contradicts, and follows it to the cause', () => {
    const { outcome } = read({
      logs: [
        [5, 'NAME   READY   STATUS'],
        [2, forbidden],
      ],
    });
    expect(outcome).toMatchObject({
      status: 'fail',
      actual: 'Forbidden: cannot list pods, 2 s ago (Pod api-client-1-x)',
    });
    expect((outcome as { why: string }).why).toContain(
      'none of the rules that ServiceAccount project-swan/default has',
    );
  });

  it('tells when the right is there already and the next attempt is on its way', () => {
    const granted = role('[{ apiGroups: [""], resources: [pods], verbs: [list] }]') + binding();
    const { outcome } = read({ objects: swan() + granted, logs: [[1, forbidden]] });
    expect(outcome).toMatchObject({
      status: 'fail',
      why: "the right is there now; the Pod's next attempt comes in about 2 s",
    });
  });

  it('does not take stale success of a running container for success', () => {
    expect(read({ logs: [[60, 'NAME   READY   STATUS']] }).outcome).toMatchObject({
      status: 'fail',
      why: expect.stringContaining('old success is no success'),
    });
  });

  it('takes the last word of a container that has ended', () => {
    expect(read({ logs: [[60, 'NAME   READY   STATUS']], running: false }).outcome).toMatchObject({ status: 'pass' });
  });

  it('is pending while a Pod that just started had no time to write, then fails on what it writes instead', () => {
    const now = Date.parse('2026-01-01T00:30:02Z');
    const { outcome, wakes } = read({ logs: [], now });
    expect(outcome).toMatchObject({ status: 'pending', actual: 'nothing yet' });
    expect(wakes).toEqual([5_100]);
    expect(read({ logs: [[1, 'all is well']] }).outcome).toMatchObject({
      status: 'fail',
      actual: 'other output: all is well',
    });
  });

  it('does not take a Pod that was smuggled into the Deployment for one of its own', () => {
    const adopted = swan().replace(/(kind: Pod[\s\S]*command: )\[sh, -c, loop\]/, '$1[echo, NAME]');
    expect(read({ objects: adopted, logs: [[1, 'NAME   READY   STATUS']] }).outcome).toMatchObject({
      status: 'fail',
      why: 'Pod api-client-1-x is not as the Deployment makes them: command of client is ["echo","NAME"], not ["sh","-c","loop"]',
    });
  });

  it('does not take a ReplicaSet for the newest because it says so', () => {
    const forged = `${swan()}
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: api-client-2
  namespace: project-swan
  annotations: { deployment.kubernetes.io/revision: "99" }
  ownerReferences: [{ apiVersion: apps/v1, kind: Deployment, name: api-client, uid: uid-Deployment-api-client, controller: true }]
spec: { template: { spec: { containers: [{ name: client, image: kubectl, command: [echo, NAME] }] } } }
---
`;
    expect(read({ objects: forged, logs: [[1, forbidden]] }).outcome).toMatchObject({ status: 'fail' });
  });

  it('doubts success that alternates with failure', () => {
    const once: [number, string][] = [
      [7, 'NAME   READY   STATUS'],
      [4, forbidden],
      [1, 'NAME   READY   STATUS'],
    ];
    expect(read({ logs: once })).toMatchObject({ outcome: { status: 'pending' }, wakes: [3_000] });
    const often: [number, string][] = [[10, 'NAME   READY   STATUS'], [9, forbidden], ...once];
    expect(read({ logs: often })).toMatchObject({ outcome: { status: 'fail' } });
    const over: [number, string][] = once.map(([age, text]) => [age + 6, text]);
    expect(read({ logs: [...over, [1, 'NAME   READY   STATUS']] })).toMatchObject({ outcome: { status: 'pass' } });
  });

  it('counts Pods that never started', () => {
    const second =
      swan()
        .split('---\n')
        .find((d) => d.includes('kind: Pod')) ?? '';
    const objects = `${swan()}${second.replaceAll('api-client-1-x', 'api-client-1-y').replace(/status:[\s\S]*/, '')}`;
    const none: FakeViewOptions = { objects, logs: [[1, 'NAME   READY   STATUS']], silent: ['api-client-1-y'] };
    expect(read(none).outcome).toMatchObject({ status: 'fail', actual: 'Pod api-client-1-y has not started' });
    expect(read({ ...none, now: Date.parse('2026-01-01T00:00:10Z') }).outcome).toMatchObject({ status: 'pending' });
  });

  it('does not take a bare Pod with the right labels for a Pod of the Deployment', () => {
    const bare = `apiVersion: v1\nkind: Pod\nmetadata: { name: api-client, namespace: project-swan, labels: { app: api-client } }\nspec: { containers: [{ name: client, image: x }] }\n`;
    expect(read({ objects: bare, logs: [[1, 'NAME   READY   STATUS']] }).outcome).toMatchObject({
      status: 'fail',
      actual: 'the Deployment api-client does not exist',
    });
  });
});

describe('unchanged', () => {
  const spec = unchanged.schema.parse({
    object: 'deployment/api-client',
    namespace: 'project-swan',
    fields: ['spec.template.spec.containers[*].command', 'spec.template.spec.containers[*].image'],
  });
  const compare = (objects: string) => unchanged.evaluate(spec, fakeView({ objects, baseline: swan() }));

  it('holds while the fields are as they were, also after deleting and making it again', () => {
    expect(compare(swan('pod-lister'))).toMatchObject({ status: 'pass' });
    expect(compare(swan().replaceAll('uid-Deployment-api-client', 'another'))).toMatchObject({ status: 'pass' });
  });

  it('tells which field was changed from what to what', () => {
    expect(compare(swan().replace('[sh, -c, loop]', '[echo]'))).toMatchObject({
      status: 'fail',
      why: 'spec.template.spec.containers[client].command was ["sh","-c","loop"], is ["echo"]',
    });
  });

  it('compares whole containers by their names', () => {
    const whole = unchanged.schema.parse({
      object: 'deployment/api-client',
      namespace: 'project-swan',
      fields: ['spec.template.spec.containers[*]', 'spec.template.spec.volumes[*]'],
    });
    const see = (objects: string) => unchanged.evaluate(whole, fakeView({ objects, baseline: swan() }));
    const list = 'containers: [{ name: client, image: kubectl, command: [sh, -c, loop] }]';
    expect(see(swan())).toMatchObject({ status: 'pass' });
    expect(see(swan().replace('command: [sh, -c, loop]', 'command: [sh, -c, loop], env: [{ name: A }]'))).toMatchObject(
      {
        status: 'fail',
        why: 'spec.template.spec.containers[client].env was nothing, is [{"name":"A"}]',
      },
    );
    expect(see(swan().replace(list, `${list}\n      volumes: [{ name: v, emptyDir: {} }]`))).toMatchObject({
      status: 'fail',
      why: 'spec.template.spec.volumes[v] was nothing, is {"name":"v","emptyDir":{}}',
    });
    expect(
      see(swan().replace(list, 'containers: [{ name: client, image: kubectl, command: [sh, -c, other] }]')),
    ).toMatchObject({
      why: 'spec.template.spec.containers[client].command was ["sh","-c","loop"], is ["sh","-c","other"]',
    });
  });

  it('tells that the object is gone', () => {
    expect(compare('')).toMatchObject({ status: 'fail', actual: 'it is gone' });
  });

  it('refuses kinds that it does not know', () => {
    expect(unchanged.schema.safeParse({ object: 'gadget/x', fields: ['spec'] }).success).toBe(false);
  });
});

describe('rollout', () => {
  const soon = Date.parse('2026-01-01T00:00:10Z');
  const look = (objects: string, now = soon) => {
    const view = fakeView({ objects, now });
    return { ...(rollout.evaluate(rollout.schema.parse(workload), view) as Outcome), wakes: view.wakes };
  };

  it('passes when all Pods are new and available', () => {
    expect(look(swan())).toMatchObject({ status: 'pass' });
  });

  it.each([
    [
      'a change that was not seen yet',
      swan().replace('observedGeneration: 1', 'observedGeneration: 0'),
      'pending',
      'the change was not seen yet',
    ],
    [
      'Pods that are not available',
      swan().replace('availableReplicas: 1', 'availableReplicas: 0'),
      'pending',
      '0 of 1 Pods available',
    ],
    [
      'old Pods',
      swan().replace('replicas: 1, updatedReplicas: 1', 'replicas: 2, updatedReplicas: 1'),
      'pending',
      '1 old Pods are still there',
    ],
    ['no replicas', swan().replace('  replicas: 1\n', '  replicas: 0\n'), 'fail', 'it is scaled to 0'],
    ['no Deployment', '', 'fail', 'the Deployment api-client does not exist'],
    [
      'a Deployment that is being deleted',
      swan().replace('generation: 1 }', 'generation: 1, deletionTimestamp: "2026-01-01T00:00:00Z" }'),
      'fail',
      'the Deployment api-client does not exist',
    ],
    [
      'a status that its Pods do not bear out',
      swan().replace('type: Ready, status: "True"', 'type: Ready, status: "False"'),
      'pending',
      '0 of 1 Pods ready',
    ],
  ])('does not pass with %s', (_, objects, status, actual) => {
    expect(look(objects)).toMatchObject({ status, actual });
  });

  it('fails once nothing has moved for half a minute', () => {
    const objects = swan().replace('availableReplicas: 1', 'availableReplicas: 0');
    expect(look(objects).wakes).toEqual([20_000]);
    expect(look(objects, Date.parse('2026-01-01T00:00:31Z'))).toMatchObject({
      status: 'fail',
      why: '0 of 1 Pods available, and nothing moves',
    });
  });

  it('fails at once on what waiting will not mend, and says what', () => {
    const pulling = swan()
      .replace('availableReplicas: 1', 'availableReplicas: 0')
      .replace(
        'state: { running: { startedAt: "2026-01-01T00:30:00Z" } }',
        'state: { waiting: { reason: ImagePullBackOff } }',
      );
    expect(look(pulling)).toMatchObject({
      status: 'fail',
      why: 'Pod api-client-1-x: client is in ImagePullBackOff',
      suspects: [{ about: 'object', name: 'api-client' }],
    });
  });
});

describe('resource', () => {
  const space = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: project-swan }\n---\n';
  const look = (spec: object) => resource.evaluate(resource.schema.parse(spec), fakeView({ objects: space + swan() }));

  it('finds an object by name and compares fields and CEL', () => {
    expect(
      look({
        kind: 'deployments',
        namespace: 'project-swan',
        name: 'api-client',
        fields: { 'spec.replicas': 1 },
        cel: ['object.spec.replicas < 2'],
      }),
    ).toMatchObject({ status: 'pass' });
    expect(
      look({ kind: 'deployment', namespace: 'project-swan', name: 'api-client', fields: { 'spec.replicas': 3 } }),
    ).toMatchObject({ status: 'fail', actual: 'api-client: spec.replicas is 1, expected 3' });
    expect(
      look({ kind: 'deployment', namespace: 'project-swan', name: 'api-client', cel: ['object.spec.replicas == 3'] }),
    ).toMatchObject({ status: 'fail' });
    const cel = { cel: ['object.spec.replicas == 3'], shows: 'three replicas' };
    expect(look({ kind: 'deployment', namespace: 'project-swan', name: 'api-client', ...cel })).toMatchObject({
      expected: 'Deployment api-client, three replicas',
      actual: 'api-client: expected three replicas',
      why: 'api-client: expected three replicas',
    });
  });

  it('counts, and expects absence', () => {
    expect(look({ kind: 'serviceaccounts', namespace: 'project-swan', count: { min: 2, max: 2 } })).toMatchObject({
      status: 'pass',
    });
    expect(look({ kind: 'serviceaccounts', namespace: 'project-swan', count: { min: 3 } })).toMatchObject({
      status: 'fail',
      expected: 'at least 3 ServiceAccount',
    });
    expect(look({ kind: 'secrets', namespace: 'project-swan', expect: 'absent' })).toMatchObject({ status: 'pass' });
    expect(look({ kind: 'pods', namespace: 'project-swan', expect: 'absent' })).toMatchObject({
      status: 'fail',
      actual: 'api-client-1-x',
    });
  });

  it('does not take nothing in a namespace that is gone for nothing', () => {
    const spec = resource.schema.parse({ kind: 'secrets', namespace: 'project-swan', expect: 'absent' });
    expect(resource.evaluate(spec, fakeView({ objects: space }))).toMatchObject({ status: 'pass' });
    // Who sees no namespace at all may not see them.
    expect(resource.evaluate(spec, fakeView({ objects: '' }))).toMatchObject({ status: 'pass' });
    const other = space.replace('project-swan', 'default');
    expect(resource.evaluate(spec, fakeView({ objects: other }))).toMatchObject({
      status: 'fail',
      why: 'the namespace project-swan does not exist',
    });
  });

  it('does not take for absent what is being deleted', () => {
    const spec = resource.schema.parse({ kind: 'secrets', namespace: 'project-swan', expect: 'absent' });
    const going = (time: string) => `${space}---
apiVersion: v1
kind: Secret
metadata: { name: held, namespace: project-swan, deletionTimestamp: "${time}", finalizers: [example.com/hold] }
`;
    expect(resource.evaluate(spec, fakeView({ objects: going('2026-01-01T00:59:55Z') }))).toMatchObject({
      status: 'pending',
      why: 'held is being deleted',
    });
    expect(resource.evaluate(spec, fakeView({ objects: going('2026-01-01T00:59:00Z') }))).toMatchObject({
      status: 'fail',
      why: 'held is being deleted, and does not go',
    });
  });

  it('bounds what an expression costs', () => {
    const slow = { kind: 'deployments', name: 'api-client', cel: ['object.metadata.name.matches("^(a+)+$") == false'] };
    const begin = performance.now();
    const name = `${'a'.repeat(40)}b`;
    const spec = resource.schema.parse({ ...slow, name });
    const outcome = resource.evaluate(
      spec,
      fakeView({ objects: swan().replaceAll('name: api-client,', `name: ${name},`) }),
    );
    expect(outcome).toMatchObject({ status: 'pass' });
    expect(performance.now() - begin).toBeLessThan(1_000);
  });

  it('refuses an expression that is no CEL', () => {
    expect(resource.schema.safeParse({ kind: 'pods', cel: ['object.('] }).success).toBe(false);
  });
});
