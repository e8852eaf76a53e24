import { describe, expect, it } from 'vitest';
import { event } from '../../src/checks/objects/event.ts';
import { swan } from '../helpers/fake-view.ts';
import { ago, judge } from '../helpers/judge.ts';

interface Told {
  uid?: string;
  reason?: string;
  seconds?: number;
  component?: string;
  manager?: string;
  name?: string;
}
const told = ({
  uid = 'uid-Pod-api-client-1-x',
  reason = 'Unhealthy',
  seconds = 10,
  component = 'kubelet',
  manager = 'kubelet',
  name = 'a',
}: Told = {}) => `
apiVersion: v1
kind: Event
metadata: { name: ${name}, namespace: project-swan, managedFields: [{ manager: ${manager} }] }
involvedObject: { kind: Pod, name: api-client-1-x, uid: ${uid} }
reason: ${reason}
type: Warning
message: "Readiness probe failed"
source: { component: ${component} }
lastTimestamp: "${ago(seconds)}"
---
`;
const pods = { object: 'deployment/api-client', namespace: 'project-swan', of: 'pods', reason: 'Unhealthy' };
const look = (events: string, more: object = {}, buried = '') =>
  judge(event, { ...pods, ...more }, { objects: swan() + events, buried });

describe('event seen', () => {
  it('passes on an Event about a Pod of the workload', async () => {
    expect(await look(told())).toMatchObject({ status: 'pass', actual: 'seen once' });
    expect(await look(told(), { message: '^Readiness', type: 'Warning' })).toMatchObject({ status: 'pass' });
  });

  it.each([
    ['there is none', ''],
    ['the reason is another', told({ reason: 'Killing' })],
    ['it is about a Pod that is gone', told({ uid: 'uid-of-before' })],
    ['it was before set-up ended', told({ seconds: 3_000 })],
    ['kubectl wrote it', told({ manager: 'kubectl-create' })],
    ['a name was put on for the kubelet', told({ manager: 'anything' })],
    ['somebody else says to be the scheduler', told({ component: 'default-scheduler', manager: 'kubelet' })],
    ['it names no component', told({ component: '""' })],
  ])('fails where %s', async (_, events) => {
    expect(await look(events)).toMatchObject({ status: 'fail', actual: 'none since set-up' });
  });

  it('fails where the message does not match, or the workload is gone or has no Pods', async () => {
    expect(await look(told(), { message: '^Liveness' })).toMatchObject({ status: 'fail' });
    expect(await judge(event, pods, { objects: told() })).toMatchObject({
      status: 'fail',
      why: 'Deployment api-client does not exist',
    });
    expect(await judge(event, pods, { objects: swan().replaceAll('kind: Pod\n', 'kind: Pot\n') })).toMatchObject({
      status: 'fail',
      actual: 'no Pods',
    });
  });

  it('takes an Event that its author deleted', async () => {
    expect(await look('', {}, told())).toMatchObject({ status: 'pass' });
  });

  it('takes no Event without a trace of who wrote it', async () => {
    expect(await look(told().replace(', managedFields: [{ manager: kubelet }]', ''))).toMatchObject({ status: 'fail' });
  });

  it('takes Events about one container only', async () => {
    const about = told().replace('uid: uid-Pod', 'fieldPath: "spec.containers{client}", uid: uid-Pod');
    expect(await look(about, { container: 'client' })).toMatchObject({ status: 'pass' });
    expect(await look(about, { container: 'other' })).toMatchObject({ status: 'fail' });
    expect(await look(told(), { container: 'client' })).toMatchObject({ status: 'fail' });
  });

  it('wants a start borne out by the Pod, and the Pod by its template', async () => {
    const started = told({ reason: 'Started' }).replace(
      'uid: uid-Pod',
      'fieldPath: "spec.containers{client}", uid: uid-Pod',
    );
    const judged = (objects: string) => judge(event, { ...pods, reason: 'Started' }, { objects: objects + started });
    expect(await judged(swan())).toMatchObject({ status: 'fail', actual: 'none since set-up' });
    const ran = swan().replace('imageID: x,', 'imageID: x, containerID: "containerd://1",');
    expect(await judged(ran)).toMatchObject({ status: 'pass' });
    const adopted = ran.replace('command: [sh, -c, loop] }]\nstatus:\n  cond', 'command: [sleep] }]\nstatus:\n  cond');
    expect(await judged(adopted)).toMatchObject({ status: 'fail', actual: 'no Pods' });
  });

  it("takes components that aren't Kubernetes' own by their own name", async () => {
    expect(await look(told({ component: 'ingress-nginx', manager: 'ingress-nginx' }))).toMatchObject({
      status: 'pass',
    });
    expect(await look(told({ component: 'ingress-nginx', manager: 'kubectl' }))).toMatchObject({ status: 'fail' });
  });
});

describe('event absent', () => {
  const absent = { expect: 'absent', within: '30s' };

  it('passes when none came for so long', async () => {
    expect(await look('', absent)).toMatchObject({ status: 'pass', actual: 'none for 30 s' });
    expect(await look(told({ seconds: 40 }), absent)).toMatchObject({ status: 'pass' });
  });

  it('fails on a recent one, and looks again', async () => {
    expect(await look(told({ seconds: 10 }), absent)).toMatchObject({
      status: 'fail',
      actual: 'the last one 10 s ago',
      wakes: [20_050],
    });
  });

  it('fails on a recent one that was deleted', async () => {
    expect(await look('', absent, told({ seconds: 10 }))).toMatchObject({ status: 'fail' });
  });

  it('is pending while the object is younger than that', async () => {
    const young = swan().replace('generation: 1 }', `generation: 1, creationTimestamp: "${ago(5)}" }`);
    expect(await judge(event, { ...pods, ...absent }, { objects: young })).toMatchObject({
      status: 'pending',
      wakes: [25_050],
    });
  });

  it('does not pass because the object is gone', async () => {
    expect(await judge(event, { ...pods, ...absent }, { objects: '' })).toMatchObject({ status: 'fail' });
  });
});
