import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { WorkerClient } from '../../../src/embedded/container/worker-client.ts';
import type { ContainerSpec } from '../../../src/embedded/container-api.ts';
import { ManualClock } from '../../../src/kernel/clock.ts';
import { collect, emptyNetwork, exhaustible, finished, follow, printed, specOf, testRuntime } from './helpers.ts';

const { runtime, sh } = testRuntime();
afterAll(() => runtime.dispose());

const run = (command: string[], overrides: Partial<ContainerSpec> & { image?: string } = {}) => {
  const { image = 'busybox:1.36', ...rest } = overrides;
  return runtime.start(specOf(image, { command, ...rest }));
};
const script = (text: string, overrides: Partial<ContainerSpec> & { image?: string } = {}) =>
  run(['sh', '-c', text], overrides);
const files = (content: Record<string, string>, mode = 0o644) =>
  Object.fromEntries(Object.entries(content).map(([k, v]) => [k, { content: new TextEncoder().encode(v), mode }]));

describe('starting', () => {
  it('joins entrypoint and cmd of the image with command and args of the Pod', async () => {
    runtime.loadImages([{ name: 'example.com/echo', entrypoint: ['echo', 'a'], cmd: ['b'], env: { X: '1' } }]);
    const out = async (spec: Partial<ContainerSpec>) =>
      (await finished(await runtime.start(specOf('example.com/echo:v1', spec)))).out;
    expect(await out({})).toBe('a b\n');
    expect(await out({ args: ['c'] })).toBe('a c\n');
    expect(await out({ command: ['echo', 'd'] })).toBe('d\n');
    expect(await out({ command: ['env'], env: [{ name: 'Y', value: '2' }] })).toContain('X=1\nHOSTNAME=box\nY=2\n');
  });

  it('fails as runc does when there is no such command', async () => {
    await expect(run(['nosuch'])).rejects.toMatchObject({
      reason: 'StartError',
      exitCode: 128,
      message: expect.stringMatching(
        /^failed to create containerd task: .*exec: "nosuch": executable file not found in \$PATH$/,
      ),
    });
    await expect(run(['/bin/nosuch'])).rejects.toMatchObject({
      message: expect.stringMatching(/exec: "\/bin\/nosuch": stat \/bin\/nosuch: no such file or directory$/),
    });
  });

  it('reports the exit code and the termination message', async () => {
    const container = await script('echo why >/dev/termination-log; exit 42');
    expect(await container.exited).toEqual({ exitCode: 42, message: 'why\n' });
  });

  it('streams output as it is written', async () => {
    const container = await script('echo first; read x', { stdin: true });
    expect(await printed(container, /first/)).toBe('first\n');
    container.kill('SIGKILL');
    expect(await container.exited).toEqual({ exitCode: 137, signal: 9 });
  });
});

describe('signals and pid 1', () => {
  it('gives pid 1 no default actions, but SIGKILL', async () => {
    const container = await script('echo up; while :; do sleep 0.02; done');
    await printed(container, /up/);
    container.kill('SIGTERM');
    const session = container.exec({ command: ['ps'], stdin: false, tty: false });
    expect((await collect(session)).out).toContain('while :; do sleep');
    container.kill('SIGKILL');
    expect((await container.exited).exitCode).toBe(137);
  });

  it('lets pid 1 handle SIGTERM', async () => {
    const container = await script('trap "echo bye; exit 7" TERM; echo up; while :; do sleep 0.02; done');
    const output = follow(container);
    await output.until(/up/);
    container.kill('SIGTERM');
    expect(await output.result).toMatchObject({ out: 'up\nbye\n', code: 7 });
  });

  it('ends servers in their own way', async () => {
    // The entrypoint of an image may do other things first, and knows no signals then.
    for (const [image, code, serves] of [
      ['nginx:1.27', 0, /start worker processes/],
      ['redis:7', 0, /Ready to accept connections/],
      ['registry.k8s.io/pause:3.10.1', 0, undefined],
      ['registry.k8s.io/coredns/coredns:v1.13.1', 0, undefined],
    ] as const) {
      const container = await runtime.start(specOf(image));
      if (serves) await printed(container, serves);
      container.kill('SIGTERM');
      expect((await container.exited).exitCode, image).toBe(code);
    }
  });

  it('cannot be killed from inside', async () => {
    expect(await sh('kill -9 1; kill -9 $$; echo still here')).toMatchObject({ out: 'still here\n' });
  });
});

