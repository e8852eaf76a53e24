/** A driver's part: connecting, saying who it is, logging in. */
import type { Duplex } from 'node:stream';
import { Binary, type Document } from 'bson';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { resolveHost } from '../../kernel/resolver.ts';
import { ScramClient } from './scram.ts';
import { ShellError } from './shell-objects.ts';
import { MongoMessages } from './wire.ts';

export interface Target {
  host: string;
  port: number;
  db: string;
  user: string | undefined;
  password: string;
  authenticationDatabase: string;
  timeoutMs: number;
}

export class MongoClient {
  readonly #messages: MongoMessages;

  private constructor(messages: MongoMessages) {
    this.#messages = messages;
  }

  /** Throws ShellError: nobody answers, or the server refuses the password. */
  static async connect(p: Process, target: Target): Promise<MongoClient> {
    const client = new MongoClient(new MongoMessages(p, await dial(p, target)));
    const application = { name: p.name };
    const driver = { name: 'nodejs|mongosh', version: '6.19.0|2.5.8' };
    await client.run({ hello: 1, client: { application, driver, os: { type: 'Linux' } }, $db: 'admin' });
    if (target.user !== undefined) await client.#logIn(p, target.user, target.password, target.authenticationDatabase);
    return client;
  }

  /** Resolves with the server's answer, good or bad. Throws ShellError: the connection is lost. */
  run = async (command: Document): Promise<Document> => {
    this.#messages.send(command);
    const answer = await this.#messages.read();
    if (!answer || answer === 'http') throw new ShellError('MongoNetworkError', 'connection closed');
    return answer.document;
  };

  end(): void {
    this.#messages.end();
  }

  async #logIn(p: Process, user: string, password: string, $db: string): Promise<void> {
    const scram = new ScramClient(p, user, password);
    const begun = await this.run({
      saslStart: 1,
      mechanism: 'SCRAM-SHA-256',
      payload: new Binary(Buffer.from(scram.first)),
      $db,
    });
    const challenge = begun.payload;
    if (begun.ok !== 1 || !(challenge instanceof Binary))
      throw new ShellError('MongoServerError', String(begun.errmsg));
    const payload = new Binary(Buffer.from(await scram.answer(Buffer.from(challenge.buffer).toString())));
    const done = await this.run({ saslContinue: 1, conversationId: begun.conversationId, payload, $db });
    if (done.ok !== 1) throw new ShellError('MongoServerError', String(done.errmsg));
  }
}

async function dial(p: Process, { host, port, timeoutMs }: Target): Promise<Duplex> {
  const local = host === 'localhost';
  const [address] = local ? ['127.0.0.1'] : await resolveHost(p, host);
  if (address === undefined) throw new ShellError('MongoNetworkError', `getaddrinfo ENOTFOUND ${host}`);
  try {
    return await p.container.network.connect(p, address, port, timeoutMs);
  } catch (error) {
    if (!isSysError(error) || error.code === 'EPIPE') throw error;
    if (error.code === 'ETIMEDOUT')
      throw new ShellError('MongoServerSelectionError', `Server selection timed out after ${timeoutMs} ms`);
    throw new ShellError('MongoNetworkError', `connect ${error.code} ${address}:${port}`);
  }
}
