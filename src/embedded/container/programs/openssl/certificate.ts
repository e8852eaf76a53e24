/** Certificates and requests taken apart, and printed as OpenSSL 3.0 prints them. */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { pemBlock } from '../../../pki/certificate-request.ts';
import { type DerValue, readAll, readOid, readValue } from '../../../pki/der-read.ts';

export interface Extension {
  id: string;
  critical: boolean;
  value: Buffer;
}

/** Attributes of a name, in order: dotted type and value. */
export type Name = [type: string, value: string][];

export interface Signed {
  /** What was signed, and with what. */
  body: Buffer;
  algorithm: string;
  signature: Buffer;
  subject: Name;
  subjectDer: Buffer;
  publicKey: KeyObject;
  extensions: Extension[];
}

export interface Certificate extends Signed {
  kind: 'certificate';
  der: Buffer;
  version: number;
  serial: Buffer;
  issuer: Name;
  notBefore: Date;
  notAfter: Date;
}

export interface Request extends Signed {
  kind: 'request';
  der: Buffer;
}

const attributeNames: Record<string, string> = {
  ...{ '2.5.4.3': 'CN', '2.5.4.6': 'C', '2.5.4.7': 'L', '2.5.4.8': 'ST', '2.5.4.10': 'O', '2.5.4.11': 'OU' },
  ...{ '2.5.4.5': 'serialNumber', '1.2.840.113549.1.9.1': 'emailAddress', '0.9.2342.19200300.100.1.25': 'DC' },
};
/** The dotted types by the names that `-subj` takes. */
export const attributeTypes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(attributeNames).map(([id, name]) => [name, id]),
);

const algorithms: Record<string, string> = {
  ...{ '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption', '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption' },
  ...{ '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption', '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption' },
  ...{ '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256', '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384' },
  ...{ '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512', '1.3.101.112': 'ED25519' },
};

