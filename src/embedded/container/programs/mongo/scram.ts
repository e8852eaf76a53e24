/** SCRAM-SHA-256 (RFC 7677) as MongoDB's servers and drivers use it. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Process } from '../../kernel/process.ts';
import { MongoFault } from './fault.ts';

/** MongoDB's own default. */
const ITERATIONS = 15_000;
/** What deriving a key takes, in fuel. */
const DERIVE_COST = 6000;

/** What a server keeps of a password. */
export interface Credentials {
  iterationCount: number;
  salt: string;
  storedKey: string;
  serverKey: string;
}

const hmac = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest();
const xor = (a: Uint8Array, b: Uint8Array) => Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));

async function derive(p: Process, password: string, salt: Uint8Array, iterations: number): Promise<Buffer> {
  await p.step(DERIVE_COST);
  return pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
}

export async function credentialsFor(p: Process, password: string): Promise<Credentials> {
  const salt = randomBytes(28);
  const salted = await derive(p, password, salt, ITERATIONS);
  return {
    ...{ iterationCount: ITERATIONS, salt: salt.toString('base64') },
    storedKey: sha256(hmac(salted, 'Client Key')).toString('base64'),
    serverKey: hmac(salted, 'Server Key').toString('base64'),
  };
}

/** `a=b,c=d` */
function attributes(text: string): Map<string, string> {
  return new Map(text.split(',').map((part) => [part[0] ?? '', part.slice(2)]));
}

/** The server's side of one conversation. Throws MongoFault 18. */
export class ScramServer {
  readonly user: string;
  readonly #bare: string;
  readonly #credentials: Credentials;
  readonly #first: string;
  readonly #nonce: string;

  constructor(payload: string, find: (user: string) => Credentials | undefined) {
    this.#bare = payload.replace(/^n,[^,]*,/, '');
    const given = attributes(this.#bare);
    this.user = (given.get('n') ?? '').replaceAll('=2C', ',').replaceAll('=3D', '=');
    const credentials = find(this.user);
    if (!credentials) throw new ScramRefusal(this.user, 'UserNotFound: Could not find user');
    this.#credentials = credentials;
    this.#nonce = (given.get('r') ?? '') + randomBytes(24).toString('base64');
    this.#first = `r=${this.#nonce},s=${credentials.salt},i=${credentials.iterationCount}`;
  }

  get challenge(): string {
    return this.#first;
  }

  /** Looks at the client's proof; returns the server's own. */
  finish(payload: string): string {
    const unproved = payload.replace(/,p=.*$/, '');
    const signed = `${this.#bare},${this.#first},${unproved}`;
    const { storedKey, serverKey } = this.#credentials;
    const proof = Buffer.from(attributes(payload).get('p') ?? '', 'base64');
    const stored = Buffer.from(storedKey, 'base64');
    const known = sha256(xor(hmac(stored, signed), proof));
    if (attributes(unproved).get('r') !== this.#nonce || !timingSafeEqual(known, stored))
      throw new ScramRefusal(this.user, 'AuthenticationFailed: SCRAM authentication failed, storedKey mismatch');
    return `v=${hmac(Buffer.from(serverKey, 'base64'), signed).toString('base64')}`;
  }
}

/** Why somebody is not let in: the client learns nothing of it, the log does. */
export class ScramRefusal extends MongoFault {
  readonly user: string;
  readonly reason: string;

  constructor(user: string, reason: string) {
    super(18, 'Authentication failed.');
    this.user = user;
    this.reason = reason;
  }
}

/** The client's side. */
export class ScramClient {
  readonly #p: Process;
  readonly #password: string;
  readonly #bare: string;

  constructor(p: Process, user: string, password: string) {
    this.#p = p;
    this.#password = password;
    const name = user.replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.#bare = `n=${name},r=${randomBytes(24).toString('base64')}`;
  }

  get first(): string {
    return `n,,${this.#bare}`;
  }

  async answer(challenge: string): Promise<string> {
    const given = attributes(challenge);
    const salt = Buffer.from(given.get('s') ?? '', 'base64');
    const salted = await derive(this.#p, this.#password, salt, Number(given.get('i')));
    const unproved = `c=biws,r=${given.get('r')}`;
    const key = hmac(salted, 'Client Key');
    const proof = xor(key, hmac(sha256(key), `${this.#bare},${challenge},${unproved}`));
    return `${unproved},p=${proof.toString('base64')}`;
  }
}
