/** The kubelet as a service of a node, which systemd starts, stops and starts again. */
import type { Clock, Timer } from '../../../kernel/clock.ts';
import { readTextIfThere, replaceFile } from '../../../kernel/files.ts';
import { isFault } from '../../errors/background.ts';
import { kubeletVersion } from '../../node-facts.ts';
import type { Kubelet } from '../index.ts';
import { type KubeletConfiguration, loadKubelet } from '../kubelet-config.ts';
import type { NodeFiles } from './files.ts';
import { type Journal, klogLine } from './journal.ts';
import { commandLine, kubeletUnit, readUnit, type UnitDefinition, type UnitState } from './units.ts';

/** RestartSec of kubeadm's unit. */
const restartAfter = 10_000;
const kubeletProgram = '/usr/bin/kubelet';

export interface KubeletServiceOptions {
  /** Of the node. */
  name: string;
  clock: Clock;
  files: NodeFiles;
  journal: Journal;
  kubelet: Pick<Kubelet, 'pause' | 'resume'>;
  /** Where it is kept whether it was stopped; undefined: in memory. */
  file: string | undefined;
  /** It was stopped before. */
  stopped: boolean;
  report(error: unknown, where: string): void;
}

export class KubeletService {
  readonly #options: KubeletServiceOptions;
  #unit: UnitDefinition | undefined;
  #state: UnitState;
  #restarts = 0;
  #retry: Timer | undefined;
  #pid = 700 + Math.floor(Math.random() * 200);
  /** The folder of static Pods that it runs on. */
  #usedPath: string | undefined;
  #keeping: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: KubeletServiceOptions) {
    const { files, clock, stopped } = options;
    this.#options = options;
    this.#unit = readUnit(files);
    this.#state = { active: stopped ? 'inactive' : 'activating', since: clock.now(), pid: 0 };
  }

  /** As systemd knows it: what the files said at the last reload. */
  get unit(): UnitDefinition | undefined {
    return this.#unit;
  }

  get state(): UnitState {
    return this.#state;
  }

  /** The folder of static Pods is another one than that which it runs on. */
  get isOutdated(): boolean {
    return this.#staticPodPath() !== this.#usedPath;
  }

  /** systemd reads the unit's files again. */
  reload(): void {
    this.#unit = readUnit(this.#options.files);
  }

  /** Nothing is started any more. */
  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
  }

  /** Resolves when its state is kept. */
  flush(): Promise<void> {
    return this.#keeping;
  }

  /** Starts its process; resolves when the node is known to the API server, or the process has failed. */
  async start(): Promise<void> {
    const { clock } = this.#options;
    this.#retry?.cancel();
    const unit = this.#unit;
    if (this.#closed || !unit) return;
    this.#pid += 1 + Math.floor(Math.random() * 40);
    const pid = this.#pid;
    this.#keep('active');
    this.#systemd(`Started ${kubeletUnit} - ${unit.description}.`);
    const [file = '', ...args] = commandLine(unit, this.#options.files);
    if (file !== kubeletProgram) {
      this.#options.journal.write(
        kubeletUnit,
        '(kubelet)',
        pid,
        `${kubeletUnit}: Unable to locate executable '${file}': No such file or directory`,
      );
      this.#options.journal.write(
        kubeletUnit,
        '(kubelet)',
        pid,
        `${kubeletUnit}: Failed at step EXEC spawning ${file}: No such file or directory`,
      );
      return this.#failed(pid, '203/EXEC');
    }
    let configuration: KubeletConfiguration;
    try {
      configuration = loadKubelet(this.#options.files, args);
    } catch (error) {
      this.log('E', 'run.go:72', 'command failed', { err: (error as Error).message });
      return this.#failed(pid, '1/FAILURE');
    }
    const { staticPodPath } = configuration;
    this.#state = { active: 'active', since: clock.now(), pid };
    this.#restarts = 0;
    this.#usedPath = staticPodPath;
    this.log('I', 'server.go:525', 'Kubelet version', { kubeletVersion });
    if (staticPodPath) this.log('I', 'kubelet.go:386', 'Adding static pod path', { path: staticPodPath });
    this.log('I', 'kubelet_node_status.go:75', 'Attempting to register node', { node: this.#options.name });
    await this.#options.kubelet.resume(staticPodPath, configuration.values);
    if (this.#state.pid === pid)
      this.log('I', 'kubelet_node_status.go:78', 'Successfully registered node', { node: this.#options.name });
  }

  /** It ended by itself: systemd waits and starts it again. */
  #failed(pid: number, status: string): void {
    const { clock } = this.#options;
    const now = clock.now();
    this.#state = { active: 'activating', since: now, pid: 0, exit: { pid, status, at: now } };
    this.#systemd(`${kubeletUnit}: Main process exited, code=exited, status=${status}`);
    this.#systemd(`${kubeletUnit}: Failed with result 'exit-code'.`);
    this.#retry = clock.after(restartAfter, () => {
      this.#systemd(`${kubeletUnit}: Scheduled restart job, restart counter is at ${++this.#restarts}.`);
      void this.start().catch((error: unknown) => {
        this.log('E', 'kubelet_node_status.go:107', 'Unable to register node with API server', {
          node: this.#options.name,
          err: (error as Error).message,
        });
        if (!this.#closed && isFault(error)) this.#options.report(error, `the kubelet of ${this.#options.name}`);
      });
    });
  }

  /** Ends its process; it stays ended until `start`. */
  stop(): void {
    const { clock } = this.#options;
    this.#retry?.cancel();
    this.#restarts = 0;
    const { active, pid, exit } = this.#state;
    if (active === 'inactive') return;
    const description = this.#unit?.description ?? '';
    const now = clock.now();
    if (active === 'active') {
      this.#systemd(`Stopping ${kubeletUnit} - ${description}...`);
      this.#options.kubelet.pause();
      this.#systemd(`${kubeletUnit}: Deactivated successfully.`);
    }
    this.#systemd(`Stopped ${kubeletUnit} - ${description}.`);
    const ended = active === 'active' ? { pid, status: '0/SUCCESS', at: now } : exit;
    this.#state = { active: 'inactive', since: now, pid: 0, ...(ended && { exit: ended }) };
    this.#keep('inactive');
  }

  #staticPodPath(): string | undefined {
    try {
      return (
        this.#unit &&
        loadKubelet(this.#options.files, commandLine(this.#unit, this.#options.files).slice(1)).staticPodPath
      );
    } catch {
      // The restart shows what is wrong.
      return undefined;
    }
  }

  #systemd(text: string): void {
    this.#options.journal.write(kubeletUnit, 'systemd', 1, text);
  }

  /** Writes a line of the kubelet's own log into the journal. */
  log(severity: 'I' | 'W' | 'E', where: string, message: string, values?: Record<string, string | string[]>): void {
    const line = klogLine(this.#options.clock.now(), severity, this.#pid, where, message, values);
    this.#options.journal.write(kubeletUnit, 'kubelet', this.#pid, line);
  }

  #keep(kubelet: 'active' | 'inactive'): void {
    const { file } = this.#options;
    if (file === undefined) return;
    this.#keeping = this.#keeping
      .then(() => replaceFile(`${file}.units.json`, JSON.stringify({ kubelet })))
      .catch((error: unknown) => this.#options.report(error, `keeping the units of ${this.#options.name}`));
  }
}

/** Whether the kubelet was stopped when the state in `file` was kept. */
export async function wasStopped(file: string): Promise<boolean> {
  const kept = await readTextIfThere(`${file}.units.json`);
  return kept !== undefined && (JSON.parse(kept) as { kubelet?: string }).kubelet === 'inactive';
}
