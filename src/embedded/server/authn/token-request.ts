import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../kernel/clock.ts';
import type { Pod, ServiceAccount, TokenRequest } from '../../../kube/api.gen.ts';
import type { KubeObject, Stored } from '../../../kube/meta.ts';
import { nodes, pods, secrets, serviceAccounts } from '../../../kube/resources.ts';
import type { ObjectReader } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { badRequest, conflict, invalid, notFound } from '../../errors/status.ts';
import type { SigningKey } from '../../pki/pki.ts';
import { serviceAccountUserName } from '../../rbac/users.ts';
import type { CreateHandler } from '../../registry/types.ts';
import { signToken } from './jwt.ts';
import { legacyIssuer, type Reference, serviceAccountIssuer, type TokenClaims } from './service-account-tokens.ts';

const group = 'authentication.k8s.io';
/** What the kubelet asks for in the volume that ServiceAccount admission adds. */
const projectedVolumeSeconds = 3607;
const yearSeconds = 365 * 24 * 3600;

export interface TokenIssuer {
  key: SigningKey;
  reader: ObjectReader;
  clock: Clock;
}

interface Bound {
  pod?: Reference;
  node?: Reference;
  secret?: Reference;
}

/**
 * POST serviceaccounts/NAME/token: makes a token (KEP-1205). For the registry's `serviceaccounts/token`.
 * Fails with 404 (no account, no bound object), 422 (times), 400 (what it can't be bound to), 409 (other uid).
 */
export function tokenRequestHandler(issuer: TokenIssuer): CreateHandler {
  return ({ namespace = '', name = '', object }) => {
    const request = object as TokenRequest;
    const { reader, clock } = issuer;
    const account = reader.read(serviceAccounts, namespace, name);
    if (!account) throw notFound(serviceAccounts, name);
    validate(request, namespace, name);
    const reference = request.spec.boundObjectRef;
    const bound = reference ? resolveBound(reference, namespace, name, reader) : {};
    const requested = request.spec.expirationSeconds ?? 3600;
    const audiences = request.spec.audiences?.length ? request.spec.audiences : [serviceAccountIssuer];
    // Old clients don't reload tokens: those of Pods live a year, and using one after `warnafter` is only noticed.
    const extended =
      bound.pod !== undefined && requested === projectedVolumeSeconds && audiences.includes(serviceAccountIssuer);
    const now = Math.floor(clock.now() / 1000);
    const expires = now + (extended ? yearSeconds : requested);
    const claims: TokenClaims = {
      aud: audiences,
      exp: expires,
      iat: now,
      iss: serviceAccountIssuer,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace,
        ...bound,
        serviceaccount: { name, uid: account.metadata.uid },
        ...(extended && { warnafter: now + requested }),
      },
      nbf: now,
      sub: serviceAccountUserName(namespace, name),
    };
    const time = new Date(now * 1000).toISOString().replace('.000', '');
    const result: TokenRequest = {
      kind: 'TokenRequest',
      apiVersion: `${group}/v1`,
      metadata: { ...request.metadata, name, namespace, uid: account.metadata.uid, creationTimestamp: time },
      // As recorded: the reference is the one field that is null when it isn't set.
      spec: { audiences, expirationSeconds: requested, boundObjectRef: reference ?? (null as unknown as undefined) },
      status: {
        token: signToken({ ...claims }, issuer.key),
        // Not `exp`: kubelets renew the tokens of Pods as if they ended when they were asked to.
        expirationTimestamp: new Date((now + requested) * 1000).toISOString().replace('.000', ''),
      },
    };
    return result as KubeObject;
  };
}

function validate(request: TokenRequest, namespace: string, name: string): void {
  const kind = { group, kind: 'TokenRequest' };
  const { metadata, spec } = request;
  const mismatch = (what: 'name' | 'namespace', value: string) =>
    invalid(kind, name, [
      field.invalid(`metadata.${what}`, value, `must match the service account ${what} if specified`),
    ]);
  if (metadata?.name && metadata.name !== name) throw mismatch('name', metadata.name);
  if (metadata?.namespace && metadata.namespace !== namespace) throw mismatch('namespace', metadata.namespace);
  const seconds = spec.expirationSeconds ?? 3600;
  const path = 'spec.expirationSeconds';
  if (seconds < 600) {
    throw invalid(kind, '', [field.invalid(path, seconds, 'may not specify a duration less than 10 minutes')]);
  }
  if (seconds > 2 ** 32) {
    throw invalid(kind, '', [field.invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds')]);
  }
}

type BoundObjectReference = NonNullable<TokenRequest['spec']['boundObjectRef']>;

function resolveBound(
  reference: BoundObjectReference,
  namespace: string,
  account: string,
  reader: ObjectReader,
): Bound {
  const { apiVersion = '', kind = '', name = '' } = reference;
  const core = apiVersion === 'v1' || apiVersion === '';
  if (core && kind === 'Pod') {
    const pod = reader.read(pods, namespace, name);
    if (!pod) throw notFound(pods, name);
    if (pod.spec?.serviceAccountName !== account) {
      throw badRequest(
        `cannot bind token for serviceaccount ${field.quote(account)} to pod running with different serviceaccount name.`,
      );
    }
    checkUid(reference, pod);
    return { ...nodeOf(pod, reader), pod: referenceTo(pod) };
  }
  if (core && kind === 'Secret') {
    const secret = reader.read(secrets, namespace, name);
    if (!secret) throw notFound(secrets, name);
    checkUid(reference, secret);
    return { secret: referenceTo(secret) };
  }
  if (core && kind === 'Node') {
    const node = reader.read(nodes, undefined, name);
    if (!node) throw notFound(nodes, name);
    checkUid(reference, node);
    return { node: referenceTo(node) };
  }
  throw badRequest(`cannot bind token to object of type ${core ? '/v1' : apiVersion}, Kind=${kind}`);
}

function nodeOf(pod: Stored<Pod>, reader: ObjectReader): Bound {
  const node = pod.spec?.nodeName ? reader.read(nodes, undefined, pod.spec.nodeName) : undefined;
  return node ? { node: referenceTo(node) } : {};
}

const referenceTo = (object: Stored): Reference => ({ name: object.metadata.name, uid: object.metadata.uid });

function checkUid(reference: BoundObjectReference, object: Stored): void {
  if (!reference.uid || reference.uid === object.metadata.uid) return;
  throw conflict(
    { group: '', resource: reference.kind ?? '' },
    reference.name ?? '',
    `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
  );
}

/** The endless token that the tokens controller puts into a Secret of type kubernetes.io/service-account-token. */
export function legacyToken(key: SigningKey, account: Stored<ServiceAccount>, secretName: string): string {
  const { name, namespace = '', uid } = account.metadata;
  return signToken(
    {
      iss: legacyIssuer,
      'kubernetes.io/serviceaccount/namespace': namespace,
      'kubernetes.io/serviceaccount/secret.name': secretName,
      'kubernetes.io/serviceaccount/service-account.name': name,
      'kubernetes.io/serviceaccount/service-account.uid': uid,
      sub: serviceAccountUserName(namespace, name),
    },
    key,
  );
}
