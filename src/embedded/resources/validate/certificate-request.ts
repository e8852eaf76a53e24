import { X509Certificate } from 'node:crypto';
import { ownValue } from '../../../kernel/own.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../../kube/api.gen.ts';
import { dnsSubdomain } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import { parseCertificateRequest, pemBlock } from '../../pki/certificate-request.ts';
import { knownUsages } from '../../pki/sign-request.ts';
import * as field from '../../registry/field.ts';

export const decisive = ['Approved', 'Denied', 'Failed'];

const text = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString('latin1');

/** Why the request can't be signed by anybody. */
function requestProblem(base64: string | undefined): string | undefined {
  try {
    return parseCertificateRequest(text(base64)).signatureValid() ? undefined : 'x509: invalid signature';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function validateSigner(name: string, where: field.FieldPath): FieldError[] {
  if (name === '') return [field.required(where)];
  const segments = name.split('/');
  const [domain = '', path = ''] = segments;
  if (segments.length !== 2) {
    return [
      field.invalid(where, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
    ];
  }
  const errors = field.invalidEach(where, domain, dnsSubdomain(domain));
  if (!domain.includes('.')) {
    errors.push(field.invalid(where, domain, 'should be a domain with at least two segments separated by dots'));
  }
  return [...errors, ...path.split('.').flatMap((part) => field.invalidEach(where, path, dnsSubdomain(part)))];
}

function validateCondition(condition: CertificateSigningRequestCondition, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (!condition.type) errors.push(field.required(at.child('type')));
  const allowed = decisive.includes(condition.type) ? ['True'] : ['False', 'True', 'Unknown'];
  if (!condition.status) errors.push(field.required(at.child('status')));
  else if (!allowed.includes(condition.status)) {
    errors.push(field.notSupported(at.child('status'), condition.status, allowed));
  }
  return errors;
}

function validateConditions({ status }: CertificateSigningRequest): FieldError[] {
  const at = field.path('status', 'conditions');
  const seen = new Set<string>();
  return (status?.conditions ?? []).flatMap((condition, i) => {
    const where = at.index(i);
    const errors = validateCondition(condition, where);
    const other = ownValue({ Approved: 'Denied', Denied: 'Approved' }, condition.type);
    if (other !== undefined && seen.has(other)) {
      const message = 'Approved and Denied conditions are mutually exclusive';
      errors.push(field.invalid(where.child('type'), condition.type, message));
    }
    if (seen.has(condition.type)) errors.push(field.duplicate(where.child('type'), condition.type));
    seen.add(condition.type);
    return errors;
  });
}

/** Why a signer's answer is no certificate. */
function certificateProblem(pem: string): string | undefined {
  let rest = pem;
  let blocks = 0;
  for (let block = pemBlock(rest); block; block = pemBlock(rest)) {
    if (block.label !== 'CERTIFICATE') {
      return `only CERTIFICATE PEM blocks are allowed, found ${field.quote(block.label)}`;
    }
    try {
      new X509Certificate(block.der);
    } catch {
      return 'x509: malformed certificate';
    }
    blocks++;
    rest = block.rest;
  }
  return blocks > 0 ? undefined : 'must contain at least one CERTIFICATE PEM block';
}

export function validateStatus(request: CertificateSigningRequest): FieldError[] {
  const certificate = request.status?.certificate ?? '';
  const problem = certificate === '' ? undefined : certificateProblem(text(certificate));
  return [
    ...validateConditions(request),
    ...(problem === undefined ? [] : [field.invalid('status.certificate', '<certificate data>', problem)]),
  ];
}

export function validateRequest(request: CertificateSigningRequest): FieldError[] {
  const at = field.path('spec');
  const { request: bytes, usages = [], signerName, expirationSeconds } = request.spec ?? {};
  const problem = requestProblem(bytes);
  const errors: FieldError[] = [];
  if (problem !== undefined) errors.push(field.invalid(at.child('request'), bytes, problem));
  if (usages.length === 0) errors.push(field.required(at.child('usages')));
  for (const [i, usage] of usages.entries()) {
    const where = at.child('usages').index(i);
    if (!knownUsages.includes(usage)) errors.push(field.notSupported(where, usage, knownUsages));
    if (usages.indexOf(usage) < i) errors.push(field.duplicate(where, usage));
  }
  if (signerName === 'kubernetes.io/legacy-unknown') {
    const message = 'the legacy signerName is not allowed via this API version';
    errors.push(field.invalid(at.child('signerName'), signerName, message));
  } else errors.push(...validateSigner(signerName ?? '', at.child('signerName')));
  if (expirationSeconds !== undefined && expirationSeconds < 600) {
    const message = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(field.invalid(at.child('expirationSeconds'), expirationSeconds, message));
  }
  return [...errors, ...validateStatus(request)];
}

/** What was decided stays decided; only `approval` adds decisions. */
export function validateDecisions(
  request: CertificateSigningRequest,
  old: CertificateSigningRequest,
  approval: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const type of decisive) {
    const of = (r: CertificateSigningRequest) => (r.status?.conditions ?? []).filter((c) => c.type === type).length;
    const kind = field.quote(type);
    if (of(request) < of(old)) {
      errors.push(field.forbidden('status.conditions', `updates may not remove a condition of type ${kind}`));
    }
    if (of(request) > of(old) && !approval && type !== 'Failed') {
      errors.push(field.forbidden('status.conditions', `updates may not add a condition of type ${kind}`));
    }
  }
  const before = old.status?.certificate;
  if (before && request.status?.certificate !== before) {
    errors.push(field.forbidden('status.certificate', 'updates may not modify an existing certificate'));
  }
  return errors;
}
