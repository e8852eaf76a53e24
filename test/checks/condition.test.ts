import { describe, expect, it } from 'vitest';
import { condition } from '../../src/checks/objects/condition.ts';
import { swan } from '../helpers/fake-view.ts';
import { ago, judge } from '../helpers/judge.ts';

const spec = { object: 'deployment/api-client', namespace: 'project-swan', type: 'Available' };
const managed = (manager: string, keys = '"k:{\\"type\\":\\"Available\\"}": {}', subresource = 'status') =>
  `  managedFields: [{ manager: ${manager}, time: "${ago(3600)}", subresource: ${subresource}, fieldsV1: { "f:status": { "f:conditions": { ${keys} } } } }]\n`;
const conditions = (text: string) =>
  swan().replace('availableReplicas: 1 }', `availableReplicas: 1, conditions: [${text}] }`);
const available = conditions('{ type: Available, status: "True", reason: MinimumReplicasAvailable }');
const look = (objects: string, more: object = {}, now?: number) =>
  judge(condition, { ...spec, ...more }, { objects, ...(now ? { now } : {}) });

describe('condition', () => {
  it('passes on what the controller says', async () => {
    expect(await look(available)).toMatchObject({
      status: 'pass',
      actual: 'Available=True (MinimumReplicasAvailable)',
    });
    expect(await look(available, { reason: 'MinimumReplicasAvailable' })).toMatchObject({ status: 'pass' });
  });

  it('fails on another status or reason, with the message', async () => {
    const failing = conditions(
      '{ type: Available, status: "False", reason: MinimumReplicasUnavailable, message: Too few. }',
    );
    expect(await look(failing)).toMatchObject({ status: 'fail', why: 'Too few.' });
    expect(await look(failing, { status: 'False' })).toMatchObject({ status: 'pass' });
    expect(await look(available, { reason: 'Other' })).toMatchObject({ status: 'fail' });
  });

  it('fails where the object is not there, or going', async () => {
    expect(await look('')).toMatchObject({
      status: 'fail',
      why: 'Deployment api-client does not exist in namespace project-swan',
    });
    const going = available.replace('generation: 1 }', `generation: 1, deletionTimestamp: "${ago(1)}" }`);
    expect(await look(going)).toMatchObject({ status: 'fail', actual: 'it does not exist' });
  });

  it('waits for the controller, then fails', async () => {
    const fresh = swan().replace('generation: 1 }', `generation: 1, creationTimestamp: "${ago(5)}" }`);
    expect(await look(fresh)).toMatchObject({ status: 'pending', actual: 'no condition Available', wakes: [10_000] });
    expect(await look(swan())).toMatchObject({ status: 'fail', actual: 'no condition Available' });
  });

  it('does not take what was said of an older generation', async () => {
    const changed = available.replace('generation: 1 }', 'generation: 2 }');
    expect(await look(changed)).toMatchObject({
      status: 'fail',
      actual: 'Available=True (MinimumReplicasAvailable), of an older generation',
    });
    const own = available
      .replace('reason: MinimumReplicasAvailable }', 'reason: X, observedGeneration: 1 }')
      .replace('generation: 1 }', 'generation: 2 }');
    expect(await look(own)).toMatchObject({ status: 'fail' });
  });

  it.each(['kubectl-patch', 'kubectl', 'curl', 'python-requests'])('does not take what %s wrote', async (manager) => {
    const forged = available
      .replace('generation: 1 }', 'generation: 1 }')
      .replace(
        'metadata: { name: api-client, namespace: project-swan, generation: 1 }',
        `metadata:\n  name: api-client\n  namespace: project-swan\n${managed(manager)}`,
      );
    expect(await look(forged)).toMatchObject({ status: 'fail', why: `${manager} wrote this status, not a controller` });
    const whole = forged.replace('"k:{\\"type\\":\\"Available\\"}": {}', '');
    expect(await look(whole)).toMatchObject({ status: 'fail' });
  });

  it('takes what a controller wrote, and an approval by hand', async () => {
    const written = (text: string) =>
      available.replace(
        'metadata: { name: api-client, namespace: project-swan, generation: 1 }',
        `metadata:\n  name: api-client\n  namespace: project-swan\n${text}`,
      );
    expect(await look(written(managed('kube-controller-manager')))).toMatchObject({ status: 'pass' });
    expect(await look(written(managed('kubectl', undefined, 'approval')))).toMatchObject({ status: 'pass' });
    expect(await look(written(managed('kubectl', '"k:{\\"type\\":\\"Progressing\\"}": {}')))).toMatchObject({
      status: 'pass',
    });
  });

  it('does not take a Deployment for available none of whose Pods is ready', async () => {
    const lying = available.replace('type: Ready, status: "True"', 'type: Ready, status: "False"');
    expect(await look(lying)).toMatchObject({
      status: 'fail',
      why: 'the status says Available=True (MinimumReplicasAvailable), but none of its Pods is ready',
    });
  });

  it("does not take a Deployment for available whose ready Pods aren't of its making", async () => {
    const adopted = available.replace(
      'command: [sh, -c, loop] }]\nstatus:\n  cond',
      'command: [sleep] }]\nstatus:\n  cond',
    );
    expect(await look(adopted)).toMatchObject({
      status: 'fail',
      why: expect.stringContaining('is not as the Deployment makes them'),
    });
  });

  it('does not take a Job for complete none of whose Pods has succeeded', async () => {
    const job = (phase: string) => `
apiVersion: batch/v1
kind: Job
metadata: { name: report, namespace: project-swan }
status: { conditions: [{ type: Complete, status: "True" }] }
---
apiVersion: v1
kind: Pod
metadata: { name: report-x, namespace: project-swan, ownerReferences: [{ kind: Job, name: report, uid: uid-Job-report, controller: true }] }
status: { phase: ${phase} }
---
`;
    const complete = { object: 'job/report', type: 'Complete' };
    expect(await look(job('Succeeded'), complete)).toMatchObject({ status: 'pass' });
    expect(await look(job('Failed'), complete)).toMatchObject({
      status: 'fail',
      why: 'the status says Complete=True, but none of its Pods has succeeded',
    });
    expect(await look(job('Failed').replace(/apiVersion: v1\nkind: Pod[\s\S]*/, ''), complete)).toMatchObject({
      status: 'pass',
    });
  });

  it('does not take a node for ready whose kubelet is silent', async () => {
    const node = (seconds: number) => `
apiVersion: v1
kind: Node
metadata: { name: worker }
status: { conditions: [{ type: Ready, status: "True" }] }
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: worker, namespace: kube-node-lease }
spec: { renewTime: "${ago(seconds)}" }
`;
    const ready = { object: 'node/worker', namespace: undefined, type: 'Ready' };
    expect(await look(node(5), ready)).toMatchObject({ status: 'pass', wakes: [45_100] });
    expect(await look(node(120), ready)).toMatchObject({
      status: 'fail',
      why: 'the status says Ready=True, but the kubelet of worker renewed its Lease 120 s ago',
    });
  });

  it('reads custom resources', async () => {
    const parcel = `
apiVersion: depot.example.com/v1
kind: parcels
metadata: { name: one, namespace: depot, generation: 3 }
status: { conditions: [{ type: Sent, status: "True", observedGeneration: 3 }] }
`;
    const sent = { object: 'parcels.v1.depot.example.com/one', namespace: 'depot', type: 'Sent' };
    expect(await look(parcel, sent)).toMatchObject({ status: 'pass' });
  });
});
