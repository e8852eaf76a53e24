import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bitString, boolean, explicit, implicit, integer, octetString, oid, sequence, time } from './der.ts';
import { goName } from './name.ts';

// Written here because loading an X.509 library takes longer than a whole cluster may take to start.

const oids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};

/** A distinguished name, as Kubernetes reads it: the common name is the user, organizations are the groups. */
export interface Subject {
  commonName: string;
  organizations?: readonly string[];
}

export interface CertificateRequest {
  subject: Subject;
  /** Whose certificate it will be. */
  publicKey: KeyObject;
  /** Milliseconds since 1970. */
  notBefore: number;
  notAfter: number;
  /** `server` and `peer`, which is both a server and a client, need `names`: DNS names and IP addresses. */
  usage: 'ca' | 'server' | 'client' | 'peer';
  names?: readonly string[];
}

/** Who signs: an EC P-256 key pair and the name that goes into `issuer`. */
export interface Issuer {
  subject: Subject;
  publicKey: KeyObject;
  privateKey: KeyObject;
}

/** Makes an X.509 v3 certificate (RFC 5280) signed with ECDSA and SHA-256. Returns PEM. */
export function createCertificate(request: CertificateRequest, issuer: Issuer): string {
  const algorithm = sequence(oid(oids.ecdsaWithSha256));
  const serial = randomBytes(16);
  // Positive and without leading zero bytes.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    explicit(0, integer(2)),
    integer(serial),
    algorithm,
    name(issuer.subject),
    sequence(time(request.notBefore), time(request.notAfter)),
    name(request.subject),
    spki(request.publicKey),
    explicit(3, sequence(...extensions(request, issuer))),
  );
  const der = sequence(body, algorithm, bitString(sign('sha256', body, issuer.privateKey)));
  return toPem('CERTIFICATE', der);
}

/** DER as PEM: 64 characters a line. */
export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

function name({ organizations = [], commonName }: Subject): Buffer {
  return goName([...organizations.map((value) => [oids.organization, value] as const), [oids.commonName, commonName]]);
}

/** Method 1 of RFC 5280, 4.2.1.2: the SHA-1 of the key's bits. */
function keyIdentifier(key: KeyObject): Buffer {
  // The bits of an uncompressed P-256 point are the last 65 bytes of its SubjectPublicKeyInfo.
  return createHash('sha1').update(spki(key).subarray(-65)).digest();
}

/** The value of the extension that names the issuer's key. */
export const authorityKeyIdentifier = (issuer: KeyObject): Buffer => sequence(implicit(0, keyIdentifier(issuer)));

function extensions(request: CertificateRequest, issuer: Issuer): Buffer[] {
  const extension = (id: string, critical: boolean, value: Buffer) =>
    sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
  const authority = extension(oids.authorityKeyIdentifier, false, authorityKeyIdentifier(issuer.publicKey));
  if (request.usage === 'ca') {
    return [
      // keyCertSign, digitalSignature and keyEncipherment, as kubeadm's CA has them.
      extension(oids.keyUsage, true, bitString(Buffer.from([0xa4]), 2)),
      extension(oids.basicConstraints, true, sequence(boolean(true))),
      extension(oids.subjectKeyIdentifier, false, octetString(keyIdentifier(request.publicKey))),
      extension(oids.subjectAltName, false, alternativeNames([request.subject.commonName])),
    ];
  }
  return [
    // digitalSignature and keyEncipherment
    extension(oids.keyUsage, true, bitString(Buffer.from([0xa0]), 5)),
    extension(
      oids.extendedKeyUsage,
      false,
      sequence(
        ...(request.usage === 'client' ? [] : [oid(oids.serverAuth)]),
        ...(request.usage === 'server' ? [] : [oid(oids.clientAuth)]),
      ),
    ),
    extension(oids.basicConstraints, true, sequence()),
    authority,
    ...(request.names?.length ? [extension(oids.subjectAltName, false, alternativeNames(request.names))] : []),
  ];
}

function alternativeNames(names: readonly string[]): Buffer {
  return sequence(
    ...names.map((value) =>
      isIP(value) === 4
        ? implicit(7, Buffer.from(value.split('.').map(Number)))
        : implicit(2, Buffer.from(value, 'latin1')),
    ),
  );
}
