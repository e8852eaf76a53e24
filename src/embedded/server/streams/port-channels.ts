import { type Duplex, PassThrough, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WebSocket } from 'ws';
import { quote } from '../../errors/field.ts';
import { badRequest } from '../../errors/status.ts';

/** The WebSocket protocol that client libraries speak. */
export const portChannels = 'v4.channel.k8s.io';

/** @throws 400 in the kubelet's words: only a WebSocket of channels says beforehand which ports it is for */
export function portsAsked(values: readonly string[]): number[] {
  const given = values.flatMap((text) => text.split(','));
  if (given.length === 0) throw badRequest('query parameter "port" is required');
  return given.map((text) => {
    if (!/^\d+$/.test(text) || Number(text) > 65_535) throw badRequest(`unable to parse ${quote(text)} as a port`);
    if (Number(text) === 0) throw badRequest(`port ${quote(text)} must be > 0`);
    return Number(text);
  });
}

/**
 * The kubelet's side of a port-forward by v4.channel.k8s.io, as client libraries use it: for the port at index i channel
 * 2i carries the data and channel 2i + 1 why it failed; the first message of each is the port, little-endian. Resolves
 * when the connections have ended or the client has gone.
 */
export async function forwardByChannels(
  socket: WebSocket,
  ports: readonly number[],
  connect: (port: number) => Promise<Duplex>,
): Promise<void> {
  const inputs = ports.map(() => new PassThrough());
  const gone = new AbortController();
  socket.on('close', () => gone.abort());
  socket.on('message', (data: Buffer) => {
    const [channel = 0] = data;
    const input = channel % 2 === 0 ? inputs[channel / 2] : undefined;
    if (!input || input.write(data.subarray(1))) return;
    socket.pause();
    input.once('drain', () => socket.resume());
  });
  const send = (channel: number, content: Uint8Array, done: (error?: Error) => void = () => undefined) => {
    if (socket.readyState !== socket.OPEN) return done();
    socket.send(Buffer.concat([Buffer.from([channel]), content]), done);
  };
  async function forward(port: number, input: PassThrough, index: number): Promise<void> {
    const name = Buffer.alloc(2);
    name.writeUInt16LE(port);
    send(2 * index, name);
    send(2 * index + 1, name);
    const output = new Writable({ write: (chunk: Buffer, _encoding, done) => send(2 * index, chunk, done) });
    try {
      const target = await connect(port);
      await pipeline(input, target, output, { signal: gone.signal });
    } catch (error) {
      send(2 * index + 1, Buffer.from(error instanceof Error ? error.message : String(error)));
    }
  }
  await Promise.all(ports.map((port, i) => forward(port, inputs[i] ?? new PassThrough(), i)));
  socket.close(1000);
}
