import { afterAll, expect, it } from 'vitest';
import { collect, finished, follow, specOf, testRuntime } from './helpers.ts';

const { runtime } = testRuntime();
afterAll(() => runtime.dispose());

async function started(env: Record<string, string> = {}, command?: string[]) {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const box = await runtime.start(
    specOf('stefanprodan/podinfo:6.5.0', { env: variables, ...(command && { command }) }),
  );
  const log = follow(box);
  await log.until(/Starting HTTP Server/);
  const get = async (...args: string[]) =>
    (await collect(box.exec({ command: ['wget', '-qO-', ...args], stdin: false, tty: false }))).out;
  return { box, log, get };
}

it('tells of itself', async () => {
  const { box, log, get } = await started({ PODINFO_UI_MESSAGE: 'hi', TOWN: 'Ulm' });
  expect(JSON.parse((await log.until(/^/)).split('\n')[0] ?? '')).toMatchObject({
    ...{ level: 'info', caller: 'podinfo/main.go:153', msg: 'Starting podinfo', version: '6.5.0', port: '9898' },
  });
  expect(JSON.parse(await get('http://127.0.0.1:9898/'))).toMatchObject({
    hostname: 'box',
    version: '6.5.0',
    message: 'hi',
  });
  expect(JSON.parse(await get('http://127.0.0.1:9898/version'))).toMatchObject({ version: '6.5.0' });
  expect(JSON.parse(await get('http://127.0.0.1:9898/env'))).toContain('TOWN=Ulm');
  expect(JSON.parse(await get('--header', 'X-Town: Ulm', 'http://127.0.0.1:9898/headers'))).toMatchObject({
    'X-Town': ['Ulm'],
  });
  expect(await get('http://127.0.0.1:9898/status/201')).toBe('{\n  "status": 201\n}');
  expect(await get('http://127.0.0.1:9898/delay/0')).toBe('{\n  "delay": 0\n}');
  expect(await get('http://127.0.0.1:9898/healthz')).toBe('{\n  "status": "OK"\n}');
  expect(await get('http://127.0.0.1:9898/metrics')).toContain('http_requests_total{status="201"} 1\n');
  box.kill('SIGKILL');
});

it('logs requests at the level debug, on the port that it is given', async () => {
  const { box, log, get } = await started({ PODINFO_PORT: '1' }, ['./podinfo', '--port=8080', '--level', 'debug']);
  await get('http://127.0.0.1:8080/readyz');
  const line = (await log.until(/request started/)).split('\n').find((text) => text.includes('request started'));
  expect(JSON.parse(line ?? '')).toMatchObject({ level: 'debug', proto: 'HTTP/1.1', uri: '/readyz', method: 'GET' });
  box.kill('SIGTERM');
  expect((await log.result).err).toContain('"msg":"Shutting down HTTP/HTTPS server"');
});

it('is not ready when it is told so, and ends at /panic', async () => {
  const { log, get } = await started({}, ['./podinfo', '--unhealthy']);
  expect(await get('http://127.0.0.1:9898/healthz')).toBe('');
  await get('--post-data', '', 'http://127.0.0.1:9898/readyz/disable');
  expect(await get('http://127.0.0.1:9898/readyz')).toBe('');
  await get('http://127.0.0.1:9898/panic');
  expect(await log.result).toMatchObject({ code: 255, err: expect.stringContaining('"msg":"Panic command received"') });
});

it('refuses flags that it does not know', async () => {
  const { code, err } = await finished(
    await runtime.start(specOf('stefanprodan/podinfo:6.5.0', { command: ['./podinfo', '--nope'] })),
  );
  expect([code, err]).toEqual([2, expect.stringMatching(/^Error: unknown flag: --nope\n\nUsage of podinfo:\n/)]);
});
