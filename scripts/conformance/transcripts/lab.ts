import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { installAddon } from '../../../src/cluster/addons/install.ts';
import { createEmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { createContainerRuntime } from '../../../src/embedded/container/index.ts';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';
import { KubeClient, pathOf } from '../../../src/kube/client.ts';
import type { KubeList, Stored } from '../../../src/kube/meta.ts';
import { configMaps, namespaces, nodes, serviceAccounts } from '../../../src/kube/resources.ts';
import type { Outcome } from './compare.ts';
import { pythonRegex, type Step, type Topic } from './topic.ts';

/** A topic's own cluster and the shell of the learner on it. */
export interface Lab {
  nodes: readonly string[];
  server: string;
  /** Runs a step's line until its output is as the step asks, or its time is over. */
  perform(step: Step): Promise<Outcome>;
  close(): Promise<void>;
}

/** A fresh embedded cluster with the topic's namespace and files. `kubectl`: the binary's path. */
export async function openLab(topic: Topic, kubectl: string): Promise<Lab> {
  const cluster = await createEmbeddedCluster({
    runtime: (context) => createContainerRuntime({ network: createClusterNetwork(context) }),
    report: (error, where) => console.error(`fault at ${where} during ${topic.topic}:`, error),
  });
  try {
    await installAddons(cluster.kubeconfig(), topic);
    const lab = await openLabOn(cluster.kubeconfig(), topic, kubectl);
    return { ...lab, close: () => lab.close().finally(() => cluster.stop()) };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** The recorded cluster had metrics-server: it takes seconds to get ready, so that only topics that show it get it. */
const showMetrics = new Set(['hpa-top', 'discovery', 'rbac-clusterroles', 'scheduling']);

async function installAddons(kubeconfig: string, { topic }: Topic): Promise<void> {
  if (!showMetrics.has(topic)) return;
  const client = KubeClient.fromText(kubeconfig);
  try {
    await installAddon(client, 'metrics-server', AbortSignal.timeout(60_000));
  } finally {
    await client.close();
  }
}

/** The same on a cluster that is there already, by the text of its kubeconfig; `close` leaves what was created on it. */
export async function openLabOn(kubeconfig: string, topic: Topic, kubectl: string): Promise<Lab> {
  const client = KubeClient.fromText(kubeconfig);
  const home = await mkdtemp(join(tmpdir(), 'transcript-'));
  const close = () => rm(home, { recursive: true, force: true });
  try {
    await prepare(client, topic.namespace);
    await furnish(home, kubeconfig, topic, kubectl);
    const { items } = await client.request<KubeList<Stored>>('GET', pathOf(nodes));
    return {
      nodes: items.map(({ metadata }) => metadata.name),
      server: client.server,
      perform: (step) => perform(step, home),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    await client.close();
  }
}

/** Where the namespace is not a cluster's own, it is created, and what every namespace has is waited for. */
async function prepare(client: KubeClient, namespace: string): Promise<void> {
  if (namespace === 'default' || namespace.startsWith('kube-')) return;
  await client.create(namespaces, { metadata: { name: namespace } });
  const has = (resource: typeof serviceAccounts | typeof configMaps, name: string) =>
    client.request('GET', pathOf(resource, namespace, name)).then(
      () => true,
      () => false,
    );
  while (!(await has(serviceAccounts, 'default')) || !(await has(configMaps, 'kube-root-ca.crt'))) await sleep(20);
}

/** A home with the learner's kubeconfig, a folder with the topic's files, and a kubectl of their own. */
async function furnish(home: string, kubeconfig: string, topic: Topic, kubectl: string): Promise<void> {
  for (const folder of ['bin', 'home/.kube', 'lab', 'tmp']) await mkdir(join(home, folder), { recursive: true });
  await symlink(kubectl, join(home, 'bin/kubectl'));
  await writeFile(join(home, 'home/.kube/config'), kubeadmConfig(kubeconfig, topic.namespace), { mode: 0o600 });
  for (const [name, content] of Object.entries(topic.files)) {
    const file = join(home, 'lab', name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** A cluster's kubeconfig with the names that kubeadm gives. */
function kubeadmConfig(kubeconfig: string, namespace: string): string {
  type Config = { clusters: { cluster: unknown }[]; users: { user: unknown }[] };
  const { clusters, users } = parse(kubeconfig) as Config;
  const [name, user] = ['kubernetes', 'kubernetes-admin'];
  const current = `${user}@${name}`;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    preferences: {},
    'current-context': current,
    clusters: [{ name, cluster: clusters[0]?.cluster }],
    users: [{ name: user, user: users[0]?.user }],
    contexts: [{ name: current, context: { cluster: name, user, ...(namespace !== 'default' && { namespace }) } }],
  });
}

async function perform(step: Step, home: string): Promise<Outcome> {
  const end = Date.now() + (step.within ?? 90) * 1000;
  for (;;) {
    const { out, err, code } = await shell(step, home);
    const done = step.until === undefined || pythonRegex(step.until).test(`${out}\n${err}`);
    if (!done && Date.now() <= end) {
      await sleep(700);
      continue;
    }
    const recorded = (text: string) => text.replaceAll(`${home}/tmp/`, '/tmp/').replaceAll(home, '<DIR>');
    return { out: recorded(out), err: recorded(err), code };
  }
}

/** Output goes to files, so that nothing waits for what the line left in the background; that is ended with it. */
async function shell({ run, timeout = 60 }: Step, home: string): Promise<Outcome> {
  const files = ['out', 'err'].map((name) => join(home, name));
  const [out = -1, err = -1] = files.map((file) => openSync(file, 'w'));
  const child = spawn('bash', ['-c', run], {
    cwd: join(home, 'lab'),
    env: {
      PATH: `${home}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: `${home}/home`,
      TMPDIR: `${home}/tmp`,
      LANG: 'C.UTF-8',
      TERM: 'dumb',
    },
    detached: true,
    stdio: ['ignore', out, err],
  });
  closeSync(out);
  closeSync(err);
  const end = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // Nobody is left.
    }
  };
  const code = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => resolve(124), timeout * 1000);
    child.on('error', reject);
    child.on('exit', (status) => {
      clearTimeout(timer);
      resolve(status ?? 1);
    });
  });
  end('SIGKILL');
  const [stdout = '', stderr = ''] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const unix = (text: string) => text.replaceAll('\r\n', '\n');
  // Debian's busybox says more.
  return {
    out: unix(stdout),
    err: unix(stderr).replaceAll('Terminated\nwget: download timed out', 'wget: download timed out'),
    code,
  };
}
