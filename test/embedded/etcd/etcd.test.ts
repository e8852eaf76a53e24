/** etcd of a whole cluster, as a learner reaches it: from the node and by kubectl exec, with its certificates. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createEmbeddedCluster,
  type EmbeddedCluster,
  type EmbeddedClusterOptions,
} from '../../../src/embedded/cluster.ts';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { WorkerClient } from '../../../src/embedded/container/worker-client.ts';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import {
  configMaps,
  customResourceDefinitions,
  deployments,
  namespaces,
  pods,
  secrets,
} from '../../../src/kube/resources.ts';

const pki = '/etc/kubernetes/pki/etcd';
const flags = ['--cacert', `${pki}/ca.crt`, '--cert', `${pki}/server.crt`, '--key', `${pki}/server.key`];
const variables = `export ETCDCTL_CACERT=${pki}/ca.crt ETCDCTL_CERT=${pki}/server.crt ETCDCTL_KEY=${pki}/server.key`;
const soon = { timeout: 50_000, interval: 50 };

let cluster: EmbeddedCluster;
let client: KubeClient;
let worker: WorkerClient;

async function open(options: EmbeddedClusterOptions = {}): Promise<void> {
  worker = new WorkerClient();
  cluster = await createEmbeddedCluster({
    ...options,
    runtime: (context) =>
      createContainerRuntime({
        network: createClusterNetwork(context),
        nodes: context.cluster.nodes,
        worker,
        onBug: (program, stack) => console.error(`bug in ${program}: ${stack}`),
      }),
  });
  client = KubeClient.fromText(cluster.kubeconfig());
}

async function close(): Promise<void> {
  await client.close();
  await cluster.stop();
}

/** What a command on the control plane's node prints, and its exit code. */
async function run(command: string): Promise<{ out: string; err: string; code: number }> {
  const script = ['bash', '-c', `${variables}\n${command}`];
  const process = await cluster.nodeShell(cluster.nodes[0] ?? '', { command: script, stdin: false, tty: false });
  const [out = '', err = ''] = await Promise.all(
    [process.stdout, process.stderr].map((stream) => (stream ? text(stream) : '')),
  );
  return { out, err, code: await process.exit };
}

const etcdctl = async (args: string) => (await run(`etcdctl ${args}`)).out;
const serves = () =>
  vi.waitUntil(async () => (await run('etcdctl endpoint health --command-timeout=1s')).code === 0, soon);
const create = (name: string) =>
  client.create(configMaps, { metadata: { name, namespace: 'default' }, data: { a: 'b' } });
const names = async () =>
  (await client.list(configMaps, 'default')).items
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt');
/** Resolves when the API server answers that there are these ConfigMaps. */
const shows = (...wanted: string[]) =>
  vi.waitUntil(async () => (await names().catch(() => [])).join() === wanted.join(), soon);
const dataDirectory = (path: string) =>
  run(`sed -i 's#path: /var/lib/etcd.*#path: ${path}#' /etc/kubernetes/manifests/etcd.yaml`);

