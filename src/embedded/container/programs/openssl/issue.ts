/** Makes certificates and requests as `openssl req` and `openssl x509` do. */

import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { ownValue } from '../../../../kernel/own.ts';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  set,
  time,
  tlv,
  utf8String,
} from '../../../pki/der.ts';
import { readAll, readValue } from '../../../pki/der-read.ts';
import { attributeTypes, type Extension, type Name, type Request } from './certificate.ts';

/** What the command line says that can't be used; the text is what openssl prints. */
export class IssueError extends Error {}

/** `/CN=ann/O=dev` as a name. Throws IssueError. */
export function parseSubject(text: string): Name {
  if (!text.startsWith('/')) {
    throw new IssueError(
      `name is expected to be in the format /type0=value0/type1=value1/type2=... where characters may be escaped by \\. This name is not in that format: '${text}'`,
    );
  }
  const parts = text.slice(1).match(/(?:[^\\/]|\\.)+/g) ?? [];
  return parts.map((part) => {
    const at = part.indexOf('=');
    const type = ownValue(attributeTypes, part.slice(0, at));
    if (at < 0 || type === undefined) throw new IssueError(`Unknown attribute in subject name: ${part}`);
    return [type, part.slice(at + 1).replace(/\\(.)/g, '$1')];
  });
}

const nameDer = (name: Name): Buffer =>
  sequence(...name.map(([type, value]) => set(sequence(oid(type), utf8String(value)))));

const spkiOf = (key: KeyObject): Buffer =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }) as Buffer;

function keyIdentifier(key: KeyObject): Buffer {
  const bits = readAll(readValue(spkiOf(key)).content)[1]?.content.subarray(1) ?? Buffer.alloc(0);
  return createHash('sha1').update(bits).digest();
}

/** The algorithm of signatures with a key, and its digest. */
function signing(key: KeyObject): { algorithm: Buffer; digest: string | null } {
  const nothing = tlv(5);
  if (key.asymmetricKeyType === 'rsa')
    return { algorithm: sequence(oid('1.2.840.113549.1.1.11'), nothing), digest: 'sha256' };
  if (key.asymmetricKeyType === 'ec') return { algorithm: sequence(oid('1.2.840.10045.4.3.2')), digest: 'sha256' };
  return { algorithm: sequence(oid('1.3.101.112')), digest: null };
}

const signed = (body: Buffer, key: KeyObject): Buffer => {
  const { algorithm, digest } = signing(key);
  return sequence(body, algorithm, bitString(sign(digest, body, key)));
};

const usageBits = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
];
const purposes: Record<string, string> = {
  serverAuth: '1',
  clientAuth: '2',
  codeSigning: '3',
  emailProtection: '4',
  timeStamping: '8',
  OCSPSigning: '9',
};

const ids = {
  ...{ subjectKeyIdentifier: '2.5.29.14', keyUsage: '2.5.29.15', subjectAltName: '2.5.29.17' },
  ...{ basicConstraints: '2.5.29.19', authorityKeyIdentifier: '2.5.29.35', extendedKeyUsage: '2.5.29.37' },
};

