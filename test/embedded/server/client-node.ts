/** A cluster as programs with @kubernetes/client-node see it. */
import { PassThrough, Writable } from 'node:stream';
import { ApiException, KubeConfig, type V1Status } from '@kubernetes/client-node';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';

/** With controllers, a node and containers. */
export function startCluster(): Promise<EmbeddedCluster> {
  return createEmbeddedCluster({
    runtime: (context) => createContainerRuntime({ network: createClusterNetwork(context) }),
  });
}

export function configOf(cluster: EmbeddedCluster, user?: string, groups?: readonly string[]): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig(user, groups));
  return config;
}

/** What the server refused; fails if it did not. */
export async function refusal(request: Promise<unknown>): Promise<V1Status> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof ApiException)) throw error;
    // client-node knows of a 401 without a body that it is one.
    return error.body === undefined ? { code: error.code } : (JSON.parse(String(error.body)) as V1Status);
  }
  throw new Error('nothing was refused');
}

/** A stream that keeps what is written to it. */
export function sink(): Writable & { text: string; until(wanted: RegExp): Promise<string> } {
  const seen = new PassThrough();
  const writable = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        writable.text += String(chunk);
        seen.write(chunk);
        done();
      },
    }),
    {
      text: '',
      async until(wanted: RegExp) {
        for (;;) {
          if (wanted.test(writable.text)) return writable.text;
          await new Promise((resolve) => seen.once('data', resolve));
        }
      },
    },
  );
  seen.resume();
  return writable;
}
