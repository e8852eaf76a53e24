import { createServer } from 'node:http';
import { PassThrough } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { TcpSocket } from '../../../src/embedded/container/kernel/tcp.ts';
import { selfSigned } from '../../../src/embedded/container/lib/self-signed.ts';
import { getOver } from '../../../src/embedded/container/worker/prober.ts';
import type { ProbeRequest } from '../../../src/embedded/container-api.ts';
import { printed, specOf, testRuntime } from './helpers.ts';

const { runtime } = testRuntime();
afterAll(() => runtime.dispose());

const ask = (path: string, scheme = 'http'): ProbeRequest => ({ url: `${scheme}://10.244.0.9${path}`, headers: {} });

/** Starts a container that listens on `port`; resolves with its Pod's uid. */
async function serving(port: number, image: string, script?: string): Promise<string> {
  const spec = specOf(image, script === undefined ? {} : { command: ['sh', '-c', script] });
  await runtime.start(spec);
  await expect.poll(() => runtime.listening(spec.pod.uid, port)).toBe(true);
  return spec.pod.uid;
}

describe('a GET of a probe', () => {
  it('tells the status, and where a redirection leads', async () => {
    const conf = 'server { listen 80; location = /old { return 301 /new; } location / { return 204; } }';
    const uid = await serving(80, 'nginx:1.29', `echo '${conf}' > /etc/nginx/conf.d/default.conf; exec nginx`);
    expect(await runtime.get(uid, 80, ask('/'))).toEqual({ status: 204 });
    expect(await runtime.get(uid, 80, ask('/old'))).toMatchObject({
      status: 301,
      location: expect.stringMatching(/new$/),
    });
  });

  it('is seen by the server with its headers, from the address of the node', async () => {
    const spec = specOf('nginx:1.29');
    const container = await runtime.start(spec);
    const logged = printed(container, /probe/);
    await expect.poll(() => runtime.listening(spec.pod.uid, 80)).toBe(true);
    await runtime.get(spec.pod.uid, 80, { ...ask('/x?y=1'), headers: { 'User-Agent': 'probe' } });
    expect(await logged).toMatch(/10\.244\.0\.1 .*"GET \/x\?y=1 HTTP\/1\.1" 404 .*"probe"/);
  });

  it('is answered over TLS, whatever the certificate', async () => {
    const ports = [{ port: 8443, protocol: 'https' as const, routes: { '/': { body: 'ok' } } }];
    runtime.loadImages([{ name: 'example.com/secure', entrypoint: ['service'], service: { ports } }]);
    const uid = await serving(8443, 'example.com/secure');
    expect(await runtime.get(uid, 8443, ask('/', 'https'))).toEqual({ status: 200 });
    await expect(runtime.get(uid, 8443, ask('/'))).rejects.toThrow('EOF');
  });

  it('shakes hands with a server that has to be asked by TLS', async () => {
    const [near, far] = TcpSocket.pair();
    const server = createServer((_, response) => response.writeHead(202).end());
    server.emit('connection', new TLSSocket(far, { isServer: true, secureContext: selfSigned(Date.now()) }));
    expect(await getOver(near, ask('/', 'https'), false)).toEqual({ status: 202 });
  });

  it('fails in the words of Go', async () => {
    const uid = await serving(80, 'nginx:1.29');
    await expect(runtime.get(uid, 81, ask('/'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(runtime.get('nobody', 80, ask('/'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(runtime.get(uid, 80, ask('/', 'https'))).rejects.toThrow(
      'http: server gave HTTP response to HTTPS client',
    );
    const redis = await serving(6379, 'redis:8');
    await expect(runtime.get(redis, 6379, ask('/'))).rejects.toThrow(
      `net/http: HTTP/1.x transport connection broken: malformed HTTP response "-ERR wrong number of arguments for 'get' command"`,
    );
  });

  it('ends its connection when it is given up', async () => {
    const late = new AbortController();
    const spec = specOf('busybox:1.36', { command: ['sh', '-c', 'nc -l -p 80 >/tmp/got; echo closed'] });
    const container = await runtime.start(spec);
    const closed = printed(container, /closed/);
    await expect.poll(() => runtime.listening(spec.pod.uid, 80)).toBe(true);
    const asked = runtime.get(spec.pod.uid, 80, ask('/'), late.signal);
    asked.catch(() => undefined);
    late.abort(new Error('too late'));
    await expect(asked).rejects.toThrow('too late');
    await closed;
    await expect(runtime.get(spec.pod.uid, 80, ask('/'), late.signal)).rejects.toThrow('too late');
  });

  it.each(['http', 'https'])(
    'given up before the %s request has the connection, ends it without another error',
    async (scheme) => {
      const [near, far] = TcpSocket.pair();
      const closed = new Promise((resolve) => near.once('close', resolve));
      far.pipe(new PassThrough());
      await expect(getOver(near, ask('/', scheme), false, AbortSignal.abort())).rejects.toThrow();
      await closed;
    },
  );
});
