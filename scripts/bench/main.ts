/**
 * `npm run bench`: how fast and how large it is, as JSON on stdout (`npm run bench -- api`: its API; `-- workloads`: its
 * Pods; `-- grading`: verdicts on a large cluster; `-- tui`: the app; `-- exam`: sixteen tasks at once; `-- soak`: what stays
 * after hours). Drives the built program in a home of its own. Milliseconds unless a name says otherwise; the median of
 * several runs.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as pty from '@lydell/node-pty';
import { KubeClient } from '../../src/kube/client.ts';
import * as resources from '../../src/kube/resources.ts';
import { Bed, median, residentMemory, root } from './lab.ts';

const targets = {
  scenarioReady: 1_000,
  green: 250,
  reset: 100,
  version: 80,
  firstScreen: 300,
  verify: 20_000,
  verifyTwenty: 60_000,
};
const namespace = 'project-swan';

async function times(count: number, once: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let n = 0; n < count; n++) values.push(await once());
  return median(values);
}

async function onBed<T>(work: (bed: Bed) => Promise<T>, bed = new Bed()): Promise<T> {
  try {
    return await work(bed);
  } finally {
    await bed.dispose();
  }
}

/** From the start of the process to the first answer of a bare cluster's API. */
const apiReady = () =>
  onBed(async (bed) => {
    const begin = performance.now();
    const { kubeconfig } = await bed.startCluster();
    const client = await KubeClient.fromFile(kubeconfig);
    await client.request('GET', '/version');
    const taken = performance.now() - begin;
    await client.close();
    return taken;
  });

/** From the key in the app to the scenario being ready; a warm daemon is what stands behind the list a moment later. */
const scenario = (warm: boolean) =>
  onBed(async (bed) => {
    await bed.spawnDaemon().ready;
    const labs = await bed.labs();
    if (warm) {
      const { id } = await labs.clusterUp({ provider: 'embedded' });
      await labs.clusterDown({ id });
    }
    const begin = performance.now();
    const state = await labs.start({ scenario: 'forbidden-deployment', provider: 'embedded' });
    const ready = performance.now() - begin;
    const { cluster } = state;
    if (!cluster) throw new Error('the attempt has no cluster');
    const client = await KubeClient.fromFile(cluster.kubeconfig);

    const follow = new AbortController();
    const passed = new Map<string, PromiseWithResolvers<number>>();
    const passing = (id: string) => {
      const known = passed.get(id) ?? Promise.withResolvers<number>();
      passed.set(id, known);
      return known;
    };
    const following = labs.follow(
      { id: state.id },
      {
        signal: follow.signal,
        onEvent: (now) => {
          for (const v of now.verdicts) if (v.status === 'pass') passing(v.id).resolve(Date.now());
        },
      },
    );
    following.catch(() => undefined);

    // The watch event that decides: the RoleBinding. The log line that decides: the first table.
    const rbac = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'pods' };
    await client.create(resources.roles, {
      metadata: { name: 'pods', namespace },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    });
    const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace }];
    await client.create(resources.roleBindings, { metadata: { name: 'pods', namespace }, roleRef: rbac, subjects });
    const bound = Date.now();
    const greenFromEvent = Math.max(0, (await passing('may-list').promise) - bound);
    const green = await passing('logs-show-list').promise;
    const lines = await firstTables(client);
    // All Pods must show the table: the last one's first table decides.
    const greenFromLine = green - Math.max(...lines);

    const beginReset = performance.now();
    await labs.reset({ id: state.id });
    const resetAndSettled = performance.now() - beginReset;
    follow.abort();
    await client.close();
    labs.close();
    return { ready, greenFromEvent, greenFromLine, resetAndSettled };
  });

async function firstTables(client: KubeClient): Promise<number[]> {
  const { items } = await client.list(resources.pods, namespace, { labelSelector: 'app=api-client' });
  return Promise.all(
    items.map(async (pod) => {
      for await (const line of client.logs(
        namespace,
        pod.metadata.name,
        { timestamps: true },
        new AbortController().signal,
      )) {
        if (/^\S+ NAME\s+READY/.test(line)) return Date.parse(line.slice(0, line.indexOf(' ')));
      }
      return Number.NEGATIVE_INFINITY;
    }),
  );
}

/** Resetting a bare cluster in this process: what the embedded cluster itself needs. */
async function clusterReset(): Promise<number> {
  const { createEmbeddedProvider } = await import('../../src/daemon/embedded-provider.ts');
  const bed = new Bed();
  const { provider, stop } = await createEmbeddedProvider(join(bed.folder, 'clusters'));
  try {
    const cluster = await provider.create({ name: 'reset', nodes: 1 }, () => undefined);
    const client = await KubeClient.fromFile(cluster.kubeconfig);
    await cluster.snapshot();
    for (let n = 0; n < 10; n++)
      await client.create(resources.configMaps, { metadata: { name: `c${n}`, namespace: 'default' } });
    const begin = performance.now();
    await cluster.reset();
    const taken = performance.now() - begin;
    await client.close();
    return taken;
  } finally {
    await stop();
    await bed.dispose();
  }
}

