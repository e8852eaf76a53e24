/** MySQL's client/server protocol: packets, the handshake with mysql_native_password, text results. */
import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Process } from '../kernel/process.ts';
import type { Result } from './engine.ts';
import { SqlError } from './errors.ts';
import { ByteReader } from './sockets.ts';

const capabilities = {
  longPassword: 1,
  connectWithDb: 8,
  protocol41: 0x200,
  secureConnection: 0x8000,
  pluginAuth: 0x80000,
};
const ours =
  capabilities.longPassword |
  capabilities.connectWithDb |
  capabilities.protocol41 |
  capabilities.secureConnection |
  capabilities.pluginAuth;
const PLUGIN = 'mysql_native_password';
const AUTOCOMMIT = 2;

/** Packets with their sequence numbers. */
export class MysqlPackets {
  readonly #socket: Duplex;
  readonly #reader: ByteReader;
  #sequence = 0;

  constructor(p: Process, socket: Duplex) {
    this.#socket = socket;
    this.#reader = new ByteReader(socket, (promise) => p.until(promise));
  }

  /** The next packet; undefined: the connection has ended. */
  async read(): Promise<Buffer | undefined> {
    const head = await this.#reader.take(4);
    if (!head) return undefined;
    this.#sequence = (head[3] ?? 0) + 1;
    return this.#reader.take(head.readUIntLE(0, 3));
  }

  send(payload: Uint8Array): void {
    const head = Buffer.alloc(4);
    head.writeUIntLE(payload.length, 0, 3);
    head[3] = this.#sequence++ & 255;
    this.#socket.write(Buffer.concat([head, payload]));
  }

  /** A command begins a new sequence. */
  begin(): void {
    this.#sequence = 0;
  }

  end(): void {
    this.#socket.end();
  }
}

const sha1 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** What proves a password to a server that sent `nonce`. */
export function scramble(password: string, nonce: Uint8Array): Buffer {
  if (password === '') return Buffer.alloc(0);
  const first = sha1(Buffer.from(password));
  const mask = sha1(nonce, sha1(first));
  return Buffer.from(first.map((byte, i) => byte ^ (mask[i] ?? 0)));
}

function length(n: number): Buffer {
  if (n < 251) return Buffer.of(n);
  const wide = n < 65_536 ? 2 : n < 16_777_216 ? 3 : 6;
  const bytes = Buffer.alloc(wide === 6 ? 9 : wide + 1);
  bytes[0] = wide === 2 ? 0xfc : wide === 3 ? 0xfd : 0xfe;
  bytes.writeUIntLE(n, 1, wide);
  return bytes;
}

const text = (value: string) => Buffer.concat([length(Buffer.byteLength(value)), Buffer.from(value)]);
const zeroEnded = (value: string) => Buffer.from(`${value}\0`);

/** A server's first words. */
export function greeting(version: string, connection: number, nonce: Uint8Array): Buffer {
  const numbers = Buffer.alloc(4);
  numbers.writeUInt32LE(connection);
  const middle = Buffer.alloc(8);
  middle.writeUInt16LE(ours & 0xffff, 0);
  middle[2] = 33;
  middle.writeUInt16LE(AUTOCOMMIT, 3);
  middle.writeUInt16LE(ours >>> 16, 5);
  middle[7] = nonce.length + 1;
  return Buffer.concat([
    ...[Buffer.of(10), zeroEnded(version), numbers, nonce.subarray(0, 8), Buffer.of(0), middle, Buffer.alloc(10)],
    ...[nonce.subarray(8), Buffer.of(0), zeroEnded(PLUGIN)],
  ]);
}

/** What a client reads in it; undefined: it is none. */
export function readGreeting(packet: Buffer): { version: string; nonce: Buffer } | undefined {
  if (packet[0] !== 10) return undefined;
  const end = packet.indexOf(0, 1);
  const rest = packet.subarray(end + 5);
  return {
    version: packet.toString('utf8', 1, end),
    nonce: Buffer.concat([rest.subarray(0, 8), rest.subarray(27, 39)]),
  };
}

/** A client's answer to the greeting. */
export function login(user: string, password: string, nonce: Uint8Array, database: string | undefined): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(database === undefined ? ours & ~capabilities.connectWithDb : ours);
  head.writeUInt32LE(16_777_216, 4);
  head[8] = 33;
  const proof = scramble(password, nonce);
  const rest = database === undefined ? [] : [zeroEnded(database)];
  return Buffer.concat([head, zeroEnded(user), Buffer.of(proof.length), proof, ...rest, zeroEnded(PLUGIN)]);
}

