import { isIP } from 'node:net';
import type { Node } from '../../../../kube/api.gen.ts';
import type { Stored } from '../../../../kube/meta.ts';
import { inCluster } from '../../api-client/config.ts';
import type { Process } from '../../kernel/process.ts';
import { exchange, HttpFailure, type HttpRequest, openConnection } from '../../lib/http-client.ts';
import { decodeMetrics } from './decode.ts';
import type { Batch } from './points.ts';

export interface ScrapeSettings {
  /** Which of a node's addresses, in order. */
  addressTypes: readonly string[];
  /** Undefined: the one of the node's status. */
  port: number | undefined;
  insecure: boolean;
}

const timeoutMs = 10_000;

/** Asks a node's kubelet. Throws an Error in metrics-server's words. */
export async function scrape(p: Process, node: Stored<Node>, settings: ScrapeSettings): Promise<Batch> {
  const addresses = node.status?.addresses ?? [];
  const address = settings.addressTypes
    .flatMap((type) => addresses.filter((one) => one.type === type))
    .map((one) => one.address)[0];
  const { name } = node.metadata;
  if (address === undefined) throw new Error(`no address matched types ${settings.addressTypes.join(', ')}`);
  const port = settings.port ?? node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10_250;
  // Tokens are renewed while a Pod runs.
  const account = inCluster(p);
  const url = new URL(`https://${address}:${port}/metrics/resource`);
  const request: HttpRequest = {
    ...{ method: 'GET', url, connectTimeoutMs: timeoutMs },
    headers: [
      ['User-Agent', 'metrics-server/v0.8.0'],
      ['Authorization', `Bearer ${account?.token ?? ''}`],
    ],
    tls: { insecure: settings.insecure, ...(account?.ca !== undefined && { ca: account.ca }) },
  };
  try {
    const response = await exchange(p, request, await openConnection(p, request));
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body()) chunks.push(chunk);
    if (response.status !== 200) {
      throw new Error(`request failed, status: "${response.status} ${response.statusText}"`);
    }
    return decodeMetrics(name, Buffer.concat(chunks).toString());
  } catch (error) {
    if (error instanceof HttpFailure) throw new Error(`Get "${url}": ${wordsOf(error, address, port)}`);
    throw error;
  }
}

function wordsOf({ kind, code, message }: HttpFailure, address: string, port: number): string {
  if (kind === 'refused') return `dial tcp ${address}:${port}: connect: connection refused`;
  if (kind === 'timeout') return `dial tcp ${address}:${port}: i/o timeout`;
  if (kind === 'resolve' || kind === 'dns-timeout') return `dial tcp: lookup ${address}: no such host`;
  if (kind !== 'certificate') return message === '' ? 'EOF' : message;
  const verify = 'tls: failed to verify certificate: x509:';
  // Go looks at the names before it looks at who signed.
  if (isIP(address))
    return `${verify} cannot validate certificate for ${address} because it doesn't contain any IP SANs`;
  if (code === 'CERT_HAS_EXPIRED') return `${verify} certificate has expired or is not yet valid`;
  return `${verify} certificate signed by unknown authority`;
}
