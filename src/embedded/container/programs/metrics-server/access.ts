import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { SubjectAccessReview, TokenReview } from '../../../../kube/api.gen.ts';
import { ApiError, forbidden, unauthorized } from '../../../errors/status.ts';
import type { Json, RestClient } from '../../api-client/client.ts';

/** Who may speak for others: the API server, by its certificate. */
export interface FrontProxy {
  authority: X509Certificate;
  names: readonly string[];
}

/** Reads what API servers tell theirs like. Throws a StatusError if the server refuses. */
export async function readFrontProxy(client: RestClient): Promise<FrontProxy | undefined> {
  const config = await client.json('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication');
  const data = config.data as Record<string, string> | undefined;
  const pem = data?.['requestheader-client-ca-file'];
  if (pem === undefined) return undefined;
  const names = JSON.parse(data?.['requestheader-allowed-names'] ?? '[]') as string[];
  return { authority: new X509Certificate(pem), names };
}

/** What a client asks for, by its path. */
export interface Wanted {
  verb: string;
  resource: string;
  namespace?: string;
  name?: string;
}

/**
 * Lets through what the API server passes on, which has looked already, and others as the API server says. Throws an
 * ApiError for those who may not.
 */
export async function authorize(
  client: RestClient,
  proxy: FrontProxy | undefined,
  { socket, headers }: IncomingMessage,
  wanted: Wanted | undefined,
): Promise<void> {
  if (isFrontProxy(proxy, socket as TLSSocket)) return;
  const [scheme, token = ''] = (headers.authorization ?? '').split(' ');
  let user = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
  if (scheme?.toLowerCase() === 'bearer') {
    const { status } = await post<TokenReview>(client, 'authentication.k8s.io', 'TokenReview', { token });
    if (!status?.authenticated) throw unauthorized();
    user = { username: status.user?.username ?? '', groups: status.user?.groups ?? [] };
  }
  if (!wanted) return;
  const { resource, namespace = '', name = '', verb } = wanted;
  const attributes = { group: 'metrics.k8s.io', version: 'v1beta1', resource, verb, namespace, name };
  const spec = { user: user.username, groups: user.groups, resourceAttributes: attributes };
  const { status } = await post<SubjectAccessReview>(client, 'authorization.k8s.io', 'SubjectAccessReview', spec);
  if (status?.allowed) return;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = `User "${user.username}" cannot ${verb} resource "${resource}" in API group "metrics.k8s.io" ${where}`;
  throw forbidden({ group: 'metrics.k8s.io', resource }, name, what);
}

async function post<T>(client: RestClient, group: string, kind: string, spec: Json): Promise<T> {
  const body = { apiVersion: `${group}/v1`, kind, spec };
  const path = `/apis/${group}/v1/${kind.toLowerCase()}s`;
  const answer = await client.json(path, { method: 'POST', body }).catch((error: Error) => {
    throw new ApiError({ code: 500, reason: 'InternalError', message: `Internal error occurred: ${error.message}` });
  });
  return answer as unknown as T;
}

function isFrontProxy(proxy: FrontProxy | undefined, socket: TLSSocket): boolean {
  const certificate = socket.getPeerX509Certificate?.();
  if (!proxy || !certificate) return false;
  const { authority, names } = proxy;
  const name = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '';
  const signed = certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  return signed && (names.length === 0 || names.includes(name));
}