export function readLogin(packet: Buffer): { user: string; proof: Buffer; database: string | undefined } {
  const flags = packet.readUInt32LE(0);
  const userEnd = packet.indexOf(0, 32);
  const user = packet.toString('utf8', 32, userEnd);
  const size = packet[userEnd + 1] ?? 0;
  const proof = packet.subarray(userEnd + 2, userEnd + 2 + size);
  const at = userEnd + 2 + size;
  const database = flags & capabilities.connectWithDb ? packet.toString('utf8', at, packet.indexOf(0, at)) : '';
  return { user, proof, database: database === '' ? undefined : database };
}

export function okPacket(affected = 0, lastId = 0): Buffer {
  return Buffer.concat([Buffer.of(0), length(affected), length(lastId), Buffer.of(AUTOCOMMIT, 0, 0, 0)]);
}

export function errorPacket(error: SqlError): Buffer {
  const code = Buffer.alloc(2);
  code.writeUInt16LE(error.code);
  return Buffer.concat([Buffer.of(0xff), code, Buffer.from(`#${error.state}${error.message}`)]);
}

const eof = Buffer.of(0xfe, 0, 0, AUTOCOMMIT, 0);

/** The packets of a result: how many columns, each of them, every row. */
export function resultPackets({ columns, rows, affected, lastId }: Result): Buffer[] {
  if (!columns) return [okPacket(affected, lastId)];
  const definitions = columns.map(({ name, numeric }) => {
    const fixed = Buffer.from([0x0c, 33, 0, 0, 1, 0, 0, numeric ? 8 : 253, 0, 0, 0, 0, 0]);
    return Buffer.concat([text('def'), text(''), text(''), text(''), text(name), text(name), fixed]);
  });
  const lines = rows.map((row) => Buffer.concat(row.map((v) => (v === null ? Buffer.of(0xfb) : text(v)))));
  return [length(columns.length), ...definitions, eof, ...lines, eof];
}

/** Reads length-encoded texts. */
class Cells {
  readonly #packet: Buffer;
  #at = 0;

  constructor(packet: Buffer) {
    this.#packet = packet;
  }

  number(): number {
    const first = this.#packet[this.#at++] ?? 0;
    if (first < 251) return first;
    const wide = first === 0xfc ? 2 : first === 0xfd ? 3 : 8;
    const value = this.#packet.readUIntLE(this.#at, Math.min(6, wide));
    this.#at += wide;
    return value;
  }

  text(): string | null {
    if (this.#packet[this.#at] === 0xfb) {
      this.#at++;
      return null;
    }
    const size = this.number();
    this.#at += size;
    return this.#packet.toString('utf8', this.#at - size, this.#at);
  }

  skip(count: number): void {
    this.#at += count;
  }

  byte(): number {
    return this.#packet[this.#at++] ?? 0;
  }
}

export interface Answer {
  columns: { name: string; numeric: boolean }[] | undefined;
  rows: (string | null)[][];
  affected: number;
}

/** The answer to a command. Throws SqlError; undefined: the connection has ended. */
export async function readAnswer(packets: MysqlPackets): Promise<Answer | undefined> {
  const first = await packets.read();
  if (!first) return undefined;
  if (first[0] === 0xff)
    throw new SqlError(first.readUInt16LE(1), first.toString('utf8', 4, 9), first.toString('utf8', 9));
  if (first[0] === 0) {
    const cells = new Cells(first);
    cells.skip(1);
    return { columns: undefined, rows: [], affected: cells.number() };
  }
  const columns: { name: string; numeric: boolean }[] = [];
  for (let packet = await packets.read(); packet && !isEof(packet); packet = await packets.read()) {
    const cells = new Cells(packet);
    for (let i = 0; i < 4; i++) cells.text();
    const name = cells.text() ?? '';
    cells.text();
    cells.skip(7);
    columns.push({ name, numeric: cells.byte() === 8 });
  }
  const rows: (string | null)[][] = [];
  for (let packet = await packets.read(); packet && !isEof(packet); packet = await packets.read()) {
    const cells = new Cells(packet);
    rows.push(columns.map(() => cells.text()));
  }
  return { columns, rows, affected: rows.length };
}

const isEof = (packet: Buffer) => packet[0] === 0xfe && packet.length < 9;
