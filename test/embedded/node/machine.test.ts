/** A node as a machine on a fake runtime: what its files and its systemd make its kubelet do. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kubeadmFiles, kubeletConfigFile, manifestFolder } from '../../../src/embedded/bootstrap/node-files.ts';
import type { NodePlan } from '../../../src/embedded/bootstrap/nodes.ts';
import { NodeMachine } from '../../../src/embedded/node/machine/machine.ts';
import type { JournalEntry, NodeEntries, NodeEntry, UnitAnswer } from '../../../src/embedded/node-api.ts';
import type { ManualClock } from '../../../src/kernel/clock.ts';
import type { Pod } from '../../../src/kube/api.gen.ts';
import type { Stored } from '../../../src/kube/meta.ts';
import { leases, nodes, pods } from '../../../src/kube/resources.ts';
import type { TestControlPlane } from '../../helpers/control-plane.ts';
import { FakeRuntime } from './fake-runtime.ts';
import { nodeApi } from './harness.ts';

const plan: NodePlan = { nodeName: 'node-1', address: '172.18.0.3', podCIDR: '10.244.1.0/24', role: 'worker' };
const webManifest = `apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: { app: web }
spec:
  containers:
  - name: web
    image: nginx:1.29
`;

let clock: ManualClock;
let api: TestControlPlane;
let runtime: FakeRuntime;
let machine: NodeMachine;
beforeEach(async () => {
  api = await nodeApi();
  ({ clock } = api);
  runtime = new FakeRuntime();
  const { pki } = api;
  const facts = {
    ...{ name: 'lab', node: 'control-plane', nodeIP: '172.18.0.2', caCertificate: pki.ca.certificate },
    server: 'https://127.0.0.1:6443',
  };
  const report = () => undefined;
  machine = await NodeMachine.open({ plan, runtime, clock, report, initial: kubeadmFiles(plan, facts, pki, clock) });
  await machine.start(api.context());
});
afterEach(async () => {
  api.stop();
  await machine.stop();
});

/** What a process on the node does to its files. */
function change(edit: (entries: Record<string, NodeEntry>) => void): void {
  const entries = { ...machine.files.entries };
  edit(entries);
  runtime.nodeFiles.get('node-1')?.changed(entries as NodeEntries);
}

function write(path: string, text: string): void {
  change((entries) => {
    entries[path] = { kind: 'file', mode: 0o644, content: new TextEncoder().encode(text) };
  });
}

const remove = (path: string) => change((entries) => delete entries[path]);
const mirror = (name = 'web-node-1', namespace = 'default') => api.read(pods, namespace, name);
const shown = (test: (pod: Stored<Pod>) => unknown, name?: string) =>
  api.until(() => {
    const pod = mirror(name);
    return test(pod) ? pod : undefined;
  });
const gone = (name = 'web-node-1') => api.until(() => !api.all(pods).some((pod) => pod.metadata.name === name));
const systemctl = (verb: string, ...units: string[]) =>
  machine.answer({ kind: 'unit', verb, units }) as Promise<UnitAnswer>;
async function journal(): Promise<string> {
  const entries = (await machine.answer({ kind: 'journal' })) as JournalEntry[];
  return entries.map(({ identifier, text }) => `${identifier}: ${text}`).join('\n');
}

