/** Nodes of a whole cluster from the inside: their files, their services, and what hangs on both. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createEmbeddedCluster,
  type EmbeddedCluster,
  type EmbeddedClusterOptions,
} from '../../../src/embedded/cluster.ts';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import { deployments, events, leases, pods, replicaSets } from '../../../src/kube/resources.ts';

const start = (options: EmbeddedClusterOptions) =>
  createEmbeddedCluster({
    ...options,
    runtime: (context) =>
      createContainerRuntime({ network: createClusterNetwork(context), nodes: context.cluster.nodes }),
  });

let cluster: EmbeddedCluster;
let client: KubeClient;
let controlPlane: string;
let worker: string;
async function open(options: EmbeddedClusterOptions): Promise<void> {
  cluster = await start(options);
  client = KubeClient.fromText(cluster.kubeconfig());
  [controlPlane = '', worker = ''] = cluster.nodes;
}
async function close(): Promise<void> {
  await client.close();
  await cluster.stop();
}

/** What a command on a node prints; both streams. */
async function run(node: string, command: string): Promise<string> {
  const process = await cluster.nodeShell(node, { command: ['bash', '-c', command], stdin: false, tty: false });
  const outputs = [process.stdout, process.stderr].map((stream) => (stream ? text(stream) : ''));
  const [out = '', err = ''] = await Promise.all([...outputs, process.exit]);
  return `${out}${err}`;
}

const soon = { timeout: 15_000, interval: 50 };
const until = (fits: () => boolean | Promise<boolean>) => vi.waitUntil(fits, soon);
const read = (name: string, namespace = 'default') => client.get(pods, namespace, name);
const exec = (pod: string, ...command: string[]) =>
  client.exec('default', pod, command, { signal: AbortSignal.timeout(20_000) });
const edit = (part: string, script: string) =>
  run(controlPlane, `sed -i '${script}' /etc/kubernetes/manifests/${part}.yaml`);
const web = (name: string) => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'nginx:1.29' }] },
});

