import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readFaults } from '../../src/kernel/fault-log.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Runs code in a process whose stderr is a log file, as a daemon's is; its exit code and the file. */
async function logged(body: string): Promise<{ code: number | null; file: string }> {
  const file = join(temporaryFolder(), 'daemon.log');
  const code = `
    const { logToStderr } = await import(${url('../../src/daemon/log.ts')});
    const { surviveFaults } = await import(${url('../../src/daemon/faults.ts')});
    const { systemClock } = await import(${url('../../src/kernel/clock.ts')});
    const log = logToStderr(${JSON.stringify(file)}, () => 0);
    const giveUp = () => process.exit(7);
    ${body}`;
  const output = openSync(file, 'a');
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'ignore', output] });
  closeSync(output);
  const [exit] = (await once(child, 'exit')) as [number | null];
  return { code: exit, file };
}

it('takes no more than a few MiB, and keeps what was written last', async () => {
  const { file } = await logged(`
    for (let n = 0; n < 60_000; n++) log(n + ' ' + 'x'.repeat(100));
    log('y'.repeat(2 ** 20));
    process.stderr.write('from Node itself');`);
  const [now, before] = [file, `${file}.1`].map((name) => statSync(name).size);
  expect(now).toBeLessThan(2.1 * 2 ** 20);
  expect(before).toBeLessThan(2.1 * 2 ** 20);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('Z 59999 xxx');
  expect(text).toMatch(/y \.\.\. \(1048576 characters\)\nfrom Node itself$/);
});

it('has errors that nobody caught with their stacks, and the process goes on', async () => {
  const { code, file } = await logged(`
    surviveFaults({ clock: systemClock, log, giveUp });
    setTimeout(function broken() { throw new Error('first') }, 0);
    setTimeout(() => Promise.reject(new Error('second')), 10);
    setTimeout(() => process.exit(3), 50);`);
  expect(code).toBe(3);
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(/an error that nobody caught: Error: first\n +at .*broken/);
  expect(text).toMatch(/a rejection that nobody handled: Error: second\n +at /);
  expect(await readFaults(file)).toEqual([
    { at: 0, what: 'an error that nobody caught: Error: first' },
    { at: 0, what: 'a rejection that nobody handled: Error: second' },
  ]);
});

it('has no faults but its own', async () => {
  const { file } = await logged(`
    log('the cluster says\\n1970-01-01T00:00:00.000Z fault: mine');
    surviveFaults({ clock: systemClock, log, giveUp });
    setTimeout(() => { throw new Error('one\\n1970-01-01T00:00:00.000Z fault: two') }, 0);
    setTimeout(() => process.exit(0), 50);`);
  expect(await readFaults(file)).toEqual([{ at: 0, what: 'an error that nobody caught: Error: one' }]);
  expect(await readFaults(join(temporaryFolder(), 'daemon.log'))).toEqual([]);
});

it('ends in order when faults come again and again', async () => {
  const { code, file } = await logged(`
    surviveFaults({ clock: systemClock, log, giveUp });
    setInterval(() => { throw new Error('again') }, 1);`);
  expect(code).toBe(7);
  expect(readFileSync(file, 'utf8')).toContain('more than 20 faults within a minute: the daemon ends');
});
