/** AMQP 0-9-1, as far as a client gets a connection, a channel and queues; more is refused in the protocol's own way. */
import type { Duplex } from 'node:stream';
import { ByteReader } from '../../database/sockets.ts';
import type { Peer } from '../../kernel/network.ts';
import type { Broker } from './broker.ts';
import { log } from './log.ts';

const HEADER = Buffer.from('AMQP\0\0\x09\x01', 'latin1');
const FRAME_END = 0xce;
const METHOD = 1;
const HEARTBEAT = 8;

/** Reply codes of the protocol. */
const code = { notFound: 404, accessRefused: 403, frameError: 501, notImplemented: 540 } as const;

/** Builds the arguments of a method. */
class Writer {
  readonly #parts: Buffer[] = [];

  short(value: number): this {
    const part = Buffer.alloc(2);
    part.writeUInt16BE(value);
    return this.#add(part);
  }

  long(value: number): this {
    const part = Buffer.alloc(4);
    part.writeUInt32BE(value);
    return this.#add(part);
  }

  byte(value: number): this {
    return this.#add(Buffer.from([value]));
  }

  shortString(text: string): this {
    const bytes = Buffer.from(text).subarray(0, 255);
    return this.byte(bytes.length).#add(bytes);
  }

  longString(text: string | Buffer): this {
    const bytes = Buffer.from(text);
    return this.long(bytes.length).#add(bytes);
  }

  /** Names with texts, as a table. */
  table(values: Readonly<Record<string, string>>): this {
    const inner = new Writer();
    for (const [name, value] of Object.entries(values)) inner.shortString(name).byte(0x53).longString(value);
    return this.longString(inner.bytes);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #add(part: Buffer): this {
    this.#parts.push(part);
    return this;
  }
}

/** Reads the arguments of a method; what is too short reads as empty. */
class Arguments {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(count: number): this {
    this.#at += count;
    return this;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  long(): number {
    const value = this.#at + 4 <= this.#bytes.length ? this.#bytes.readUInt32BE(this.#at) : 0;
    this.#at += 4;
    return value;
  }

  shortString(): string {
    return this.#take(this.byte()).toString();
  }

  longString(): Buffer {
    return this.#take(this.long());
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }
}

/** One connection of a client. */
class Connection {
  readonly #broker: Broker;
  readonly #socket: Duplex;
  /** As logs name it. */
  readonly #name: string;
  readonly #pid: string;
  #user: string | undefined;

  constructor(broker: Broker, socket: Duplex, peer: Peer, port: number) {
    this.#broker = broker;
    this.#socket = socket;
    this.#pid = `<0.${700 + 9 * broker.connections}.0>`;
    this.#name = `${peer.address}:${peer.port} -> ${broker.p.container.network.pod.ip}:${port}`;
  }

  async serve(): Promise<void> {
    const { p } = this.#broker;
    const reader = new ByteReader(this.#socket, (promise) => p.until(promise));
    const header = await reader.take(HEADER.length);
    if (!header) return;
    await this.#log('info', `accepting AMQP connection ${this.#pid} (${this.#name})`);
    if (!header.equals(HEADER)) {
      // The server says which protocol it speaks, and closes.
      await this.#log(
        'error',
        `closing AMQP connection ${this.#pid} (${this.#name}):\n{bad_header,${JSON.stringify(header.toString('latin1'))}}`,
      );
      this.#socket.end(HEADER);
      return;
    }
    const properties = { product: 'RabbitMQ', version: this.#broker.version, platform: 'Erlang/OTP', copyright: '' };
    this.#send(
      0,
      10,
      10,
      new Writer().byte(0).byte(9).table(properties).longString('PLAIN AMQPLAIN').longString('en_US'),
    );
    for (;;) {
      const head = await reader.take(7);
      if (!head) break;
      const body = await reader.take(head.readUInt32BE(3) + 1);
      if (!body || body.at(-1) !== FRAME_END) break;
      const turn = p.step(20 + (body.length >> 6));
      if (turn) await turn;
      if (head[0] === HEARTBEAT) continue;
      const channel = head.readUInt16BE(1);
      const goesOn = head[0] === METHOD && (await this.#method(channel, body));
      if (head[0] !== METHOD) this.#close(code.notImplemented, 'NOT_IMPLEMENTED - messages are not carried here', 0, 0);
      if (!goesOn) break;
    }
    this.#socket.end();
    if (this.#user !== undefined)
      await this.#log(
        'info',
        `closing AMQP connection ${this.#pid} (${this.#name}, vhost: '/', user: '${this.#user}')`,
      );
  }

  /** Answers a method; false: the connection is over. */
  async #method(channel: number, body: Buffer): Promise<boolean> {
    const [family, method] = [body.readUInt16BE(0), body.readUInt16BE(2)];
    const args = new Arguments(body.subarray(4, -1));
    switch (`${family}.${method}`) {
      case '10.11':
        return this.#startOk(args);
      // connection.tune-ok
      case '10.31':
        return true;
      case '10.40':
        return this.#open(args.shortString());
      case '10.50':
        this.#send(0, 10, 51, new Writer());
        return false;
      // connection.close-ok
      case '10.51':
        return false;
      case '20.10':
        this.#send(channel, 20, 11, new Writer().longString(''));
        return true;
      case '20.40':
        this.#send(channel, 20, 41, new Writer());
        return true;
      case '50.10':
        this.#declare(channel, args.skip(2).shortString(), args.byte());
        return true;
      case '50.40':
        this.#delete(channel, args.skip(2).shortString());
        return true;
      default:
        return this.#close(code.notImplemented, `NOT_IMPLEMENTED - method ${family}.${method}`, family, method);
    }
  }

