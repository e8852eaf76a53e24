/** A lab whose control plane the learner broke on its node, over restarts of the daemon. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type CheckReport, Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

let user: Sandbox;
let kubectl: Kubectl;
beforeEach(async () => {
  user = await Sandbox.create();
  const started = await user.json<Started>(['start', 'forbidden-deployment']);
  kubectl = new Kubectl(user, started.kubeconfig);
});
afterEach(() => user.dispose());

const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
/** What a command on the control plane's node says. */
const onNode = async (command: string) => {
  const { stdout, stderr } = await user.run(['node', 'shell', 'control-plane', '--', 'bash', '-c', command]);
  return `${stdout}${stderr}`;
};
const until = (fits: () => Promise<boolean>) => vi.waitUntil(fits, { timeout: 30_000, interval: 200 });
const answers = async () => (await kubectl.try(['get', 'nodes'])).code === 0;
/** Whether the checks are judged, none of them with an error. */
const judged = async () => (await user.json<CheckReport>(['check'])).checks.every(({ status }) => status !== 'error');
const lastError = () => onNode("crictl logs $(crictl ps -aq --state exited --name '^kube-apiserver$' | head -1) 2>&1");

async function breakIt(): Promise<void> {
  await onNode(`sed -i 's#--etcd-servers=#--etcd-serverz=#' ${manifest}`);
  await until(async () => !(await answers()));
}

it('comes back as its manifest says, and a reset mends it', async () => {
  await breakIt();
  expect(await kubectl.try(['get', 'nodes'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('was refused'),
  });
  await user.killDaemon();
  // The next command brings the lab back: nothing of it can be judged.
  expect((await user.run(['check'])).code).toBe(3);
  expect(await answers()).toBe(false);
  expect(await onNode(`grep etcd-server ${manifest}`)).toContain('--etcd-serverz=https://127.0.0.1:2379');
  await until(async () => (await lastError()) === 'Error: unknown flag: --etcd-serverz\n');
  expect(await onNode("crictl ps -a --name '^kube-apiserver$'")).toMatch(/Exited +kube-apiserver/);
  expect((await user.run(['reset'])).code).toBe(0);
  await until(answers);
  await until(judged);
  expect(await kubectl.run(['get', 'deploy', '-n', 'project-swan', '-o', 'name'])).toContain('deployment.apps/');
});

it('comes back and is mended by hand', async () => {
  await breakIt();
  await user.killDaemon();
  expect((await user.run(['check'])).code).toBe(3);
  await onNode(`sed -i 's#--etcd-serverz=#--etcd-servers=#' ${manifest}`);
  await until(answers);
  expect(await kubectl.run(['get', 'pods', '-n', 'kube-system'])).toMatch(/kube-apiserver-\S+ +[01]\/1 +Running/);
  await until(judged);
});