describe('static Pods', () => {
  it('shows a manifest as a mirror Pod that belongs to the node', async () => {
    write(`${manifestFolder}/web.yaml`, webManifest);
    const { metadata, spec } = await shown((pod) => pod.status?.phase === 'Running');
    const { uid } = api.read(nodes, undefined, 'node-1').metadata;
    const hash = metadata.annotations?.['kubernetes.io/config.hash'];
    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    expect(metadata).toMatchObject({
      labels: { app: 'web' },
      annotations: { 'kubernetes.io/config.mirror': hash, 'kubernetes.io/config.source': 'file' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'node-1', uid, controller: true }],
    });
    expect(metadata.annotations?.['kubernetes.io/config.seen']).toMatch(/^2026-01-01T00:00:00/);
    expect(spec).toMatchObject({
      nodeName: 'node-1',
      restartPolicy: 'Always',
      tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
    });
    expect(runtime.last('web').spec.pod.uid).toBe(hash);
  });

  it('makes the mirror again that somebody deletes, and lets the containers run', async () => {
    write(`${manifestFolder}/web.yaml`, webManifest);
    const first = await shown((pod) => pod.status?.phase === 'Running');
    await api.client.delete(pods, 'default', 'web-node-1');
    const second = await shown((pod) => pod.metadata.uid !== first.metadata.uid && pod.status?.phase === 'Running');
    expect(second.metadata.deletionTimestamp).toBeUndefined();
    expect(runtime.started).toHaveLength(1);
    expect(second.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  it('runs the changed manifest in place of the former one', async () => {
    write(`${manifestFolder}/web.yaml`, webManifest);
    const first = await shown((pod) => pod.status?.phase === 'Running');
    write(`${manifestFolder}/web.yaml`, webManifest.replace('1.29', '1.28'));
    const second = await shown(
      ({ metadata, status }) => metadata.uid !== first.metadata.uid && status?.phase === 'Running',
    );
    const hash = (pod: Stored<Pod>) => pod.metadata.annotations?.['kubernetes.io/config.hash'];
    expect(hash(second)).not.toBe(hash(first));
    expect(runtime.started.map(({ spec, signals }) => [spec.image, signals])).toEqual([
      ['nginx:1.29', ['SIGTERM']],
      ['nginx:1.28', []],
    ]);
  });

  it('ends with the file', async () => {
    write(`${manifestFolder}/web.yaml`, webManifest);
    await shown((pod) => pod.status?.phase === 'Running');
    remove(`${manifestFolder}/web.yaml`);
    await gone();
    expect(runtime.last('web').signals).toEqual(['SIGTERM']);
  });

  it('keeps what a broken file was until the folder is listed again, and says so in the journal', async () => {
    const path = `${manifestFolder}/web.yaml`;
    write(path, webManifest);
    await shown((pod) => pod.status?.phase === 'Running');
    write(path, `${webManifest}  : [\n`);
    expect(await journal()).toMatch(
      /kubelet: E.* "Unable to process watch event" err="can't process config file .*couldn't parse as pod\(yaml: line 10: /,
    );
    expect(mirror().status?.phase).toBe('Running');
    await clock.advance(20_000);
    await gone();
    expect(await journal()).toMatch(
      /"Could not process manifest file" err=.* path="\/etc\/kubernetes\/manifests\/web.yaml"/,
    );
    write(path, webManifest);
    await shown((pod) => pod.status?.phase === 'Running');
  });

  it.each([
    [
      'without an image',
      webManifest.replace('    image: nginx:1.29\n', ''),
      'invalid pod: [spec.containers[0].image: Required value]',
    ],
    [
      'with a wrong type',
      webManifest.replace('name: web\n    image', 'name: web\n    ports: 80\n    image'),
      "couldn't parse as pod(",
    ],
    ['of another kind', webManifest.replace('kind: Pod', 'kind: Deployment'), "couldn't parse as pod(invalid pod: "],
    [
      'without a name',
      webManifest.replace('name: web', 'generateName: web'),
      'invalid pod: name is needed for the pod',
    ],
    [
      'that needs the API server',
      `${webManifest}  volumes:\n  - name: settings\n    configMap: { name: settings }\n`,
      'static pod may not reference configmaps',
    ],
  ])('takes no manifest %s', async (_, text, why) => {
    write(`${manifestFolder}/web.yaml`, text);
    expect(await journal()).toContain(JSON.stringify(why).slice(1, -1));
    expect(api.all(pods)).toEqual([]);
  });

  it('ignores unknown fields and files whose names begin with a dot, and takes every other name', async () => {
    write(`${manifestFolder}/.web.yaml.swp`, webManifest);
    write(`${manifestFolder}/web.bak`, `${webManifest}  restartPolciy: Never\n`);
    await shown((pod) => pod.status?.phase === 'Running');
    expect(api.all(pods)).toHaveLength(1);
  });

  it('crashes and waits as any other Pod', async () => {
    runtime.scripts.set('web', (container) => container.end(1));
    write(`${manifestFolder}/web.yaml`, webManifest);
    await api.until(() => (mirror().status?.containerStatuses?.[0]?.restartCount ?? 0) >= 0 && mirror());
    for (let i = 0; i < 20 && mirror().status?.containerStatuses?.[0]?.state?.waiting === undefined; i++)
      await clock.advance(1000);
    expect(mirror().status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('CrashLoopBackOff');
    expect(await journal()).toMatch(
      /"Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"web\\" with CrashLoopBackOff: .*back-off 10s restarting failed container=web pod=web-node-1_default\([0-9a-f]{32}\).*" pod="default\/web-node-1"/,
    );
  });

  it('is deleted where a mirror has no static Pod', async () => {
    const hash = 'f'.repeat(32);
    await api.client.create(pods, {
      metadata: { name: 'stray', namespace: 'default', annotations: { 'kubernetes.io/config.mirror': hash } },
      spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'busybox' }] },
    });
    await gone('stray');
    expect(runtime.started).toEqual([]);
  });
});

