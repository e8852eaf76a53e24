/** Certificate requests (RFC 2986) as a learner makes them with openssl. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { toPem } from '../../../src/embedded/pki/certificate.ts';
import {
  bitString,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  set,
  utf8String,
} from '../../../src/embedded/pki/der.ts';

interface Wanted {
  commonName: string;
  organizations: readonly string[];
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
}

export function csr(
  wanted: Wanted,
  keys: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ec', { namedCurve: 'P-256' }),
) {
  const attribute = (id: string, value: string) => set(sequence(oid(id), utf8String(value)));
  const names = [
    ...(wanted.dnsNames ?? []).map((name) => implicit(2, Buffer.from(name))),
    ...(wanted.ipAddresses ?? []).map((ip) => implicit(7, Buffer.from(ip.split('.').map(Number)))),
  ];
  const alternative = sequence(oid('2.5.29.17'), octetString(sequence(...names)));
  const extensions = sequence(oid('1.2.840.113549.1.9.14'), set(sequence(alternative)));
  const info = sequence(
    integer(0),
    sequence(...wanted.organizations.map((o) => attribute('2.5.4.10', o)), attribute('2.5.4.3', wanted.commonName)),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(0, ...(names.length > 0 ? [extensions] : [])),
  );
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const der = sequence(info, algorithm, bitString(sign('sha256', info, keys.privateKey)));
  const request = Buffer.from(toPem('CERTIFICATE REQUEST', der)).toString('base64');
  return { request, ...keys };
}
