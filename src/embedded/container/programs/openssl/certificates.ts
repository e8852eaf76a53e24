/** Commands about certificates: x509, req, verify. */

import { createHash, createPublicKey, type KeyObject, verify as verifySignature, X509Certificate } from 'node:crypto';
import { ownValue } from '../../../../kernel/own.ts';
import { toPem } from '../../../pki/certificate.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import {
  type Certificate,
  describe,
  type Extension,
  extensionText,
  isExtension,
  type Name,
  nameText,
  pemBlocks,
  readCertificate,
  readRequest,
  serialText,
  timeText,
} from './certificate.ts';
import { Config } from './config.ts';
import {
  Arguments,
  certificatePem,
  keyPem,
  loadCertificate,
  loadKey,
  loadRequest,
  OpensslError,
  readInput,
  writeOutput,
} from './files.ts';
import { issue, makeRequest, parseExtension, parseSubject } from './issue.ts';
import { newKey, newRsaKey } from './keys.ts';

async function configOf(p: Process, file: string | undefined): Promise<Config> {
  if (file === undefined) return new Config('');
  return new Config((await readInput(p, file, 'config file')).toString('utf8'));
}

/** The next serial number of a CA: its `.srl` file, created anew with -CAcreateserial. */
function nextSerial(p: Process, caFile: string, options: Arguments): Buffer {
  const given = options.get('set_serial');
  if (given !== undefined)
    return Buffer.from(
      BigInt(given)
        .toString(16)
        .padStart(2, '0')
        .replace(/^(.(..)*)$/, '0$1'),
      'hex',
    );
  const file = options.get('CAserial') ?? `${caFile.replace(/\.[^./]*$/, '')}.srl`;
  let serial: Buffer;
  try {
    const last = BigInt(`0x${p.vfs.readText(p, file).trim()}`);
    serial = Buffer.from((last + 1n).toString(16).padStart(40, '0'), 'hex');
  } catch (error) {
    if (!isSysError(error)) throw new OpensslError(`unable to load number from ${file}`);
    serial = createHash('sha1').update(`${caFile}${p.container.clock.now()}${Math.random()}`).digest();
    serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  }
  try {
    p.vfs.writeFile(p, file, `${serial.toString('hex').toUpperCase()}\n`, 0o644);
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new OpensslError(`Unable to save serial number to ${file}: ${error.message}`);
  }
  return serial;
}

