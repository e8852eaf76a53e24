import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { ContainerLog, parseEntries } from '../../../src/embedded/node/logs/log-file.ts';
import { readLog } from '../../../src/embedded/node/logs/log-reader.ts';
import { FileLogStorage, MemoryLogStorage } from '../../../src/embedded/node/logs/log-storage.ts';
import { LogStore } from '../../../src/embedded/node/logs/log-store.ts';
import { ManualClock, systemClock } from '../../../src/kernel/clock.ts';
import { buffersKept, traffic } from '../../helpers/memory.ts';
import { temporaryFolder } from '../../helpers/temporary.ts';
import { first, reason, startNode } from './harness.ts';

let stop = () => {};
afterEach(() => stop());

async function read(log: ContainerLog, options = {}): Promise<string> {
  return text(await readLog(log, options, systemClock));
}

describe('a log in memory', () => {
  it('takes as much as its lines do', async () => {
    const logs = Array.from({ length: 50 }, () => new ContainerLog(new MemoryLogStorage(), new ManualClock()));
    const taken = await buffersKept(async () => {
      for (let n = 0; n < 40; n++) {
        for (const log of logs) {
          log.write('stdout', Buffer.from(`line ${n}\n`));
          traffic();
          await log.flush();
        }
      }
    });
    expect(await Promise.all(logs.map((log) => read(log, { tailLines: 1 })))).toEqual(logs.map(() => 'line 39\n'));
    expect(taken).toBeLessThan(50 * 8 * 1024);
  });
});

describe('a container log', () => {
  it('keeps lines in the CRI format with rising nanoseconds', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'log-'));
    const path = join(folder, 'a', '0.log');
    const log = new ContainerLog(new FileLogStorage(path), new ManualClock());
    log.write('stdout', Buffer.from('one\ntw'));
    log.write('stderr', Buffer.from('err\n'));
    log.write('stdout', Buffer.from('o\nrest'));
    await log.close();
    expect((await readFile(path, 'utf8')).split('\n')).toEqual([
      '2026-01-01T00:00:00.000000000Z stdout F one',
      '2026-01-01T00:00:00.000001000Z stderr F err',
      '2026-01-01T00:00:00.000002000Z stdout F two',
      '2026-01-01T00:00:00.000003000Z stdout P rest',
      '',
    ]);
    expect(await read(log)).toBe('one\nerr\ntwo\nrest');
    await rm(folder, { recursive: true });
  });

  it('answers tail, limit, since and timestamps', async () => {
    const clock = new ManualClock();
    const log = new ContainerLog(new MemoryLogStorage(), clock);
    log.write('stdout', Buffer.from('a line 1\na line 2\n'));
    await clock.advance(60_000);
    log.write('stdout', Buffer.from('late\n'));
    expect(await read(log, { tailLines: 2 })).toBe('a line 2\nlate\n');
    expect(await read(log, { tailLines: 0 })).toBe('');
    expect(await read(log, { limitBytes: 8 })).toBe('a line 1');
    expect(await text(await readLog(log, { sinceSeconds: 30 }, clock))).toBe('late\n');
    expect(await read(log, { sinceTime: '2026-01-01T00:00:30Z' })).toBe('late\n');
    expect(await read(log, { timestamps: true, tailLines: 1 })).toBe('2026-01-01T00:01:00.000000000Z late\n');
  });

  it('follows without a gap and ends with the container', async () => {
    const log = new ContainerLog(new MemoryLogStorage(), new ManualClock());
    log.write('stdout', Buffer.from('1\n'));
    const opening = readLog(log, { follow: true }, systemClock);
    log.write('stdout', Buffer.from('2\n'));
    const stream = await opening;
    log.write('stdout', Buffer.from('3\n'));
    setImmediate(() => {
      log.write('stdout', Buffer.from('4\n'));
      void log.close();
    });
    expect(await text(stream)).toBe('1\n2\n3\n4\n');
  });

  it('keeps no more for a follower that does not read than for others, and goes on where it was', async () => {
    const log = new ContainerLog(new MemoryLogStorage(), new ManualClock());
    const stream = await readLog(log, { follow: true }, systemClock);
    stream.read(0);
    const lines = Array.from({ length: 5000 }, (_, i) => `${i} ${'x'.repeat(500)}\n`);
    for (const line of lines) {
      log.write('stdout', Buffer.from(line));
      if (line.startsWith('2500 ')) await log.flush();
    }
    await log.flush();
    expect(stream.readableLength).toBeLessThan(2 * stream.readableHighWaterMark);
    void log.close();
    expect(await text(stream)).toBe(lines.join(''));
  });

  it('leaves out what was set aside before a slow follower read it', async () => {
    const log = new ContainerLog(new MemoryLogStorage(), new ManualClock());
    const stream = await readLog(log, { follow: true }, systemClock);
    stream.read(0);
    const line = `${'x'.repeat(10_000)}\n`;
    for (let i = 0; i < 1100; i++) log.write('stdout', Buffer.from(line));
    await log.flush();
    log.write('stdout', Buffer.from('after\n'));
    await log.close();
    const seen = await text(stream);
    expect(seen.length).toBeLessThan(2 * stream.readableHighWaterMark);
    expect(seen.endsWith('\nafter\n')).toBe(true);
  });

  it('ends a follower that hangs up', async () => {
    const log = new ContainerLog(new MemoryLogStorage(), new ManualClock());
    const abort = new AbortController();
    const stream = await readLog(log, { follow: true, signal: abort.signal }, systemClock);
    abort.abort();
    expect(await text(stream)).toBe('');
  });

  it('is set aside at 10 MiB', async () => {
    const log = new ContainerLog(new MemoryLogStorage(), new ManualClock());
    const line = `${'x'.repeat(10_000)}\n`;
    for (let i = 0; i < 1100; i++) log.write('stdout', Buffer.from(line));
    await log.flush();
    log.write('stdout', Buffer.from('after\n'));
    expect(await read(log)).toBe('after\n');
  });
});

