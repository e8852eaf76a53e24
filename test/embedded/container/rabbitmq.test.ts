import { afterAll, describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../../src/embedded/container-api.ts';
import { collect, follow, specOf, testRuntime } from './helpers.ts';

const bugs: string[] = [];
const { runtime } = testRuntime(undefined, bugs);
afterAll(async () => {
  await runtime.dispose();
  expect(bugs).toEqual([]);
});

const credentials = [
  { name: 'RABBITMQ_DEFAULT_USER', value: 'shop' },
  { name: 'RABBITMQ_DEFAULT_PASS', value: 'pw' },
];

async function started(more: Partial<ContainerSpec> = {}, image = 'rabbitmq:4.1-management') {
  const box = await runtime.start(specOf(image, { env: credentials, ...more }));
  const { until, result } = follow(box);
  await until(/Server startup complete/);
  const run = (...command: string[]) => collect(box.exec({ command, stdin: false, tty: false }));
  return { box, run, until, result };
}

describe('rabbitmq-server', () => {
  it('says what happens, and makes the first user of its variables', async () => {
    const { box, run, result } = await started();
    expect(await run('rabbitmqctl', '-q', 'list_users')).toEqual({
      out: 'user\ttags\nshop\t[administrator]\n',
      err: '',
      code: 0,
    });
    box.kill('SIGTERM');
    const { out, code } = await result;
    expect(code).toBe(0);
    for (const text of [
      "Created user 'shop'",
      'started TCP listener on [::]:5672',
      '1 plugins started.',
      'Successfully stopped RabbitMQ',
    ]) {
      expect(out).toContain(text);
    }
    expect(out).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00 \[info\] <[\d.]+> Starting RabbitMQ 4\.1\.6 on Erlang$/m,
    );
  });

  it('answers the probes of a Pod, and fails them once it is gone', async () => {
    const { box, run } = await started({ args: ['sh', '-c', 'rabbitmq-server & sleep 1000'] });
    expect(await run('rabbitmq-diagnostics', '-q', 'ping')).toMatchObject({ out: 'Ping succeeded\n', code: 0 });
    expect(await run('rabbitmq-diagnostics', '-q', 'check_running')).toMatchObject({ code: 0 });
    expect((await run('rabbitmq-diagnostics', 'check_port_connectivity')).out).toContain('25672, 5672');
    expect((await run('rabbitmq-diagnostics', '-q', 'check_port_listener', '1883')).code).toBe(69);
    await run('sh', '-c', 'kill $(pidof rabbitmq-server)');
    const down = await run('rabbitmq-diagnostics', '-q', 'ping');
    expect(down).toMatchObject({ out: '', code: 69, err: expect.stringContaining("operation on node 'rabbit@box'") });
    box.kill('SIGKILL');
  });

  it('keeps users on a volume, and gives them rights', async () => {
    const mounts: ContainerSpec['mounts'] = [
      { mountPath: '/var/lib/rabbitmq', readOnly: false, volume: { kind: 'tree', id: 'rabbit' } },
    ];
    const first = await started({ mounts });
    expect((await first.run('rabbitmqctl', 'add_user', 'jane', 'secret')).out).toContain('Done.');
    expect(await first.run('rabbitmqctl', 'add_user', 'jane', 'x')).toMatchObject({
      code: 70,
      err: 'Error:\nUser "jane" already exists\n',
    });
    await first.run('rabbitmqctl', 'set_permissions', '-p', '/', 'jane', '^j', '.*', '');
    first.box.kill('SIGTERM');
    await first.result;
    const second = await started({ mounts });
    expect((await second.run('rabbitmqctl', '-q', 'list_permissions')).out).toContain('jane\t^j\t.*\t\n');
    expect((await second.run('rabbitmqctl', 'authenticate_user', 'jane', 'secret')).code).toBe(0);
    expect((await second.run('rabbitmqctl', 'authenticate_user', 'jane', 'wrong')).code).toBe(65);
    expect((await second.run('rabbitmqctl', 'delete_user', 'nobody')).code).toBe(67);
    second.box.kill('SIGKILL');
  });

  it('refuses what it does not know', async () => {
    const { box, run } = await started();
    expect(await run('rabbitmqctl', 'dance')).toEqual({ out: '', err: "\nCommand 'dance' not found. \n", code: 64 });
    expect((await run('rabbitmqctl', 'add_user', 'jane')).err).toContain('not enough arguments.');
    expect((await run('rabbitmqctl', '-p', 'other', 'list_queues')).code).toBe(65);
    box.kill('SIGKILL');
  });

  it('has the management plugin in images that are named after it', async () => {
    for (const [image, listens] of [
      ['rabbitmq:4.1-management', true],
      ['rabbitmq:4.1', false],
    ] as const) {
      const { box, run } = await started({}, image);
      expect((await run('rabbitmq-diagnostics', '-q', 'listeners')).out.includes('15672')).toBe(listens);
      box.kill('SIGKILL');
    }
  });
});