  async #startOk(args: Arguments): Promise<boolean> {
    args.longString();
    const mechanism = args.shortString();
    const [, user = '', password = ''] = args.longString().toString().split('\0');
    if (mechanism === 'PLAIN' && this.#broker.authenticates(user, password)) {
      this.#user = user;
      this.#send(0, 10, 30, new Writer().short(2047).long(131_072).short(60));
      return true;
    }
    await this.#log(
      'error',
      `Error on AMQP connection ${this.#pid} (${this.#name}, state: starting):\n${mechanism} login refused: user '${user}' - invalid credentials`,
    );
    const text = `ACCESS_REFUSED - Login was refused using authentication mechanism ${mechanism}. For details see the broker logfile.`;
    return this.#close(code.accessRefused, text, 0, 0);
  }

  async #open(vhost: string): Promise<boolean> {
    const user = this.#user === undefined ? undefined : this.#broker.user(this.#user);
    if (!user) return false;
    if (vhost !== '/') return this.#close(530, `NOT_ALLOWED - vhost ${vhost} not found`, 10, 40);
    if (!user.permissions) {
      const text = `NOT_ALLOWED - access to vhost '/' refused for user '${user.name}'`;
      await this.#log(
        'error',
        `Error on AMQP connection ${this.#pid} (${this.#name}, user: '${user.name}', state: opening):\naccess to vhost '/' refused for user '${user.name}'`,
      );
      return this.#close(530, text, 10, 40);
    }
    await this.#log(
      'info',
      `connection ${this.#pid} (${this.#name}): user '${user.name}' authenticated and granted access to vhost '/'`,
    );
    this.#send(0, 10, 41, new Writer().shortString(''));
    return true;
  }

  #declare(channel: number, name: string, bits: number): void {
    const known = this.#broker.queues.find((queue) => queue.name === name);
    const isPassive = (bits & 1) !== 0;
    if (!known && isPassive) {
      const text = `NOT_FOUND - no queue '${name}' in vhost '/'`;
      this.#send(channel, 20, 40, new Writer().short(code.notFound).shortString(text).short(50).short(10));
      return;
    }
    if (!known) {
      this.#broker.addQueue({ name, durable: (bits & 2) !== 0, messages: 0 });
      this.#broker.save();
    }
    this.#send(
      channel,
      50,
      11,
      new Writer()
        .shortString(name)
        .long(known?.messages ?? 0)
        .long(0),
    );
  }

  #delete(channel: number, name: string): void {
    this.#broker.removeQueue(name);
    this.#broker.save();
    this.#send(channel, 50, 41, new Writer().long(0));
  }

  /** Tells the client why, and is false: the connection is over. */
  #close(reply: number, text: string, family: number, method: number): false {
    this.#send(0, 10, 50, new Writer().short(reply).shortString(text).short(family).short(method));
    return false;
  }

  #send(channel: number, family: number, method: number, args: Writer): void {
    const payload = new Writer().short(family).short(method).bytes;
    const { bytes } = args;
    const head = new Writer()
      .byte(METHOD)
      .short(channel)
      .long(payload.length + bytes.length).bytes;
    this.#socket.write(Buffer.concat([head, payload, bytes, Buffer.from([FRAME_END])]));
  }

  #log(level: 'info' | 'error', text: string): Promise<void> {
    return log(this.#broker.p, level, text, this.#pid);
  }
}

/** Serves one client until it goes. */
export async function serveAmqp(broker: Broker, socket: Duplex, peer: Peer, port: number): Promise<void> {
  broker.connections++;
  try {
    await new Connection(broker, socket, peer, port).serve();
  } finally {
    broker.connections--;
  }
}
