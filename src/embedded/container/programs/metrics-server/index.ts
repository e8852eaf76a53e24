import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node, Pod } from '../../../../kube/api.gen.ts';
import type { Stored } from '../../../../kube/meta.ts';
import { isApiError } from '../../../errors/status.ts';
import { ApiCache } from '../../api-client/cache.ts';
import { ConnectError, klogStamp, RestClient, StatusError } from '../../api-client/client.ts';
import { inCluster } from '../../api-client/config.ts';
import { Flags } from '../../api-client/flags.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { signals } from '../../kernel/signals.ts';
import { flagOf } from '../../lib/go-flags.ts';
import { serveHttp, untilSignal } from '../../lib/http-server.ts';
import { program } from '../../lib/program.ts';
import { authorize, type FrontProxy, readFrontProxy, type Wanted } from './access.ts';
import { answerMetrics, root } from './api.ts';
import { type Batch, Points } from './points.ts';
import { type ScrapeSettings, scrape } from './scraper.ts';

const paths = { nodes: '/api/v1/nodes', pods: '/api/v1/pods' } as const;
/** The second look comes soon after the first, so that there is something to tell. */
const secondLookMs = 1000;

/** metrics-server: asks the kubelets what their containers use, and serves it as metrics.k8s.io. */
export const metricsServer = program(
  'metrics-server',
  async (p) => {
    const config = inCluster(p);
    if (!config) {
      await p.print(
        2,
        'panic: unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined\n',
      );
      return 2;
    }
    const resolution = secondsOf(flagOf(p, 'metric-resolution') ?? '60s');
    if (resolution === undefined || resolution < 10) {
      await p.print(
        2,
        `Error: metric-resolution should be a time duration at least 10s, but value ${flagOf(p, 'metric-resolution')} provided\n`,
      );
      return 1;
    }
    const client = new RestClient(p, config, new Flags(new Map(), [], undefined));
    const server = new MetricsServer(p, client, resolution * 1000);
    const port = Number(flagOf(p, 'secure-port') ?? 443);
    try {
      await server.prepare();
      server.listen(port);
    } catch (error) {
      if (!(isSysError(error) || error instanceof StatusError || error instanceof ConnectError)) throw error;
      const what = isSysError(error)
        ? `failed to create listener: failed to listen on 0.0.0.0:${port}: listen tcp 0.0.0.0:${port}: bind: ${error.message.toLowerCase()}`
        : `unable to load configmap based request-header-client-ca-file: ${error.message}`;
      await p.print(2, `Error: ${what}\n`);
      return 1;
    }
    await p.print(2, `I${klogStamp(p)} secure_serving.go:211] Serving securely on [::]:${port}\n`);
    p.background(server.run());
    await untilSignal(p, signals.SIGTERM, signals.SIGINT);
    await p.print(
      2,
      `I${klogStamp(p)} dynamic_cafile_content.go:195] "Shutting down controller" name="request-header::/tmp/ca"\n`,
    );
    return 0;
  },
  { go: true },
);

