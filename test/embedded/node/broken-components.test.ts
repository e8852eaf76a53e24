/** Manifests of the control plane with mistakes in them, as learners see what comes of it on the node. */
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import { events, pods } from '../../../src/kube/resources.ts';

let cluster: EmbeddedCluster;
let client: KubeClient;
let node: string;

beforeAll(async () => {
  cluster = await createEmbeddedCluster({
    runtime: (context) =>
      createContainerRuntime({ network: createClusterNetwork(context), nodes: context.cluster.nodes }),
  });
  client = KubeClient.fromText(cluster.kubeconfig());
  [node = ''] = cluster.nodes;
  await run('cp -r /etc/kubernetes/manifests /opt/good');
});
afterAll(async () => {
  await client.close();
  await cluster.stop();
});

/** What a command on the node prints; both streams. */
async function run(command: string): Promise<string> {
  const process = await cluster.nodeShell(node, { command: ['bash', '-c', command], stdin: false, tty: false });
  const outputs = [process.stdout, process.stderr].map((stream) => (stream ? text(stream) : ''));
  const [out = '', err = ''] = await Promise.all([...outputs, process.exit]);
  return `${out}${err}`;
}

const until = (fits: () => Promise<boolean>, timeout = 20_000) => vi.waitUntil(fits, { timeout, interval: 50 });
const answers = () =>
  client.get(pods, 'kube-system', `kube-apiserver-${node}`).then(
    () => true,
    () => false,
  );
/** The log of the newest container of a part that has ended. */
const lastWords = (part: string) =>
  run(`crictl logs $(crictl ps -aq --state exited --name '^${part}$' | head -1) 2>&1`);
const mend = async (part: string) => {
  await run(`cp /opt/good/${part}.yaml /etc/kubernetes/manifests/${part}.yaml`);
  await until(answers);
};
const edit = (part: string, script: string) => run(`sed -i '${script}' /etc/kubernetes/manifests/${part}.yaml`);

const failed = (why: string) => `] "command failed" err=${JSON.stringify(why)}\n`;