/** An extension as it stands in a configuration: `keyUsage = critical, digitalSignature`. Throws IssueError. */
export function parseExtension(name: string, text: string, section: (name: string) => string[]): Extension | undefined {
  const words = text.split(',').map((word) => word.trim());
  const critical = words[0] === 'critical';
  const values = critical ? words.slice(1) : words;
  const made = (id: string, value: Buffer): Extension => ({ id, critical, value });
  const bad = () => new IssueError(`Error adding extension: section=default, name=${name}, value=${text}`);
  switch (name) {
    case 'basicConstraints': {
      const ca = values.some((v) => /^CA:true$/i.test(v));
      const length = values.map((v) => /^pathlen:(\d+)$/.exec(v)?.[1]).find((v) => v !== undefined);
      return made(
        ids.basicConstraints,
        sequence(...(ca ? [boolean(true)] : []), ...(length === undefined ? [] : [integer(Number(length))])),
      );
    }
    case 'keyUsage': {
      let bits = 0;
      for (const value of values) {
        const at = usageBits.indexOf(value);
        if (at < 0) throw bad();
        bits |= 0x80 >> at;
      }
      const unused = Array.from({ length: 8 }, (_, i) => i).find((i) => (bits >> i) & 1) ?? 0;
      return made(ids.keyUsage, bitString(Buffer.of(bits), unused));
    }
    case 'extendedKeyUsage':
      return made(
        ids.extendedKeyUsage,
        sequence(
          ...values.map((value) => {
            const last = ownValue(purposes, value);
            if (last === undefined) throw bad();
            return oid(`1.3.6.1.5.5.7.3.${last}`);
          }),
        ),
      );
    case 'subjectAltName': {
      const names = values.flatMap((value) => (value.startsWith('@') ? section(value.slice(1)) : [value]));
      return made(
        ids.subjectAltName,
        sequence(
          ...names.map((value) => {
            const [, kind = '', content = ''] = /^(DNS|IP|email|URI)(?:\.\d+)?:\s*(.*)$/.exec(value) ?? [];
            if (kind === '' || (kind === 'IP' && !isIPv4(content))) throw bad();
            if (kind === 'IP') return implicit(7, Buffer.from(content.split('.').map(Number)));
            return implicit({ email: 1, DNS: 2, URI: 6 }[kind] ?? 2, Buffer.from(content, 'latin1'));
          }),
        ),
      );
    }
    // Written from the keys, whatever is asked for.
    case 'subjectKeyIdentifier':
    case 'authorityKeyIdentifier':
      return undefined;
    default:
      throw bad();
  }
}

const extensionDer = ({ id, critical, value }: Extension): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));

/** A PKCS #10 request. Returns DER. */
export function makeRequest(subject: Name, key: KeyObject, extensions: readonly Extension[]): Buffer {
  const wanted =
    extensions.length > 0
      ? [sequence(oid('1.2.840.113549.1.9.14'), set(sequence(...extensions.map(extensionDer))))]
      : [];
  return signed(sequence(integer(0), nameDer(subject), spkiOf(key), explicit(0, ...wanted)), key);
}

export interface Issue {
  /** Whose certificate it will be: a request, or a name and a key. */
  of: Request | { subject: Name; publicKey: KeyObject };
  issuer: { subjectDer: Buffer; key: KeyObject } | undefined;
  /** For certificates that sign themselves. */
  ownKey: KeyObject | undefined;
  serial: Buffer | undefined;
  notBefore: number;
  days: number;
  extensions: readonly Extension[];
}

/** A certificate: version 3, or 1 if it has no extensions. Returns DER. Throws IssueError if the times can't be. */
export function issue({ of, issuer, ownKey, serial, notBefore, days, extensions }: Issue): Buffer {
  const subject = 'subjectDer' in of ? of.subjectDer : nameDer(of.subject);
  const key = issuer?.key ?? ownKey;
  if (!key) throw new IssueError('no key to sign with');
  const all = [...extensions];
  if (all.length > 0) {
    all.push({ id: ids.subjectKeyIdentifier, critical: false, value: octetString(keyIdentifier(of.publicKey)) });
    all.push({ id: ids.authorityKeyIdentifier, critical: false, value: sequence(implicit(0, keyIdentifier(key))) });
  }
  const number = serial ?? randomBytes(20);
  if (!serial) number[0] = ((number[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    ...(all.length > 0 ? [explicit(0, integer(2))] : []),
    ...[integer(number), signing(key).algorithm, issuer?.subjectDer ?? subject],
    ...[sequence(time(notBefore), time(notBefore + days * 86_400_000)), subject, spkiOf(of.publicKey)],
    ...(all.length > 0 ? [explicit(3, sequence(...all.map(extensionDer)))] : []),
  );
  return signed(body, key);
}
