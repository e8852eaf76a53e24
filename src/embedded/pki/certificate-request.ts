import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type DerValue, readAll, readOid, readValue } from './der-read.ts';
import { goName } from './name.ts';

/** What a PKCS #10 request (RFC 2986) asks for. */
export interface ParsedRequest {
  commonName: string;
  organizations: readonly string[];
  /** Every attribute of the subject, in the request's order: its object identifier and text. */
  attributes: readonly (readonly [oid: string, text: string])[];
  /** DER of the subject as it goes into the certificate, in the order in which Go writes it. */
  subject: Buffer;
  publicKey: KeyObject;
  /** DER of the names that were asked for, undefined without any. */
  alternativeNames: Buffer | undefined;
  dnsNames: readonly string[];
  ipAddresses: readonly string[];
  emailAddresses: readonly string[];
  uris: readonly string[];
  /** Whether the request is signed with the key that it asks a certificate for. */
  signatureValid(): boolean;
}

const oids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  extensionRequest: '1.2.840.113549.1.9.14',
  subjectAltName: '2.5.29.17',
};

/** The digest of each signature algorithm that Kubernetes takes; Ed25519 has its own. */
const digests: Readonly<Record<string, string | null>> = {
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.3.101.112': null,
};

/** The first PEM block of a text. */
export function pemBlock(text: string): { label: string; der: Buffer; rest: string } | undefined {
  const match = /-----BEGIN ([^-\n]+)-----\s*\n([\s\S]*?)-----END \1-----[^\S\n]*(\n|$)/.exec(text);
  if (!match) return undefined;
  const der = Buffer.from((match[2] ?? '').replace(/\s/g, ''), 'base64');
  return { label: match[1] ?? '', der, rest: text.slice(match.index + match[0].length) };
}

/**
 * Reads a certificate request from PEM.
 * @throws Error with the words of Go's crypto/x509 if it isn't one
 */
export function parseCertificateRequest(pem: string): ParsedRequest {
  const block = pemBlock(pem);
  if (block?.label !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const [info, algorithm, signature] = readAll(readValue(block.der).content);
  if (!info || !algorithm || !signature) throw new Error('asn1: structure error: sequence truncated');
  const [, subject, keyInfo, attributes] = readAll(info.content);
  if (!subject || !keyInfo) throw new Error('asn1: structure error: sequence truncated');
  const publicKey = createPublicKey({ key: keyInfo.whole, type: 'spki', format: 'der' });
  const names = attributesOf(subject);
  const [algorithmId] = readAll(algorithm.content);
  const alternative = attributes && alternativeNamesOf(attributes);
  const ofKind = (tag: number) => (alternative ?? []).filter((n) => n.tag === tag).map((n) => n.content);
  const texts = (tag: number) => ofKind(tag).map((content) => content.toString('latin1'));
  return {
    commonName: names.find(([id]) => id === oids.commonName)?.[1] ?? '',
    organizations: names.filter(([id]) => id === oids.organization).map(([, value]) => value),
    attributes: names,
    subject: goName(names),
    publicKey,
    alternativeNames: attributes && alternativeNamesDer(attributes),
    dnsNames: texts(0x82),
    emailAddresses: texts(0x81),
    uris: texts(0x86),
    ipAddresses: ofKind(0x87).map(ipText),
    signatureValid() {
      const digest = algorithmId && digests[readOid(algorithmId)];
      if (digest === undefined) return false;
      return verify(digest, info.whole, publicKey, signature.content.subarray(1));
    },
  };
}

/** The attributes of a distinguished name, in order. */
function attributesOf(name: DerValue): [id: string, value: string][] {
  return readAll(name.content).flatMap((set) =>
    readAll(set.content).flatMap((pair): [string, string][] => {
      const [id, value] = readAll(pair.content);
      return id && value ? [[readOid(id), value.content.toString(value.tag === 0x1e ? 'utf16le' : 'utf8')]] : [];
    }),
  );
}

function alternativeNamesDer(attributes: DerValue): Buffer | undefined {
  for (const attribute of readAll(attributes.content)) {
    const [id, values] = readAll(attribute.content);
    if (!id || !values || readOid(id) !== oids.extensionRequest) continue;
    const [extensions] = readAll(values.content);
    for (const extension of extensions ? readAll(extensions.content) : []) {
      const parts = readAll(extension.content);
      const [name] = parts;
      if (name && readOid(name) === oids.subjectAltName) return parts.at(-1)?.content;
    }
  }
  return undefined;
}

function alternativeNamesOf(attributes: DerValue): DerValue[] {
  const der = alternativeNamesDer(attributes);
  return der ? readAll(readValue(der).content) : [];
}

function ipText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const words = Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  return words.join(':');
}
