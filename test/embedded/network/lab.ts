/** A whole cluster with the network that the product gives it, and shortcuts for what tests do in it. */
import type { IncomingMessage } from 'node:http';
import { get, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import {
  createEmbeddedCluster,
  type EmbeddedCluster,
  type EmbeddedClusterOptions,
} from '../../../src/embedded/cluster.ts';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';
import type { Container, EndpointSlice, Pod, PodSpec } from '../../../src/kube/api.gen.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import type { ExecResult } from '../../../src/kube/exec.ts';
import type { KubeObject, Resource, Stored } from '../../../src/kube/meta.ts';
import { endpointSlices, pods } from '../../../src/kube/resources.ts';

export class Lab {
  readonly cluster: EmbeddedCluster;
  readonly client: KubeClient;

  constructor(cluster: EmbeddedCluster) {
    this.cluster = cluster;
    this.client = KubeClient.fromText(cluster.kubeconfig());
  }

  /** Starts a Pod with the label `run: name` and resolves when it is Ready. */
  async run(name: string, container: Partial<Container>, spec: Partial<PodSpec> = {}): Promise<void> {
    await this.client.create(pods, {
      metadata: { name, namespace: 'default', labels: { run: name } },
      spec: { terminationGracePeriodSeconds: 0, ...spec, containers: [{ name: 'c', ...container }] },
    });
    await this.until(pods, (all) => all.some((pod) => pod.metadata.name === name && isReady(pod)));
  }

  /** Resolves once the objects of a namespace are as asked. */
  until<T extends KubeObject>(
    resource: Resource<T>,
    fits: (objects: Stored<T>[]) => boolean,
    namespace = 'default',
  ): Promise<void> {
    const informer = this.cluster.context.informers.of(resource);
    return new Promise((resolve) => {
      const look = () => {
        if (!fits(informer.list(namespace))) return;
        queueMicrotask(() => stop());
        resolve();
      };
      const stop = informer.on({ add: look, update: look, delete: look });
      look();
    });
  }

  exec(pod: string, ...command: string[]): Promise<ExecResult> {
    return this.client.exec('default', pod, command, { signal: AbortSignal.timeout(60_000) });
  }

  /** A GET of any path as the admin: status and body. */
  async fetch(path: string): Promise<{ status: number; text: string }> {
    const config = new KubeConfig();
    config.loadFromString(this.cluster.kubeconfig());
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    get(`${this.cluster.url}${path}`, options, resolve).on('error', reject);
    const response = await promise;
    return { status: response.statusCode ?? 0, text: await text(response) };
  }
}

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;

/** Resolves when Pods can be made and names are answered. */
export async function openLab(options: Partial<EmbeddedClusterOptions> = {}): Promise<Lab> {
  const cluster = await createEmbeddedCluster({
    runtime: (context) => createContainerRuntime({ network: createClusterNetwork(context) }),
    report: (error, where) => console.error(where, error),
    ...options,
  });
  const lab = new Lab(cluster);
  const answers = ({ metadata, endpoints }: Stored<EndpointSlice>) =>
    metadata.labels?.['kubernetes.io/service-name'] === 'kube-dns' && endpoints?.some((e) => e.conditions?.ready);
  await lab.until(endpointSlices, (all) => all.some(answers), 'kube-system');
  return lab;
}
