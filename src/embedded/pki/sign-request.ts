import { createPublicKey, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { ownValue } from '../../kernel/own.ts';
import { authorityKeyIdentifier, toPem } from './certificate.ts';
import type { ParsedRequest } from './certificate-request.ts';
import { bitString, boolean, explicit, integer, octetString, oid, sequence, time } from './der.ts';
import { readAll, readValue } from './der-read.ts';

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';

/** The bits of the key usage extension by Kubernetes' names (RFC 5280, 4.2.1.3). */
const keyUsageBits: Readonly<Record<string, number>> = {
  signing: 0,
  'digital signature': 0,
  'content commitment': 1,
  'key encipherment': 2,
  'data encipherment': 3,
  'key agreement': 4,
  'cert sign': 5,
  'crl sign': 6,
  'encipher only': 7,
  'decipher only': 8,
};

const extendedUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

/** All usages that a request may name. */
export const knownUsages = [...new Set([...Object.keys(keyUsageBits), ...Object.keys(extendedUsages)])].sort();

export interface Signing {
  /** PEM of the signing CA. */
  certificate: string;
  privateKey: KeyObject;
}

/**
 * Issues what was asked for, as kube-controller-manager's signers do: subject and names of the request, its usages,
 * no CA. Times in milliseconds; `notAfter` is cut to the CA's own. Returns PEM.
 */
export function signRequest(
  request: ParsedRequest,
  usages: readonly string[],
  validity: { notBefore: number; notAfter: number },
  ca: Signing,
): string {
  const authority = new X509Certificate(ca.certificate);
  const algorithm = sequence(oid(ecdsaWithSha256));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    explicit(0, integer(2)),
    integer(serial),
    algorithm,
    subjectOf(authority),
    sequence(time(validity.notBefore), time(Math.min(validity.notAfter, Date.parse(authority.validTo)))),
    request.subject,
    request.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(
      3,
      sequence(
        ...extensions(request, usages, createPublicKey(authority.publicKey.export({ type: 'spki', format: 'pem' }))),
      ),
    ),
  );
  return toPem('CERTIFICATE', sequence(body, algorithm, bitString(sign('sha256', body, ca.privateKey))));
}

/** DER of a certificate's subject: the sixth part of what is signed. */
function subjectOf(certificate: X509Certificate): Buffer {
  const [signed] = readAll(readValue(certificate.raw).content);
  const subject = signed && readAll(signed.content)[5];
  if (!subject) throw new Error('the certificate of the CA has no subject');
  return subject.whole;
}

function extensions(request: ParsedRequest, usages: readonly string[], authority: KeyObject): Buffer[] {
  const extension = (id: string, critical: boolean, value: Buffer) =>
    sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
  const bits = usages.flatMap((usage) => ownValue(keyUsageBits, usage) ?? []);
  const extended = [...new Set(usages.flatMap((usage) => ownValue(extendedUsages, usage) ?? []))];
  return [
    ...(bits.length > 0 ? [extension('2.5.29.15', true, usageBits(bits))] : []),
    ...(extended.length > 0 ? [extension('2.5.29.37', false, sequence(...extended.map(oid)))] : []),
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.35', false, authorityKeyIdentifier(authority)),
    ...(request.alternativeNames ? [extension('2.5.29.17', false, request.alternativeNames)] : []),
  ];
}

/** A named bit list: trailing zero bits are left out. */
function usageBits(bits: readonly number[]): Buffer {
  const highest = Math.max(...bits);
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return bitString(bytes, 7 - (highest & 7));
}
