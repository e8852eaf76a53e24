/** Commands about keys: genrsa, genpkey, ecparam, rsa, ec, pkey. */
import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { readAll, readValue } from '../../../pki/der-read.ts';
import type { Process } from '../../kernel/process.ts';
import { keyBlock } from './certificate.ts';
import { Arguments, keyPem, loadKey, OpensslError, writeOutput } from './files.ts';

const generate = promisify(generateKeyPair) as (type: string, options: object) => Promise<{ privateKey: KeyObject }>;

/** A new RSA key; made beside the worker's own thread. Throws OpensslError for sizes that are none. */
export async function newRsaKey(p: Process, bits: number): Promise<KeyObject> {
  if (!(bits >= 512 && bits <= 8192))
    throw new OpensslError(`genrsa: Error: key size ${bits} is not between 512 and 8192`);
  const { privateKey } = await p.until(generate('rsa', { modulusLength: bits }));
  return privateKey;
}

const curveOf = (name: string | undefined): string => {
  const curve = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }[name ?? ''] ?? name ?? '';
  if (!/^(prime256v1|secp384r1|secp521r1)$/.test(curve))
    throw new OpensslError(`ecparam: unknown curve name (${name ?? ''})`);
  return curve;
};

async function newEcKey(p: Process, curve: string): Promise<KeyObject> {
  const { privateKey } = await p.until(generate('ec', { namedCurve: curve }));
  return privateKey;
}

export async function genrsa(p: Process, args: readonly string[]): Promise<number> {
  const options = new Arguments(args, 'out rand passout', 'traditional F4 3 quiet verbose', 'genrsa');
  const bits = options.operands[0] ?? '2048';
  if (!/^\d+$/.test(bits)) throw new OpensslError(`genrsa: Can't parse "${bits}" as a number`);
  const key = await newRsaKey(p, Number(bits));
  const text = options.has('traditional') ? (key.export({ type: 'pkcs1', format: 'pem' }) as string) : keyPem(key);
  await writeOutput(p, options.get('out'), text, 0o600);
  return 0;
}

/** The key that `-algorithm` and `-pkeyopt`, or `rsa:2048` of `req -newkey`, mean. */
export async function newKey(p: Process, algorithm: string, options: readonly string[]): Promise<KeyObject> {
  const option = (name: string) => options.map((o) => o.split(':')).find(([own]) => own === name)?.[1];
  switch (algorithm.toUpperCase()) {
    case 'RSA':
      return newRsaKey(p, Number(option('rsa_keygen_bits') ?? 2048));
    case 'EC':
      return newEcKey(p, curveOf(option('ec_paramgen_curve')));
    case 'ED25519':
      return (await p.until(generate('ed25519', {}))).privateKey;
    default:
      throw new OpensslError(`Error initializing ${algorithm} context`);
  }
}

export async function genpkey(p: Process, args: readonly string[]): Promise<number> {
  const options = new Arguments(args, 'algorithm pkeyopt out outform', 'quiet', 'genpkey');
  const algorithm = options.get('algorithm');
  if (algorithm === undefined) throw new OpensslError('genpkey: Use -help for summary.');
  await writeOutput(p, options.get('out'), keyPem(await newKey(p, algorithm, options.all('pkeyopt'))), 0o600);
  return 0;
}

export async function ecparam(p: Process, args: readonly string[]): Promise<number> {
  const options = new Arguments(args, 'name out', 'genkey noout', 'ecparam');
  const curve = curveOf(options.get('name'));
  if (!options.has('genkey')) throw new OpensslError('ecparam: only -name CURVE -genkey -noout is simulated');
  const key = await newEcKey(p, curve);
  await writeOutput(p, options.get('out'), key.export({ type: 'sec1', format: 'pem' }) as string, 0o600);
  return 0;
}

/** rsa, ec and pkey: a key shown, checked, or its public half. */
export async function showKey(p: Process, command: string, args: readonly string[]): Promise<number> {
  const options = new Arguments(
    args,
    'in out inform outform passin',
    'noout pubout pubin text text_pub check modulus traditional',
    command,
  );
  const key = await loadKey(p, options.get('in'));
  const half = key.type === 'private' ? createPublicKey(key) : key;
  let text = '';
  if (options.has('text') || options.has('text_pub')) {
    const block = keyBlock(half, 0).split('\n').slice(1).join('\n').replace(/^ {4}/gm, '');
    text += key.type === 'private' && !options.has('text_pub') ? block.replace('Public-Key', 'Private-Key') : block;
  }
  if (options.has('modulus')) {
    const bits = readAll(
      readValue(half.export({ type: 'spki', format: 'der' }) as Buffer).content,
    )[1]?.content.subarray(1);
    const [modulus] = bits ? readAll(readValue(bits).content) : [];
    text += `Modulus=${modulus?.content.toString('hex').toUpperCase().replace(/^00/, '') ?? ''}\n`;
  }
  if (options.has('check')) text += command === 'rsa' ? 'RSA key ok\n' : 'Key is valid\n';
  if (!options.has('noout')) {
    if (command === 'rsa' || command === 'ec') await p.print(2, `writing ${command.toUpperCase()} key\n`);
    const kept = options.has('pubout') || key.type === 'public';
    text += kept
      ? (half.export({ type: 'spki', format: 'pem' }) as string)
      : options.has('traditional')
        ? (key.export({ type: 'pkcs1', format: 'pem' }) as string)
        : keyPem(key);
  }
  await writeOutput(p, options.get('out'), text);
  return 0;
}
