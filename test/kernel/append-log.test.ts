import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AppendLog } from '../../src/kernel/append-log.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

async function written(file: string, count: number, durable = true): Promise<void> {
  const { log } = await AppendLog.open<{ n: number }>(file, { durable });
  await Promise.all(Array.from({ length: count }, (_, n) => log.append({ n })));
  await log.close();
}

it.each([true, false])('gives back what was appended, in order (durable: %s)', async (durable) => {
  const file = join(temporaryFolder(), 'deep', 'events.jsonl');
  await written(file, 50, durable);
  expect(await AppendLog.read(file)).toEqual(Array.from({ length: 50 }, (_, n) => ({ n })));
});

it('drops a last line that a crash has torn, wherever it was cut, and goes on after it', async () => {
  const file = join(temporaryFolder(), 'events.jsonl');
  await written(file, 3);
  const whole = readFileSync(file);
  const third = '{"n":2}\n'.length;
  for (let cut = 1; cut < third; cut++) {
    writeFileSync(file, whole);
    truncateSync(file, whole.length - cut);
    const { log, records } = await AppendLog.open<{ n: number }>(file);
    expect(records).toEqual([{ n: 0 }, { n: 1 }]);
    await log.append({ n: 9 });
    await log.close();
    expect(await AppendLog.read(file)).toEqual([{ n: 0 }, { n: 1 }, { n: 9 }]);
  }
});

it('names file and line of damage in the middle', async () => {
  const file = join(temporaryFolder(), 'events.jsonl');
  writeFileSync(file, '{"n":0}\n{"n":\n{"n":2}\n');
  await expect(AppendLog.open(file)).rejects.toThrow(`${file}:2: the log is damaged`);
});

it('holds nothing where there is no file', async () => {
  expect(await AppendLog.read(join(temporaryFolder(), 'none.jsonl'))).toEqual([]);
});
