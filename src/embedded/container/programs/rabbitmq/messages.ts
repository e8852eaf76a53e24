/** Between tools and node: JSON documents, each after its length in four bytes. */
import type { Duplex } from 'node:stream';
import { ByteReader } from '../../database/sockets.ts';
import type { Process } from '../../kernel/process.ts';

const longest = 1_000_000;

/** The next document; undefined: the connection has ended, or something else speaks. */
export async function readMessage(p: Process, socket: Duplex): Promise<unknown> {
  const reader = new ByteReader(socket, (promise) => p.until(promise));
  const length = (await reader.take(4))?.readUInt32BE();
  if (length === undefined || length > longest) return undefined;
  const bytes = await reader.take(length);
  try {
    return bytes && (JSON.parse(bytes.toString()) as unknown);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function writeMessage(socket: Duplex, value: unknown): void {
  const bytes = Buffer.from(JSON.stringify(value));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  socket.write(Buffer.concat([length, bytes]));
}
