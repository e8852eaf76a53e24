import { createHash, randomInt } from 'node:crypto';
import type { DnsAnswer, DnsQuestion } from '../../../network-api.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Peer } from '../../kernel/network.ts';
import { type Process, ProcessKilled } from '../../kernel/process.ts';
import { signals } from '../../kernel/signals.ts';
import { serveHttp, untilSignal } from '../../lib/http-server.ts';
import { program } from '../../lib/program.ts';
import { CorefileError } from './corefile.ts';
import { type Configuration, configure } from './server.ts';

const version = '1.13.1';

/** What is served where no Corefile is given and none lies in the working directory. */
const builtIn = '.:53 {\n    whoami\n    log\n}\n';

/** plugin/reload looks every 30 s, each time up to 15 s later. */
const reloadSeconds = 30;

/** A CoreDNS: serves what its Corefile says, and takes up changes if that asks for it. */
export const coredns = program('coredns', async (p) => {
  const at = p.args.indexOf('-conf');
  const path = at < 0 ? 'Corefile' : (p.args[at + 1] ?? '');
  let text: string;
  let configuration: Configuration;
  try {
    text = at < 0 && !p.vfs.find(p, path) ? builtIn : p.vfs.readText(p, path);
    configuration = configure(p, text, path);
  } catch (error) {
    if (isSysError(error)) await p.print(1, `loading Caddyfile via flag: open ${path}: no such file or directory\n`);
    else if (error instanceof CorefileError) await p.print(1, `${error.message}\n`);
    else throw error;
    return 1;
  }
  const server = new Server(p, configuration);
  try {
    await server.listen();
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(1, `Listen: ${error.message.toLowerCase()}\n`);
    return 1;
  }
  await server.announce(text);
  await p.print(1, `CoreDNS-${version}\nlinux/amd64, go1.25.2, 1db4568\n`);
  if (configuration.directive('reload')) p.background(server.followFile(path, text));
  p.background(server.detectLoop());
  const signal = await untilSignal(p, signals.SIGTERM, signals.SIGINT, signals.SIGQUIT);
  if (signal === signals.SIGTERM) await p.print(1, '[INFO] SIGTERM: Shutting down servers then terminating\n');
  // health's lameduck: the other replicas are to hear of it first.
  const lameduck = server.current.directive('health')?.block.find(({ name }) => name === 'lameduck')?.args[0];
  const seconds = Number(/^(\d+)s$/.exec(lameduck ?? '')?.[1] ?? 0);
  if (seconds > 0) {
    await p.print(1, `[INFO] plugin/health: Going into lameduck mode for ${seconds}s\n`);
    await p.sleep(seconds * 1000);
  }
  return 0;
});

class Server {
  readonly #p: Process;
  readonly #open = new Map<string, () => void>();
  #loopName = '';
  current: Configuration;

  constructor(p: Process, configuration: Configuration) {
    this.#p = p;
    this.current = configuration;
  }