async function memory() {
  return onBed(async (bed) => {
    const daemon = bed.spawnDaemon();
    await daemon.ready;
    const labs = await bed.labs();
    const rest = residentMemory(daemon.pid);
    for (let n = 0; n < 10; n++) await labs.start({ scenario: 'forbidden-deployment', provider: 'embedded' });
    const withTenLabs = residentMemory(daemon.pid);
    labs.close();
    return { rest, withTenLabs };
  });
}

/** Requests a second over TLS, 16 at the same time for three seconds. */
async function requests() {
  return onBed(async (bed) => {
    const { kubeconfig } = await bed.startCluster();
    const client = await KubeClient.fromFile(kubeconfig);
    await client.create(resources.configMaps, { metadata: { name: 'bench', namespace: 'default' }, data: { k: 'v' } });
    const review = {
      spec: {
        user: 'system:serviceaccount:default:default',
        resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'default' },
      },
    };
    const rate = async (once: () => Promise<unknown>) => {
      const end = performance.now() + 3_000;
      let done = 0;
      const loop = async () => {
        while (performance.now() < end) {
          await once();
          done++;
        }
      };
      await Promise.all(Array.from({ length: 16 }, loop));
      return Math.round(done / 3);
    };
    const result = {
      get: await rate(() => client.get(resources.configMaps, 'default', 'bench')),
      list: await rate(() => client.list(resources.configMaps, 'kube-system')),
      subjectAccessReview: await rate(() => client.create(resources.subjectAccessReviews, review)),
    };
    await client.close();
    return result;
  });
}

/** From spawning the program in a terminal to the frame that shows the scenario. */
async function firstScreen(bed: Bed): Promise<number> {
  const begin = performance.now();
  const terminal = pty.spawn(process.execPath, [join(root, 'bin', 'kubedrill.js')], {
    cols: 120,
    rows: 40,
    env: bed.env,
  });
  const exited = new Promise<void>((resolve) => terminal.onExit(() => resolve()));
  let seen = '';
  const shown = new Promise<number>((resolve) => {
    terminal.onData((data) => {
      seen += data;
      if (seen.includes('forbidden-deployment')) resolve(performance.now() - begin);
    });
  });
  const taken = await shown;
  terminal.write('q');
  await exited;
  // The daemon that the app started may still be on its way up: whoever asks it something knows that it is there.
  await bed.run('cluster', 'list');
  return taken;
}

/** All proofs of some scenarios: untouched, and each solution and mistake. */
async function verify(scenarios: readonly string[]): Promise<{ milliseconds: number; proofs: number; ok: boolean }> {
  return onBed(async (bed) => {
    const { stdout, milliseconds } = await bed.run('pack', 'verify', '--scenario', scenarios.join(','), '--json');
    const report = JSON.parse(stdout) as { ok: boolean; scenarios: { solutions: unknown[]; mistakes: unknown[] }[] };
    const proofs = report.scenarios.reduce((sum, s) => sum + 1 + s.solutions.length + s.mistakes.length, 0);
    return { milliseconds: Math.round(milliseconds), proofs, ok: report.ok };
  });
}

async function firstScenarios(count: number): Promise<string[]> {
  const { stdout } = await onBed((bed) => bed.run('list', '--json'));
  return (JSON.parse(stdout) as { id: string }[]).slice(0, count).map(({ id }) => id);
}

async function main(): Promise<void> {
  const labs = [await scenario(true), await scenario(true), await scenario(true)];
  const report = {
    node: process.version,
    version: await times(9, () => onBed(async (bed) => (await bed.run('--version')).milliseconds)),
    firstScreen: await times(5, () => onBed(firstScreen)),
    firstScreenCold: await times(3, () => onBed(firstScreen, new Bed({ coldCache: true }))),
    apiReady: await times(5, apiReady),
    scenarioReady: median(labs.map((l) => l.ready)),
    scenarioReadyCold: await times(3, async () => (await scenario(false)).ready),
    greenFromEvent: median(labs.map((l) => l.greenFromEvent)),
    greenFromLogLine: median(labs.map((l) => l.greenFromLine)),
    reset: await times(3, clusterReset),
    resetUntilReady: median(labs.map((l) => l.resetAndSettled)),
    requestsPerSecond: await requests(),
    memoryMiB: await memory(),
    packVerify: await verify(['forbidden-deployment']),
    packVerifyOfTwenty: await verify(await firstScenarios(20)),
    targets,
  };
  console.log(JSON.stringify(report, null, 2));
}

const build = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: ['ignore', 2, 2] });
if (build.status !== 0) process.exit(build.status ?? 1);
const [what, ...rest] = process.argv.slice(2);
if (what === 'api') await (await import('./api/index.ts')).benchApi(rest);
else if (what === 'workloads') await (await import('./workloads/index.ts')).benchWorkloads(rest);
else if (what === 'grading') await (await import('./grading/index.ts')).benchGrading();
else if (what === 'exam') await (await import('./exam/index.ts')).benchExam();
else if (what === 'tui') await (await import('./tui/index.ts')).benchTui();
else if (what === 'soak') await (await import('./soak/index.ts')).benchSoak(rest);
else await main();
