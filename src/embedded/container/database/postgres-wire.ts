/** PostgreSQL's frontend/backend protocol, version 3: messages, passwords as MD5, simple queries. */
import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Process } from '../kernel/process.ts';
import type { Result } from './engine.ts';
import { ByteReader } from './sockets.ts';

export const PROTOCOL = 196_608;
export const SSL_REQUEST = 80_877_103;

export interface Message {
  /** One letter; empty for the first message of a client. */
  type: string;
  body: Buffer;
}

export class PostgresMessages {
  readonly #socket: Duplex;
  readonly #reader: ByteReader;

  constructor(p: Process, socket: Duplex) {
    this.#socket = socket;
    this.#reader = new ByteReader(socket, (promise) => p.until(promise));
  }

  /** The next message; undefined: the connection has ended. `typed`: not the first of a client. */
  async read(typed = true): Promise<Message | undefined> {
    const type = typed ? await this.#reader.take(1) : Buffer.alloc(0);
    const size = type && (await this.#reader.take(4));
    const body = size && (await this.#reader.take(size.readInt32BE() - 4));
    return body && { type: type.toString(), body };
  }

  /** One byte: the answer to a request for TLS. */
  sendByte(byte: string): void {
    this.#socket.write(byte);
  }

  send(type: string, ...parts: (string | Uint8Array)[]): void {
    const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
    const size = Buffer.alloc(4);
    size.writeInt32BE(body.length + 4);
    this.#socket.write(Buffer.concat([Buffer.from(type), size, body]));
  }

  end(): void {
    this.#socket.end();
  }
}

export function int32(n: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(n);
  return bytes;
}

export function int16(n: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(n);
  return bytes;
}

const md5 = (...parts: (string | Uint8Array)[]) => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** What proves a password to a server that sent `salt`. */
export const md5Proof = (user: string, password: string, salt: Uint8Array): string =>
  `md5${md5(md5(password, user), salt)}`;

/** The zero-ended texts of a message. */
export function texts(body: Buffer): string[] {
  return body.toString('utf8').split('\0');
}

const NUMERIC = 20;
const TEXT = 25;

/** The messages of a result: its columns, its rows, what was done. */
export function sendResult(messages: PostgresMessages, { columns, rows, tag }: Result): void {
  if (columns) {
    const fields = columns.map(({ name, numeric }) =>
      Buffer.concat([
        Buffer.from(`${name}\0`),
        int32(0),
        int16(0),
        int32(numeric ? NUMERIC : TEXT),
        int16(-1),
        int32(-1),
        int16(0),
      ]),
    );
    messages.send('T', int16(columns.length), ...fields);
    for (const row of rows) {
      const cells = row.map((value) => {
        if (value === null) return int32(-1);
        const bytes = Buffer.from(value);
        return Buffer.concat([int32(bytes.length), bytes]);
      });
      messages.send('D', int16(row.length), ...cells);
    }
  }
  messages.send('C', tag);
}

export function readColumns(body: Buffer): { name: string; numeric: boolean }[] {
  const columns: { name: string; numeric: boolean }[] = [];
  let at = 2;
  for (let i = 0; i < body.readInt16BE(0); i++) {
    const end = body.indexOf(0, at);
    columns.push({ name: body.toString('utf8', at, end), numeric: body.readInt32BE(end + 7) === NUMERIC });
    at = end + 19;
  }
  return columns;
}

export function readRow(body: Buffer): (string | null)[] {
  const cells: (string | null)[] = [];
  let at = 2;
  for (let i = 0; i < body.readInt16BE(0); i++) {
    const size = body.readInt32BE(at);
    at += 4;
    cells.push(size < 0 ? null : body.toString('utf8', at, at + size));
    at += Math.max(0, size);
  }
  return cells;
}

/** The fields of an error by their letters. */
export function readError(body: Buffer): Map<string, string> {
  return new Map(
    texts(body)
      .filter((field) => field !== '')
      .map((field) => [field[0] ?? '', field.slice(1)]),
  );
}
