/**
 * `npm run bench -- soak`: hours of a busy cluster in minutes, on a clock that runs fast. Memory, timers and objects every
 * ten simulated minutes: after the first hour (Events live that long) they have to stay as they are. What only seems to stay
 * because it began anew is reported, too: how often containers were started that should not have been, and whether the
 * containers' thread is the first one (another is a fault).
 */

import { subscribe } from 'node:diagnostics_channel';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import { parseAllDocuments } from 'yaml';
import { createEmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { createContainerRuntime } from '../../../src/embedded/container/index.ts';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';
import type { Clock, Timer } from '../../../src/kernel/clock.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject, Resource } from '../../../src/kube/meta.ts';
import * as resources from '../../../src/kube/resources.ts';
import { round } from '../measure.ts';
import { ContainersThread } from './containers-thread.ts';

const minute = 60_000;
const between = 10 * minute;

/** Everything that moves by itself: calls with a token, back-off, probes, schedules, Jobs that go after a while. */
const busy = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: caller, namespace: default }
spec:
  replicas: 2
  selector: { matchLabels: { app: caller } }
  template:
    metadata: { labels: { app: caller } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - { name: caller, image: "bitnami/kubectl:latest", imagePullPolicy: IfNotPresent, command: [sh, -c, "while true; do kubectl get pods; sleep 20; done"] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: crasher, namespace: default }
spec:
  selector: { matchLabels: { app: crasher } }
  template:
    metadata: { labels: { app: crasher } }
    spec: { containers: [{ name: crasher, image: "busybox:1.36", command: [sh, -c, "echo going down; exit 1"] }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: nginx:1.29
          readinessProbe: { httpGet: { path: /, port: 80 } }
          livenessProbe: { exec: { command: [cat, /etc/hostname] } }
---
apiVersion: v1
kind: Pod
metadata: { name: lost, namespace: default }
spec: { containers: [{ name: lost, image: "no-such-image:1.0" }], nodeSelector: { no: such-node } }
---
apiVersion: v1
kind: Pod
metadata: { name: unpulled, namespace: default }
spec: { containers: [{ name: unpulled, image: "no-such-image:1.0" }] }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: tick, namespace: default }
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      ttlSecondsAfterFinished: 120
      template: { spec: { restartPolicy: Never, containers: [{ name: tick, image: "busybox:1.36", command: [date] }] } }
`;

const known: Readonly<Record<string, Resource>> = {
  Deployment: resources.deployments,
  Pod: resources.pods,
  CronJob: resources.cronJobs,
};

/** The machine's time, `scale` times as fast; it knows how many timers wait. */
class FastClock implements Clock {
  readonly #scale: number;
  readonly #begin = Date.now();
  readonly #waiting = new Set<NodeJS.Timeout>();

  constructor(scale: number) {
    this.#scale = scale;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  now(): number {
    return this.#begin + Math.floor((performance.timeOrigin + performance.now() - this.#begin) * this.#scale);
  }

  after(ms: number, fn: () => void): Timer {
    const handle = setTimeout(() => {
      this.#waiting.delete(handle);
      fn();
    }, ms / this.#scale);
    this.#waiting.add(handle);
    return {
      cancel: () => {
        this.#waiting.delete(handle);
        clearTimeout(handle);
      },
    };
  }
}

interface Sample {
  minutes: number;
  heapMiB: number;
  /** Of the thread that the containers run in. */
  containersMiB: number;
  residentMiB: number;
  timers: number;
  /** Of containers that have no reason to end, since the beginning. */
  restarts: number;
  objects: Record<string, number>;
}

export async function benchSoak(args: string[]): Promise<void> {
  const options = { hours: { type: 'string', default: '2' }, scale: { type: 'string', default: '60' } } as const;
  const { values } = parseArgs({ args, options });
  const [hours, scale] = [Number(values.hours), Number(values.scale)];
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const faults: string[] = [];
  process.on('unhandledRejection', (error) => faults.push(`unhandled: ${(error as Error)?.stack ?? error}`));

  let containers: ContainersThread | undefined;
  subscribe('worker_threads', (message) => {
    const { worker } = message as { worker: Worker };
    containers = new ContainersThread(worker, () => faults.push("the containers' thread was lost"));
  });
  const clock = new FastClock(scale);
  const cluster = await createEmbeddedCluster({
    clock,
    runtime: (context) => createContainerRuntime({ network: createClusterNetwork(context), clock }),
    report: (error, where) => faults.push(`${where}: ${error}`),
  });
  const client = KubeClient.fromText(cluster.kubeconfig());
  try {
    for (const document of parseAllDocuments(busy)) {
      const object = document.toJS() as KubeObject;
      await client.create(known[object.kind ?? ''] as Resource, object);
    }
    await client.create(resources.roleBindings, {
      metadata: { name: 'view', namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
    });
    const samples: Sample[] = [];
    for (let minutes = 10; minutes <= hours * 60; minutes += between / minute) {
      await new Promise((resolve) => setTimeout(resolve, between / scale));
      collect();
      const { heapUsed, rss } = process.memoryUsage();
      const [heapMiB, residentMiB] = [heapUsed, rss].map((bytes) => round(bytes / 2 ** 20, 1)) as [number, number];
      const objects: Record<string, number> = {};
      for (const r of [resources.pods, resources.jobs, resources.events, resources.replicaSets]) {
        objects[r.resource] = (await client.list(r as Resource)).items.length;
      }
      const containersMiB = (await containers?.collectedMiB()) ?? 0;
      const restarts = await restartsOf(client);
      samples.push({ minutes, heapMiB, containersMiB, residentMiB, timers: clock.waiting, restarts, objects });
      console.error(JSON.stringify(samples.at(-1)));
      // Something for the Deployment controller to do.
      await client.request('PATCH', '/apis/apps/v1/namespaces/default/deployments/web', {
        body: { spec: { template: { metadata: { annotations: { restarted: String(minutes) } } } } },
        contentType: 'application/merge-patch+json',
      });
    }
    const after = samples.filter(({ minutes }) => minutes >= 70);
    const growth = (of: (sample: Sample) => number) => {
      const half = Math.floor(after.length / 2);
      const mean = (some: Sample[]) => some.reduce((sum, sample) => sum + of(sample), 0) / some.length;
      return round(mean(after.slice(-half)) / mean(after.slice(0, half)), 3);
    };
    const grown = {
      heap: growth((s) => s.heapMiB),
      containers: growth((s) => s.containersMiB),
      timers: growth((s) => s.timers),
    };
    console.log(
      JSON.stringify(
        { node: process.version, hours, scale, grown, faults, samples, targets: { grown: 1.05 } },
        null,
        2,
      ),
    );
  } finally {
    containers?.release();
    await client.close();
    await cluster.stop();
  }
}

async function restartsOf(client: KubeClient): Promise<number> {
  const { items } = await client.list(resources.pods);
  const statuses = items
    .filter(({ metadata }) => !metadata.name.startsWith('crasher-'))
    .flatMap(({ status }) => status?.containerStatuses ?? []);
  return statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
}
