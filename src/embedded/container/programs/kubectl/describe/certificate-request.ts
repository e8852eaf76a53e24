import type { CertificateSigningRequest } from '../../../../../kube/api.gen.ts';
import { humanDuration } from '../../../../../kube/duration.ts';
import { parseCertificateRequest } from '../../../../pki/certificate-request.ts';
import { KubectlError } from '../../../api-client/flags.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { labelsText, timeText } from './format.ts';
import type { DescribeWriter } from './writer.ts';

/** Attributes of a subject that may be there several times, by their object identifiers. */
const subjectLists = [
  ['Organization', '2.5.4.10'],
  ['Organizational Unit', '2.5.4.11'],
  ['Country', '2.5.4.6'],
  ['Locality', '2.5.4.7'],
  ['Province', '2.5.4.8'],
  ['StreetAddress', '2.5.4.9'],
  ['PostalCode', '2.5.4.17'],
] as const;
const serialNumber = '2.5.4.5';

export const describeCertificateRequest: Describer<CertificateSigningRequest> = async (w, request, context) => {
  const { metadata, spec } = request;
  const wanted = parsed(Buffer.from(spec.request, 'base64').toString());
  w.write(0, `Name:\t${metadata?.name ?? ''}\n`);
  w.write(0, `Labels:\t${labelsText(metadata?.labels)}\n`);
  w.write(0, `Annotations:\t${labelsText(metadata?.annotations)}\n`);
  w.write(0, `CreationTimestamp:\t${timeText(metadata?.creationTimestamp)}\n`);
  w.write(0, `Requesting User:\t${spec.username ?? ''}\n`);
  w.write(0, `Signer:\t${spec.signerName}\n`);
  if (spec.expirationSeconds != null) w.write(0, `Requested Duration:\t${humanDuration(spec.expirationSeconds)}\n`);
  w.write(0, `Status:\t${statusText(request)}\n`);
  const attribute = (oid: string) => wanted.attributes.filter(([id]) => id === oid).map(([, text]) => text);
  w.write(0, 'Subject:\n');
  w.write(0, `\tCommon Name:\t${wanted.commonName}\n`);
  w.write(0, `\tSerial Number:\t${attribute(serialNumber)[0] ?? ''}\n`);
  for (const [label, oid] of subjectLists) writeList(w, label, attribute(oid));
  const names = [
    ['DNS Names', wanted.dnsNames],
    ['Email Addresses', wanted.emailAddresses],
    ['URIs', wanted.uris],
    ['IP Addresses', wanted.ipAddresses],
  ] as const;
  if (names.some(([, list]) => list.length > 0)) w.write(0, 'Subject Alternative Names:\n');
  for (const [label, list] of names) writeList(w, label, list);
  await writeEvents(w, request, context);
};

/** The request itself. Throws KubectlError for what is none. */
function parsed(pem: string) {
  try {
    return parseCertificateRequest(pem);
  } catch (error) {
    throw new KubectlError(`Error parsing CSR: ${error instanceof Error ? error.message : error}`);
  }
}

function writeList(w: DescribeWriter, label: string, values: readonly string[]): void {
  values.forEach((value, i) => {
    w.write(0, `\t${i === 0 ? `${label}:` : ''}\t${value}\n`);
  });
}

/** `Approved,Issued` */
function statusText({ status }: CertificateSigningRequest): string {
  const has = (word: string) => status?.conditions?.some(({ type }) => type === word) ?? false;
  // A refusal is shown in place of a consent.
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [decision, ...(has('Failed') ? ['Failed'] : []), ...(status?.certificate ? ['Issued'] : [])].join(',');
}
