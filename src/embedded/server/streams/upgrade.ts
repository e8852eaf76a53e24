import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Upgrade } from '../../upgrade.ts';

/** Clients send pieces of some KiB. */
const longestMessage = 4 * 1024 * 1024;

const servers = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: longestMessage,
});
const protocolKey = Symbol('subprotocol');
servers.options.handleProtocols = (_offered, request) => (request as Tagged)[protocolKey] ?? false;
// ws takes no `/` in a subprotocol (RFC 6455 says token), kubectl's tunnel has one: its header is written by hand.
servers.on('headers', (headers, request) => {
  const protocol = (request as Tagged)[protocolKey];
  if (protocol?.includes('/')) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
});

type Tagged = IncomingMessage & { [protocolKey]?: string };

/** An answer on a connection that asked for an upgrade: an ordinary one if the upgrade is refused. */
export function upgradeOf(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): { reply: ServerResponse; upgrade: Upgrade | undefined } {
  const reply = new ServerResponse(request);
  reply.shouldKeepAlive = false;
  reply.assignSocket(socket as Socket);
  reply.on('finish', () => socket.end());
  socket.on('error', () => undefined);
  const protocol = request.headers.upgrade?.toLowerCase();
  if (protocol !== 'websocket' && protocol !== 'spdy/3.1') return { reply, upgrade: undefined };
  let taken = false;
  const upgrade: Upgrade = {
    protocol,
    request,
    socket,
    head,
    take() {
      taken = true;
      reply.detachSocket(socket as Socket);
    },
    get taken() {
      return taken;
    },
  };
  return { reply, upgrade };
}

/** The protocols that a client offers, in its order. */
export function offeredProtocols({ headers }: Pick<IncomingMessage, 'headers'>): string[] {
  return (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '');
}

/** Completes the handshake with the chosen subprotocol. */
export function acceptWebSocket(upgrade: Upgrade, protocol: string): Promise<WebSocket> {
  const request = upgrade.request as Tagged;
  request[protocolKey] = protocol;
  if (protocol.includes('/')) delete request.headers['sec-websocket-protocol'];
  upgrade.take();
  return new Promise((resolve) => {
    servers.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
      // Without a listener an error of the connection would end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** Switches the connection to SPDY/3.1; `protocol` is what is spoken inside of it. */
export function acceptSpdy(upgrade: Upgrade, protocol: string): Duplex {
  const { socket, head } = upgrade;
  upgrade.take();
  socket.on('error', () => undefined);
  socket.write(
    `${['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1', `X-Stream-Protocol-Version: ${protocol}`].join('\r\n')}\r\n\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  return socket;
}

/** The binary messages of a WebSocket as one stream of bytes, both ways. */
export function webSocketStream(socket: WebSocket): Duplex {
  const stream = new Duplex({
    allowHalfOpen: true,
    read() {
      socket.resume();
    },
    write(chunk: Buffer, _encoding, done) {
      if (socket.readyState !== socket.OPEN) return done(new Error('the WebSocket is closed'));
      socket.send(chunk, (error) => done(error));
    },
    final(done) {
      socket.close(1000);
      done();
    },
    destroy(error, done) {
      socket.terminate();
      done(error);
    },
  });
  socket.on('message', (data: Buffer) => {
    if (!stream.push(data)) socket.pause();
  });
  socket.on('close', () => {
    if (!stream.readableEnded) stream.push(null);
  });
  return stream;
}