/** What x509 prints of a certificate, by option; fingerprints are made with `digest`. */
const printedFields: Readonly<Record<string, (certificate: Certificate, digest: string) => string>> = {
  text: describe,
  subject: ({ subject }) => `subject=${nameText(subject)}\n`,
  issuer: ({ issuer }) => `issuer=${nameText(issuer)}\n`,
  dates: (certificate) => startText(certificate) + endText(certificate),
  startdate: startText,
  enddate: endText,
  serial: ({ serial }) => `serial=${serialText(serial)}\n`,
  fingerprint: ({ der }, digest) => {
    const hash = createHash(digest).update(der).digest('hex').toUpperCase();
    return `${digest === 'sha1' ? 'SHA1' : digest} Fingerprint=${hash.match(/../g)?.join(':')}\n`;
  },
  pubkey: ({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' }) as string,
  modulus: ({ publicKey }) => {
    const { n } = publicKey.export({ format: 'jwk' });
    return typeof n === 'string'
      ? `Modulus=${Buffer.from(n, 'base64url').toString('hex').toUpperCase()}\n`
      : 'Modulus=Wrong Algorithm type\n';
  },
};

function startText({ notBefore }: Certificate): string {
  return `notBefore=${timeText(notBefore)}\n`;
}

function endText({ notAfter }: Certificate): string {
  return `notAfter=${timeText(notAfter)}\n`;
}

export async function x509(p: Process, args: readonly string[]): Promise<number> {
  const options = new Arguments(
    args,
    'in out inform outform checkend ext CA CAkey CAserial set_serial days extfile extensions signkey key nameopt certopt passin',
    'noout text subject issuer dates startdate enddate serial fingerprint pubkey email purpose hash subject_hash issuer_hash modulus req CAcreateserial new sha1 sha256 sha384 sha512 md5',
    'x509',
  );
  let certificate: Certificate;
  if (options.has('req')) {
    certificate = await signedRequest(p, options);
    await p.print(2, `Certificate request self-signature ok\nsubject=${nameText(certificate.subject)}\n`);
  } else certificate = await loadCertificate(p, options.get('in'));
  const digest = ['sha256', 'sha384', 'sha512', 'md5', 'sha1'].find((name) => options.has(name)) ?? 'sha1';
  // In the order in which they are asked for.
  let text = args.map((arg) => ownValue(printedFields, arg.replace(/^--?/, ''))?.(certificate, digest) ?? '').join('');
  const wanted = options.get('ext')?.split(',');
  if (wanted) text += await wantedExtensions(p, certificate, wanted);
  let code = 0;
  const ahead = options.get('checkend');
  if (ahead !== undefined) {
    const ends = certificate.notAfter.getTime() < p.container.clock.now() + options.number('checkend', 0) * 1000;
    text += ends ? 'Certificate will expire\n' : 'Certificate will not expire\n';
    code = ends ? 1 : 0;
  }
  const out = options.get('out');
  if (options.get('outform')?.toUpperCase() === 'DER' && !options.has('noout'))
    await writeOutput(p, out, certificate.der);
  else
    await writeOutput(
      p,
      out,
      text + (options.has('noout') || ahead !== undefined ? '' : certificatePem(certificate.der)),
    );
  return code;
}

/** The extensions of `-ext`; where there are none of them, standard error says so. */
async function wantedExtensions(p: Process, { extensions }: Certificate, wanted: readonly string[]): Promise<string> {
  const found = extensions.filter((extension) => wanted.some((name) => isExtension(extension, name)));
  if (found.length === 0) {
    const why = extensions.length > 0 ? 'No extensions matching requested types found' : 'No extensions in certificate';
    await p.print(2, `${why}\n`);
  }
  return found.map((extension) => extensionText(extension, 0)).join('');
}

async function signedRequest(p: Process, options: Arguments): Promise<Certificate> {
  const request = await loadRequest(p, options.get('in'));
  const [caFile, keyFile] = [options.get('CA'), options.get('CAkey') ?? options.get('CA')];
  const config = await configOf(p, options.get('extfile'));
  const section = options.get('extensions') ?? config.get('default', 'extensions') ?? 'default';
  const common = {
    of: request,
    notBefore: p.container.clock.now(),
    days: options.number('days', 30),
    extensions: config.extensions(section),
  };
  if (caFile === undefined) {
    const key = options.get('signkey') ?? options.get('key');
    if (key === undefined) throw new OpensslError('x509: We need a private key to sign with, use -signkey or -CA');
    return readCertificate(issue({ ...common, issuer: undefined, ownKey: await loadKey(p, key), serial: undefined }));
  }
  const ca = await loadCertificate(p, caFile);
  const key = await loadKey(p, keyFile);
  if (!sameKey(ca.publicKey, key)) throw new OpensslError('CA certificate and CA private key do not match');
  const serial = nextSerial(p, caFile, options);
  return readCertificate(issue({ ...common, issuer: { subjectDer: ca.subjectDer, key }, ownKey: undefined, serial }));
}

const sameKey = (a: KeyObject, b: KeyObject) => {
  const half = (key: KeyObject) =>
    (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }) as Buffer;
  return half(a).equals(half(b));
};

/** The subject of `-subj`, or of the configuration's distinguished name. */
function subjectOf(options: Arguments, config: Config): Name {
  const given = options.get('subj');
  if (given !== undefined) return parseSubject(given);
  const section = config.get('req', 'distinguished_name');
  const fields = section === undefined ? [] : config.section(section);
  if (fields.length === 0 || config.get('req', 'prompt') !== 'no')
    throw new OpensslError(
      'req: no subject: nobody is asked for it here, give -subj "/CN=name" or a configuration with prompt = no',
    );
  const long: Record<string, string> = {
    countryName: 'C',
    stateOrProvinceName: 'ST',
    localityName: 'L',
    organizationName: 'O',
    organizationalUnitName: 'OU',
    commonName: 'CN',
  };
  return parseSubject(
    fields
      .map(
        ([name, value]) =>
          `/${ownValue(long, name.replace(/^\d+\./, '')) ?? name.replace(/^\d+\./, '')}=${value.replace(/[/\\]/g, '\\$&')}`,
      )
      .join(''),
  );
}

export async function req(p: Process, args: readonly string[]): Promise<number> {
  const options = new Arguments(
    args,
    'in out inform outform key keyout newkey subj days addext config extensions reqexts set_serial pkeyopt passin passout nameopt',
    'new x509 nodes noenc noout text subject verify pubkey sha256 sha384 sha512 batch utf8 verbose',
    'req',
  );
  const config = await configOf(p, options.get('config'));
  const makes = options.has('new') || options.has('x509') || options.has('newkey');
  let code = 0;
  if (makes) {
    let key: KeyObject;
    const kind = options.get('newkey');
    if (options.has('key')) key = await loadKey(p, options.get('key'));
    else {
      const [algorithm = 'rsa', bits] = (kind ?? 'rsa:2048').split(':');
      key =
        algorithm === 'rsa'
          ? await newRsaKey(p, Number(bits ?? 2048))
          : await newKey(p, algorithm, options.all('pkeyopt'));
      if (!options.has('nodes') && !options.has('noenc'))
        throw new OpensslError('req: nobody is asked for a pass phrase here: give -nodes');
      await p.print(2, '-----\n');
      await writeOutput(p, options.get('keyout') ?? 'privkey.pem', keyPem(key), 0o600);
    }
    const subject = subjectOf(options, config);
    const added = options
      .all('addext')
      .flatMap(
        (text) =>
          parseExtension(text.slice(0, text.indexOf('=')).trim(), text.slice(text.indexOf('=') + 1), () => []) ?? [],
      );
    const section =
      options.get('extensions') ??
      options.get('reqexts') ??
      config.get('req', options.has('x509') ? 'x509_extensions' : 'req_extensions');
    const extensions: Extension[] = [...(section === undefined ? [] : config.extensions(section)), ...added];
    if (!options.has('x509')) {
      const der = makeRequest(subject, key, extensions);
      const head = options.has('text') ? describe(readRequest(der)) : '';
      await writeOutput(p, options.get('out'), head + (options.has('noout') ? '' : toPem('CERTIFICATE REQUEST', der)));
      return 0;
    }
    // A certificate that signs itself is a CA, unless it is said otherwise.
    const constrained = extensions.some((extension) => isExtension(extension, 'basicConstraints'));
    const ca = constrained
      ? []
      : [parseExtension('basicConstraints', 'critical,CA:true', () => [])].filter((e) => e !== undefined);
    const of = { subject, publicKey: createPublicKey(key) };
    const der = issue({
      of,
      issuer: undefined,
      ownKey: key,
      serial: undefined,
      notBefore: p.container.clock.now(),
      days: options.number('days', 30),
      extensions: [...extensions, ...ca],
    });
    const head = options.has('text') ? describe(readCertificate(der)) : '';
    await writeOutput(p, options.get('out'), head + (options.has('noout') ? '' : certificatePem(der)));
    return 0;
  }
  const request = await loadRequest(p, options.get('in'));
  if (options.has('verify')) {
    const digest = request.publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
    const good = verifySignature(digest, request.body, request.publicKey, request.signature);
    await p.print(2, `Certificate request self-signature verify ${good ? 'OK' : 'failure'}\n`);
    code = good ? 0 : 1;
  }
  let text = '';
  if (options.has('text')) text += describe(request);
  if (options.has('subject')) text += `subject=${nameText(request.subject)}\n`;
  if (options.has('pubkey')) text += request.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  if (!options.has('noout')) text += toPem('CERTIFICATE REQUEST', request.der);
  await writeOutput(p, options.get('out'), text);
  return code;
}

const errors = {
  issuer: [20, 'unable to get local issuer certificate'],
  self: [18, 'self-signed certificate'],
  expired: [10, 'certificate has expired'],
  early: [9, 'certificate is not yet valid'],
} as const;

/** What is wrong with a chain that begins with a certificate; undefined: nothing. */
export function chainFault(
  der: Buffer,
  trusted: readonly Buffer[],
  others: readonly Buffer[],
  now: number,
): { code: number; text: string; depth: number; name: string } | undefined {
  let current = new X509Certificate(der);
  for (let depth = 0; depth < 10; depth++) {
    const { subject, issuer: issuerName, notBefore, notAfter } = readCertificate(Buffer.from(current.raw));
    const fault = ([code, text]: readonly [number, string]) => ({ code, text, depth, name: nameText(subject) });
    if (notAfter.getTime() < now) return fault(errors.expired);
    if (notBefore.getTime() > now) return fault(errors.early);
    if (trusted.some((other) => other.equals(Buffer.from(current.raw)))) return undefined;
    const of = (pool: readonly Buffer[]) =>
      pool.map((raw) => new X509Certificate(raw)).find((ca) => current.checkIssued(ca) && current.verify(ca.publicKey));
    const issuer = of(trusted) ?? of(others);
    if (!issuer || issuer.raw.equals(current.raw))
      return fault(
        nameText(subject) === nameText(issuerName) && current.verify(current.publicKey) ? errors.self : errors.issuer,
      );
    current = issuer;
  }
  return undefined;
}

export async function verify(p: Process, args: readonly string[]): Promise<number> {
  const options = new Arguments(args, 'CAfile untrusted CApath purpose', 'verbose show_chain', 'verify');
  const blocks = async (file: string | undefined) =>
    file === undefined ? [] : pemBlocks((await readInput(p, file, 'certificate')).toString('latin1'), /CERTIFICATE$/);
  const [trusted, others] = [await blocks(options.get('CAfile')), await blocks(options.get('untrusted'))];
  let code = 0;
  for (const file of options.operands.length > 0 ? options.operands : [undefined]) {
    const { der } = await loadCertificate(p, file);
    const fault = chainFault(der, trusted, others, p.container.clock.now());
    if (!fault) await p.print(1, `${file ?? 'stdin'}: OK\n`);
    else {
      code = 2;
      await p.print(
        2,
        `${fault.name}\nerror ${fault.code} at ${fault.depth} depth lookup: ${fault.text}\nerror ${file ?? 'stdin'}: verification failed\n`,
      );
    }
  }
  return code;
}