describe('exec and attach', () => {
  it('runs commands beside pid 1, with separate streams and exit codes', async () => {
    const container = await run(['sleep', '99'], { env: [{ name: 'A', value: '1' }], workingDir: '/work' });
    const one = container.exec({
      command: ['sh', '-c', 'echo $A; pwd; echo err >&2; exit 3'],
      stdin: false,
      tty: false,
    });
    expect(await collect(one)).toEqual({ out: '1\n/work\n', err: 'err\n', code: 3 });
    const two = container.exec({ command: ['cat'], stdin: true, tty: false });
    two.stdin?.end('piped\n');
    expect(await collect(two)).toEqual({ out: 'piped\n', err: '', code: 0 });
    const three = container.exec({ command: ['nosuch'], stdin: false, tty: false });
    await expect(three.exit).rejects.toMatchObject({
      exitCode: 127,
      message:
        'OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH',
    });
    container.kill('SIGKILL');
    await container.exited;
  });

  it('carries more than the windows hold, both ways', async () => {
    const container = await run(['sleep', '99']);
    const session = container.exec({ command: ['cat'], stdin: true, tty: false });
    const size = 1_500_000;
    session.stdin?.end(Buffer.alloc(size, 'x'));
    const { out, code } = await collect(session);
    expect([out.length, code]).toEqual([size, 0]);
    container.kill('SIGKILL');
  });

  it('gives a terminal with line editing, history, Ctrl-C and Ctrl-D', async () => {
    const container = await run(['sleep', '99']);
    const session = container.exec({ command: ['sh'], stdin: true, tty: true });
    let screen = '';
    const until = (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (!pattern.test(screen)) return;
          session.stdout.off('data', listener);
          resolve();
        };
        const listener = (chunk: Buffer) => {
          screen += chunk.toString();
          check();
        };
        session.stdout.on('data', listener);
        check();
      });
    await until(/\/ # $/);
    session.stdin?.write('echo helo\x1b[D\x1b[Dl\r');
    await until(/\r\nhello\r\n\/ # $/);
    session.stdin?.write('\x1b[A\r');
    await until(/hello\r\n[\s\S]*hello\r\n\/ # $/);
    session.stdin?.write('sleep 50\r');
    await until(/sleep 50\r\n$/);
    session.stdin?.write('\x03');
    await until(/\^C\r\n\/ # $/);
    session.resize?.(120, 40);
    session.stdin?.write('stty size\r');
    await until(/\r\n40 120\r\n/);
    session.stdin?.write('\x04');
    expect(await session.exit).toBe(0);
    container.kill('SIGKILL');
  });

  it('attaches to what runs, and misses nothing of an interactive container', async () => {
    const container = await script('echo hello; read x; echo got $x', { stdin: true, stdinOnce: true });
    await printed(container, /hello/);
    const session = container.attach({ stdin: true, tty: false });
    session.stdin?.end('line\n');
    expect(await collect(session)).toMatchObject({ out: 'hello\ngot line\n', code: 0 });

    const quick = await script('echo done; exit 4', { stdin: true });
    await quick.exited;
    expect(await collect(quick.attach({ stdin: true, tty: false }))).toMatchObject({ out: 'done\n', code: 4 });
  });

  it('ends what a client hung up on', async () => {
    const container = await run(['sleep', '99']);
    const session = container.exec({ command: ['sleep', '98'], stdin: false, tty: false });
    session.stdout.resume();
    session.close();
    expect(await session.exit).toBe(129);
    container.kill('SIGKILL');
  });
});

describe('files and volumes', () => {
  it('mounts files behind ..data and swaps them at once', async () => {
    const container = await script('cat /etc/app/*; ls -la /etc/app | tail -1; read x', {
      stdin: true,
      mounts: [
        {
          mountPath: '/etc/app',
          readOnly: false,
          volume: { kind: 'files', id: 'v1', files: files({ a: '1', b: '2' }) },
        },
      ],
    });
    expect(await printed(container, /data\/b/)).toMatch(/^12lrwxrwxrwx.*b -> \.\.data\/b\n$/);
    runtime.updateFiles('v1', files({ a: 'new', c: '3' }));
    const exec = (command: string) =>
      collect(container.exec({ command: ['sh', '-c', command], stdin: false, tty: false }));
    expect(await exec('cat /etc/app/a; ls /etc/app; echo x >/etc/app/a')).toEqual({
      out: 'newa\nc\n',
      err: "sh: can't create /etc/app/a: Read-only file system\n",
      code: 1,
    });
    container.kill('SIGKILL');
  });

  it('shares trees between containers by id, and forgets them', async () => {
    const mount = { mountPath: '/data', readOnly: false, volume: { kind: 'tree' as const, id: 'shared' } };
    expect(await sh('echo kept >/data/f', { mounts: [mount] })).toMatchObject({ code: 0 });
    expect(await sh('cat /data/f; echo x >/data/f', { mounts: [{ ...mount, readOnly: true }] })).toEqual({
      out: 'kept\n',
      err: "sh: can't create /data/f: Read-only file system\n",
      code: 1,
    });
    runtime.removeVolume('shared');
    expect((await sh('ls /data', { mounts: [mount] })).out).toBe('');
  });

  it('keeps subPath files as they were, and gives a tree to fsGroup', async () => {
    const volume = { kind: 'files' as const, id: 'v2', files: files({ one: 'x' }, 0o400) };
    const result = await sh(
      'cat /etc/one.conf; ls -ln /data | wc -l; touch /data/f; ls -ln /data/f | cut -c1-10; stat -c "%g %a" /data; id',
      {
        mounts: [
          { mountPath: '/etc/one.conf', subPath: 'one', readOnly: true, volume },
          { mountPath: '/data', readOnly: false, volume: { kind: 'tree', id: 'v3' } },
        ],
        securityContext: { fsGroup: 2000 },
      },
    );
    expect(result.out).toBe('x1\n-rw-r--r--\n2000 2777\nuid=0(root) gid=0(root) groups=2000,0(root)\n');
  });

  it('holds to users, modes and a read-only root', async () => {
    const result = await sh('id -u; touch /x; touch /tmp/y && echo ok; ls /root', {
      securityContext: { runAsUser: 1000 },
    });
    expect(result).toMatchObject({
      out: '1000\nok\n',
      err: 'touch: /x: Permission denied\nls: /root: Permission denied\n',
    });
    const readOnly = { securityContext: { readOnlyRootFilesystem: true } };
    expect((await sh('touch /tmp/y', readOnly)).err).toBe('touch: /tmp/y: Read-only file system\n');
  });

  it('has what the kubelet writes', async () => {
    const { out } = await sh('cat /etc/hosts /etc/resolv.conf /etc/hostname', {
      fqdn: 'box.sub.default.svc.cluster.local',
      hostAliases: [{ ip: '10.1.2.3', hostnames: ['foo.local', 'bar.local'] }],
    });
    expect(out).toMatch(/^10\.244\.\d+\.\d+\tbox\.sub\.default\.svc\.cluster\.local\tbox$/m);
    expect(out).toContain('# Entries added by HostAliases.\n10.1.2.3\tfoo.local\tbar.local\n');
    expect(out).toContain(
      'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\nbox\n',
    );
  });
});

describe('limits', () => {
  it('kills what takes too much memory', async () => {
    const oom = { exitCode: 137, signal: 9, reason: 'OOMKilled' };
    const limit = { resources: { limits: { memory: '100Mi' } } };
    expect(
      await (await run(['stress', '--vm', '1', '--vm-bytes', '250M'], { image: 'polinux/stress', ...limit })).exited,
    ).toEqual(oom);
    expect(await (await script('x=aaaaaaaa; while :; do x=$x$x; done')).exited).toEqual(oom);
    expect(await (await run(['tail', '/dev/zero'])).exited).toEqual(oom);
  });

  it('contains a fork bomb', async () => {
    const container = await script('bomb() { bomb | bomb & }; bomb; sleep 99');
    const text = await printed(container, /can't fork/);
    expect(text).toContain("sh: can't fork: Resource temporarily unavailable\n");
    expect(await sh('echo alive')).toMatchObject({ out: 'alive\n' });
    container.kill('SIGKILL');
    expect((await container.exited).exitCode).toBe(137);
  });

  it('lets others work while some are always busy', async () => {
    const busy = await Promise.all(['a', 'b', 'c'].map(() => script('while :; do :; done')));
    expect(await sh('for i in 1 2 3; do echo $i | cat; done')).toMatchObject({ out: '1\n2\n3\n' });
    for (const container of busy) container.kill('SIGKILL');
    expect((await Promise.all(busy.map((c) => c.exited))).map((e) => e.exitCode)).toEqual([137, 137, 137]);
  });

  it('fills disks, not memory', async () => {
    expect(await sh('cat /dev/zero >/tmp/f; echo $?')).toMatchObject({ out: '1\n' });
  });

  it('ends recursion without an end, and expressions that would backtrack for ever', async () => {
    expect(await sh('f() { f; }; f')).toMatchObject({ code: 2 });
    expect(await sh("echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab | grep -E '^(a+)+$'; echo $?")).toMatchObject({
      out: '1\n',
    });
  });
});

describe('the worker', () => {
  it('reports the containers of a worker that died as killed, and starts another', async () => {
    const worker = new WorkerClient();
    const own = createContainerRuntime({ network: emptyNetwork(), worker });
    const container = await own.start(specOf('busybox', { command: ['sleep', '99'] }));
    const session = container.exec({ command: ['sleep', '99'], stdin: false, tty: false });
    await worker.crash();
    expect(await container.exited).toEqual({ exitCode: 137, signal: 9 });
    expect(await session.exit).toBe(137);
    const next = await own.start(specOf('busybox', { command: ['echo', 'again'] }));
    expect((await finished(next)).out).toBe('again\n');
    await own.dispose();
  });

  it('is given up when it hangs, with the containers of its cluster only', async () => {
    const bystander = createContainerRuntime({ network: emptyNetwork() });
    const quiet = await bystander.start(specOf('busybox', { command: ['sleep', '99'] }));
    const losses: string[] = [];
    const bugs: string[] = [];
    const hanging = createContainerRuntime({
      network: emptyNetwork(),
      nodes: { answer: () => Promise.reject(new Error('nobody asks')), lost: (loss) => void losses.push(loss) },
      worker: new WorkerClient(new URL('data:text/javascript,for(;;);'), { pingMs: 20 }),
      onBug: (_, stack) => void bugs.push(stack),
    });
    await expect(hanging.start(specOf('busybox'))).rejects.toThrow('the container runtime was restarted');
    expect(losses).toEqual(['hang']);
    expect(bugs.join()).toContain('the thread of its containers did not answer');
    expect(await collect(quiet.exec({ command: ['echo', 'here'], stdin: false, tty: false }))).toMatchObject({
      out: 'here\n',
    });
    await hanging.dispose();
    await bystander.dispose();
  });

  it('is replaced when its heap is full, with the containers of its cluster only', async () => {
    const bystander = createContainerRuntime({ network: emptyNetwork() });
    const quiet = await bystander.start(specOf('busybox', { command: ['sleep', '99'] }));
    const losses: string[] = [];
    const bugs: string[] = [];
    const own = createContainerRuntime({
      network: emptyNetwork(),
      nodes: { answer: () => Promise.reject(new Error('nobody asks')), lost: (loss) => void losses.push(loss) },
      worker: exhaustible(),
      onBug: (_, stack) => void bugs.push(stack),
    });
    const containers = await Promise.all([1, 2].map(() => own.start(specOf('busybox', { command: ['sleep', '99'] }))));
    const session = containers[0]?.exec({ command: ['exhaust-heap'], stdin: false, tty: false });
    const usage = own.usage();
    for (const container of containers) expect(await container.exited).toEqual({ exitCode: 137, signal: 9 });
    expect([await session?.exit, await usage]).toEqual([137, {}]);
    expect(losses).toEqual(['memory']);
    expect(bugs.join()).toContain('reaching memory limit');
    const next = await own.start(specOf('busybox', { command: ['echo', 'again'] }));
    expect((await finished(next)).out).toBe('again\n');
    expect(await collect(quiet.exec({ command: ['echo', 'here'], stdin: false, tty: false }))).toMatchObject({
      out: 'here\n',
    });
    await own.dispose();
    await bystander.dispose();
  });

  it('reports what goes wrong in an answer to a program, but no failure that the program is to see', async () => {
    const bugs: string[] = [];
    const route = async (_: unknown, { port }: { port: number }) => {
      if (port === 81) throw new TypeError('x is not a function');
      throw Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' });
    };
    const own = testRuntime(emptyNetwork({ route }), bugs);
    const said = vi.spyOn(console, 'error').mockReturnValue();
    const ofAnswers = () => bugs.filter((bug) => bug.startsWith('container runtime: '));
    expect((await own.sh('wget -q 10.1.2.3:80')).code).toBe(1);
    expect(ofAnswers()).toEqual([]);
    expect((await own.sh('wget -q 10.1.2.3:81')).code).toBe(1);
    expect(ofAnswers()).toEqual([expect.stringMatching(/TypeError: x is not a function\n +at /)]);
    said.mockRestore();
    await own.runtime.dispose();
  });

  it('lives on the clock it is given', async () => {
    const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'));
    const own = createContainerRuntime({ network: emptyNetwork(), clock });
    const container = await own.start(
      specOf('busybox', { command: ['sh', '-c', 'date +%F; echo waiting; sleep 3600; date +%T'] }),
    );
    const output = follow(container);
    await output.until(/waiting/);
    let done = false;
    void output.result.then(() => {
      done = true;
    });
    // The timer's message comes from another thread: time moves on until it has.
    while (!done) await clock.advance(3600_000);
    expect((await output.result).out).toMatch(/^2026-01-01\nwaiting\n\d\d:00:00\n$/);
    await own.dispose();
  });

  it('kills everything of a cluster with it', async () => {
    const own = createContainerRuntime({ network: emptyNetwork() });
    const container = await own.start(specOf('busybox', { command: ['sleep', '99'] }));
    await own.dispose();
    expect((await container.exited).exitCode).toBe(137);
    await expect(own.start(specOf('busybox'))).rejects.toThrow('the runtime has ended');
  });

  it('does not come back for a cluster that has ended', async () => {
    let workers = 0;
    const count = () => void workers++;
    subscribe('worker_threads', count);
    const own = createContainerRuntime({ network: emptyNetwork() });
    await own.prepareHostPath('node-1', '/var/lib', 'Directory');
    await own.dispose();
    await own.prepareHostPath('node-1', '/var/lib', 'Directory');
    await own.usage();
    await expect(own.start(specOf('busybox'))).rejects.toThrow('the runtime has ended');
    unsubscribe('worker_threads', count);
    expect(workers).toBe(1);
  });

  it('holds the process no longer than there is a cluster', async () => {
    const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = ports();
    const own = createContainerRuntime({ network: emptyNetwork() });
    const container = await own.start(specOf('busybox', { command: ['sleep', '99'] }));
    await own.dispose();
    expect((await container.exited).exitCode).toBe(137);
    expect(ports()).toBe(before);
  });

  it('ends while a container cannot start', async () => {
    const own = createContainerRuntime({ network: emptyNetwork() });
    const failed = expect(own.start(specOf('busybox', { command: ['no-such-command'] }))).rejects.toThrow(
      'executable file not found in $PATH',
    );
    await own.dispose();
    await failed;
  });
});
