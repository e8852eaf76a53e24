import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import { emptyNetwork, finished, follow, printed, specOf, testRuntime } from './helpers.ts';

const clock = new ManualClock();
const runtime = createContainerRuntime({ network: emptyNetwork(), clock });
afterAll(() => runtime.dispose());

const start = (image: string, args?: string[], limits: Record<string, string> = {}) =>
  runtime.start(specOf(image, { args, resources: { limits } }));

/** Lets time go on until a promise is settled. */
async function settled<T>(promise: Promise<T>, step = 500): Promise<T> {
  let done = false;
  const mark = () => {
    done = true;
  };
  promise.then(mark, mark);
  while (!done) await clock.advance(step);
  return promise;
}

const mebibytes = async (id: string) => Math.round(((await runtime.usage())[id]?.memoryBytes ?? 0) / 1024 ** 2);

async function millicores(id: string): Promise<number> {
  const before = (await runtime.usage())[id]?.cpuMs ?? 0;
  await clock.advance(10_000);
  return Math.round((((await runtime.usage())[id]?.cpuMs ?? 0) - before) / 100) * 10;
}

describe('stress', () => {
  it('runs workers for a time', async () => {
    const box = await start('progrium/stress', [
      '--cpu',
      '2',
      '--io',
      '1',
      '--vm',
      '1',
      '--vm-bytes',
      '64M',
      '--timeout',
      '5s',
    ]);
    const { out, code } = await settled(finished(box));
    expect(code).toBe(0);
    expect(out).toMatch(
      /^stress: info: \[1\] dispatching hogs: 2 cpu, 1 io, 1 vm, 0 hdd\nstress: dbug: \[1\] --> hog worker \[2\] forked\n/,
    );
    expect(out).toMatch(/\nstress: info: \[1\] successful run completed in 5s\n$/);
  });

  it('holds memory with --vm-hang, and writes it over and over without', async () => {
    const command = ['stress', '--vm', '1', '--vm-bytes', '150M'];
    const held = await runtime.start(specOf('polinux/stress', { command: [...command, '--vm-hang', '1'] }));
    const busy = await runtime.start(specOf('polinux/stress', { command }));
    await Promise.all([printed(held, /dispatching/), printed(busy, /dispatching/)]);
    expect(await mebibytes(held.id)).toBeOneOf([150, 151]);
    expect(await millicores(held.id)).toBe(0);
    expect(await millicores(busy.id)).toBe(1000);
    for (const box of [held, busy]) box.kill('SIGKILL');
  });

  it('is killed with the whole container where it takes more than the limit', async () => {
    const command = ['stress', '--vm', '1', '--vm-bytes', '250M', '--vm-hang', '1'];
    const box = await runtime.start(specOf('polinux/stress', { command, resources: { limits: { memory: '100Mi' } } }));
    expect(await box.exited).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it.each([
    [['--nope'], 'stress: FAIL: [1] (244) unrecognized option: --nope\n', 1],
    [['-c', 'x'], 'stress: FAIL: [1] (382) invalid number: x\n', 1],
    [['--version'], 'stress 1.0.4\n', 0],
    [['-c', '1', '-n'], 'stress: info: [1] dispatching hogs: 1 cpu, 0 io, 0 vm, 0 hdd\n', 0],
  ])('%j', async (args, said, exitCode) => {
    const { out, err, code } = await finished(
      await runtime.start(specOf('polinux/stress', { command: ['stress', ...args] })),
    );
    expect([out + err, code]).toEqual([said, exitCode]);
  });
});

describe('stress-ng', () => {
  it('loads CPU by a part, and says what it did', async () => {
    const box = await start('alexeiled/stress-ng', ['--cpu', '2', '--cpu-load', '25', '--timeout', '1m']);
    const { until, result } = follow(box);
    await until(/dispatching hogs: 2 cpu/);
    expect(await millicores(box.id)).toBe(500);
    expect(await settled(result)).toMatchObject({
      code: 0,
      out: [
        'stress-ng: info:  [1] setting to a 1 min run per stressor',
        'stress-ng: info:  [1] dispatching hogs: 2 cpu',
        'stress-ng: info:  [1] skipped: 0',
        'stress-ng: info:  [1] passed: 2: cpu (2)',
        'stress-ng: info:  [1] failed: 0',
        'stress-ng: info:  [1] metrics untrustworthy: 0',
        'stress-ng: info:  [1] successful run completed in 1 min',
        '',
      ].join('\n'),
    });
  });

  it('takes memory in bytes or in parts of the node', async () => {
    const box = await start('polinux/stress-ng');
    expect((await finished(box)).out).toMatch(/^stress-ng, version/);
    const command = (size: string) => ['stress-ng', '--vm', '2', '--vm-bytes', size, '--vm-hang', '0'];
    const [bytes, part] = await Promise.all(
      ['64M', '50%'].map((size) => runtime.start(specOf('polinux/stress-ng', { command: command(size) }))),
    );
    await Promise.all([bytes, part].map((b) => b && printed(b, /dispatching/)));
    expect(await mebibytes(bytes?.id ?? '')).toBeOneOf([128, 129, 130]);
    expect(await mebibytes(part?.id ?? '')).toBeOneOf([4096, 4097, 4098]);
    for (const b of [bytes, part]) b?.kill('SIGKILL');
  });
});

describe('the stress of the Kubernetes tasks', () => {
  it('takes memory step by step and holds it', async () => {
    const box = await start('vish/stress', [
      '-mem-total',
      '150Mi',
      '-mem-alloc-size',
      '10Mi',
      '-mem-alloc-sleep',
      '1s',
    ]);
    const { until } = follow(box);
    await until(/Allocating "150Mi" memory, in "10Mi" chunks, with a 1s sleep between allocations\n$/);
    await clock.advance(5000);
    expect(await mebibytes(box.id)).toBeLessThan(100);
    await settled(until(/Allocated "150Mi" memory\n/));
    expect(await mebibytes(box.id)).toBeOneOf([150, 151]);
    box.kill('SIGKILL');
  });

  it('is killed at the limit, and uses CPU', async () => {
    const big = await start('registry.k8s.io/stress:v1', ['-mem-total', '150Mi'], { memory: '100Mi' });
    expect(await settled(big.exited)).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    const busy = await start('registry.k8s.io/stress:v1', ['-cpus', '2'], { cpu: '1' });
    await printed(busy, /consume CPU\n.*consume CPU\n/);
    expect(await millicores(busy.id)).toBe(1000);
    busy.kill('SIGKILL');
  });

  it('complains of flags it has not', async () => {
    const { err, code } = await finished(await start('vish/stress', ['-nope']));
    expect([err.split('\n')[0], code]).toEqual(['flag provided but not defined: -nope', 2]);
  });
});

describe('hpa-example', () => {
  it('takes CPU for each request, and time where it has little', async () => {
    // The clock of the machine: an answer is not waited for with time that runs ahead.
    const { runtime: real } = testRuntime();
    const spec = specOf('registry.k8s.io/hpa-example', { resources: { limits: { cpu: '500m' } } });
    const box = await real.start(spec);
    await printed(box, /resuming normal operations/);
    const from = Date.now();
    const socket = await real.connect(spec.pod.uid, 80);
    socket.end('GET / HTTP/1.0\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*OK!$/);
    expect(Date.now() - from).toBeGreaterThanOrEqual(79);
    expect((await real.usage())[box.id]?.cpuMs).toBeGreaterThanOrEqual(39);
    await real.dispose();
  });
});