describe('the logs of a node', () => {
  const pod = {
    metadata: { namespace: 'default', name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
  };

  it('are on the disk when it has stopped, and nothing is written after that', async () => {
    const folder = join(temporaryFolder(), 'node');
    const store = new LogStore({ folder, clock: new ManualClock() });
    const log = store.open(pod, 'c', { attempt: 0, id: 'a' });
    log.write('stdout', Buffer.from('line\nrest'));
    await store.close();
    const file = join(folder, 'default_p_u', 'c', '0.log');
    expect(parseEntries(await readFile(file)).map((entry) => entry.text.toString())).toEqual(['line', 'rest']);
    await rm(folder, { recursive: true });
    // A process that ends late, and a container that had only begun to start.
    const late = store.open(pod, 'c', { attempt: 1, id: 'b' });
    for (const one of [log, late]) {
      one.write('stdout', Buffer.from('late\n'));
      await one.close();
      await one.flush();
    }
    await store.dropPod(pod);
    expect(existsSync(folder)).toBe(false);
  });

  it('are closed before the kubelet has stopped', async () => {
    const n = await startNode();
    await n.run('p', {});
    await n.until('p', (p) => reason(p) === 'Running');
    const following = await n.kubelet.logs(n.pod('p'), { follow: true });
    n.runtime.started[0]?.print('one\n');
    n.stop();
    await n.kubelet.stop();
    // It is a closed log that ends its followers; the container is still there.
    expect(await text(following)).toBe('one\n');
  });

  it('that are dropped do not come back with what was not written yet', async () => {
    const folder = temporaryFolder();
    const store = new LogStore({ folder, clock: new ManualClock() });
    const log = store.open(pod, 'c', { attempt: 0, id: 'a' });
    log.write('stdout', Buffer.from('line\n'));
    await store.dropPod(pod);
    log.write('stdout', Buffer.from('late\n'));
    await log.flush();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('kubectl logs', () => {
  async function node() {
    const n = await startNode();
    stop = n.stop;
    const logs = async (name: string, options = {}): Promise<Readable> => n.kubelet.logs(n.pod(name), options);
    return { ...n, logs };
  }

  it('shows the run that ended while the next waits, and the one before with --previous', async () => {
    const { run, runtime, advanceUntil, until, logs } = await node();
    let round = 0;
    runtime.scripts.set('c', (c) => {
      c.print(`run ${round++}\n`);
      c.end(1);
    });
    await run('crash', {});
    await until('crash', (p) => reason(p) === 'Error');
    await expect(logs('crash', { previous: true })).rejects.toThrow(
      'previous terminated container "c" in pod "crash" not found',
    );
    await advanceUntil('crash', (p) => first(p).restartCount === 1 && reason(p) === 'CrashLoopBackOff');
    expect(await text(await logs('crash'))).toBe('run 1\n');
    expect(await text(await logs('crash', { previous: true }))).toBe('run 1\n');
    runtime.scripts.set('c', (c) => c.print('run on\n'));
    await advanceUntil('crash', (p) => reason(p) === 'Running');
    expect(await text(await logs('crash'))).toBe('run on\n');
    expect(await text(await logs('crash', { previous: true }))).toBe('run 1\n');
  });

  it('says why there is none', async () => {
    const { run, until, advanceUntil, logs } = await node();
    await run('bad', { containers: [{ name: 'c', image: 'nginx:no-such-tag' }] });
    await until('bad', (p) => reason(p) === 'ErrImagePull');
    await expect(logs('bad')).rejects.toThrow(`container "c" in pod "bad" is waiting to start: image can't be pulled`);
    await advanceUntil('bad', (p) => reason(p) === 'ImagePullBackOff');
    await expect(logs('bad')).rejects.toThrow(
      'container "c" in pod "bad" is waiting to start: trying and failing to pull image',
    );
    await run('two', { initContainers: [{ name: 'i', image: 'x' }], containers: [{ name: 'c', image: 'x' }] });
    await until('two', (p) => reason(p) === 'PodInitializing');
    await expect(logs('two')).rejects.toThrow('container "c" in pod "two" is waiting to start: PodInitializing');
    await expect(logs('two', { container: 'nope' })).rejects.toThrow('container nope is not valid for pod two');
  });

  it('asks for a container where there is a choice', async () => {
    const { run, until, logs } = await node();
    await run('talk', {
      containers: [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x' },
      ],
    });
    await until('talk', (p) => p.status?.phase === 'Running');
    await expect(logs('talk')).rejects.toThrow('a container name must be specified for pod talk, choose one of: [a b]');
  });

  it('refuses exec into what does not run', async () => {
    const { run, until, kubelet, pod } = await node();
    await run('p', { initContainers: [{ name: 'wait', image: 'x' }] });
    await until('p', (p) => reason(p) === 'PodInitializing');
    await expect(kubelet.exec(pod('p'), { command: ['ls'], stdin: false, tty: false })).rejects.toThrow(
      'unable to upgrade connection: container not found ("c")',
    );
  });
});
