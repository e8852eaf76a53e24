import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { newScenario } from '../../src/authoring/new.ts';
import { createEmbeddedProvider } from '../../src/daemon/embedded-provider.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { KubeClient } from '../../src/kube/client.ts';
import * as resources from '../../src/kube/resources.ts';
import { loadPack, loadScenario } from '../../src/scenario/load.ts';
import type { Scenario } from '../../src/scenario/types.ts';
import { Attempt } from '../../src/session/attempt.ts';
import type { AttemptState } from '../../src/session/types.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

/** What `pack new` writes, with a hint on a wrong value between its two hints. */
function hintedScenario(): Scenario {
  const folder = join(temporaryFolder(), 'mine');
  newScenario({ folder, id: 'first', title: 'First', competency: 'ckad/configmaps', namespace: 'mine' });
  const file = join(folder, 'first', 'scenario.yaml');
  const hint = `  - text: slow is not fast
    price: 2
    when:
      - resource: { kind: configmaps, namespace: "@{namespace}", name: settings, fields: { data.mode: slow } }
`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^ {2}- text: See/m, `${hint}$&`));
  return loadScenario(loadPack(folder, false), 'first');
}

it('gives a hint on what is there before the next in turn, once', async () => {
  const scenario = hintedScenario();
  const folder = temporaryFolder();
  const { provider, stop } = await createEmbeddedProvider(join(folder, 'clusters'));
  onTestFinished(stop);
  const dependencies = {
    clock: systemClock,
    folder: join(folder, 'attempts'),
    scriptEnvironment: async () => ({}),
  };
  const attempt = await Attempt.create('one', scenario, { seed: 0, on: { provider: provider.name } }, dependencies);
  const cluster = await provider.create({ name: 'one', nodes: 1 }, () => undefined, new AbortController().signal);
  await attempt.setUp(cluster);
  const client = await KubeClient.fromFile(cluster.kubeconfig, cluster.context);
  const until = (holds: (hints: AttemptState['hints']) => boolean) =>
    new Promise<void>((resolve) => {
      const look = ({ hints }: AttemptState) => {
        if (holds(hints)) resolve();
      };
      onTestFinished(attempt.onState(look));
      look(attempt.state());
    });

  expect(attempt.state().hints).toEqual({ taken: [], paid: 0, total: 2, nextPrice: 10 });
  const settings = { metadata: { name: 'settings', namespace: 'mine' }, data: { mode: 'slow' } };
  await client.create(resources.configMaps, settings);
  await until(({ nextPrice }) => nextPrice === 2);
  // Whoever mends it is not notified of it.
  await client.delete(resources.configMaps, 'mine', 'settings');
  await until(({ nextPrice }) => nextPrice === 10);

  await client.create(resources.configMaps, settings);
  await until(({ nextPrice }) => nextPrice === 2);
  expect(await attempt.hint()).toEqual({ text: 'slow is not fast', price: 2, observed: true, left: 2 });
  expect(await attempt.hint()).toMatchObject({ price: 10, observed: false, left: 1 });
  expect(await attempt.hint()).toMatchObject({ price: 20, observed: false, left: 0 });
  await expect(attempt.hint()).rejects.toThrow('there are no more hints');
  expect(attempt.state().hints).toMatchObject({
    taken: [{ text: 'slow is not fast', price: 2, observed: true }, { price: 10 }, { price: 20 }],
    paid: 32,
    total: 2,
  });
  await client.close();
  await attempt.close();

  const again = await Attempt.open('one', () => scenario, dependencies);
  expect(again?.state().hints).toMatchObject({ taken: [{ observed: true }, {}, {}], paid: 32 });
  await again?.close();
});