describe('a node', () => {
  beforeAll(() => open({ nodes: 2 }));
  afterAll(close);

  it('has the files that kubeadm leaves, coherent with the cluster', async () => {
    expect(await run(controlPlane, 'ls /etc/kubernetes/manifests /etc/kubernetes/pki')).toMatch(
      /etcd\.yaml\nkube-apiserver\.yaml\nkube-controller-manager\.yaml\nkube-scheduler\.yaml[\s\S]*\bca\.crt\b/,
    );
    expect(await run(worker, 'ls /etc/kubernetes')).toBe('kubelet.conf\nmanifests\npki\n');
    expect(await run(worker, 'cat /etc/kubernetes/pki/ca.crt')).toBe(cluster.caCertificate);
    expect(await run(worker, 'grep -A1 -e clusterDNS -e staticPodPath /var/lib/kubelet/config.yaml')).toMatch(
      /clusterDNS:\n- 10\.96\.0\.10[\s\S]*staticPodPath: \/etc\/kubernetes\/manifests\n/,
    );
    const listed = await run(controlPlane, 'kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes -o name');
    expect(listed).toBe(`node/${controlPlane}\nnode/${worker}\n`);
  });

  it('shows its containers and their logs without the API server', async () => {
    await until(async () => (await run(controlPlane, 'crictl ps -q --name kube-scheduler')) !== '');
    expect(await run(controlPlane, 'crictl ps --name kube-scheduler')).toMatch(
      /^CONTAINER +IMAGE +CREATED +STATE +NAME +ATTEMPT +POD ID +POD +NAMESPACE\n[0-9a-f]{13} +[0-9a-f]{13} +.* ago +Running +kube-scheduler +0 +[0-9a-f]{13} +kube-scheduler-\S+ +kube-system\n$/,
    );
    expect(await run(controlPlane, 'crictl logs $(crictl ps -q --name kube-scheduler)')).toContain('Serving securely');
    expect(await run(controlPlane, 'crictl pods --name etcd')).toMatch(/Ready +etcd-\S+ +kube-system/);
    expect(await run(controlPlane, 'crictl images')).toMatch(/registry\.k8s\.io\/kube-apiserver +v1\.35\.4/);
  });

  it('has the logs of its containers on its disk, for itself and for Pods that mount it', async () => {
    const container = (name: string, command: string) => ({
      ...{ name, image: 'busybox:1.36', command: ['sh', '-c', command] },
      volumeMounts: [{ name: 'logs', mountPath: '/var/log', readOnly: true }],
    });
    const pod = (name: string, command: string) => ({
      metadata: { name, namespace: 'default' },
      spec: {
        nodeName: worker,
        containers: [container('c', command)],
        volumes: [{ name: 'logs', hostPath: { path: '/var/log' } }],
      },
    });
    const { metadata } = await client.create(pods, pod('talks', 'echo one; echo two >&2; sleep 1000'));
    await until(async () => (await run(worker, 'ls /var/log/containers')).includes('talks_default_c-'));
    const path = `/var/log/pods/default_talks_${metadata.uid}/c/0.log`;
    const link = '/var/log/containers/talks_default_c-*.log';
    const stamp = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z`;
    await until(async () =>
      new RegExp(`^${stamp} stdout F one\n${stamp} stderr F two\n$`).test(await run(worker, `cat ${link}`)),
    );
    expect(await run(worker, `readlink ${link}; tail -n 1 ${path} | cut -d' ' -f2-; grep -c . ${path}`)).toBe(
      `${path}\nstderr F two\n2\n`,
    );
    await until(async () => Number(await run(worker, `stat -c %s ${path}`)) === 2 * 44);
    const id = (await run(worker, 'crictl ps -q --name ^c$')).trim();
    expect(await run(worker, `crictl inspect ${id} | grep logPath`)).toContain(`"logPath": "${path}"`);
    expect(await run(worker, `ls /var/log/containers`)).toContain(`talks_default_c-${id}.log`);
    // A collector reads what others write, and what comes later.
    await client.create(pods, pod('collects', `tail -n 1 -f ${link} & sleep 1000`));
    await until(async () => (await read('collects')).status?.phase === 'Running');
    expect((await exec('collects', 'sh', '-c', `cp ${link} /tmp/copy && wc -l < /tmp/copy`)).stdout).toBe('2\n');
    await exec('talks', 'sh', '-c', 'echo three > /proc/1/fd/1');
    await until(async () => (await run(worker, 'cat /var/log/containers/collects_*')).includes(' stdout F three'));
    expect(await run(worker, `echo x > ${path}`)).toContain('Permission denied');
    for (const name of ['talks', 'collects']) await client.delete(pods, 'default', name, { gracePeriodSeconds: 0 });
    await until(async () => !(await run(worker, 'ls /var/log/containers /var/log/pods')).includes('talks'));
  });

  it('shares its files with Pods that mount them', async () => {
    await run(worker, 'mkdir -p /data && echo from the node > /data/file');
    await client.create(pods, {
      metadata: { name: 'mounts', namespace: 'default' },
      spec: {
        nodeName: worker,
        containers: [
          {
            name: 'c',
            image: 'busybox:1.36',
            command: ['sh', '-c', 'cat /data/file; echo from the Pod > /data/answer; sleep 1000'],
            volumeMounts: [
              { name: 'data', mountPath: '/data' },
              { name: 'root', mountPath: '/host' },
            ],
          },
        ],
        volumes: [
          { name: 'data', hostPath: { path: '/data', type: 'Directory' } },
          { name: 'root', hostPath: { path: '/' } },
        ],
      },
    });
    await until(async () => (await run(worker, 'cat /data/answer')) === 'from the Pod\n');
    const inside = async (...command: string[]) => (await exec('mounts', ...command)).stdout;
    expect(await inside('cat', '/host/data/file')).toBe('from the node\n');
    expect(await inside('chroot', '/host', 'bash', '-c', 'systemctl is-active kubelet; ls /data; pwd')).toBe(
      'active\nanswer\nfile\n/\n',
    );
    expect((await exec('mounts', '/host/usr/bin/systemctl', 'status')).stderr).toContain(
      'System has not been booted with systemd',
    );
  });

  it('does not mount what is not of the type that the volume says', async () => {
    await client.create(pods, {
      metadata: { name: 'typed', namespace: 'default' },
      spec: {
        nodeName: worker,
        containers: [{ name: 'c', image: 'nginx:1.29', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
        volumes: [{ name: 'v', hostPath: { path: '/nothing', type: 'Directory' } }],
      },
    });
    const told = async () => (await client.list(events, 'default')).items.map(({ message }) => message);
    await until(async () =>
      (await told()).includes(
        'MountVolume.SetUp failed for volume "v" : hostPath type check failed: /nothing is not a directory',
      ),
    );
    await client.delete(pods, 'default', 'typed', { gracePeriodSeconds: 0 });
  });

  it('runs what is put into its folder of static Pods, wherever from', async () => {
    await run(
      worker,
      `cat > /etc/kubernetes/manifests/hello.yaml <<END
apiVersion: v1
kind: Pod
metadata: { name: hello }
spec: { containers: [{ name: c, image: "nginx:1.29", ports: [{ containerPort: 80 }] }] }
END`,
    );
    const ready = async () =>
      (await read(`hello-${worker}`).catch(() => undefined))?.status?.containerStatuses?.[0]?.ready === true;
    await until(ready);
    expect((await exec(`hello-${worker}`, 'hostname')).stdout).toBe(`hello-${worker}\n`);
    const address = (await read(`hello-${worker}`)).status?.podIP;
    // The server listens a moment after its container has begun.
    await until(async () => (await run(controlPlane, `curl -s ${address}`)).includes('Welcome to nginx'));
    await run(worker, 'mv /etc/kubernetes/manifests/hello.yaml /tmp/');
    await until(
      async () => !(await client.list(pods, 'default')).items.some(({ metadata }) => /hello/.test(metadata.name)),
    );
  });
});

describe('the control plane', () => {
  beforeAll(() => open({}));
  afterAll(close);

  it('schedules nothing and says nothing while the scheduler crashes', async () => {
    await edit('kube-scheduler', 's#kubeconfig=/etc/kubernetes/scheduler.conf#kubeconfig=/etc/kubernetes/sched.conf#');
    const name = `kube-scheduler-${controlPlane}`;
    await until(async () => {
      const state = (await read(name, 'kube-system')).status?.containerStatuses?.[0]?.state;
      return state?.waiting?.reason === 'CrashLoopBackOff';
    });
    expect(await run(controlPlane, 'crictl logs $(crictl ps -aq --name kube-scheduler | head -1)')).toContain(
      '"command failed" err="stat /etc/kubernetes/sched.conf: no such file or directory"',
    );
    const { metadata } = await client.create(pods, web('waits'));
    const renewed = (await client.get(leases, 'kube-system', 'kube-scheduler')).spec?.renewTime;
    await new Promise<void>((resolve) => cluster.context.clock.after(3000, resolve));
    expect((await read('waits')).spec?.nodeName).toBeUndefined();
    expect((await client.list(events, 'default')).items.filter((e) => e.involvedObject.uid === metadata.uid)).toEqual(
      [],
    );
    expect((await client.get(leases, 'kube-system', 'kube-scheduler')).spec?.renewTime).toBe(renewed);
    await edit('kube-scheduler', 's#sched.conf#scheduler.conf#');
    await until(async () => (await read('waits')).status?.phase === 'Running');
  });

  it('makes no ReplicaSets without the controller manager', async () => {
    await run(controlPlane, 'mv /etc/kubernetes/manifests/kube-controller-manager.yaml /tmp/');
    await until(async () => {
      const { items } = await client.list(pods, 'kube-system');
      return !items.some(({ metadata }) => metadata.name.startsWith('kube-controller-manager'));
    });
    const labels = { app: 'web' };
    await client.create(deployments, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: web('web').spec } },
    });
    await new Promise<void>((resolve) => cluster.context.clock.after(1500, resolve));
    expect((await client.list(replicaSets, 'default')).items).toEqual([]);
    await run(controlPlane, 'mv /tmp/kube-controller-manager.yaml /etc/kubernetes/manifests/');
    await until(async () => (await client.list(replicaSets, 'default')).items.length === 1);
  });

  it.each(['kube-apiserver', 'etcd'])('refuses connections while %s is away', async (part) => {
    const url = `${cluster.url}/readyz`;
    const answers = () =>
      client.get(pods, 'kube-system', `kube-apiserver-${controlPlane}`).then(
        () => true,
        () => false,
      );
    await run(controlPlane, `mv /etc/kubernetes/manifests/${part}.yaml /tmp/`);
    await until(async () => !(await answers()));
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    expect(await run(controlPlane, 'kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes')).toMatch(
      /The connection to the server \S+:6443 was refused/,
    );
    await run(controlPlane, `mv /tmp/${part}.yaml /etc/kubernetes/manifests/`);
    await until(answers);
  });

  it('goes back to what it was', async () => {
    await edit('kube-scheduler', 's#- kube-scheduler$#- kube-schedule#');
    await run(controlPlane, 'echo x > /etc/kubernetes/manifests/x.yaml; systemctl stop kubelet');
    await cluster.reset();
    expect(await run(controlPlane, 'ls /etc/kubernetes/manifests; systemctl is-active kubelet')).toBe(
      'etcd.yaml\nkube-apiserver.yaml\nkube-controller-manager.yaml\nkube-scheduler.yaml\nactive\n',
    );
    await client.create(pods, web('after'));
    await until(async () => (await read('after')).status?.phase === 'Running');
  });
});

it('keeps files and services over a restart of its process', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kubedrill-nodes-'));
  try {
    await open({ folder, nodes: 2 });
    await run(worker, 'echo kept > /etc/kubernetes/note; systemctl stop kubelet');
    await edit('kube-scheduler', 's#- kube-scheduler$#- kube-schedule#');
    await until(async () => {
      const { status } = await read(`kube-scheduler-${controlPlane}`, 'kube-system');
      return status?.containerStatuses?.[0]?.state?.running === undefined;
    });
    await close();
    await open({ folder, nodes: 2 });
    expect(await run(worker, 'cat /etc/kubernetes/note; systemctl is-active kubelet')).toBe('kept\ninactive\n');
    await client.create(pods, web('waits'));
    await new Promise<void>((resolve) => cluster.context.clock.after(1000, resolve));
    expect((await read('waits')).spec?.nodeName).toBeUndefined();
    await cluster.reset();
    expect(await run(worker, 'ls /etc/kubernetes; systemctl is-active kubelet')).toBe(
      'kubelet.conf\nmanifests\npki\nactive\n',
    );
    await client.create(pods, web('runs'));
    await until(async () => (await read('runs')).status?.phase === 'Running');
    await close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('has vim, with the settings of its owner', { timeout: 30_000 }, async () => {
  await open({});
  try {
    await run(controlPlane, "echo 'set et sw=2 ts=2 number' > ~/.vimrc; printf 'spec:\\n' > /tmp/f.yaml");
    const session = await cluster.nodeShell(controlPlane, { command: ['vim', '/tmp/f.yaml'], stdin: true, tty: true });
    let shown = '';
    session.stdout?.on('data', (data: Uint8Array) => {
      shown += Buffer.from(data).toString();
    });
    await until(() => shown.includes('"/tmp/f.yaml" 1L, 6B'));
    expect(shown).toContain('  1 spec:');
    session.stdin?.write('o\ta: 1');
    await until(() => shown.includes('-- INSERT --'));
    session.stdin?.write('\x1byyp>>:q\r');
    await until(() => shown.includes('E37: No write since last change (add ! to override)'));
    session.stdin?.write(':wq\r');
    expect(await session.exit).toBe(0);
    expect(await run(controlPlane, 'cat /tmp/f.yaml')).toBe('spec:\n  a: 1\n    a: 1\n');
  } finally {
    await close();
  }
});