describe('etcdctl', () => {
  beforeAll(async () => {
    await open();
    await serves();
  });
  afterAll(close);

  it('is in the image of etcd, which has no shell', async () => {
    const pod = `etcd-${cluster.nodes[0]}`;
    const exec = (...command: string[]) =>
      client.exec('kube-system', pod, command, { signal: AbortSignal.timeout(20_000) });
    const { stdout } = await exec('etcdctl', ...flags, 'endpoint', 'health');
    expect(stdout).toMatch(/^127\.0\.0\.1:2379 is healthy: successfully committed proposal: took = [\d.]+m?s\n$/);
    expect((await exec('etcdutl', 'version')).stdout).toBe('etcdutl version: 3.6.6\nAPI version: 3.6\n');
    expect((await exec('sh', '-c', 'ls')).message).toMatch(/executable file not found in \$PATH/);
  });

  it('tells of its one member as kubeadm made it', async () => {
    // As recorded: the ids follow from the address.
    expect(await etcdctl('member list')).toBe(
      'e58c878e0e01014, started, kubedrill-control-plane, https://172.18.0.2:2380, https://172.18.0.2:2379, false\n',
    );
    expect(await etcdctl('endpoint status --cluster')).toMatch(
      /^https:\/\/172\.18\.0\.2:2379, e58c878e0e01014, 3\.6\.6, 3\.6\.0, \d+ kB, \d+ kB, 0%, 2\.1 GB, true, false, 2, \d+, \d+, , , false\n$/,
    );
    expect(JSON.parse(await etcdctl('member list -w json --hex'))).toEqual({
      header: { cluster_id: 'c74448475845f0fb', member_id: 'e58c878e0e01014', raft_term: 2 },
      members: [
        {
          ID: 'e58c878e0e01014',
          name: 'kubedrill-control-plane',
          peerURLs: ['https://172.18.0.2:2380'],
          clientURLs: ['https://172.18.0.2:2379'],
        },
      ],
    });
  });

  it('shows Secrets in clear text', async () => {
    await client.create(secrets, {
      metadata: { name: 's1', namespace: 'default' },
      stringData: { password: 'hunter2' },
    });
    const { out } = await run('etcdctl get /registry/secrets/default/s1');
    expect(out).toMatch(/^\/registry\/secrets\/default\/s1\nk8s\0\n/);
    expect(out).toMatch(/passwordhunter2|password\W+hunter2/);
  });

  it('has the keys of a real control plane', async () => {
    const out = await etcdctl('get /registry --prefix --keys-only');
    for (const key of [
      '/registry/apiregistration.k8s.io/apiservices/v1.apps',
      '/registry/minions/kubedrill-control-plane',
      '/registry/services/specs/default/kubernetes',
      '/registry/namespaces/kube-system',
    ]) {
      expect(out).toContain(`${key}\n\n`);
    }
    expect(await etcdctl('get /registry/namespaces/ --prefix --keys-only --limit 2')).toBe(
      '/registry/namespaces/default\n\n/registry/namespaces/kube-node-lease\n\n',
    );
  });

  it('keeps keys of its own, with their history', async () => {
    expect(await etcdctl('put /a/1 one; etcdctl put /a/2 two; etcdctl put /a/1 uno --prev-kv')).toBe(
      'OK\nOK\nOK\n/a/1\none\n',
    );
    const { kvs } = JSON.parse(await etcdctl('get /a/1 -w json')) as { kvs: Record<string, number | string>[] };
    const [kv = {}] = kvs;
    expect(kv).toMatchObject({ key: 'L2EvMQ==', value: 'dW5v', version: 2 });
    expect(Number(kv.mod_revision)).toBeGreaterThan(Number(kv.create_revision));
    expect(await etcdctl(`get /a/1 --rev ${kv.create_revision} --print-value-only`)).toBe('one\n');
    expect(await etcdctl('get /a/ --prefix --order DESCEND')).toBe('/a/2\ntwo\n/a/1\nuno\n');
    expect(await etcdctl('get /a/1 /a/2 --hex')).toBe('\\x2f\\x61\\x2f\\x31\n\\x75\\x6e\\x6f\n');
    expect(await etcdctl('get /a/ --prefix --count-only -w fields')).toMatch(/"More" : false\n"Count" : 2\n$/);
    expect(await etcdctl('del /a/ --prefix')).toBe('2\n');
    expect((await run('etcdctl get /a/1 --rev 999999')).err).toMatch(
      /"error":"rpc error: code = OutOfRange desc = etcdserver: mvcc: required revision is a future revision"}\nError: etcdserver: mvcc: required revision is a future revision\n$/,
    );
  });

  it('follows what happens to keys', async () => {
    const script = ['bash', '-c', `${variables}\nexec etcdctl watch /w/ --prefix`];
    const watching = await cluster.nodeShell(cluster.nodes[0] ?? '', { command: script, stdin: false, tty: false });
    let told = '';
    watching.stdout?.on('data', (data) => {
      told += String(data);
    });
    await vi.waitUntil(async () => {
      await run('etcdctl put /w/1 one; etcdctl del /w/1');
      return told.includes('PUT\n/w/1\none\nDELETE\n/w/1\n\n');
    }, soon);
    await run('pkill etcdctl');
    expect(await watching.exit).not.toBe(0);
  });

  it('deletes and puts the objects of Kubernetes themselves', async () => {
    await create('direct');
    const deleted = new Promise<void>((resolve) => {
      void (async () => {
        for await (const event of client.watch(configMaps, 'default', {}, AbortSignal.timeout(20_000))) {
          if (event.type === 'DELETED') return resolve();
        }
      })();
    });
    await run('etcdctl get /registry/configmaps/default/direct --print-value-only > /tmp/value');
    // All but the line's end that etcdctl adds.
    await run('truncate -s -1 /tmp/value');
    expect(await etcdctl('del /registry/configmaps/default/direct')).toBe('1\n');
    await deleted;
    expect(await etcdctl('put /registry/configmaps/default/direct < /tmp/value')).toBe('OK\n');
    expect(await client.get(configMaps, 'default', 'direct')).toMatchObject({ data: { a: 'b' } });
    const refused = await run('etcdctl put /registry/configmaps/default/direct nonsense');
    expect(refused.err).toContain('Error: not simulated: a value that is no object of configmaps');
    expect(refused.code).toBe(1);
  });

  it('needs the certificates, which are really checked', async () => {
    const failure = async (args: string) => {
      const plain = 'unset ETCDCTL_CACERT ETCDCTL_CERT ETCDCTL_KEY';
      const { err, code } = await run(`${plain}; etcdctl --command-timeout=300ms get foo ${args}`);
      expect(err).toMatch(/Error: context deadline exceeded\n$/);
      expect(code).toBe(1);
      const line = JSON.parse(err.split('\n')[0] ?? '') as { error: string; method: string };
      expect(line.method).toBe('/etcdserverpb.KV/Range');
      return line.error.replace(
        'rpc error: code = DeadlineExceeded desc = latest balancer error: connection error: desc = ',
        '',
      );
    };
    const own = `--cert ${pki}/server.crt --key ${pki}/server.key`;
    expect(await failure('')).toBe('"error reading server preface: EOF"');
    expect(await failure(`--cacert ${pki}/ca.crt`)).toBe(
      '"error reading server preface: remote error: tls: certificate required"',
    );
    const unknown =
      '"transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"';
    expect(await failure(own)).toBe(unknown);
    expect(await failure(`${own} --cacert /etc/kubernetes/pki/ca.crt`)).toBe(unknown);
    const other =
      '--cert /etc/kubernetes/pki/apiserver-kubelet-client.crt --key /etc/kubernetes/pki/apiserver-kubelet-client.key';
    expect(await failure(`--cacert ${pki}/ca.crt ${other}`)).toBe(
      '"error reading server preface: remote error: tls: unknown certificate authority"',
    );
    expect(await failure(`--cacert ${pki}/ca.crt ${own} --endpoints 127.0.0.1:2389`)).toBe(
      '"transport: Error while dialing: dial tcp 127.0.0.1:2389: connect: connection refused"',
    );
    expect(await failure(`--cacert ${pki}/ca.crt ${own} --endpoints 127.0.0.1:2381`)).toBe(
      '"transport: authentication handshake failed: tls: first record does not look like a TLS handshake"',
    );
    const mismatch = `unset ETCDCTL_CERT ETCDCTL_KEY; etcdctl --cert ${pki}/server.crt --key ${pki}/peer.key get foo`;
    expect(await run(mismatch)).toMatchObject({
      err: 'Error: tls: private key does not match public key\n',
      code: 128,
    });
    const shadowed = await run(`etcdctl --cacert ${pki}/ca.crt get foo`);
    expect(shadowed.err).toContain('"environment-variable":"ETCDCTL_CACERT"');
    const good = `unset ETCDCTL_CERT ETCDCTL_KEY; etcdctl get foo --cert ${pki}/healthcheck-client.crt --key ${pki}/healthcheck-client.key`;
    expect(await run(good)).toEqual({ out: '', err: '', code: 0 });
  });

  it('is one client of many: curl finds health and version on the same port', async () => {
    const curl = (rest: string) => run(`curl -s --cacert ${pki}/ca.crt ${rest}`);
    const own = `--cert ${pki}/server.crt --key ${pki}/server.key`;
    expect((await curl(`${own} https://127.0.0.1:2379/health`)).out).toBe('{"health":"true","reason":""}');
    expect((await curl(`${own} https://172.18.0.2:2379/version`)).out).toBe(
      '{"etcdserver":"3.6.6","etcdcluster":"3.6.0","storage":"3.6.0"}',
    );
    expect(await curl('https://127.0.0.1:2379/health')).toMatchObject({ out: '', code: expect.any(Number) });
    expect((await curl('https://127.0.0.1:2379/health')).code).not.toBe(0);
  });

  it('saves a snapshot that shows damage', async () => {
    const saved = await run('mkdir -p /opt/b; etcdctl snapshot save /opt/b/s.db');
    expect(saved.out).toBe('Snapshot saved at /opt/b/s.db\nServer version 3.6.0\n');
    expect(
      saved.err
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { msg: string }).msg),
    ).toEqual([
      'created temporary db file',
      'opened snapshot stream; downloading',
      'fetching snapshot',
      'completed snapshot read; closing',
      'fetched snapshot',
      'saved',
    ]);
    expect((await run('etcdutl snapshot status /opt/b/s.db')).out).toMatch(
      /^[0-9a-f]{5,8}, \d+, \d+, \d+ kB, 3\.6\.0\n$/,
    );
    expect((await run('ls -l /opt/b/s.db')).out).toMatch(/^-rw------- 1 root root +\d{6,} /);
    await run('cp /opt/b/s.db /opt/b/bad.db; printf XXXX | dd of=/opt/b/bad.db bs=1 seek=100000 conv=notrunc');
    expect((await run('etcdutl snapshot status /opt/b/bad.db')).err).toMatch(
      /^Error: snapshot file integrity check failed/,
    );
    const refused = await run('etcdutl snapshot restore /opt/b/bad.db --data-dir /var/lib/bad');
    expect(refused.err).toMatch(/\nError: expected sha256 \[\d+( \d+){31}\], got \[\d+( \d+){31}\]\n$/);
    await run('head -c 100000 /opt/b/s.db > /opt/b/cut.db');
    expect((await run('etcdutl snapshot restore /opt/b/cut.db --data-dir /var/lib/cut')).err).toMatch(
      /\nError: snapshot missing hash but --skip-hash-check=false\n$/,
    );
    expect((await run('etcdctl snapshot save /nowhere/s.db')).err).toBe(
      'Error: could not open /nowhere/s.db.part (open /nowhere/s.db.part: no such file or directory)\n',
    );
  });
});

