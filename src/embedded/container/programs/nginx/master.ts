/** The master process: starts workers, listens, and does what signals say. */
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { signals } from '../../kernel/signals.ts';
import { errnoText } from './errno.ts';
import { Listeners } from './listeners.ts';
import { logError } from './logs.ts';
import { ConfigError } from './parse.ts';
import { RunningSite } from './running.ts';
import { type Call, emergency, greet, loadSite, makePid, pidFile } from './start.ts';

/** What a node has. */
const cores = 4;

/** Serves until a signal ends it. Resolves with the exit code. */
export async function runMaster(p: Process, call: Call, site: RunningSite): Promise<number> {
  const master = new Master(p, call, site);
  return master.run();
}

class Master {
  readonly #p: Process;
  readonly #call: Call;
  #site: RunningSite;
  readonly #listeners: Listeners;
  #workers: Process[] = [];
  #ending = false;

  constructor(p: Process, call: Call, site: RunningSite) {
    this.#p = p;
    this.#call = call;
    this.#site = site;
    this.#listeners = new Listeners(site);
  }

  async run(): Promise<number> {
    const p = this.#p;
    try {
      this.#listeners.use(this.#site);
      makePid(p, this.#site.site, `${p.pid}\n`);
    } catch (error) {
      if (error instanceof ConfigError) {
        await emergency(p, error.message);
        return 1;
      }
      if (!isSysError(error)) throw error;
      await this.#bindFailed(errnoText(error));
      return 1;
    }
    p.argv = [`nginx: master process ${p.argv.join(' ')}`];
    const signal = Promise.withResolvers<number>();
    for (const n of [signals.SIGTERM, signals.SIGQUIT, signals.SIGINT]) p.dispositions.set(n, () => signal.resolve(n));
    const reloads = new Reloads(() => this.#reload());
    p.dispositions.set(signals.SIGHUP, () => reloads.ask());
    p.dispositions.set(signals.SIGUSR1, () => undefined);
    await greet(p, this.#site.site, this.#call.version);
    await this.#startWorkers();
    return this.#end(await p.until(Promise.race([signal.promise, reloads.failure])));
  }

  async #bindFailed(why: string): Promise<void> {
    const [port] = this.#site.ports.keys();
    const taken = [...this.#site.ports.keys()].find((n) => this.#p.container.network.ports.includes(n)) ?? port;
    await emergency(this.#p, `bind() to 0.0.0.0:${taken} failed ${why}`);
  }

  async #startWorkers(): Promise<void> {
    const { main } = this.#site.site;
    await logError(this.#p, main, 'notice', 'start worker processes');
    const wanted = main.value('worker_processes') ?? '1';
    const count = wanted === 'auto' ? cores : Math.max(1, Math.min(16, Number(wanted) || 1));
    const user = this.#workerUser();
    const started = Array.from({ length: count }, () => this.#spawnWorker(user));
    this.#workers.push(...started);
    for (const { pid } of started) await logError(this.#p, main, 'notice', `start worker process ${pid}`);
  }

  /** Whom the workers run as: `user`, where root starts them. */
  #workerUser(): { uid: number; gid: number } {
    const p = this.#p;
    const [name, group = name] = this.#site.site.main.args('user') ?? [];
    if (p.uid !== 0 || name === undefined) return { uid: p.uid, gid: p.gid };
    const id = (file: string, wanted: string | undefined) => {
      const line =
        p.vfs.find(p, file) &&
        p.vfs
          .readText(p, file)
          .split('\n')
          .find((l) => l.startsWith(`${wanted}:`));
      return Number(line?.split(':')[2] ?? 0);
    };
    return { uid: id('/etc/passwd', name), gid: id('/etc/group', group) };
  }

  #spawnWorker(user: { uid: number; gid: number }): Process {
    const p = this.#p;
    const worker = p.container.spawn({
      ...{ parent: p, argv: ['nginx: worker process'], env: p.env, cwd: p.cwd, groups: p.groups, fds: p.fds },
      ...user,
      main: (w) => w.block<number>(() => undefined),
    });
    worker.onExit((status) => {
      if (!this.#workers.includes(worker) || this.#ending || p.status) return;
      this.#workers = this.#workers.filter((w) => w !== worker);
      this.#restart(worker.pid, status.signal, user);
    });
    return worker;
  }

  /** A worker that was killed is replaced. */
  #restart(pid: number, signal: number | undefined, user: { uid: number; gid: number }): void {
    const next = this.#spawnWorker(user);
    this.#workers.push(next);
    const { main } = this.#site.site;
    const how = signal === undefined ? 'exited with code 0' : `exited on signal ${signal}`;
    const lines = async () => {
      await logError(this.#p, main, signal === undefined ? 'notice' : 'alert', `worker process ${pid} ${how}`);
      await logError(this.#p, main, 'notice', `start worker process ${next.pid}`);
    };
    lines().catch((error: unknown) => this.#p.container.reportBug(this.#p, error));
  }

  async #reload(): Promise<void> {
    const p = this.#p;
    const { main } = this.#site.site;
    await logError(p, main, 'notice', 'signal 1 (SIGHUP) received, reconfiguring');
    await logError(p, main, 'notice', 'reconfiguring');
    let next: RunningSite;
    try {
      const { counters, requestCounts } = this.#site;
      const shared = { p, version: this.#call.version, counters, requestCounts, workerPid: () => this.workerPid };
      next = await RunningSite.prepare(shared, loadSite(p, this.#call));
      this.#listeners.use(next);
    } catch (error) {
      if (error instanceof ConfigError) return logError(p, main, 'emerg', error.message);
      if (!isSysError(error)) throw error;
      return logError(p, main, 'emerg', `bind() failed ${errnoText(error)}`);
    }
    this.#site = next;
    const old = this.#workers;
    this.#workers = [];
    await logError(p, main, 'notice', 'using the "epoll" event method');
    await this.#startWorkers();
    for (const worker of old) {
      await logError(p, main, 'notice', 'gracefully shutting down', worker.pid);
      await logError(p, main, 'notice', 'exit', worker.pid);
      worker.terminate({ code: 0 });
      await logError(p, main, 'notice', `worker process ${worker.pid} exited with code 0`);
    }
  }

  get workerPid(): number {
    return this.#workers[0]?.pid ?? this.#p.pid;
  }

  async #end(signal: number): Promise<number> {
    this.#ending = true;
    const p = this.#p;
    const { main } = this.#site.site;
    const name = { [signals.SIGQUIT]: 'SIGQUIT', [signals.SIGINT]: 'SIGINT' }[signal] ?? 'SIGTERM';
    const how = signal === signals.SIGQUIT ? 'shutting down' : 'exiting';
    await logError(p, main, 'notice', `signal ${signal} (${name}) received, ${how}`);
    for (const worker of this.#workers) {
      await logError(
        p,
        main,
        'notice',
        signal === signals.SIGQUIT ? 'gracefully shutting down' : 'exiting',
        worker.pid,
      );
      worker.terminate({ code: 0 });
    }
    try {
      p.vfs.unlink(p, pidFile(this.#site.site));
    } catch (error) {
      if (!isSysError(error)) throw error;
    }
    await logError(p, main, 'notice', 'exit');
    return 0;
  }
}

/** One reload after the other; one that is asked for while another is under way comes after it. */
class Reloads {
  readonly #reload: () => Promise<void>;
  #running: Promise<void> = Promise.resolve();
  #fail: (error: unknown) => void = () => undefined;
  /** Rejects with what a reload failed with that is no fault of the configuration. */
  readonly failure: Promise<never>;

  constructor(reload: () => Promise<void>) {
    this.#reload = reload;
    this.failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
  }

  ask(): void {
    this.#running = this.#running.then(this.#reload).catch((error: unknown) => this.#fail(error));
  }
}
