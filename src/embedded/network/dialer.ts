import type { Duplex } from 'node:stream';
import type { ContainerRuntime } from '../container-api.ts';
import type { ClusterNetwork } from '../network-api.ts';

/** Why no connection came about; the code is Node's. */
class DialError extends Error {
  readonly code: 'ECONNREFUSED' | 'ETIMEDOUT';

  constructor(code: 'ECONNREFUSED' | 'ETIMEDOUT') {
    super(code);
    this.code = code;
  }
}

export type Dial = (address: string, port: number) => Promise<Duplex>;

/**
 * Opens TCP connections from a node into the cluster, as its own processes do. Rejects with code ECONNREFUSED, or at
 * once with ETIMEDOUT where packets get lost: how long one waits for that is the caller's to say.
 */
export function nodeDialer(network: ClusterNetwork, runtime: ContainerRuntime, nodeName: string): Dial {
  const listening = (podUid: string, port: number) => runtime.listening(podUid, port);
  return async (address, port) => {
    const route = await network.route({ nodeName }, { address, port, protocol: 'TCP' }, listening);
    if (route.kind === 'container') return runtime.connect(route.podUid, route.port, route.from);
    throw new DialError(route.kind === 'timeout' ? 'ETIMEDOUT' : 'ECONNREFUSED');
  };
}

/** Of a network without listeners. */
export const refuse: Dial = () => Promise.reject(new DialError('ECONNREFUSED'));