describe('the kubelet as a service', () => {
  const renewed = () => api.read(leases, 'kube-node-lease', 'node-1').spec?.renewTime;

  it('is shown by systemctl', async () => {
    const { stdout, code } = await systemctl('status', 'kubelet');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^● kubelet\.service - kubelet: The Kubernetes Node Agent\n/);
    expect(stdout).toMatch(/Loaded: loaded \(\/etc\/systemd\/system\/kubelet\.service; enabled; preset: enabled\)/);
    expect(stdout).toMatch(/Active: active \(running\) since Thu 2026-01-01 00:00:00 UTC; /);
    expect(stdout).toMatch(
      /─\d+ \/usr\/bin\/kubelet --bootstrap-kubeconfig=\S+ --kubeconfig=\S+ --config=\/var\/lib\/kubelet\/config\.yaml/,
    );
    expect(await systemctl('status', 'nothing')).toMatchObject({
      code: 4,
      stderr: 'Unit nothing.service could not be found.\n',
    });
    expect(await systemctl('start', 'nothing')).toMatchObject({ code: 5 });
  });

  it('renews no lease and touches no Pod while it is stopped; containers go on', async () => {
    write(`${manifestFolder}/web.yaml`, webManifest);
    await shown((pod) => pod.status?.phase === 'Running');
    expect(await systemctl('stop', 'kubelet')).toMatchObject({ code: 0 });
    expect(await systemctl('is-active', 'kubelet')).toEqual({ stdout: 'inactive\n', stderr: '', code: 3 });
    expect((await systemctl('status', 'kubelet')).stdout).toMatch(/○ kubelet[\s\S]*Active: inactive \(dead\)/);
    const last = renewed();
    const { revision } = api.store;
    remove(`${manifestFolder}/web.yaml`);
    await clock.advance(60_000);
    expect(renewed()).toBe(last);
    expect(api.store.revision).toBe(revision);
    expect(runtime.last('web').signals).toEqual([]);
    expect(await machine.kubelet.address()).toBeUndefined();
    await systemctl('start', 'kubelet');
    await gone();
    await api.until(() => renewed() !== last);
    expect(await journal()).toMatch(/systemd: Stopped kubelet\.service[^\n]*\nsystemd: Started kubelet\.service/);
  });

  it('starts containers again that ended meanwhile', async () => {
    write(`${manifestFolder}/web.yaml`, webManifest);
    await shown((pod) => pod.status?.phase === 'Running');
    await systemctl('stop', 'kubelet');
    runtime.last('web').end(1);
    await clock.advance(30_000);
    expect(runtime.started).toHaveLength(1);
    expect(mirror().status?.containerStatuses?.[0]?.state?.running).toBeDefined();
    await systemctl('start', 'kubelet');
    await clock.advance(2000);
    await shown((pod) => pod.status?.containerStatuses?.[0]?.restartCount === 1);
  });

  it.each([
    ['is no YAML', (text: string) => `${text}a: b: c\n`, 'failed to decode: yaml: '],
    [
      'is of another kind',
      (text: string) => text.replace('kind: KubeletConfiguration', 'kind: Kubelet'),
      'no kind \\\\\\"Kubelet\\\\\\" is registered',
    ],
    [
      'names a CA that is not there',
      (text: string) => text.replace('pki/ca.crt', 'pki/CA.crt'),
      'unable to load client CA file /etc/kubernetes/pki/CA.crt',
    ],
    [
      'has a word where a list should be',
      (text: string) => text.replace(/clusterDNS:\n- (\S+)/, 'clusterDNS: $1'),
      'failed to decode: json: cannot unmarshal string into Go struct field KubeletConfiguration.clusterDNS of type []string',
    ],
    ['is empty', () => '', `kubelet config file \\\\"${kubeletConfigFile}\\\\" was empty`],
  ])('does not come up with a configuration that %s, and is tried again', async (_, breakIt, why) => {
    const good = machine.files.text(kubeletConfigFile) ?? '';
    write(kubeletConfigFile, breakIt(good));
    await systemctl('restart', 'kubelet');
    expect(await systemctl('is-active', 'kubelet')).toMatchObject({ stdout: 'activating\n', code: 3 });
    expect((await systemctl('status', 'kubelet')).stdout).toMatch(/activating \(auto-restart\) \(Result: exit-code\)/);
    expect(await journal()).toMatch(new RegExp(`"command failed" err="[^\\n]*${why.replaceAll(/[/().[\]]/g, '\\$&')}`));
    await clock.advance(10_000);
    expect(await journal()).toMatch(/Scheduled restart job, restart counter is at 1\./);
    write(kubeletConfigFile, good);
    await clock.advance(10_000);
    expect(await systemctl('is-active', 'kubelet')).toMatchObject({ stdout: 'active\n', code: 0 });
  });

  it.each([
    ['--network-plugin=cni', 'unknown flag: --network-plugin'],
    ['--max-open-files=many', 'invalid argument \\"many\\" for \\"--max-open-files\\" flag: strconv.ParseInt'],
    ['--node-ip', 'flag needs an argument: --node-ip'],
  ])('does not come up with the flag %s, wherever it comes from', async (flag, why) => {
    write('/etc/default/kubelet', `KUBELET_EXTRA_ARGS=${flag}\n`);
    await systemctl('restart', 'kubelet');
    expect(await journal()).toContain(`"command failed" err="failed to parse kubelet flag: ${why}`);
    write('/etc/default/kubelet', 'KUBELET_EXTRA_ARGS=--node-labels=a=b\n');
    await systemctl('restart', 'kubelet');
    expect(await systemctl('is-active', 'kubelet')).toMatchObject({ stdout: 'active\n', code: 0 });
  });

  it('takes another folder of static Pods from its configuration', async () => {
    const good = machine.files.text(kubeletConfigFile) ?? '';
    write('/etc/kubernetes/other/web.yaml', webManifest);
    write(kubeletConfigFile, good.replace(manifestFolder, '/etc/kubernetes/other'));
    await systemctl('restart', 'kubelet');
    await shown((pod) => pod.status?.phase === 'Running');
  });

  it('reads its unit file when systemd is told to', async () => {
    const path = '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf';
    const good = machine.files.text(path) ?? '';
    write(path, good.replace('ExecStart=/usr/bin/kubelet', 'ExecStart=/usr/local/bin/kubelet'));
    const answer = await systemctl('restart', 'kubelet');
    expect(answer.stderr).toMatch(/^Warning: The unit file.* changed on disk\. Run 'systemctl daemon-reload'/);
    expect(await systemctl('is-active', 'kubelet')).toMatchObject({ code: 0 });
    await systemctl('daemon-reload');
    await systemctl('restart', 'kubelet');
    expect((await systemctl('status', 'kubelet')).stdout).toMatch(/status=203\/EXEC/);
    expect(await journal()).toContain(
      "Unable to locate executable '/usr/local/bin/kubelet': No such file or directory",
    );
  });

  it('is enabled and disabled by a link', async () => {
    expect(await systemctl('disable', 'kubelet')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Removed "/),
    });
    expect(await systemctl('is-enabled', 'kubelet')).toMatchObject({ stdout: 'disabled\n', code: 1 });
    expect(await systemctl('enable', 'kubelet')).toMatchObject({ stderr: expect.stringMatching(/^Created symlink /) });
    expect(await systemctl('is-enabled', 'kubelet')).toMatchObject({ stdout: 'enabled\n', code: 0 });
  });

  it('goes back to what it was', async () => {
    const before = machine.capture();
    write(`${manifestFolder}/web.yaml`, webManifest);
    await shown((pod) => pod.status?.phase === 'Running');
    write(kubeletConfigFile, 'nothing');
    await systemctl('restart', 'kubelet');
    await machine.restore(before);
    await gone();
    expect(await systemctl('is-active', 'kubelet')).toMatchObject({ stdout: 'active\n' });
    expect(machine.files.text(kubeletConfigFile)).toContain('KubeletConfiguration');
  });
});

describe('containerd as a service', () => {
  const lines = async () => (await journal()).split('\n').filter((line) => line.includes('containerd.service'));

  it.each([
    [
      'hang',
      'Watchdog timeout (limit 20s)!',
      'Main process exited, code=dumped, status=6/ABRT',
      "Failed with result 'watchdog'.",
    ],
    [
      'memory',
      'A process of this unit has been killed by the OOM killer.',
      'Main process exited, code=killed, status=9/KILL',
      "Failed with result 'oom-kill'.",
    ],
    ['crash', 'Main process exited, code=exited, status=2/INVALIDARGUMENT', "Failed with result 'exit-code'."],
  ] as const)('is started again after a %s, as the journal says', async (loss, ...why) => {
    machine.runtimeLost(loss);
    machine.runtimeLost(loss);
    const once = (restart: number) => [
      ...[...why, `Scheduled restart job, restart counter is at ${restart}.`].map(
        (text) => `systemd: containerd.service: ${text}`,
      ),
      'systemd: Started containerd.service - containerd container runtime.',
    ];
    expect(await lines()).toEqual([...once(1), ...once(2)]);
    expect((await systemctl('is-active', 'containerd')).stdout).toBe('active\n');
  });
});
