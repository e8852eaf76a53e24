/**
 * `npm run bench -- exam`: sixteen tasks of an exam, each with its embedded cluster: milliseconds until the first one can be
 * worked on and until all can, and what the daemon takes then and a minute later, MiB.
 */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Bed, residentMemory, root } from '../lab.ts';

const targets = { first: 1_000, all: 15_000, memoryMiB: 500 };
const tasks = 16;

/** The built-in pack with an exam of so many tasks; the daemon asks for its scripts to be trusted. */
async function packOf(bed: Bed): Promise<string> {
  const folder = join(bed.folder, 'bench');
  cpSync(join(root, 'scenarios', 'in-cluster-api-access'), folder, { recursive: true });
  const exams = [{ id: 'bench', title: 'Bench', minutes: 240, tasks }];
  const pack = { apiVersion: 'kubedrill.dev/v1', kind: 'Pack', title: 'Bench', version: '1.0.0', exams };
  writeFileSync(join(folder, 'pack.yaml'), stringify(pack));
  await bed.run('pack', 'trust', folder);
  return folder;
}

export async function benchExam(): Promise<void> {
  const bed = new Bed();
  try {
    const packFolder = await packOf(bed);
    const { pid, ready } = bed.spawnDaemon();
    await ready;
    const labs = await bed.labs();
    const begin = performance.now();
    const since = () => Math.round(performance.now() - begin);
    await labs.examStart({ exam: 'bench', packFolder, seed: 1, mode: 'exam', provider: 'embedded' });
    const first = since();
    const isReady = new AbortController();
    await labs.examFollow(
      {},
      {
        onEvent: (state) => {
          if (state.tasks.every(({ phase }) => phase === 'ready')) isReady.abort();
        },
        signal: isReady.signal,
      },
    );
    const all = since();
    const memoryMiB = residentMemory(pid);
    // The daemon looks every 20 s whether it may give memory back.
    await new Promise((resolve) => setTimeout(resolve, 70_000));
    const memoryAtRestMiB = residentMemory(pid);
    const ending = performance.now();
    await labs.examSubmit({});
    const submit = Math.round(performance.now() - ending);
    labs.close();
    const measured = { first, all, memoryMiB, memoryAtRestMiB, submit };
    console.log(JSON.stringify({ node: process.version, tasks, ...measured, targets }, null, 2));
  } finally {
    await bed.dispose();
  }
}
