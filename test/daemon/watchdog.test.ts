import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { setAsideBlocked } from '../../src/daemon/blocked.ts';
import type { Blocked } from '../../src/daemon/watchdog.ts';
import { readMark } from '../../src/session/set-aside.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** A process with a watchdog that ends it after a second; it runs what it reads, a line each, for the attempt `lab-x1`. */
function watched(file: string): ChildProcess {
  const code = `
    const { startWatchdog } = await import(${url('../../src/daemon/watchdog.ts')});
    const { workFor } = await import(${url('../../src/kernel/work.ts')});
    const { createInterface } = await import('node:readline');
    startWatchdog({ file: ${JSON.stringify(file)}, interval: 200, limit: 5 });
    createInterface(process.stdin).on('line', (line) => workFor({ attempt: 'lab-x1' }, () => setTimeout(eval, 0, line)));
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** What a process prints, a line at a time. */
function linesOf({ stdout }: ChildProcess): AsyncIterator<string> {
  return createInterface(stdout ?? expect.unreachable())[Symbol.asyncIterator]();
}

describe('a process whose main thread is blocked', () => {
  it.each([
    ['a regular expression that backtracks', `/^(a|a)*$/.test('a'.repeat(46) + '!')`, /RegExp\.test/],
    ['a loop without an end', '(function spin() { for (;;); })()', /spin/],
    ['a wait for what never comes', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', /Atomics\.wait/],
  ])('by %s is ended, and it is known for what it did that', async (_, code, where) => {
    const file = join(temporaryFolder(), 'blocked.json');
    const child = watched(file);
    const exit = once(child, 'exit');
    expect(await linesOf(child).next()).toMatchObject({ value: 'ready' });
    child.stdin?.write(`${code}\n`);
    expect(await exit).toEqual([null, 'SIGKILL']);
    const { work, stack, seconds } = JSON.parse(readFileSync(file, 'utf8')) as Blocked;
    expect(work).toEqual({ attempt: 'lab-x1' });
    expect(stack[0]).toMatch(where);
    expect(seconds).toBe(1);
  });

  it('because all of it was stopped for a while, as a machine that sleeps, goes on', async () => {
    const file = join(temporaryFolder(), 'blocked.json');
    const child = watched(file);
    const lines = linesOf(child);
    expect(await lines.next()).toMatchObject({ value: 'ready' });
    child.kill('SIGSTOP');
    await delay(2_000);
    child.kill('SIGCONT');
    child.stdin?.write(
      `let left = 10; const t = setInterval(() => --left || (console.log('well'), clearInterval(t)), 200)\n`,
    );
    expect(await lines.next()).toMatchObject({ value: 'well' });
    expect(existsSync(file)).toBe(false);
  });
});

describe('what blocked a daemon', () => {
  const blocked = (work: Blocked['work']): Blocked => ({
    seconds: 30,
    at: 0,
    ...(work && { work }),
    stack: ['RegExp.test (<anonymous>)'],
  });

  it('is set aside by its successor, with a message that names it', async () => {
    const state = temporaryFolder();
    const folder = join(state, 'attempts', 'lab-x1');
    mkdirSync(folder, { recursive: true });
    const file = join(state, 'blocked.json');
    writeFileSync(file, JSON.stringify(blocked({ attempt: 'lab-x1' })));
    await setAsideBlocked({ file, state, log: expect.unreachable });
    expect(await readMark(folder)).toMatchObject({
      what: 'the attempt lab-x1 is set aside',
      why: 'it kept the daemon from answering for 30 s, in RegExp.test, and the daemon was ended',
    });
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ['a name that leads elsewhere', JSON.stringify(blocked({ attempt: '../../x' }))],
    ['half a file', '{"seconds": 3'],
    ['a call', JSON.stringify(blocked({ call: 'hint' }))],
  ])('is only noted if it is %s', async (_, text) => {
    const state = temporaryFolder();
    const file = join(state, 'blocked.json');
    writeFileSync(file, text);
    const lines: string[] = [];
    await setAsideBlocked({ file, state, log: (entry) => lines.push(entry) });
    expect(lines).toHaveLength(1);
    expect(existsSync(file)).toBe(false);
  });
});
