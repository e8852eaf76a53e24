import type { SecureContext } from 'node:tls';
import type { Service } from '../../../../kube/api.gen.ts';
import type { Stored } from '../../../../kube/meta.ts';
import { type ApiCache, followAll } from '../../api-client/cache.ts';
import { type Json, RestClient } from '../../api-client/client.ts';
import { inCluster } from '../../api-client/config.ts';
import { Flags } from '../../api-client/flags.ts';
import { writeStatus } from '../../api-client/statuses.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { signals } from '../../kernel/signals.ts';
import { flagOf } from '../../lib/go-flags.ts';
import { type Handler, serveHttp, untilSignal } from '../../lib/http-server.ts';
import { program } from '../../lib/program.ts';
import { answer, type Listening } from '../../reverse-proxy/access.ts';
import { contextsOf } from '../../reverse-proxy/certificates.ts';
import { hostsFor } from '../../reverse-proxy/routing.ts';
import { named } from '../../reverse-proxy/services.ts';
import { gatewayConfiguration, type ServedPort } from './configuration.ts';

const paths = {
  classes: '/apis/gateway.networking.k8s.io/v1/gatewayclasses',
  gateways: '/apis/gateway.networking.k8s.io/v1/gateways',
  routes: '/apis/gateway.networking.k8s.io/v1/httproutes',
  namespaces: '/api/v1/namespaces',
  services: '/api/v1/services',
  slices: '/apis/discovery.k8s.io/v1/endpointslices',
  secrets: '/api/v1/secrets',
} as const;

/** A line of the structured log. */
const line = (p: Process, level: string, message: string, more: object = {}) =>
  `${JSON.stringify({ level, ts: new Date(p.container.clock.now()).toISOString(), msg: message, ...more })}\n`;

/** A controller of the Gateway API: serves Gateways of its class on their listeners' ports, and says so in their status. */
export const nginxGateway = program('nginx-gateway', async (p) => {
  const config = inCluster(p);
  if (!config) {
    await p.print(2, line(p, 'error', 'unable to load in-cluster configuration'));
    return 1;
  }
  await p.print(1, line(p, 'info', 'Starting the NGINX Gateway Fabric control plane'));
  const controller = new Controller(p, new RestClient(p, config, new Flags(new Map(), [], undefined)));
  controller.serveHealth();
  p.background(controller.run());
  await untilSignal(p, signals.SIGTERM, signals.SIGQUIT, signals.SIGINT);
  return 0;
});

/** A port that is open, and what it serves now. */
interface OpenPort {
  served: ServedPort;
  contexts: ReadonlyMap<string, SecureContext>;
  stop(): void;
}

class Controller {
  readonly #p: Process;
  readonly #client: RestClient;
  readonly #open = new Map<number, OpenPort>();
  #ready = false;

  constructor(p: Process, client: RestClient) {
    this.#p = p;
    this.#client = client;
  }

  serveHealth(): void {
    serveHttp(this.#p, 8081, async (_, response) => {
      response.writeHead(this.#ready ? 200 : 503, { 'Content-Type': 'text/plain' }).end();
    });
  }

  run(): Promise<void> {
    return followAll(this.#p, this.#client, Object.values(paths), (cache) => this.#sync(cache));
  }

  async #sync(cache: ApiCache): Promise<void> {
    const p = this.#p;
    const services = cache.list<Stored<Service>>(paths.services);
    const { ports, statuses } = gatewayConfiguration(
      {
        ...{ services, slices: cache.list(paths.slices), secrets: cache.list(paths.secrets) },
        ...{ namespaces: cache.list(paths.namespaces), classes: cache.list(paths.classes) },
        ...{ gateways: cache.list(paths.gateways), routes: cache.list(paths.routes) },
      },
      {
        controllerName: flagOf(p, 'gateway-ctlr-name') ?? 'gateway.nginx.org/nginx-gateway-controller',
        address: addressOf(named(services, p.container.pod.namespace, flagOf(p, 'service') ?? '')),
        now: new Date(p.container.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
      },
    );
    await this.#serve(ports);
    this.#ready = true;
    for (const { path, status } of statuses) await writeStatus(p, this.#client, path, status as Json);
  }

  async #serve(ports: readonly ServedPort[]): Promise<void> {
    for (const [port, { stop, served }] of this.#open) {
      const wanted = ports.find((one) => one.port === port);
      if (wanted?.secure === served.secure) continue;
      stop();
      this.#open.delete(port);
    }
    for (const served of ports) {
      const contexts = contextsOf(served.certificates);
      const open = this.#open.get(served.port);
      if (open) Object.assign(open, { served, contexts });
      else await this.#listen(served, contexts);
    }
  }

  async #listen(served: ServedPort, contexts: ReadonlyMap<string, SecureContext>): Promise<void> {
    const { port, secure } = served;
    const entry: OpenPort = { served, contexts, stop: () => {} };
    const listening: Listening = {
      ...{ scheme: secure ? 'https' : 'http', wildcard: 'any' },
      hosts: () => entry.served.hosts,
    };
    const certificate = (name: string) =>
      hostsFor(
        [...entry.contexts].map(([host, context]) => ({ host, context })),
        name,
        'any',
      )[0]?.context;
    try {
      const handler: Handler = (request, response, peer) => answer(this.#p, listening, request, response, peer);
      entry.stop = serveHttp(this.#p, port, handler, secure ? certificate : 'http');
      this.#open.set(port, entry);
    } catch (error) {
      if (!isSysError(error)) throw error;
      await this.#p.print(2, line(this.#p, 'error', error.message, { port }));
    }
  }
}

/** A balancer's address if there is one, else the one inside of the cluster. */
function addressOf(service: Stored<Service> | undefined): string | undefined {
  return service?.status?.loadBalancer?.ingress?.[0]?.ip ?? service?.spec?.clusterIP;
}
