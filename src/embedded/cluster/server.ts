import { Aggregator } from '../aggregation/aggregator.ts';
import type { ComponentContext } from '../api.ts';
import { securePort } from '../bootstrap/objects.ts';
import { type Dial, nodeDialer, refuse } from '../network/dialer.ts';
import { createClusterNetwork } from '../network/index.ts';
import type { Pki } from '../pki/pki.ts';
import { type ApiServer, createApiServer } from '../server/api-server.ts';
import { issueFor, lastPort } from './access.ts';
import type { ControlPlane } from './control-plane.ts';
import { Listener } from './listener.ts';
import type { ClusterNodes } from './nodes.ts';
import type { ClusterConfig, EmbeddedClusterOptions } from './options.ts';

export interface ClusterServerOptions {
  options: Pick<EmbeddedClusterOptions, 'port' | 'debug' | 'report'>;
  config: ClusterConfig;
  pki: Pki;
  plane: ControlPlane;
  nodes: ClusterNodes;
  /** What the network of Pods is known by, once the cluster has started. */
  context(): ComponentContext;
  /** Nothing is opened any more. */
  signal: AbortSignal;
}

/** The API server as the network sees it: where it listens, and how it reaches kubelets, Pods and other API servers. */
export class ClusterServer {
  readonly listener: Listener;
  readonly aggregator: Aggregator;
  readonly #options: ClusterServerOptions;
  #dial: Dial | undefined;

  constructor(options: ClusterServerOptions) {
    const { config, pki, plane, signal } = options;
    this.#options = options;
    this.listener = new Listener({
      listen: (port) => this.#create(port),
      firstPort: async () => options.options.port ?? (await lastPort(config.folder)),
      clock: config.clock,
      signal,
    });
    this.aggregator = new Aggregator({
      reader: plane.registry.reader,
      definitions: () => plane.registry.definitions(),
      dial: (address, port) => this.#dialer()(address, port),
      clock: config.clock,
      frontProxy: issueFor(pki, 'front-proxy-client', []),
    });
  }

  #create(port: number): Promise<ApiServer> {
    const { options, config, pki, plane, nodes } = this.#options;
    const { registry, authorizer, store } = plane;
    return createApiServer({
      registry,
      reader: registry.reader,
      authorizer,
      aggregator: this.aggregator,
      nodeAgent: (name) => {
        const kubelet = nodes.get(name)?.kubelet;
        return kubelet?.running ? kubelet : undefined;
      },
      dial: (address, port) => this.#dialer()(address, port),
      clock: config.clock,
      pki,
      port,
      // Pods reach it through the address of the control plane's node.
      ...(config.hasNodes && { advertised: `${config.first.address}:${securePort}` }),
      ...(options.debug && { debugPaths: { '/debug/compact': () => store.compact() } }),
      report: options.report,
    });
  }

  /** How the API server's machine reaches Pods. Where no containers run, nobody listens. */
  #dialer(): Dial {
    const { nodes, config, context } = this.#options;
    if (!nodes.runtime) return refuse;
    this.#dial ??= nodeDialer(createClusterNetwork(context()), nodes.runtime, config.first.nodeName);
    return this.#dial;
  }
}
