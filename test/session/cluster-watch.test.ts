import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Cluster } from '../../src/cluster/provider.ts';
import { ManualClock, nextTurn } from '../../src/kernel/clock.ts';
import { ClusterWatch } from '../../src/session/cluster-watch.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const own = JSON.stringify({
  clusters: [{ name: 'lab', cluster: { server: 'https://127.0.0.1:1' } }],
  contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab' } }],
  users: [{ name: 'lab', user: { token: 't' } }],
  'current-context': 'lab',
});

/** A watch over a cluster that does not answer: it looks every second, and `look` resolves when it has. */
function watched() {
  const file = join(temporaryFolder(), 'kubeconfig');
  writeFileSync(file, own);
  let looked = Promise.withResolvers<void>();
  const cluster: Pick<Cluster, 'kubeconfig' | 'context' | 'ownKubeconfig' | 'revive'> = {
    kubeconfig: file,
    context: 'lab',
    ownKubeconfig: async () => own,
    revive: async () => {
      looked.resolve();
      return 'it is gone';
    },
  };
  const clock = new ManualClock();
  const repairs: string[] = [];
  const watch = new ClusterWatch({
    cluster: cluster as Cluster,
    clock,
    onTrouble: () => undefined,
    onRecovery: () => undefined,
    onMend: (what) => repairs.push(what),
  });
  onTestFinished(() => watch.stop());
  const look = async () => {
    looked = Promise.withResolvers();
    await clock.advance(1_000);
    await looked.promise;
    await nextTurn();
  };
  return { file, repairs, look };
}

it('leaves a namespace that the learner chose where it is, for as long as it looks', async () => {
  const { file, repairs, look } = watched();
  const mine = own.replace('"user":"lab"', '"user":"lab","namespace":"project-swan"');
  writeFileSync(file, mine);
  for (let n = 0; n < 4; n++) await look();
  expect(readFileSync(file, 'utf8')).toBe(mine);
  expect(repairs).toEqual([]);
});

it('waits for whoever is in the middle of writing the file', async () => {
  const { file, repairs, look } = watched();
  writeFileSync(file, '');
  await look();
  writeFileSync(file, own.slice(0, 40));
  await look();
  writeFileSync(file, own);
  await look();
  expect(repairs).toEqual([]);
  writeFileSync(file, '{');
  await look();
  await look();
  expect(repairs).toEqual([expect.stringContaining('yours is kept as kubeconfig.broken')]);
  expect(readFileSync(file, 'utf8')).toBe(own);
});
