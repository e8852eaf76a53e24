/**
 * `npm run bench -- grading`: how long a verdict takes on a large cluster. 50 checks look at a cluster of 500 Pods; objects
 * are changed one after the other, each change turns the verdict of one check. From the answer to the write until whoever
 * follows the attempt has the verdict, in milliseconds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { KubeClient } from '../../../src/kube/client.ts';
import * as resources from '../../../src/kube/resources.ts';
import type { AttemptState } from '../../../src/session/types.ts';
import { Bed } from '../lab.ts';
import { summary } from '../measure.ts';

const namespace = 'bench';
const turns = 200;
const target = { p95: 250 };

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

/** 10 Deployments of 50 Pods, what the checks look at, and a pack with one scenario that does. */
function writePack(folder: string): void {
  const scenario = join(folder, 'large');
  for (const own of [scenario, join(scenario, 'setup'), join(scenario, 'solutions')])
    mkdirSync(own, { recursive: true });
  const file = (name: string, ...documents: unknown[]) =>
    writeFileSync(join(scenario, name), documents.map((d) => (typeof d === 'string' ? d : stringify(d))).join('---\n'));
  writeFileSync(join(folder, 'pack.yaml'), stringify({ ...ours('Pack'), title: 'Bench', version: '1.0.0' }));
  file('task.md', 'Change things.\n');
  file('debrief.md', 'Things were changed.\n');
  file('solutions/reference.yaml', configMap(0, 'done'));
  file('setup/10-objects.yaml', room, ...numbers(25).map((n) => configMap(n, 'open')), ...numbers(10).map(deployment));
  const deployments = numbers(10).map((n) => `deployment/app-${n}`);
  const checks = [
    ...numbers(25).map((n) => ({
      resource: { kind: 'configmaps', namespace, name: `c-${n}`, cel: ["object.data['state'] == 'done'"] },
    })),
    ...deployments.map((workload) => ({ rollout: { workload, namespace } })),
    ...deployments.map((object) => ({ unchanged: { object, namespace, fields: ['spec.template'] } })),
    ...numbers(5).map((n) => ({
      canI: {
        subject: { serviceAccount: 'default', namespace },
        verb: 'get',
        resource: 'secrets',
        name: `s-${n}`,
        namespace,
        expect: 'deny',
      },
    })),
  ];
  file('scenario.yaml', {
    ...ours('Scenario'),
    title: 'A large cluster',
    competencies: ['cka/rbac'],
    difficulty: 'easy',
    minutes: 5,
    cluster: { nodes: 5 },
    namespaces: [namespace],
    setup: { wait: deployments.map((workload) => ({ rollout: { workload, namespace } })) },
    checks: checks.map((check, n) => ({ id: `check-${n}`, title: `Check ${n}`, weight: 2, ...check })),
  });
}

const ours = (kind: string) => ({ apiVersion: 'kubedrill.dev/v1', kind });

const room = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };

function configMap(n: number, state: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c-${n}`, namespace }, data: { state } };
}

function deployment(n: number) {
  const labels = { app: `app-${n}` };
  // Five nodes have room for so many only if the control plane takes some.
  const tolerations = [{ operator: 'Exists' }];
  const containers = [{ name: 'app', image: 'busybox:1.36', command: ['sleep', '1000000'] }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `app-${n}`, namespace },
    spec: {
      replicas: 50,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { tolerations, containers } },
    },
  };
}

export async function benchGrading(): Promise<void> {
  const bed = new Bed();
  try {
    const packFolder = join(bed.folder, 'pack');
    writePack(packFolder);
    await bed.spawnDaemon().ready;
    const labs = await bed.labs();
    const begin = performance.now();
    const started = await labs.start({ scenario: 'large', packFolder, provider: 'embedded' });
    const readySeconds = Math.round((performance.now() - begin) / 100) / 10;
    const client = await KubeClient.fromFile(started.cluster?.kubeconfig ?? '');
    const now = new Map<string, string>();
    let seen: () => void = () => undefined;
    const follow = new AbortController();
    const onEvent = (state: AttemptState) => {
      for (const { id, status } of state.verdicts) now.set(id, status);
      seen();
    };
    void labs.follow({ id: started.id }, { signal: follow.signal, onEvent }).catch(() => undefined);
    const until = async (check: string, status: string) => {
      while (now.get(check) !== status) {
        await new Promise<void>((resolve) => {
          seen = resolve;
        });
      }
    };
    const times: number[] = [];
    const whole = performance.now();
    for (let turn = 0; turn < turns; turn++) {
      const n = turn % 25;
      const state = now.get(`check-${n}`) === 'pass' ? 'open' : 'done';
      await client.request('PATCH', `/api/v1/namespaces/${namespace}/configmaps/c-${n}`, {
        body: { data: { state } },
        contentType: 'application/merge-patch+json',
      });
      const written = performance.now();
      await until(`check-${n}`, state === 'done' ? 'pass' : 'fail');
      times.push(performance.now() - written);
    }
    const { items } = await client.list(resources.pods, namespace);
    const checks = now.size;
    const { p50, p95, p99 } = summary(times, performance.now() - whole);
    follow.abort();
    await client.close();
    labs.close();
    const report = { node: process.version, pods: items.length, checks, readySeconds, p50, p95, p99, target };
    console.log(JSON.stringify(report, null, 2));
  } finally {
    await bed.dispose();
  }
}
