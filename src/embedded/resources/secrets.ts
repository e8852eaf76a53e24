import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ownValue } from '../../kernel/own.ts';
import type { Secret } from '../../kube/api.gen.ts';
import { secrets } from '../../kube/resources.ts';
import { validConfigKey } from '../../kube/validation.ts';
import { JsonSyntaxError, parseJson } from '../codec/go-json.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../registry/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { immutableData, sizeLimit } from './validate/data.ts';

const bytes = (value: string | undefined) => Buffer.from(value ?? '', 'base64');

/** Keys that a type demands. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

/** What Go says of a text that should be JSON. */
function jsonProblem(text: string): string | undefined {
  try {
    parseJson(text);
    return undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

function validateType(secret: Secret): FieldError[] {
  const data = field.path('data');
  const has = (key: string) => secret.data?.[key] !== undefined;
  const type = secret.type ?? '';
  switch (type) {
    case 'kubernetes.io/service-account-token':
      return secret.metadata?.annotations?.['kubernetes.io/service-account.name']
        ? []
        : [field.required(field.path('metadata', 'annotations').key('kubernetes.io/service-account.name'))];
    case 'kubernetes.io/basic-auth':
      return has('username') || has('password')
        ? []
        : [field.required(data.key('username')), field.required(data.key('password'))];
    case 'kubernetes.io/dockercfg':
    case 'kubernetes.io/dockerconfigjson': {
      const key = requiredKeys[type]?.[0] ?? '';
      if (!has(key)) return [field.required(data.key(key))];
      const problem = jsonProblem(bytes(secret.data?.[key]).toString());
      return problem === undefined ? [] : [field.invalid(data.key(key), '<secret contents redacted>', problem)];
    }
    default:
      return (ownValue(requiredKeys, type) ?? [])
        .filter((key) => !has(key))
        .map((key) => field.required(data.key(key)));
  }
}

function validate(secret: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(secret.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
    errors.push(...field.invalidEach(field.path('data').key(key), key, validConfigKey(key)));
    size += bytes(value).length;
  }
  if (size > sizeLimit) errors.push(field.tooLong('data', sizeLimit));
  return [...errors, ...validateType(secret)];
}

/** What crypto/tls would say of the pair; the texts of Go for the common cases. */
function tlsWarnings(secret: Secret): string[] {
  if (secret.type !== 'kubernetes.io/tls') return [];
  const certificate = bytes(secret.data?.['tls.crt']).toString();
  const key = bytes(secret.data?.['tls.key']).toString();
  const kind = (text: string) => /-----BEGIN ([^-]+)-----/.exec(text)?.[1];
  const noPem = (what: string, found: string | undefined, wanted: string) =>
    found === undefined
      ? `tls: failed to find any PEM data in ${what} input`
      : `tls: failed to find ${wanted} PEM block in ${what} input after skipping PEM blocks of the following types: [${found}]`;
  if (kind(certificate) !== 'CERTIFICATE') return [noPem('certificate', kind(certificate), '"CERTIFICATE"')];
  if (!kind(key)?.endsWith('PRIVATE KEY')) {
    return [noPem('key', kind(key), 'PEM block with type ending in "PRIVATE KEY"')];
  }
  try {
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return [];
    return ['tls: private key does not match public key'];
  } catch {
    return ['tls: failed to parse private key'];
  }
}

export const secretResource = defineResource<Secret>({
  ...secrets,
  strategy: {
    defaults(secret) {
      secret.type ||= 'Opaque';
      // Write-only convenience: merged into data, never stored.
      for (const [key, value] of Object.entries(secret.stringData ?? {})) {
        secret.data = { ...secret.data, [key]: Buffer.from(value).toString('base64') };
      }
      delete secret.stringData;
    },
    validate,
    updateErrorsFirst: true,
    validateUpdate: (secret, old) => [
      ...field.immutable('type', secret.type, old.type),
      ...immutableData(secret, old, ['data']),
    ],
    warnings: tlsWarnings,
  },
  fieldSelectors: { type: (secret) => secret.type ?? '' },
  cells: (secret, now) => [
    secret.metadata.name,
    secret.type ?? '',
    Object.keys(secret.data ?? {}).length,
    age(secret.metadata.creationTimestamp, now),
  ],
});
