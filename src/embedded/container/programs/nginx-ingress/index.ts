import type { SecureContext } from 'node:tls';
import type { Ingress } from '../../../../kube/api.gen.ts';
import type { Stored } from '../../../../kube/meta.ts';
import { type ApiCache, followAll } from '../../api-client/cache.ts';
import { ConnectError, type Json, klogStamp, RestClient, StatusError } from '../../api-client/client.ts';
import { inCluster } from '../../api-client/config.ts';
import { Flags } from '../../api-client/flags.ts';
import { nodeAddress, reportEvent, writeStatus } from '../../api-client/statuses.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { signals } from '../../kernel/signals.ts';
import { flagOf } from '../../lib/go-flags.ts';
import { type Handler, serveHttp, untilSignal } from '../../lib/http-server.ts';
import { program } from '../../lib/program.ts';
import { answer, type Listening } from '../../reverse-proxy/access.ts';
import { contextsOf } from '../../reverse-proxy/certificates.ts';
import { hostsFor } from '../../reverse-proxy/routing.ts';
import { type IngressConfiguration, type IngressSettings, ingressConfiguration } from './configuration.ts';

const paths = {
  ingresses: '/apis/networking.k8s.io/v1/ingresses',
  classes: '/apis/networking.k8s.io/v1/ingressclasses',
  services: '/api/v1/services',
  slices: '/apis/discovery.k8s.io/v1/endpointslices',
  secrets: '/api/v1/secrets',
} as const;

const banner = `-------------------------------------------------------------------------------
NGINX Ingress controller
  Release:       v1.14.0
  Repository:    https://github.com/kubernetes/ingress-nginx
  nginx version: nginx/1.27.1

-------------------------------------------------------------------------------

`;

/** ingress-nginx's controller: follows Ingresses by the API, serves them on 80 and 443, and says so in their status. */
export const nginxIngress = program('nginx-ingress-controller', async (p) => {
  const config = inCluster(p);
  if (!config) {
    await p.print(
      2,
      `F${klogStamp(p)} main.go:69] Error while initiating a connection to the Kubernetes API server. unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined\n`,
    );
    return 255;
  }
  await p.print(1, banner);
  const controller = new Controller(p, new RestClient(p, config, new Flags(new Map(), [], undefined)), settingsOf(p));
  try {
    controller.listen();
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(2, `F${klogStamp(p)} main.go:84] ${error.message}\n`);
    return 255;
  }
  p.background(controller.run());
  await untilSignal(p, signals.SIGTERM, signals.SIGQUIT, signals.SIGINT);
  await p.print(2, `I${klogStamp(p)} sigterm.go:36] "Received SIGTERM, shutting down"\n`);
  return 0;
});

function settingsOf(p: Process): IngressSettings {
  return {
    controllerClass: flagOf(p, 'controller-class') ?? 'k8s.io/ingress-nginx',
    ingressClass: flagOf(p, 'ingress-class') ?? 'nginx',
    withoutClass: flagOf(p, 'watch-ingress-without-class') === 'true',
  };
}

class Controller {
  readonly #p: Process;
  readonly #client: RestClient;
  readonly #settings: IngressSettings;
  #configuration: IngressConfiguration = { served: [], http: [], https: [], certificates: [], warnings: [] };
  #contexts = new Map<string, SecureContext>();
  #warned = new Set<string>();
  /** Generation that an event was sent of, by the Ingress' uid. */
  readonly #reported = new Map<string, number>();
  #address: string | undefined;
  #listed = false;

  constructor(p: Process, client: RestClient, settings: IngressSettings) {
    this.#p = p;
    this.#client = client;
    this.#settings = settings;
  }

  /** Throws EADDRINUSE, EACCES. */
  listen(): void {
    const p = this.#p;
    const serve =
      (listening: Listening): Handler =>
      (request, response, peer) =>
        answer(p, listening, request, response, peer);
    const common = { wildcard: 'one' } as const;
    const http: Listening = { ...common, scheme: 'http', hosts: () => this.#configuration.http };
    const https: Listening = { ...common, scheme: 'https', hosts: () => this.#configuration.https };
    serveHttp(p, 80, serve(http));
    serveHttp(p, 443, serve(https), (name) => this.#certificate(name));
    serveHttp(p, 10254, async (request, response) => {
      response.writeHead(request.url === '/healthz' && this.#listed ? 200 : 500, { 'Content-Type': 'text/plain' });
      response.end(this.#listed ? 'ok' : 'not ready');
    });
  }

  run(): Promise<void> {
    return followAll(this.#p, this.#client, Object.values(paths), (cache) => this.#sync(cache));
  }

  async #sync(cache: ApiCache): Promise<void> {
    this.#listed = true;
    const list = <T extends Stored>(path: string) => cache.list<T>(path);
    const configuration = ingressConfiguration(
      {
        ingresses: list(paths.ingresses),
        classes: list(paths.classes),
        services: list(paths.services),
        slices: list(paths.slices),
        secrets: list(paths.secrets),
      },
      this.#settings,
    );
    this.#configuration = configuration;
    this.#contexts = contextsOf(configuration.certificates);
    for (const warning of configuration.warnings) {
      if (!this.#warned.has(warning)) await this.#p.print(2, `W${klogStamp(this.#p)} controller.go:1216] ${warning}\n`);
    }
    this.#warned = new Set(configuration.warnings);
    for (const ingress of configuration.served) await this.#account(ingress);
  }

  /** An Ingress that is served hears of it, and has the address that it is served at. */
  async #account(ingress: Stored<Ingress>): Promise<void> {
    const { uid, generation = 0, namespace, name } = ingress.metadata;
    if (this.#reported.get(uid) !== generation) {
      this.#reported.set(uid, generation);
      const about = { ...ingress, apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' };
      await reportEvent(this.#p, this.#client, about, 'nginx-ingress-controller', 'Sync', 'Scheduled for sync');
    }
    const address = await this.#publishedAddress();
    const given = ingress.status?.loadBalancer?.ingress ?? [];
    if (address === undefined || (given.length === 1 && (given[0]?.ip ?? given[0]?.hostname) === address)) return;
    const entry: Json = /^[\d.]+$/.test(address) ? { ip: address } : { hostname: address };
    const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/${name}`;
    await writeStatus(this.#p, this.#client, path, { loadBalancer: { ingress: [entry] } });
  }

  async #publishedAddress(): Promise<string | undefined> {
    this.#address ??= flagOf(this.#p, 'publish-status-address');
    try {
      this.#address ??= await nodeAddress(this.#p, this.#client);
    } catch (error) {
      // Without it the Ingress is served all the same; it is looked for again at the next change.
      if (!(error instanceof StatusError || error instanceof ConnectError)) throw error;
    }
    return this.#address;
  }

  #certificate(name: string): SecureContext | undefined {
    const [found] = hostsFor(
      [...this.#contexts].map(([host, context]) => ({ host, context })),
      name,
      'one',
    );
    return found?.context;
  }
}
