/** The exam's task about etcd: back it up, lose something, restore the backup, as far as a restart of the daemon. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Kubectl, type Started } from './lab.ts';
import { Sandbox } from './sandbox.ts';

let user: Sandbox;
let kubectl: Kubectl;
beforeEach(async () => {
  user = await Sandbox.create();
  const { kubeconfig } = await user.json<Started>(['cluster', 'up', '--name', 'backup']);
  kubectl = new Kubectl(user, kubeconfig);
});
afterEach(() => user.dispose());

const pki = '/etc/kubernetes/pki/etcd';
const flags = [`--cacert=${pki}/ca.crt`, `--cert=${pki}/server.crt`, `--key=${pki}/server.key`];
const onNode = (command: string) => user.run(['node', 'shell', 'control-plane', '--', 'bash', '-c', command]);
const until = (fits: () => Promise<boolean>) => vi.waitUntil(fits, { timeout: 40_000, interval: 200 });
const shown = async (...args: string[]) => (await kubectl.try(['get', ...args, '-o', 'name'])).stdout.trim();

it('is done with the tools and in the words of a real cluster', async () => {
  const etcd = (await shown('pods', '-n', 'kube-system', '-l', 'component=etcd')).replace(/^pod\//, '');
  const exec = (...command: string[]) => kubectl.try(['exec', '-n', 'kube-system', etcd, '--', ...command]);
  await until(async () => (await exec('etcdctl', ...flags, 'endpoint', 'health')).code === 0);
  expect((await exec('sh')).stderr).toContain('executable file not found in $PATH');
  await kubectl.run(['create', 'configmap', 'kept', '--from-literal=a=b']);
  await kubectl.run(['create', 'secret', 'generic', 'clear', '--from-literal=password=hunter2']);
  expect((await exec('etcdctl', ...flags, 'get', '/registry/secrets/default/clear')).stdout).toContain('hunter2');
  // What etcd's Pod writes below /var/lib/etcd is on the node.
  const saved = await exec('etcdctl', ...flags, 'snapshot', 'save', '/var/lib/etcd/snapshot.db');
  expect(saved.stdout).toBe('Snapshot saved at /var/lib/etcd/snapshot.db\nServer version 3.6.0\n');
  const status = await onNode('mv /var/lib/etcd/snapshot.db /opt; etcdutl snapshot status /opt/snapshot.db -w table');
  expect(status.stdout).toMatch(/\| +HASH +\| REVISION \| TOTAL KEYS \| TOTAL SIZE \| VERSION \|\n/);

  await kubectl.run(['delete', 'configmap', 'kept']);
  await kubectl.run(['create', 'configmap', 'later']);
  const restored = await onNode('etcdutl snapshot restore /opt/snapshot.db --data-dir /var/lib/etcd-backup');
  expect(restored).toMatchObject({ code: 0, stderr: expect.stringContaining('\trestored snapshot\t') });
  await onNode("sed -i 's#path: /var/lib/etcd$#path: /var/lib/etcd-backup#' /etc/kubernetes/manifests/etcd.yaml");
  await until(async () => (await shown('configmap', 'kept')) === 'configmap/kept');
  expect(await shown('configmap', 'later')).toBe('');
  await until(async () => (await exec('etcdctl', ...flags, 'endpoint', 'health')).code === 0);
  expect((await exec('etcdctl', ...flags, 'member', 'list')).stdout).toMatch(
    /^8e9e05c52164694d, started, .*, http:\/\/localhost:2380, /,
  );

  await kubectl.run(['create', 'configmap', 'after-it']);
  await user.killDaemon();
  // The next command brings the cluster back.
  await onNode('true');
  await until(async () => (await shown('configmap', 'after-it')) === 'configmap/after-it');
  expect(await shown('configmap', 'kept')).toBe('configmap/kept');
  expect(await shown('configmap', 'later')).toBe('');
});
