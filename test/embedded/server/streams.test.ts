import { EventEmitter, once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { type Duplex, PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { badRequest } from '../../../src/embedded/errors/status.ts';
import type { ExecOptions, KubeletRequest, LogOptions, NodeAgent } from '../../../src/embedded/node-api.ts';
import { HeaderReader, HeaderWriter, uint32 } from '../../../src/embedded/server/streams/spdy-headers.ts';
import { acceptWebSocket } from '../../../src/embedded/server/streams/upgrade.ts';
import type { ProcessStreams } from '../../../src/kernel/process-streams.ts';
import type { Pod } from '../../../src/kube/api.gen.ts';
import { namespaces, nodes, pods } from '../../../src/kube/resources.ts';
import { ask, open } from './ask.ts';
import { type Harness, startHarness } from './harness.ts';

/** A kubelet whose only program echoes its input; `fail` can't be started, `exit N` ends with N. */
class EchoAgent implements NodeAgent {
  async answer({ path, upgrade }: KubeletRequest) {
    if (!upgrade) return { status: 200, contentType: 'text/plain', body: path };
    const socket = await acceptWebSocket(upgrade, 'v4.channel.k8s.io');
    socket.send(Buffer.from(`\u0001${path}`), () => socket.close());
    return undefined;
  }

  readonly nodeName = 'n1';
  readonly events = new EventEmitter();
  logOptions: LogOptions | undefined;

  async logs(_pod: unknown, options: LogOptions) {
    this.logOptions = options;
    const log = new PassThrough();
    log.write('one\n');
    if (options.follow) options.signal?.addEventListener('abort', () => this.events.emit('log over'));
    else log.end('two\n');
    return log;
  }

  async exec(_pod: unknown, { command, stdin, tty }: ExecOptions): Promise<ProcessStreams> {
    if (command[0] === 'fail') throw new Error('no such program');
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const input = new PassThrough();
    const exit = new Promise<number>((resolve) => {
      if (command[0] === 'exit') resolve(Number(command[1]));
      else input.on('end', () => resolve(0));
    });
    void exit.then(() => stderr.end('done\n'));
    if (command[0] === 'exit') stdout.end();
    else input.pipe(stdout);
    return {
      ...(stdin && { stdin: input }),
      stdout,
      ...(!tty && { stderr }),
      resize: (columns, rows) => void this.events.emit('resize', columns, rows),
      exit,
      close: () => void this.events.emit('hang up'),
    };
  }

  attach(pod: unknown, options: Omit<ExecOptions, 'command'>) {
    return this.exec(pod, { ...options, command: ['cat'] });
  }

  async portForward(_pod: unknown, port: number): Promise<Duplex> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  }
}

const agent = new EchoAgent();
let harness: Harness;
let mayCreate = true;
const path = '/api/v1/namespaces/shop/pods/web';

beforeAll(async () => {
  const allow = ({ verb }: { verb: string }) => verb !== 'create' || mayCreate;
  harness = await startHarness({ agents: { n1: agent }, allow });
  await harness.create(namespaces, { metadata: { name: 'shop' } });
  const containers = [{ name: 'a' }, { name: 'b' }];
  const pod = (name: string, nodeName?: string): Pod => ({
    metadata: { name, namespace: 'shop' },
    spec: { nodeName, containers },
  });
  await harness.create(pods, pod('web', 'n1'));
  await harness.create(pods, pod('waiting'));
  await harness.create(pods, pod('lost', 'n9'));
});
afterAll(() => harness.close());

const admin = (target: string) => ask(harness, target, { as: harness.pki.admin });

describe('logs', () => {
  it('are those of the container that is asked for', async () => {
    const answer = await admin(`${path}/log?container=b&tailLines=5&timestamps=true&previous=1`);
    expect(answer.text).toBe('one\ntwo\n');
    expect(answer.headers['content-type']).toBe('text/plain');
    expect(agent.logOptions).toMatchObject({ container: 'b', tailLines: 5, timestamps: true, previous: true });
  });

  it('that are followed end when the client goes', async () => {
    const over = once(agent.events, 'log over');
    const response = await open(harness, `${path}/log?container=a&follow=true`, { as: harness.pki.admin });
    expect(String((await once(response, 'data'))[0])).toBe('one\n');
    response.destroy();
    await over;
  });

  it.each([
    [`${path}/log`, 400, 'a container name must be specified for pod web, choose one of: [a b]'],
    [`${path}/log?container=x`, 400, 'container x is not valid for pod web'],
    [
      `${path}/log?container=a&sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z`,
      422,
      'PodLogOptions "web" is invalid: at most one of `sinceTime` or `sinceSeconds` may be specified',
    ],
    [
      '/api/v1/namespaces/shop/pods/waiting/exec?container=a&stdout=1',
      400,
      'pod waiting does not have a host assigned',
    ],
  ])('and streams at %s answer %d', async (target, status, message) => {
    const answer = await admin(target);
    expect(answer.status).toBe(status);
    expect(answer.json.message.replace('is invalid: : ', 'is invalid: ')).toContain(
      message.replace(/^.*is invalid: /, ''),
    );
  });

  it('of a Pod without a node are empty', async () => {
    expect((await admin('/api/v1/namespaces/shop/pods/waiting/log?container=a')).status).toBe(204);
  });

  it('of a Pod whose node is down can not be had', async () => {
    expect((await admin('/api/v1/namespaces/shop/pods/lost/log?container=a')).status).toBe(500);
  });
});

function webSocket(target: string, protocol: string): WebSocket {
  const { certificate: cert, key } = harness.pki.admin;
  return new WebSocket(harness.server.url.replace('https', 'wss') + target, [protocol], {
    ca: harness.pki.ca.certificate,
    cert,
    key,
  });
}

/** What came on each channel of a session, once it is over. */
async function channels(socket: WebSocket): Promise<Record<number, string>> {
  const got: Record<number, string> = {};
  socket.on('message', (data: Buffer) => {
    const number = data[0] ?? 0;
    got[number] = (got[number] ?? '') + data.subarray(1).toString();
  });
  await once(socket, 'close');
  return got;
}

describe('the proxy of a node', () => {
  it('passes a WebSocket on to its kubelet', async () => {
    await harness.create(nodes, { metadata: { name: 'n1' } });
    const all = await channels(webSocket('/api/v1/nodes/n1/proxy/exec/shop/web/a?output=1', 'v4.channel.k8s.io'));
    expect(all).toEqual({ 1: '/exec/shop/web/a' });
  });
});

describe('exec over WebSocket', () => {
  it('carries input, output and the end', async () => {
    const socket = webSocket(`${path}/exec?container=a&command=cat&stdin=1&stdout=1&stderr=1`, 'v5.channel.k8s.io');
    const all = channels(socket);
    await once(socket, 'open');
    socket.send(Buffer.from('\0hello'));
    socket.send(Buffer.from([255, 0]));
    const { 1: stdout, 2: stderr, 3: status } = await all;
    expect([stdout, stderr]).toEqual(['hello', 'done\n']);
    expect(JSON.parse(status ?? '')).toEqual({ metadata: {}, status: 'Success' });
  });

  it('tells the exit code', async () => {
    const all = await channels(
      webSocket(`${path}/exec?container=a&command=exit&command=42&stdout=1`, 'v4.channel.k8s.io'),
    );
    expect(JSON.parse(all[3] ?? '')).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '42' }] },
    });
  });

  it('tells why nothing could be started', async () => {
    const all = await channels(webSocket(`${path}/exec?container=a&command=fail&stdout=1`, 'v5.channel.k8s.io'));
    expect(JSON.parse(all[3] ?? '')).toMatchObject({ message: 'Internal error occurred: no such program', code: 500 });
  });

  it('passes the size of the terminal on, and hangs up when the client goes', async () => {
    const socket = webSocket(`${path}/attach?container=a&stdin=1&stdout=1&tty=1`, 'v5.channel.k8s.io');
    await once(socket, 'open');
    const resized = once(agent.events, 'resize');
    socket.send(Buffer.from('\x04{"Width":80,"Height":24}'));
    expect(await resized).toEqual([80, 24]);
    const over = once(agent.events, 'hang up');
    socket.terminate();
    await over;
  });

  it('needs the right to create as well as to get', async () => {
    mayCreate = false;
    const socket = webSocket(`${path}/exec?container=a&command=cat&stdout=1`, 'v5.channel.k8s.io');
    const [, response] = await once(socket, 'unexpected-response');
    mayCreate = true;
    expect(response.statusCode).toBe(403);
    expect(JSON.parse(await text(response)).message).toContain('cannot create resource "pods/exec"');
  });

  it('is refused for protocols that nobody knows', async () => {
    const socket = webSocket(`${path}/exec?container=a&command=cat&stdout=1`, 'v1.channel.k8s.io');
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(badRequest('').status.code);
    response.resume();
  });
});