/** A name on one line: `CN = ann, O = dev`. */
export function nameText(name: Name): string {
  const quote = (value: string) => (/[,+"\\<>;]|^\s|\s$/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value);
  return name.map(([type, value]) => `${attributeNames[type] ?? type} = ${quote(value)}`).join(', ');
}

function readName(value: DerValue): Name {
  return readAll(value.content).flatMap((set) =>
    readAll(set.content).flatMap((pair): Name => {
      const [type, text] = readAll(pair.content);
      return type && text ? [[readOid(type), text.content.toString(text.tag === 0x1e ? 'utf16le' : 'utf8')]] : [];
    }),
  );
}

function readTime({ tag, content }: DerValue): Date {
  const text = content.toString('latin1');
  const year =
    tag === 0x17 ? (Number(text.slice(0, 2)) < 50 ? 2000 : 1900) + Number(text.slice(0, 2)) : Number(text.slice(0, 4));
  const rest = text.slice(tag === 0x17 ? 2 : 4);
  const [month = 1, day = 1, hour = 0, minute = 0, second = 0] = (rest.match(/\d\d/g) ?? []).map(Number);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

function readExtensions(list: DerValue | undefined): Extension[] {
  return (list ? readAll(list.content) : []).flatMap((extension) => {
    const parts = readAll(extension.content);
    const [id] = parts;
    const value = parts.at(-1);
    return id && value
      ? [{ id: readOid(id), critical: parts.length === 3 && parts[1]?.content[0] !== 0, value: value.content }]
      : [];
  });
}

const keyOf = (info: DerValue): KeyObject => createPublicKey({ key: info.whole, type: 'spki', format: 'der' });

const extensionRequest = '1.2.840.113549.1.9.14';

/** The certificate in DER. Throws Error if it is none. */
export function readCertificate(der: Buffer): Certificate {
  // Node's reading of it is stricter than this one.
  void new X509Certificate(der);
  const [body, algorithm, signature] = readAll(readValue(der).content);
  const fields = body ? readAll(body.content) : [];
  const versioned = fields[0]?.tag === 0xa0;
  const [serial, , issuer, validity, subject, info, ...rest] = versioned ? fields.slice(1) : fields;
  const [from, to] = validity ? readAll(validity.content) : [];
  const [id] = algorithm ? readAll(algorithm.content) : [];
  if (!body || !id || !signature || !serial || !issuer || !subject || !info || !from || !to)
    throw new Error('no certificate');
  const extensions = rest.find((field) => field.tag === 0xa3);
  return {
    ...{ kind: 'certificate', der, body: body.whole, algorithm: readOid(id), signature: signature.content.subarray(1) },
    version: versioned ? (readValue(fields[0]?.content ?? Buffer.alloc(0)).content[0] ?? 0) + 1 : 1,
    ...{ serial: serial.content, issuer: readName(issuer), subject: readName(subject), subjectDer: subject.whole },
    ...{ notBefore: readTime(from), notAfter: readTime(to), publicKey: keyOf(info) },
    extensions: extensions ? readExtensions(readAll(extensions.content)[0]) : [],
  };
}

/** The PKCS #10 request in DER. Throws Error if it is none. */
export function readRequest(der: Buffer): Request {
  const [body, algorithm, signature] = readAll(readValue(der).content);
  const [, subject, info, attributes] = body ? readAll(body.content) : [];
  const [id] = algorithm ? readAll(algorithm.content) : [];
  if (!body || !subject || !info || !id || !signature) throw new Error('no request');
  const wanted = (attributes ? readAll(attributes.content) : []).find((attribute) => {
    const [type] = readAll(attribute.content);
    return type && readOid(type) === extensionRequest;
  });
  const values = wanted && readAll(wanted.content)[1];
  return {
    ...{ kind: 'request', der, body: body.whole, algorithm: readOid(id), signature: signature.content.subarray(1) },
    ...{ subject: readName(subject), subjectDer: subject.whole, publicKey: keyOf(info) },
    extensions: values ? readExtensions(readAll(values.content)[0]) : [],
  };
}

/** All blocks of a kind in a text. */
export function pemBlocks(text: string, label: RegExp): Buffer[] {
  const found: Buffer[] = [];
  for (let block = pemBlock(text); block; block = pemBlock(block.rest))
    if (label.test(block.label)) found.push(block.der);
  return found;
}

const colons = (bytes: Uint8Array, upper = false): string => {
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return upper ? text.toUpperCase() : text;
};

/** Bytes in lines of so many, indented. */
function lines(bytes: Uint8Array, perLine: number, indent: number): string {
  const text = colons(bytes);
  const width = perLine * 3;
  const pieces = text.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return pieces.map((piece) => `${' '.repeat(indent)}${piece}\n`).join('');
}

/** `Nov 29 05:08:23 2026 GMT` */
export function timeText(date: Date): string {
  const [, day = '', month = '', year = '', time = ''] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
  return `${month} ${String(Number(day)).padStart(2)} ${time} ${year} GMT`;
}

/** A serial number in one word, as `-serial` prints it. */
export const serialText = (serial: Buffer): string =>
  serial
    .toString('hex')
    .toUpperCase()
    .replace(/^00(?=.)/, '');

function serialBlock(serial: Buffer): string {
  const significant = serial[0] === 0 && serial.length > 1 ? serial.subarray(1) : serial;
  if (significant.length <= 8) {
    const number = BigInt(`0x${significant.toString('hex') || '0'}`);
    return ` ${number} (0x${number.toString(16)})\n`;
  }
  return `\n${' '.repeat(12)}${colons(significant)}\n`;
}

const curves: Record<string, [oid: string, nist: string]> = {
  prime256v1: ['prime256v1', 'P-256'],
  secp384r1: ['secp384r1', 'P-384'],
  secp521r1: ['secp521r1', 'P-521'],
};

/** A public key with its numbers, indented under `Public Key Algorithm`. */
export function keyBlock(key: KeyObject, indent = 12): string {
  const pad = ' '.repeat(indent);
  const der = key.export({ type: 'spki', format: 'der' }) as Buffer;
  const bits = readAll(readValue(der).content)[1]?.content.subarray(1) ?? Buffer.alloc(0);
  if (key.asymmetricKeyType === 'rsa') {
    const [modulus, exponent] = readAll(readValue(bits).content);
    const size = key.asymmetricKeyDetails?.modulusLength ?? 0;
    const e = BigInt(`0x${exponent?.content.toString('hex') || '0'}`);
    return `${pad}Public Key Algorithm: rsaEncryption\n${pad}    Public-Key: (${size} bit)\n${pad}    Modulus:\n${lines(modulus?.content ?? bits, 15, indent + 8)}${pad}    Exponent: ${e} (0x${e.toString(16)})\n`;
  }
  if (key.asymmetricKeyType === 'ec') {
    const [name, nist] = curves[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? ['', ''];
    const size = { 'P-256': 256, 'P-384': 384, 'P-521': 521 }[nist] ?? 0;
    return `${pad}Public Key Algorithm: id-ecPublicKey\n${pad}    Public-Key: (${size} bit)\n${pad}    pub:\n${lines(bits, 15, indent + 8)}${pad}    ASN1 OID: ${name}\n${pad}    NIST CURVE: ${nist}\n`;
  }
  return `${pad}Public Key Algorithm: ED25519\n${pad}    ED25519 Public-Key:\n${pad}    pub:\n${lines(bits, 15, indent + 8)}`;
}

const usageNames = [
  'Digital Signature',
  'Non Repudiation',
  'Key Encipherment',
  'Data Encipherment',
  'Key Agreement',
  'Certificate Sign',
  'CRL Sign',
  'Encipher Only',
  'Decipher Only',
];
const purposes: Record<string, string> = {
  ...{ '1.3.6.1.5.5.7.3.1': 'TLS Web Server Authentication', '1.3.6.1.5.5.7.3.2': 'TLS Web Client Authentication' },
  ...{
    '1.3.6.1.5.5.7.3.3': 'Code Signing',
    '1.3.6.1.5.5.7.3.4': 'E-mail Protection',
    '1.3.6.1.5.5.7.3.9': 'OCSP Signing',
  },
};

function alternativeNames(value: Buffer): string {
  const texts = readAll(readValue(value).content).map(({ tag, content }) => {
    if (tag === 0x82) return `DNS:${content.toString('latin1')}`;
    if (tag === 0x81) return `email:${content.toString('latin1')}`;
    if (tag === 0x86) return `URI:${content.toString('latin1')}`;
    if (tag !== 0x87) return '<unsupported>';
    const address =
      content.length === 4
        ? [...content].join('.')
        : Array.from({ length: content.length / 2 }, (_, i) =>
            content
              .readUInt16BE(2 * i)
              .toString(16)
              .toUpperCase(),
          ).join(':');
    return `IP Address:${address}`;
  });
  return texts.join(', ');
}

/** The kinds of extensions that are shown by name, with the names that `-ext` takes. */
const kinds: Record<string, { name: string; short: string; show(value: Buffer): string }> = {
  '2.5.29.14': {
    name: 'X509v3 Subject Key Identifier',
    short: 'subjectKeyIdentifier',
    show: (value) => colons(readValue(value).content, true),
  },
  '2.5.29.15': {
    ...{ name: 'X509v3 Key Usage', short: 'keyUsage' },
    show: (value) => {
      const bits = readValue(value).content.subarray(1);
      return usageNames.filter((_, i) => ((bits[i >> 3] ?? 0) >> (7 - (i & 7))) & 1).join(', ');
    },
  },
  '2.5.29.17': { name: 'X509v3 Subject Alternative Name', short: 'subjectAltName', show: alternativeNames },
  '2.5.29.19': {
    ...{ name: 'X509v3 Basic Constraints', short: 'basicConstraints' },
    show: (value) => {
      const [ca, length] = readAll(readValue(value).content);
      const path = length ? `, pathlen:${length.content[0]}` : '';
      return ca?.tag === 1 && ca.content[0] !== 0 ? `CA:TRUE${path}` : 'CA:FALSE';
    },
  },
  '2.5.29.35': {
    ...{ name: 'X509v3 Authority Key Identifier', short: 'authorityKeyIdentifier' },
    show: (value) => {
      const id = readAll(readValue(value).content).find(({ tag }) => tag === 0x80);
      return id ? colons(id.content, true) : '';
    },
  },
  '2.5.29.37': {
    ...{ name: 'X509v3 Extended Key Usage', short: 'extendedKeyUsage' },
    show: (value) =>
      readAll(readValue(value).content)
        .map((id) => purposes[readOid(id)] ?? readOid(id))
        .join(', '),
  },
};

export function extensionText({ id, critical, value }: Extension, indent: number): string {
  const kind = kinds[id];
  const pad = ' '.repeat(indent);
  const shown = kind ? kind.show(value) : value.toString('latin1').replace(/[^ -~]/g, '.');
  return `${pad}${kind?.name ?? id}: ${critical ? 'critical' : ''}\n${pad}    ${shown}\n`;
}

/** Whether `-ext` means this extension by this name. */
export const isExtension = ({ id }: Extension, name: string): boolean => kinds[id]?.short === name;

const signatureText = ({ algorithm, signature }: Signed) =>
  `    Signature Algorithm: ${algorithms[algorithm] ?? algorithm}\n    Signature Value:\n${lines(signature, 18, 8)}`;

/** All of it, as `-text` prints it. */
export function describe(signed: Certificate | Request): string {
  const extensions = signed.extensions;
  if (signed.kind === 'request') {
    const wanted = extensions.length > 0 ? extensions.map((e) => extensionText(e, 16)).join('') : '';
    return `Certificate Request:\n    Data:\n        Version: 1 (0x0)\n        Subject: ${nameText(signed.subject)}\n        Subject Public Key Info:\n${keyBlock(signed.publicKey)}        Attributes:\n${extensions.length > 0 ? '' : '            (none)\n'}            Requested Extensions:\n${wanted}${signatureText(signed)}`;
  }
  const shown =
    extensions.length > 0 ? `        X509v3 extensions:\n${extensions.map((e) => extensionText(e, 12)).join('')}` : '';
  const { version } = signed;
  return `Certificate:\n    Data:\n        Version: ${version} (0x${version - 1})\n        Serial Number:${serialBlock(signed.serial)}        Signature Algorithm: ${algorithms[signed.algorithm] ?? signed.algorithm}\n        Issuer: ${nameText(signed.issuer)}\n        Validity\n            Not Before: ${timeText(signed.notBefore)}\n            Not After : ${timeText(signed.notAfter)}\n        Subject: ${nameText(signed.subject)}\n        Subject Public Key Info:\n${keyBlock(signed.publicKey)}${shown}${signatureText(signed)}`;
}
