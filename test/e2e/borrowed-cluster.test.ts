import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorText } from '../../src/kernel/errors.ts';
import { Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

const namespace = ['-n', 'project-new'];

describe("somebody else's cluster, of which a user has one namespace", () => {
  let owner: Sandbox;
  let user: Sandbox;
  let ownerKubectl: Kubectl;
  let kubeconfig: string;
  let start: string[];

  beforeAll(async () => {
    [owner, user] = await Promise.all([Sandbox.create(), Sandbox.create()]);
    const existing = await owner.json<Started>(['cluster', 'up', '--name', 'existing']);
    ownerKubectl = new Kubectl(owner, existing.kubeconfig);
    await ownerKubectl.run(['create', 'namespace', 'project-new']);
    await ownerKubectl.run(['create', 'serviceaccount', 'member', ...namespace]);
    kubeconfig = join(user.folder, 'kubeconfig');
    copyFileSync(existing.kubeconfig, kubeconfig);
    const config = (...args: string[]) => new Kubectl(user, kubeconfig).run(['config', ...args]);
    const token = (await ownerKubectl.run(['create', 'token', 'member', ...namespace])).trim();
    await config('set-credentials', 'member', `--token=${token}`);
    await config('set-context', 'member', `--cluster=${existing.context}`, '--user=member');
    // A scenario that leaves the making of namespaces to others.
    const pack = join(user.folder, 'pack');
    expect((await user.run(['pack', 'new', 'settings', '--pack', pack])).code).toBe(0);
    rmSync(join(pack, 'settings', 'setup', '10-namespace.yaml'));
    const where = ['--provider', 'kubeconfig', '--kubeconfig', kubeconfig, '--context', 'member'];
    start = ['start', 'settings', '--pack', pack, ...where];
  });
  afterAll(() => Promise.all([owner.dispose(), user.dispose()]));

  it('is not theirs to make a lab of', async () => {
    const adopt = ['cluster', 'adopt', '--yes', '--kubeconfig', kubeconfig];
    expect(await user.run([...adopt, '--context', 'member'])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^kubedrill: your user lacks rights on the cluster of context member/),
    });
    expect((await user.run([...adopt, '--context', 'kubedrill-existing'])).code).toBe(0);
  });

  it('is lent once its owner has granted what is printed, and no more is needed', async () => {
    await bind('view');
    const refused = await user.json<{ error: ErrorText & { code: number } }>(start);
    expect(refused.error).toMatchObject({
      code: 3,
      what: expect.stringMatching(/^system:serviceaccount:project-new:member lacks rights on .* context member/),
      why: expect.stringContaining('create/update/patch/delete configmaps in project-new'),
    });
    expect(await user.json(['cluster', 'list'])).toEqual([]);
    const manifest = refused.error.next?.replace(/^.*\n/, '') ?? '';
    await ownerKubectl.run(['apply', '-f', '-'], { input: manifest });
    await takesTheLab();
    await ownerKubectl.run(['delete', '-f', '-'], { input: manifest });
  });

  it('is lent to the administrator of that namespace', async () => {
    await bind('admin');
    await takesTheLab();
  });

  async function bind(role: string): Promise<void> {
    const who = [`--clusterrole=${role}`, '--serviceaccount=project-new:member', ...namespace];
    await ownerKubectl.run(['create', 'rolebinding', role, ...who]);
  }

  /** Starts, solves, resets and ends it; what was there before is there again. */
  async function takesTheLab(): Promise<void> {
    const lab = await user.json<Started>(start);
    const kubectl = new Kubectl(user, lab.kubeconfig);
    const solve = () => kubectl.run(['create', 'configmap', 'settings', '--from-literal=mode=fast', ...namespace]);
    await solve();
    expect((await user.run(['check', '--watch'])).code).toBe(0);
    await kubectl.run(['delete', 'configmap', 'limits', ...namespace]);
    expect(await user.json(['cluster', 'doctor'])).toEqual({
      differences: ['ConfigMap project-new/limits is missing', 'ConfigMap project-new/settings is new'],
    });
    expect((await user.run(['reset'])).code).toBe(0);
    expect(await user.json(['cluster', 'doctor'])).toEqual({ differences: [] });
    expect((await user.run(['stop'])).code).toBe(0);
    const left = await ownerKubectl.run(['get', 'configmaps', '-o', 'name', ...namespace]);
    expect(left).toBe('configmap/kube-root-ca.crt\n');
  }
});