describe('proxy', () => {
  it('passes HTTP on to a port of a Pod, and its answer back', async () => {
    const server = createHttpServer((request, response) => {
      response.writeHead(418, { 'X-Seen': request.url, 'Content-Type': 'text/plain' }).end(request.headers.host);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const pod = await harness.client.get(pods, 'shop', 'web');
    await harness.client.updateStatus(pods, { ...pod, status: { podIP: '10.244.0.9' } });
    const answer = await admin(`/api/v1/namespaces/shop/pods/web:${port}/proxy/tea?milk=1`);
    expect([answer.status, answer.text]).toEqual([418, `10.244.0.9:${port}`]);
    expect(answer.headers['x-seen']).toBe('/tea?milk=1');
    const moved = await admin(`/api/v1/namespaces/shop/pods/web:${port}/proxy`);
    expect([moved.status, moved.headers.location]).toEqual([301, `/api/v1/namespaces/shop/pods/web:${port}/proxy/`]);
    server.close();
    expect((await admin(`/api/v1/namespaces/shop/pods/web:${port}/proxy/`)).json).toMatchObject({
      code: 503,
      message: `error trying to reach service: dial tcp 10.244.0.9:${port}: connect: connection refused`,
    });
  });

  it('needs an address', async () => {
    expect((await admin('/api/v1/namespaces/shop/pods/waiting/proxy/')).json.message).toBe('address not allowed');
  });
});

/** The client's side of SPDY, as far as a test needs it. */
class SpdyClient {
  readonly #transport: Duplex;
  readonly #writer = new HeaderWriter();
  readonly #reader = new HeaderReader();
  readonly #data = new Map<number, PassThrough>();
  #next = 1;

  constructor(transport: Duplex) {
    this.#transport = transport;
    void this.#read();
  }

  async open(headers: Record<string, string>): Promise<{ id: number; output: PassThrough }> {
    const id = this.#next;
    this.#next += 2;
    const output = new PassThrough();
    this.#data.set(id, output);
    const body = Buffer.concat([uint32(id), uint32(0), Buffer.alloc(2), await this.#writer.write(headers)]);
    this.#transport.write(Buffer.concat([Buffer.from([0x80, 3, 0, 1]), uint32(body.length), body]));
    return { id, output };
  }

  send(id: number, data: string, fin = false): void {
    const length = uint32(data.length);
    length[0] = fin ? 1 : 0;
    this.#transport.write(Buffer.concat([uint32(id), length, Buffer.from(data)]));
  }

  async #read(): Promise<void> {
    let pending = Buffer.alloc(0);
    for await (const chunk of this.#transport as AsyncIterable<Buffer>) {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 8 && pending.length >= 8 + pending.readUIntBE(5, 3)) {
        const length = pending.readUIntBE(5, 3);
        const body = pending.subarray(8, 8 + length);
        if ((pending[0] ?? 0) < 0x80) {
          const output = this.#data.get(pending.readUInt32BE(0));
          if (length > 0) output?.write(body);
          if (pending[4] === 1) output?.end();
        } else if (pending.readUInt16BE(2) === 2) await this.#reader.read(body.subarray(4));
        pending = pending.subarray(8 + length);
      }
    }
  }
}

async function spdy(target: string, protocol: string): Promise<SpdyClient> {
  const { certificate: cert, key } = harness.pki.admin;
  const { host, port } = harness.server;
  const socket = tlsConnect({ host, port, ca: harness.pki.ca.certificate, cert, key, ALPNProtocols: ['http/1.1'] });
  await once(socket, 'secureConnect');
  socket.write(
    `POST ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\nContent-Length: 0\r\n\r\n`,
  );
  const [head] = await once(socket, 'data');
  expect(String(head)).toMatch(/^HTTP\/1.1 101 .*\r\n[\s\S]*X-Stream-Protocol-Version: /);
  return new SpdyClient(socket);
}

describe('SPDY, as kubectl 1.29 and 1.30 speak it', () => {
  it('carries an exec', async () => {
    const client = await spdy(`${path}/exec?container=a&command=cat&stdin=1&stdout=1`, 'v4.channel.k8s.io');
    const error = await client.open({ streamtype: 'error' });
    const stdin = await client.open({ streamtype: 'stdin' });
    const stdout = await client.open({ streamtype: 'stdout' });
    client.send(stdin.id, 'hello', true);
    expect(await text(stdout.output)).toBe('hello');
    expect(JSON.parse(await text(error.output)).status).toBe('Success');
  });

  it('carries port-forwards, several over one connection', async () => {
    const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const { port } = echo.address() as AddressInfo;
    const client = await spdy(`${path}/portforward`, 'portforward.k8s.io');
    const talk = async (requestid: string, to: number, message: string) => {
      const error = await client.open({ streamtype: 'error', port: String(to), requestid });
      const data = await client.open({ streamtype: 'data', port: String(to), requestid });
      client.send(data.id, message, true);
      return [await text(data.output), await text(error.output)];
    };
    expect(await talk('0', port, 'one')).toEqual(['one', '']);
    expect(await talk('1', port, 'two')).toEqual(['two', '']);
    echo.close();
    expect((await talk('2', port, 'three'))[1]).toContain('ECONNREFUSED');
  });
});

describe('port-forward over WebSocket', () => {
  it('is SPDY in a tunnel whose protocol has a slash', async () => {
    const socket = webSocketWithSlash();
    const [response] = await once(socket, 'upgrade');
    expect(response.headers['sec-websocket-protocol']).toBe('SPDY/3.1+portforward.k8s.io');
    socket.terminate();
  });
});

/** ws checks subprotocols; the header goes past it. */
function webSocketWithSlash(): WebSocket {
  const { certificate: cert, key } = harness.pki.admin;
  const socket = new WebSocket(`${harness.server.url.replace('https', 'wss')}${path}/portforward`, {
    ca: harness.pki.ca.certificate,
    cert,
    key,
    headers: { 'Sec-WebSocket-Protocol': 'SPDY/3.1+portforward.k8s.io' },
  });
  socket.on('error', () => undefined);
  return socket;
}