describe('a mistake in a manifest', { timeout: 60_000 }, () => {
  it.each([
    ['kube-apiserver', 's#--etcd-servers=#--etcd-serverz=#', 'Error: unknown flag: --etcd-serverz\n'],
    ['kube-apiserver', 's#Node,RBAC#Node,RBACX#', failed('authorization-mode "RBACX" is not a valid mode')],
    [
      'kube-apiserver',
      's#tls-cert-file=.*#tls-cert-file=/etc/kubernetes/pki/apiserverz.crt#',
      failed('open /etc/kubernetes/pki/apiserverz.crt: no such file or directory'),
    ],
    [
      'kube-apiserver',
      's#etcd-cafile=.*#etcd-cafile=/etc/kubernetes/pki/nope.crt#',
      'instance.go:233] Error creating leases: error creating storage factory: open /etc/kubernetes/pki/nope.crt: no such file or directory\n',
    ],
    [
      'kube-apiserver',
      's#service-cluster-ip-range=.*#service-cluster-ip-range=10.96.0.0#',
      failed('service-cluster-ip-range[0] is not a valid cidr'),
    ],
    [
      'kube-apiserver',
      's#=NodeRestriction#=NodeRestrictions#',
      failed('enable-admission-plugins plugin "NodeRestrictions" is unknown'),
    ],
    [
      'kube-apiserver',
      's#tls-private-key-file=.*#tls-private-key-file=/etc/kubernetes/pki/sa.key#',
      failed('tls: private key does not match public key'),
    ],
    [
      'kube-controller-manager',
      's#kubeconfig=/etc/kubernetes/controller-manager.conf#kubeconfig=/etc/kubernetes/cm.conf#',
      failed('stat /etc/kubernetes/cm.conf: no such file or directory'),
    ],
    [
      'kube-controller-manager',
      's#cluster-cidr=.*#cluster-cidr=10.244.0.0#',
      'controllermanager.go:257] "Error building controllers" err="invalid CIDR[0]: <nil> (invalid CIDR address: 10.244.0.0)"\n',
    ],
    [
      'kube-controller-manager',
      's#root-ca-file=.*#root-ca-file=/etc/kubernetes/pki/root.crt#',
      '"Error building controllers" err="error parsing root-ca-file at /etc/kubernetes/pki/root.crt: open /etc/kubernetes/pki/root.crt: no such file or directory"\n',
    ],
    [
      'kube-scheduler',
      's#--leader-elect=true#--leader-elect=yes#',
      'Error: invalid argument "yes" for "--leader-elect" flag: strconv.ParseBool: parsing "yes": invalid syntax\n',
    ],
    ['etcd', 's#--data-dir=#--datadir=#', 'flag provided but not defined: -datadir\n'],
    [
      'etcd',
      's#--cert-file=.*#--cert-file=/etc/kubernetes/pki/etcd/nope.crt#',
      '"msg":"listener failed","error":"open /etc/kubernetes/pki/etcd/nope.crt: no such file or directory"}\n',
    ],
  ])('ends %s (%s)', async (part, script, words) => {
    await edit(part, script);
    await until(async () => (await lastWords(part)).includes(words));
    expect(await run(`crictl ps -a --name '^${part}$'`)).toContain('Exited');
    await mend(part);
  });

  it('shows in the mirror Pod, its events and the journal while the API server is there', async () => {
    await edit('kube-scheduler', 's#--kubeconfig=#--kubeconfigs=#');
    const name = `kube-scheduler-${node}`;
    const state = async () => {
      const pod = await client.get(pods, 'kube-system', name).catch(() => undefined);
      return pod?.status?.containerStatuses?.[0];
    };
    await until(async () => (await state())?.state?.waiting?.reason === 'CrashLoopBackOff');
    expect((await state())?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    expect((await client.list(events, 'kube-system')).items.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(`Back-off restarting failed container kube-scheduler in pod ${name}`),
    );
    expect(await run('journalctl -u kubelet')).toMatch(/CrashLoopBackOff[^\n]*kube-scheduler/);
    await mend('kube-scheduler');
  });

  it('of the port of etcd makes the API server give up after twenty seconds', async () => {
    await edit('kube-apiserver', 's#127.0.0.1:2379#127.0.0.1:2378#');
    await until(async () =>
      (await run(`crictl logs $(crictl ps -q --name kube-apiserver) 2>&1`)).includes(
        'Err: connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2378: connect: connection refused"',
      ),
    );
    expect(await answers()).toBe(false);
    const end = 'instance.go:233] Error creating leases: error creating storage factory: context deadline exceeded\n';
    await until(async () => (await lastWords('kube-apiserver')).endsWith(end), 40_000);
    await mend('kube-apiserver');
  });

  it('of the port at which etcd listens leaves the API server without it', async () => {
    await edit('etcd', 's#\\(listen-client-urls=.*\\):2379,\\(.*\\):2379#\\1:2377,\\2:2377#');
    await until(async () =>
      (await run(`crictl logs $(crictl ps -q --name kube-apiserver) 2>&1`)).includes(
        '127.0.0.1:2379: connect: connection refused',
      ),
    );
    await mend('etcd');
  });

  it('of the port of a liveness probe restarts what it probes', async () => {
    await edit(
      'kube-scheduler',
      '/livenessProbe/,/timeoutSeconds/{s#port: .*#port: 10250#;s#failureThreshold: 8#failureThreshold: 1#;s#\\(initialDelay\\|period\\)Seconds: 10#\\1Seconds: 1#}',
    );
    const name = `kube-scheduler-${node}`;
    await until(async () => {
      const pod = await client.get(pods, 'kube-system', name).catch(() => undefined);
      return (pod?.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0;
    }, 40_000);
    expect((await client.list(events, 'kube-system')).items.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Liveness probe failed: /),
        'Container kube-scheduler failed liveness probe, will be restarted',
      ]),
    );
    await mend('kube-scheduler');
  });

  it('of the configuration of kube-proxy ends it', async () => {
    const proxy = (name: string, ...args: string[]) => ({
      metadata: { name, namespace: 'default' },
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'c', image: 'registry.k8s.io/kube-proxy:v1.35.4', command: ['kube-proxy', ...args] }],
      },
    });
    const ended = async (name: string) => {
      await until(async () => (await client.get(pods, 'default', name)).status?.phase === 'Failed');
      return run(`crictl logs $(crictl ps -aq --name '^c$' | head -1) 2>&1`);
    };
    await client.create(pods, proxy('mode', '--proxy-mode=userspace'));
    expect(await ended('mode')).toContain(
      failed(
        'failed validate: KubeProxyConfiguration.Mode.ProxyMode: Invalid value: "userspace": must be iptables, ipvs, nftables or blank (blank means the best-available proxy [currently iptables])',
      ),
    );
    await client.create(pods, proxy('config', '--config=/var/lib/kube-proxy/config.conf'));
    expect(await ended('config')).toContain(
      failed('failed complete: open /var/lib/kube-proxy/config.conf: no such file or directory'),
    );
  });

  it('of the image is told as one that cannot be pulled', async () => {
    await edit('kube-scheduler', 's#kube-scheduler:v1.35.4#kube-scheduler:v1.35.444#');
    await until(async () => {
      const pod = await client.get(pods, 'kube-system', `kube-scheduler-${node}`).catch(() => undefined);
      return /ErrImagePull|ImagePullBackOff/.test(pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? '');
    });
    await mend('kube-scheduler');
  });
});