  /** Opens the ports that the configuration asks for, and closes what it doesn't any more. Throws EADDRINUSE, EACCES. */
  async listen(): Promise<void> {
    const wanted = new Map<string, () => () => void>();
    for (const { port } of this.current.blocks.flatMap(({ zones }) => zones)) {
      wanted.set(`dns:${port}`, () => this.#serveDns(port));
    }
    const health = this.current.directive('health');
    if (health)
      wanted.set(`health:${portOf(health.args[0], 8080)}`, () => this.#serveText(health.args[0], 8080, '/health'));
    const ready = this.current.directive('ready');
    if (ready) wanted.set(`ready:${portOf(ready.args[0], 8181)}`, () => this.#serveText(ready.args[0], 8181, '/ready'));
    const metrics = this.current.directive('prometheus');
    if (metrics)
      wanted.set(`metrics:${portOf(metrics.args[0], 9153)}`, () => this.#serveText(metrics.args[0], 9153, '/metrics'));
    for (const [key, stop] of this.#open) {
      if (wanted.has(key)) continue;
      stop();
      this.#open.delete(key);
    }
    for (const [key, open] of wanted) if (!this.#open.has(key)) this.#open.set(key, open());
  }

  #serveDns(port: number): () => void {
    const { network } = this.#p.container;
    const stops = [
      network.serveDns(this.#p, port, (question, peer) => this.#answer(port, question, peer)),
      // Over TCP nothing here asks; that it is open can be seen.
      network.listen(this.#p, port, (socket) => socket.destroySoon()),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  async #answer(port: number, question: DnsQuestion, peer: Peer): Promise<DnsAnswer | undefined> {
    const p = this.#p;
    if (p.status) return undefined;
    try {
      await p.step(200);
      if (question.type === 'HINFO') await this.#noticeLoop(question.name);
      const answer = await this.current.answer(port, question);
      if (this.current.directive('log')) await this.#log(question, answer, peer);
      return answer;
    } catch (error) {
      // It ended meanwhile: nobody answers.
      if (error instanceof ProcessKilled) return undefined;
      throw error;
    }
  }

  #log({ name, type }: DnsQuestion, { code, records }: DnsAnswer, peer: Peer): Promise<void> {
    const size = 17 + name.length;
    const reply = size + records.reduce((sum, { data }) => sum + 12 + name.length + data.length, 0);
    const id = 1 + (peer.port % 65_000);
    return this.#p.print(
      1,
      `[INFO] ${peer.address}:${peer.port} - ${id} "${type} IN ${name}. udp ${size} false 512" ${code} qr,aa,rd ${reply} 0.000102s\n`,
    );
  }

  /** plugin/loop: asks for a name that nobody has; that the question comes back means that upstream is here again. */
  async detectLoop(): Promise<void> {
    if (!this.current.directive('loop')) return;
    this.#loopName = `${randomInt(2 ** 47)}.${randomInt(2 ** 47)}`;
    try {
      await this.current.answer(53, { name: this.#loopName, type: 'HINFO' });
    } catch (error) {
      // Nobody answers upstream: that is no loop.
      if (!isSysError(error)) throw error;
    }
  }

  async #noticeLoop(name: string): Promise<void> {
    if (name !== this.#loopName) return;
    await this.#p.print(
      1,
      `[FATAL] plugin/loop: Loop (127.0.0.1:40000 -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${name}."\n`,
    );
    this.#p.terminate({ code: 1 });
  }

  #serveText(address: string | undefined, fallback: number, path: string): () => void {
    const body =
      path === '/metrics'
        ? `coredns_build_info{goversion="go1.25.2",revision="1db4568",version="${version}"} 1\n`
        : 'OK';
    return serveHttp(this.#p, portOf(address, fallback), async (request, response) => {
      const found = new URL(request.url ?? '/', 'http://x').pathname === path;
      response.writeHead(found ? 200 : 404, { 'Content-Type': 'text/plain; charset=utf-8' });
      response.end(found ? body : '404 page not found\n');
    });
  }

  async announce(text: string): Promise<void> {
    const zones = this.current.blocks.flatMap((block) => block.zones.map(({ zone, port }) => `${zone}.:${port}\n`));
    const hash = createHash('sha512').update(text).digest('hex');
    await this.#p.print(
      1,
      `${zones.join('')}${this.current.directive('reload') ? `[INFO] plugin/reload: Running configuration SHA512 = ${hash}\n` : ''}`,
    );
  }

  /** plugin/reload: takes up a changed file, or goes on as before if that can't be used. */
  async followFile(path: string, first: string): Promise<void> {
    let last = first;
    for (;;) {
      const [seconds = reloadSeconds] = (this.current.directive('reload')?.args ?? []).map((text) =>
        Number.parseInt(text, 10),
      );
      await this.#p.sleep(Math.max(2, seconds) * 1000);
      const text = this.#read(path);
      if (text === undefined || text === last) continue;
      last = text;
      await this.#p.print(1, '[INFO] Reloading\n');
      const before = this.current;
      try {
        this.current = configure(this.#p, text, path);
        await this.listen();
      } catch (error) {
        if (!(error instanceof CorefileError || isSysError(error))) throw error;
        this.current = before;
        const why = isSysError(error) ? `Listen: ${error.message.toLowerCase()}` : error.message;
        await this.#p.print(
          1,
          `[ERROR] Restart failed: ${why}\n[ERROR] plugin/reload: Corefile changed but reload failed: ${why}\n`,
        );
        continue;
      }
      await this.announce(text);
      await this.#p.print(1, '[INFO] Reloading complete\n');
      if (!this.current.directive('reload')) return;
    }
  }

  #read(path: string): string | undefined {
    try {
      return this.#p.vfs.readText(this.#p, path);
    } catch (error) {
      if (!isSysError(error)) throw error;
      return undefined;
    }
  }
}

const portOf = (address: string | undefined, fallback: number) =>
  Number(/:(\d+)$/.exec(address ?? '')?.[1] ?? fallback);