/** Of a duration like `15s` or `1m30s`; undefined: none. */
function secondsOf(text: string): number | undefined {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(text);
  if (!match || text === '') return undefined;
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

class MetricsServer {
  readonly #p: Process;
  readonly #client: RestClient;
  readonly #resolutionMs: number;
  readonly #points: Points;
  readonly #settings: ScrapeSettings;
  readonly #cache: ApiCache;
  #proxy: FrontProxy | undefined;
  #listed = false;
  #lastLook: number;

  constructor(p: Process, client: RestClient, resolutionMs: number) {
    this.#p = p;
    this.#client = client;
    this.#resolutionMs = resolutionMs;
    this.#points = new Points(resolutionMs);
    this.#lastLook = p.container.clock.now();
    this.#cache = new ApiCache(p, client, () => {});
    const types =
      flagOf(p, 'kubelet-preferred-address-types') ?? 'Hostname,InternalDNS,InternalIP,ExternalDNS,ExternalIP';
    const usesStatus = flagOf(p, 'kubelet-use-node-status-port') === 'true';
    this.#settings = {
      addressTypes: types.split(','),
      port: usesStatus ? undefined : Number(flagOf(p, 'kubelet-port') ?? 10_250),
      insecure: flagOf(p, 'kubelet-insecure-tls') === 'true',
    };
  }

  /** Throws a StatusError or ConnectError. */
  async prepare(): Promise<void> {
    const folder = flagOf(this.#p, 'cert-dir');
    const certificate = folder === undefined ? 'in-memory' : `(${folder}/apiserver.crt, ${folder}/apiserver.key)`;
    await this.#p.print(2, `I${klogStamp(this.#p)} serving.go:380] Generated self-signed cert ${certificate}\n`);
    this.#proxy = await readFrontProxy(this.#client);
  }

  /** Throws EADDRINUSE, EACCES. */
  listen(port: number): void {
    serveHttp(this.#p, port, (request, response) => this.#handle(request, response), { clientCertificates: true });
  }

  /** Looks at the nodes for as long as the process lasts. */
  async run(): Promise<never> {
    await Promise.all(Object.values(paths).map((path) => this.#cache.follow(path)));
    this.#listed = true;
    await this.#look();
    await this.#p.sleep(secondLookMs);
    for (;;) {
      const next = this.#p.container.clock.now() + this.#resolutionMs;
      await this.#look();
      await this.#p.sleep(Math.max(0, next - this.#p.container.clock.now()));
    }
  }

  async #look(): Promise<void> {
    this.#lastLook = this.#p.container.clock.now();
    const all: Batch = { nodes: new Map(), pods: new Map() };
    const ask = async (node: Stored<Node>) => {
      try {
        const { nodes, pods } = await scrape(this.#p, node, this.#settings);
        for (const [name, point] of nodes) all.nodes.set(name, point);
        for (const [name, points] of pods) all.pods.set(name, points);
      } catch (error) {
        if (!(error instanceof Error) || error.message === 'killed') throw error;
        const why = error.message.replaceAll('"', '\\"');
        const line = `scraper.go:149] "Failed to scrape node" err="${why}" node="${node.metadata.name}"`;
        await this.#p.print(2, `E${klogStamp(this.#p)} ${line}\n`);
      }
    };
    await Promise.all(this.#cache.list<Stored<Node>>(paths.nodes).map(ask));
    this.#points.store(all);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://metrics-server');
    const check = /^\/(healthz|livez|readyz)(\/.*)?$/.exec(url.pathname);
    if (check) return this.#health(check[1] ?? '', response);
    try {
      await authorize(this.#client, this.#proxy, request, wantedOf(request.method ?? 'GET', url));
      const body = answerMetrics(
        { method: request.method ?? 'GET', url, accept: request.headers.accept ?? '' },
        {
          pods: this.#cache.list<Stored<Pod>>(paths.pods),
          nodes: this.#cache.list<Stored<Node>>(paths.nodes),
          points: this.#points,
          now: this.#p.container.clock.now(),
        },
      );
      send(response, 200, `${JSON.stringify(body)}\n`);
    } catch (error) {
      if (!isApiError(error)) throw error;
      send(response, error.status.code ?? 500, `${JSON.stringify(error.status)}\n`);
    }
  }

  async #health(kind: string, response: ServerResponse): Promise<void> {
    const late = this.#p.container.clock.now() - this.#lastLook > 1.5 * this.#resolutionMs;
    const checks: [name: string, why: string | undefined][] = [
      ['ping', undefined],
      ['log', undefined],
      ...(kind === 'readyz'
        ? ([
            ['metric-storage-ready', this.#points.ready ? undefined : 'no metrics to serve'],
            ['metadata-informer-sync', this.#listed ? undefined : 'not all informers synced'],
          ] as const)
        : ([['metric-collection-timely', late ? "metric collection didn't finish on time" : undefined]] as const)),
    ].map(([name, why]) => [name ?? '', why]);
    const failed = checks.filter(([, why]) => why !== undefined);
    for (const [name, why] of failed) {
      await this.#p.print(2, `I${klogStamp(this.#p)} server.go:192] "Failed probe" probe="${name}" err="${why}"\n`);
    }
    if (failed.length === 0) return send(response, 200, 'ok', 'text/plain; charset=utf-8');
    const lines = checks.map(([name, why]) =>
      why === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`,
    );
    send(response, 500, [...lines, `${kind} check failed`, ''].join('\n'), 'text/plain; charset=utf-8');
  }
}

function wantedOf(method: string, { pathname }: URL): Wanted | undefined {
  const below = pathname.startsWith(`${root}/`) ? pathname.slice(root.length) : '';
  const [, namespace, resource, name] = /^(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?\/?$/.exec(below) ?? [];
  if (resource === undefined) return undefined;
  const verb = method === 'GET' ? (name === undefined ? 'list' : 'get') : method.toLowerCase();
  return { verb, resource, ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }) };
}

function send(response: ServerResponse, status: number, body: string, type = 'application/json'): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