describe('a restore', { timeout: 60_000 }, () => {
  let folder: string | undefined;
  afterEach(async () => {
    await close();
    if (folder !== undefined) await rm(folder, { recursive: true });
    folder = undefined;
  });

  const backup = async () => {
    await serves();
    await create('before');
    expect((await run('etcdctl snapshot save /opt/backup.db')).code).toBe(0);
  };
  const restore = async (path = '/var/lib/etcd-restored', more = '') => {
    const restored = await run(`etcdutl snapshot restore /opt/backup.db --data-dir ${path} ${more}`);
    expect(restored.code).toBe(0);
    return restored.err;
  };
  /** To a backup, after something was made. */
  const goBack = async () => {
    await backup();
    await create('after');
    await restore();
    await dataDirectory('/var/lib/etcd-restored');
    await shows('before');
  };

  it('brings back the objects of the backup, with their revisions, and what runs follows', async () => {
    await open();
    const scale = (replicas: number) =>
      run(`kubectl --kubeconfig /etc/kubernetes/admin.conf scale deployment web --replicas ${replicas}`);
    const crd = {
      metadata: { name: 'crontabs.stable.example.com' },
      spec: {
        group: 'stable.example.com',
        scope: 'Namespaced',
        names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    };
    await client.create(customResourceDefinitions, crd as never);
    const crontabs = {
      group: 'stable.example.com',
      version: 'v1',
      resource: 'crontabs',
      kind: 'CronTab',
      namespaced: true,
    };
    const cronTab = {
      apiVersion: 'stable.example.com/v1',
      kind: 'CronTab',
      metadata: { name: 'c', namespace: 'default' },
    };
    await vi.waitUntil(
      () =>
        client.create(crontabs, cronTab as never).then(
          () => true,
          () => false,
        ),
      soon,
    );
    const spec = {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.29' }] } },
    };
    await client.create(deployments, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { ...spec, replicas: 2 },
    });
    const running = async () => {
      const { items } = await client.list(pods, 'default');
      return items
        .filter(({ status }) => status?.phase === 'Running')
        .map(({ metadata }) => metadata.name)
        .sort();
    };
    await vi.waitUntil(async () => (await running()).length === 2, soon);
    const [kept = ''] = await running();
    await backup();
    const before = await client.get(configMaps, 'default', 'before');

    await create('after');
    await client.delete(configMaps, 'default', 'before');
    await client.delete(customResourceDefinitions, undefined, 'crontabs.stable.example.com');
    await client.delete(pods, 'default', kept);
    await scale(4);
    await vi.waitUntil(async () => (await running()).length === 4, soon);

    const told = await restore();
    expect(told).toMatch(
      /\tinfo\tmembership\/cluster\.go:424\tadded member\t\{"cluster-id": "cdf818194e3a8c32", "local-member-id": "0", "added-peer-id": "8e9e05c52164694d", "added-peer-peer-urls": \["http:\/\/localhost:2380"\], "added-peer-is-learner": false\}\n/,
    );
    expect((await run('etcdutl snapshot restore /opt/backup.db --data-dir /var/lib/etcd-restored')).err).toBe(
      'Error: data-dir "/var/lib/etcd-restored" not empty or could not be read\n',
    );
    await dataDirectory('/var/lib/etcd-restored');
    await shows('before');

    expect(await client.get(configMaps, 'default', 'before')).toEqual(before);
    expect(await client.get(crontabs, 'default', 'c')).toMatchObject(cronTab);
    await vi.waitUntil(async () => (await running()).length === 2, soon);
    expect(await running()).toContain(kept);
    // As recorded after a restore.
    await serves();
    expect(await etcdctl('member list')).toBe(
      '8e9e05c52164694d, started, kubedrill-control-plane, http://localhost:2380, https://172.18.0.2:2379, false\n',
    );
    // Controllers, scheduler and kubelet go on from there.
    await scale(3);
    await vi.waitUntil(async () => (await running()).length === 3, soon);
  });

  it('can be taken back: the former directory still has what it had', async () => {
    await open();
    await goBack();
    await create('later');
    await dataDirectory('/var/lib/etcd');
    await shows('after', 'before');
    await dataDirectory('/var/lib/etcd-restored');
    await shows('before', 'later');
  });

  it('works in place, with the control plane moved away meanwhile', async () => {
    await open();
    await backup();
    await create('after');
    await run('mkdir /etc/kubernetes/away && mv /etc/kubernetes/manifests/*.yaml /etc/kubernetes/away');
    await vi.waitUntil(async () => (await run('crictl ps -q --name etcd')).out === '', soon);
    expect((await run('etcdctl --command-timeout=200ms endpoint health')).err).toMatch(
      /127\.0\.0\.1:2379 is unhealthy/,
    );
    await run('mv /var/lib/etcd /var/lib/etcd.old');
    await restore('/var/lib/etcd', '--bump-revision 1000000 --mark-compacted');
    await run('mv /etc/kubernetes/away/*.yaml /etc/kubernetes/manifests');
    await shows('before');
    expect(Number((await create('new')).metadata.resourceVersion)).toBeGreaterThan(1_000_000);
    // A copy of the folder, taken while nothing served it, is a backup, too.
    await run('mv /etc/kubernetes/manifests/etcd.yaml /etc/kubernetes/away');
    await vi.waitUntil(async () => (await run('crictl ps -q --name etcd')).out === '', soon);
    await run('cp -r /var/lib/etcd /var/lib/etcd.copy; mv /etc/kubernetes/away/etcd.yaml /etc/kubernetes/manifests');
    await shows('before', 'new');
    await create('newer');
    await dataDirectory('/var/lib/etcd.copy');
    await shows('before', 'new');
  });

  it('outlives the process, and what came after it', async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubedrill-etcd-'));
    await open({ folder });
    await goBack();
    await create('later');
    await close();

    await open({ folder });
    await shows('before', 'later');
    await serves();
    expect(await names()).toEqual(['before', 'later']);
    await dataDirectory('/var/lib/etcd');
    await shows('after', 'before');
  });

  it('is still there when all processes of all nodes have died', async () => {
    await open();
    await goBack();
    await create('later');
    await worker.crash();
    await serves();
    expect((await run('journalctl -u containerd')).out).toMatch(
      /containerd\.service: Failed with result 'exit-code'\.\n.*Started containerd\.service/s,
    );
    await shows('before', 'later');
    await dataDirectory('/var/lib/etcd');
    await shows('after', 'before');
  });

  it('is gone after a reset', async () => {
    await open();
    await serves();
    await create('given');
    await cluster.snapshot();
    await backup();
    await create('after');
    await restore();
    await dataDirectory('/var/lib/etcd-restored');
    await shows('before', 'given');
    await cluster.reset();
    await shows('given');
    await serves();
    expect(await etcdctl('member list')).toMatch(/^e58c878e0e01014, started/);
    expect(await names()).toEqual(['given']);
  });

  it('of nothing is an empty cluster', async () => {
    await open();
    await serves();
    await create('lost');
    await dataDirectory('/var/lib/etcd-new');
    // What lets kubeadm's administrators do anything is gone, too.
    const masters = KubeClient.fromText(cluster.kubeconfig('root', ['system:masters']));
    const all = async () => (await masters.list(namespaces)).items.map(({ metadata }) => metadata.name);
    const made = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];
    await vi.waitUntil(async () => (await all().catch(() => [])).sort().join() === made.join(), soon);
    await expect(client.list(configMaps, 'default')).rejects.toThrow(/kubernetes-admin.*cannot list/);
    await serves();
    const mirrors = async () => (await masters.list(pods, 'kube-system')).items.map(({ metadata }) => metadata.name);
    await vi.waitUntil(async () => (await mirrors()).includes(`etcd-${cluster.nodes[0]}`), soon);
    await masters.close();
    await dataDirectory('/var/lib/etcd');
    await shows('lost');
  });
});
