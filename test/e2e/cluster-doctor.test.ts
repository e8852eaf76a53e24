import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

interface Report {
  differences: string[];
}

describe('kubedrill cluster doctor', () => {
  let user: Sandbox;
  beforeAll(async () => {
    user = await Sandbox.create();
  });
  afterAll(() => user.dispose());

  it('tells what differs on a bare cluster since it was made', async () => {
    const { id, kubeconfig } = await user.json<Started>(['cluster', 'up', '--addon', 'gateway-api']);
    const kubectl = new Kubectl(user, kubeconfig);
    expect((await user.run(['cluster', 'doctor', id])).stdout).toBe('everything is as it was\n');
    await kubectl.run(['create', 'deployment', 'mine', '--image=nginx:1.27']);
    await kubectl.run(['scale', 'deployment', 'coredns', '--replicas=0', '-n', 'kube-system']);
    await kubectl.run(['delete', 'service', 'kube-dns', '-n', 'kube-system']);
    await kubectl.run(['cordon', `${(await kubectl.run(['get', 'nodes', '-o', 'name'])).trim()}`]);
    const { code, stdout } = await user.run(['cluster', 'doctor', id]);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'Deployment default/mine is new',
      'Deployment kube-system/coredns: spec.replicas changed',
      'Node kubedrill-control-plane: spec.unschedulable changed',
      'Service kube-system/kube-dns is missing',
    ]);
    expect((await user.json<Report>(['cluster', 'doctor', id])).differences).toEqual(stdout.trimEnd().split('\n'));
    // Without attempts the only cluster is meant; of several one has to be named.
    const hostname = ['node', 'shell', 'control-plane', '--', 'hostname'];
    expect((await user.run(hostname)).stdout).toBe('kubedrill-control-plane\n');
    const other = await user.json<Started>(['cluster', 'up', '--name', 'other']);
    expect(await user.run(hostname)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are several clusters'),
    });
    expect((await user.run(['cluster', 'down', other.id])).code).toBe(0);
    expect((await user.run(['cluster', 'down', id])).code).toBe(0);
    expect(await user.run(['cluster', 'doctor', id])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`there is no cluster ${id}`),
    });
  });

  it('tells what a learner did since set-up, whichever daemon is asked, until a reset undoes it', async () => {
    const { kubeconfig } = await user.json<Started>(['start', 'forbidden-deployment']);
    const namespace = ['-n', 'project-swan'];
    const kubectl = new Kubectl(user, kubeconfig);
    expect(await user.json<Report>(['cluster', 'doctor'])).toEqual({ differences: [] });
    await kubectl.run(['create', 'role', 'pod-reader', '--verb=list', '--resource=pods', ...namespace]);
    await kubectl.run(['set', 'image', 'deployment/api-client', '*=busybox:1.36', ...namespace]);
    await kubectl.run(['create', 'namespace', 'attic']);
    const wanted = [
      'Deployment project-swan/api-client: spec.template.spec.containers[0].image changed',
      'Namespace attic is new',
      'Role project-swan/pod-reader is new',
    ];
    // The revision before stays as a ReplicaSet.
    expect((await user.json<Report>(['cluster', 'doctor'])).differences).toEqual(expect.arrayContaining(wanted));
    await user.killDaemon();
    expect((await user.json<Report>(['cluster', 'doctor'])).differences).toEqual(expect.arrayContaining(wanted));
    expect((await user.run(['reset'])).code).toBe(0);
    expect(await user.json<Report>(['cluster', 'doctor'])).toEqual({ differences: [] });
  });
});
