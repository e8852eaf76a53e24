/** What openssl's commands read and write: files or the standard streams, keys and certificates in PEM or DER. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { toPem } from '../../../pki/certificate.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { type Certificate, pemBlocks, type Request, readCertificate, readRequest } from './certificate.ts';

/** Ends the command with a message and 1. */
export class OpensslError extends Error {}

/** Options of a command: those with a value, those without. Throws OpensslError for others. */
export class Arguments {
  readonly #values = new Map<string, string[]>();
  readonly operands: string[] = [];

  constructor(args: readonly string[], withValue: string, without: string, command: string) {
    const [takes, plain] = [new Set(withValue.split(' ')), new Set(without.split(' '))];
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] ?? '';
      // Two dashes do as well as one.
      const name = arg.replace(/^--?/, '');
      if (!arg.startsWith('-') || arg === '-') this.operands.push(arg);
      else if (takes.has(name)) {
        const value = args[++i];
        if (value === undefined)
          throw new OpensslError(`${command}: Option -${name} needs a value\n${command}: Use -help for summary.`);
        this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
      } else if (plain.has(name)) this.#values.set(name, []);
      else throw new OpensslError(`${command}: Unknown option: -${name}\n${command}: Use -help for summary.`);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  get(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  number(name: string, fallback: number): number {
    const text = this.get(name);
    if (text === undefined) return fallback;
    if (!/^-?\d+$/.test(text)) throw new OpensslError(`Non-numeric value "${text}" for -${name}`);
    return Number(text);
  }
}

/** A file's bytes, or those of standard input. `what` is named where it can't be opened. */
export async function readInput(p: Process, file: string | undefined, what: string): Promise<Buffer> {
  if (file === undefined || file === '-') return Buffer.from(await p.readAll(0));
  try {
    return Buffer.from(p.vfs.readFile(p, file));
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new OpensslError(`Could not open file or uri for loading ${what} from ${file}\n${error.message}`);
  }
}

export async function writeOutput(
  p: Process,
  file: string | undefined,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  if (file === undefined || file === '-') return p.write(1, Buffer.from(content));
  try {
    p.vfs.writeFile(p, file, content, mode);
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new OpensslError(`Can't open "${file}" for writing, ${error.message}`);
  }
}

export async function loadCertificate(p: Process, file: string | undefined): Promise<Certificate> {
  const bytes = await readInput(p, file, 'certificate');
  const [der] = pemBlocks(bytes.toString('latin1'), /^(X509 |TRUSTED )?CERTIFICATE$/);
  try {
    return readCertificate(der ?? bytes);
  } catch {
    throw new OpensslError(`Could not read certificate from ${file ?? '<stdin>'}\nUnable to load certificate`);
  }
}

export async function loadRequest(p: Process, file: string | undefined): Promise<Request> {
  const bytes = await readInput(p, file, 'X509 request');
  const [der] = pemBlocks(bytes.toString('latin1'), /^(NEW )?CERTIFICATE REQUEST$/);
  try {
    return readRequest(der ?? bytes);
  } catch {
    throw new OpensslError(`Unable to load X509 request`);
  }
}

export async function loadKey(p: Process, file: string | undefined): Promise<KeyObject> {
  const bytes = await readInput(p, file, 'private key');
  const text = bytes.toString('latin1');
  try {
    // What stands before the key (EC PARAMETERS) is passed over.
    const start = text.search(/-----BEGIN (?:\w+ )?PRIVATE KEY-----/);
    if (start >= 0) return createPrivateKey(text.slice(start));
    if (text.includes('-----BEGIN PUBLIC KEY-----')) return createPublicKey(text);
  } catch {
    // Told below.
  }
  throw new OpensslError(`Could not read private key from ${file ?? '<stdin>'}`);
}

/** A private key as `openssl genrsa` writes it. */
export const keyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;

export const certificatePem = (der: Uint8Array): string => toPem('CERTIFICATE', der);
