/**
 * `npm run bench -- workloads`: what Pods cost. Many labs in one daemon, a Deployment scaled up on many nodes, a log that is
 * followed while it is written fast, and containers that never rest; beside each, how long a GET takes meanwhile.
 */
import { parseArgs } from 'node:util';
import { KubeClient } from '../../../src/kube/client.ts';
import * as resources from '../../../src/kube/resources.ts';
import { Bed, residentMemory } from '../lab.ts';
import { round, summary } from '../measure.ts';

const namespace = 'default';
const targets = {
  labs: { memoryMiB: 1536, p99: 50 },
  scaleUp: { seconds: 60, p99: 100 },
  logs: { linesPerSecond: 10_000, lost: 0 },
  busy: { ratio: 2 },
};

interface Cluster {
  client: KubeClient;
  down(): Promise<void>;
}

export async function benchWorkloads(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { only: { type: 'string', default: '' } } });
  const bed = new Bed();
  try {
    const { pid, ready } = bed.spawnDaemon();
    await ready;
    const daemon = await bed.labs();
    const up = async (nodes = 1): Promise<Cluster> => {
      const { id, kubeconfig } = await daemon.clusterUp({ provider: 'embedded', nodes });
      const client = await KubeClient.fromFile(kubeconfig);
      return { client, down: () => client.close().then(() => daemon.clusterDown({ id })) };
    };
    const steps = { busy: () => busy(up), logs: () => logs(up), scaleUp: () => scaleUp(up), labs: () => labs(up, pid) };
    const report: Record<string, unknown> = { node: process.version };
    for (const [name, step] of Object.entries(steps)) {
      if (!new RegExp(values.only).test(name)) continue;
      console.error(name);
      report[name] = await step();
    }
    daemon.close();
    console.log(JSON.stringify({ ...report, targets }, null, 2));
  } finally {
    await bed.dispose();
  }
}

/** 30 labs of 5 Pods in one process. */
async function labs(up: () => Promise<Cluster>, pid: number) {
  const clusters: Cluster[] = [];
  for (let n = 0; n < 30; n++) {
    const cluster = await up();
    clusters.push(cluster);
    await deploy(cluster.client, 'app', 5, 'while true; do date; sleep 1; done');
  }
  await Promise.all(clusters.map(({ client }) => available(client, 'app', 5)));
  const { p99 } = await asking((clusters[7] as Cluster).client, new Promise((resolve) => setTimeout(resolve, 5_000)));
  const memoryMiB = residentMemory(pid);
  for (const cluster of clusters) await cluster.down();
  return { memoryMiB, p99 };
}

/** One Deployment, from none to 2 000 Pods on 20 nodes. */
async function scaleUp(up: (nodes: number) => Promise<Cluster>) {
  const { client, down } = await up(21);
  await deploy(client, 'app', 0, 'sleep 1000000');
  const begin = performance.now();
  await client.request('PATCH', '/apis/apps/v1/namespaces/default/deployments/app', {
    body: { spec: { replicas: 2_000 } },
    contentType: 'application/merge-patch+json',
  });
  const { p99 } = await asking(client, available(client, 'app', 2_000));
  const seconds = round((performance.now() - begin) / 1000, 1);
  await down();
  return { seconds, p99 };
}

/** A Pod that writes 10 000 numbered lines a second for ten seconds, and who follows its log. */
async function logs(up: () => Promise<Cluster>) {
  const { client, down } = await up();
  const lines = 100_000;
  const script = `n=0; while [ $n -lt ${lines} ]; do seq $((n + 1)) $((n + 1000)); n=$((n + 1000)); sleep 0.1; done; sleep 1000`;
  await deploy(client, 'writer', 1, script);
  await available(client, 'writer', 1);
  const { items } = await client.list(resources.pods, namespace, { labelSelector: 'app=writer' });
  const name = items[0]?.metadata.name ?? '';
  const stop = new AbortController();
  const begin = performance.now();
  let [seen, lost, next] = [0, 0, 1];
  for await (const line of client.logs(namespace, name, { follow: true }, stop.signal)) {
    seen++;
    lost += Number(line) - next;
    next = Number(line) + 1;
    if (next > lines) break;
  }
  const linesPerSecond = round(seen / ((performance.now() - begin) / 1000), 0);
  stop.abort();
  await down();
  return { linesPerSecond, seen, lost };
}

/** 50 containers that never rest. */
async function busy(up: () => Promise<Cluster>) {
  const { client, down } = await up();
  const rest = () => new Promise((resolve) => setTimeout(resolve, 5_000));
  const idle = await asking(client, rest());
  await deploy(client, 'busy', 50, 'while true; do :; done');
  await available(client, 'busy', 50);
  const loaded = await asking(client, rest());
  await down();
  return { idle: idle.p99, loaded: loaded.p99, ratio: round(loaded.p99 / idle.p99, 2) };
}

async function deploy(client: KubeClient, name: string, replicas: number, script: string): Promise<void> {
  const labels = { app: name };
  const container = { name, image: 'busybox:1.36', command: ['sh', '-c', script] };
  await client.create(resources.deployments, {
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [container] } },
    },
  });
}

/** Resolves when so many Pods of a Deployment are available. */
async function available(client: KubeClient, name: string, count: number): Promise<void> {
  const stop = new AbortController();
  const of = (object: unknown) =>
    (object as { status?: { availableReplicas?: number } }).status?.availableReplicas ?? 0;
  const { metadata, items } = await client.list(resources.deployments, namespace);
  if (items.some((item) => item.metadata.name === name && of(item) >= count)) return;
  const from = { resourceVersion: metadata?.resourceVersion ?? '' };
  for await (const { object } of client.watch(resources.deployments, namespace, from, stop.signal)) {
    if (object.metadata.name === name && of(object) >= count) break;
  }
  stop.abort();
}

/** How long a GET takes, asked again and again until something is over; milliseconds. */
async function asking(client: KubeClient, over: Promise<unknown>): Promise<{ p50: number; p99: number }> {
  let going = true;
  void over.finally(() => {
    going = false;
  });
  const times: number[] = [];
  const begin = performance.now();
  while (going) {
    const asked = performance.now();
    await client.request('GET', '/api/v1/namespaces/default');
    times.push(performance.now() - asked);
  }
  await over;
  return summary(times, performance.now() - begin);
}
