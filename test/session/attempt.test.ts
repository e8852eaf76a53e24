import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { newScenario } from '../../src/authoring/new.ts';
import { createEmbeddedProvider } from '../../src/daemon/embedded-provider.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { KubeClient } from '../../src/kube/client.ts';
import * as resources from '../../src/kube/resources.ts';
import { loadPack, loadScenario } from '../../src/scenario/load.ts';
import { Attempt } from '../../src/session/attempt.ts';
import type { AttemptState } from '../../src/session/types.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

/** An attempt at what `pack new` writes, set up; `prepare` may change the scenario's folder before. */
async function newAttempt({ unattended = false, prepare = (_: string): void => undefined } = {}) {
  const folder = temporaryFolder();
  const pack = join(folder, 'mine');
  newScenario({ folder: pack, id: 'first', title: 'First', competency: 'ckad/configmaps', namespace: 'mine' });
  prepare(join(pack, 'first'));
  const scenario = loadScenario(loadPack(pack, false), 'first');
  const { provider, stop } = await createEmbeddedProvider(join(folder, 'clusters'), { lasting: false });
  onTestFinished(stop);
  const attempt = await Attempt.create(
    'one',
    scenario,
    { seed: 0, on: { provider: provider.name } },
    { clock: systemClock, folder: join(folder, 'attempts'), scriptEnvironment: async () => ({}), unattended },
  );
  onTestFinished(() => attempt.close());
  const cluster = await provider.create({ name: 'one', nodes: 1 }, () => undefined);
  await attempt.setUp(cluster);
  return { attempt, cluster };
}

it.each([
  [false, ['ConfigMap settings by somebody']],
  [true, []],
])('tells of changes unless nobody looks on (unattended: %s), and judges in any case', async (unattended, reported) => {
  const { attempt, cluster } = await newAttempt({ unattended });
  const client = await KubeClient.fromFile(cluster.kubeconfig, cluster.context);
  const solved = new Promise<void>((resolve) => {
    const look = ({ wasSolved, activities }: AttemptState) => {
      if (wasSolved && activities.length >= reported.length) resolve();
    };
    onTestFinished(attempt.onState(look));
  });
  const settings = { metadata: { name: 'settings', namespace: 'mine' }, data: { mode: 'fast' } };
  await client.apply(resources.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', ...settings }, 'somebody');
  await solved;
  const activities = attempt.state().activities.map((a) => `${a.kind} ${a.name} by ${a.manager}`);
  expect(activities).toEqual(reported);
  await client.close();
});

const onceOnly = `apiVersion: batch/v1
kind: Job
metadata: { name: once, namespace: mine }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: c, image: "docker.io/library/busybox:1.36", command: [sh, -c, "echo counted"] }]
`;
const waits = `setup:
  wait:
    - resource: { kind: jobs, namespace: mine, name: once, fields: { status.succeeded: 1 } }
    - podLogs: { workload: job/once, namespace: mine, matches: "^counted$", period: 2s, shows: its count }
`;

it('is ready after a reset although what has ended before says nothing new', async () => {
  const prepare = (folder: string) => {
    const file = join(folder, 'scenario.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^checks:/m, `${waits}\nchecks:`));
    writeFileSync(join(folder, 'setup', '50-once.yaml'), onceOnly);
  };
  const { attempt, cluster } = await newAttempt({ prepare });
  // The Pod is over now, and a reset leaves it as it is.
  await cluster.snapshot();
  await attempt.reset();
  expect(attempt.state().phase).toBe('active');
});
