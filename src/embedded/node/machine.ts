/** A node as a machine: its disk, its journal, and systemd with the kubelet as one of its services. */
import { text as textOf } from 'node:stream/consumers';
import type { Clock, Timer } from '../../kernel/clock.ts';
import { readTextIfThere, replaceFile } from '../../kernel/files.ts';
import type { ComponentContext } from '../api.ts';
import type { NodePlan } from '../bootstrap/nodes.ts';
import type { ContainerRuntime, ContainerSpec, RunningContainer } from '../container-api.ts';
import { isFault } from '../errors/background.ts';
import type {
  NodeEntries,
  NodeQuestion,
  RuntimeContainer,
  RuntimeLoss,
  RuntimeState,
  UnitAnswer,
} from '../node-api.ts';
import { kubeletVersion } from '../node-facts.ts';
import type { ContainerRecord, Instance } from './container-record.ts';
import { Containerd, containerdUnit } from './containerd.ts';
import { NodeFiles } from './files.ts';
import { createKubelet, type Kubelet } from './index.ts';
import { Journal, klogLine } from './journal.ts';
import { type KubeletConfiguration, loadKubelet } from './kubelet-config.ts';
import { readLog } from './log-reader.ts';
import { logPathOf } from './log-store.ts';
import {
  commandLine,
  complained,
  enable,
  isEnabled,
  kubeletUnit,
  readUnit,
  said,
  statusText,
  type UnitDefinition,
  type UnitState,
} from './units.ts';

/** RestartSec of kubeadm's unit. */
const restartAfter = 10_000;
const kubeletProgram = '/usr/bin/kubelet';
const systemImage = `docker.io/kindest/node:${kubeletVersion}`;

/** What of a machine a reset goes back to. */
export interface MachineState {
  entries: NodeEntries;
  kubelet: 'active' | 'inactive';
}

export interface MachineOptions {
  plan: NodePlan;
  runtime: ContainerRuntime;
  clock: Clock;
  /** What is on its disk where nothing was kept. */
  initial: NodeEntries;
  /** What is put on its disk beside that whenever the disk is set up. */
  beside?(): NodeEntries;
  /** Where its state is kept, without the extension; undefined: in memory. */
  file?: string;
  /** Hears of faults of ours, and that something could not be kept. */
  report(error: unknown, where: string): void;
}

export class NodeMachine {
  readonly name: string;
  readonly files: NodeFiles;
  readonly kubelet: Kubelet;
  readonly #options: MachineOptions;
  readonly #journal: Journal;
  readonly #containerd: Containerd;
  #unit: UnitDefinition | undefined;
  #state: UnitState;
  #restarts = 0;
  #retry: Timer | undefined;
  #pid = 700 + Math.floor(Math.random() * 200);
  #system: Promise<RunningContainer> | undefined;
  #entered = false;
  #keeping: Promise<void> = Promise.resolve();
  #stopped = false;

  /** Puts the disk in place; nothing runs yet. Rejects with an EnvironmentError if what was kept can't be read. */
  static async open(options: MachineOptions): Promise<NodeMachine> {
    const { plan, runtime, initial, beside, file } = options;
    const files = await NodeFiles.open({
      ...{ nodeName: plan.nodeName, runtime, initial, beside, report: options.report },
      ...(file !== undefined && { file: `${file}.json` }),
    });
    const kept = file === undefined ? undefined : await readTextIfThere(`${file}.units.json`);
    const stopped = kept !== undefined && (JSON.parse(kept) as { kubelet?: string }).kubelet === 'inactive';
    return new NodeMachine(options, files, stopped);
  }

  private constructor(options: MachineOptions, files: NodeFiles, stopped: boolean) {
    const { plan, runtime, clock } = options;
    this.#options = options;
    this.name = plan.nodeName;
    this.files = files;
    this.#journal = new Journal(clock);
    this.#containerd = new Containerd(this.#journal);
    this.#unit = readUnit(files);
    this.#state = { active: stopped ? 'inactive' : 'activating', since: clock.now(), pid: 0 };
    this.kubelet = createKubelet({
      ...plan,
      runtime,
      files,
      log: (severity, where, message, values) => this.#log(severity, where, message, values),
    });
  }

  /** Boots: the kubelet starts unless it was stopped. Resolves when the node is known to the API server. */
  async start(context: ComponentContext): Promise<void> {
    this.kubelet.prepare(context);
    if (this.#state.active !== 'inactive') await this.#startKubelet();
  }

  /** Nothing is started any more; resolves when everything is kept. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    await this.kubelet.stop();
    await this.files.flush();
    await this.#keeping;
  }

  /** All containers of the node have died with what runs them. */
  runtimeLost(loss: RuntimeLoss): void {
    this.#containerd.lost(loss);
  }

  /** As it is now, for a reset to go back to. */
  capture(): MachineState {
    return { entries: this.files.entries, kubelet: this.#state.active === 'inactive' ? 'inactive' : 'active' };
  }

  /** Goes back to a state: the files first, then the kubelet, which is started anew if it does not run or has run on other files. */
  async restore({ entries, kubelet }: MachineState): Promise<void> {
    this.files.replace(entries);
    this.#unit = readUnit(this.files);
    if (kubelet === 'inactive') return this.#stopKubelet();
    if (this.#state.active !== 'active') await this.#startKubelet();
    else if (this.#staticPodPath() !== this.#usedPath) {
      this.#stopKubelet();
      await this.#startKubelet();
    }
  }

  /** Its Node is gone with everything else of the cluster: the kubelet begins anew, if it runs. */
  async registerAgain(): Promise<void> {
    if (this.#state.active !== 'active') return;
    this.#stopKubelet();
    await this.#startKubelet();
  }

  /** Whether a process was ever run on the node itself. */
  get entered(): boolean {
    return this.#entered;
  }

  /** A process on the node itself: the first one boots it. */
  async processes(): Promise<RunningContainer> {
    this.#entered = true;
    this.#system ??= this.#boot();
    const system = await this.#system;
    void system.exited.then(() => {
      this.#system = undefined;
    });
    return system;
  }

  #boot(): Promise<RunningContainer> {
    const { plan, runtime } = this.#options;
    const spec: ContainerSpec = {
      id: `node/${this.name}/0`,
      machine: true,
      image: systemImage,
      command: ['/sbin/init'],
      env: [{ name: 'container', value: 'docker' }],
      mounts: [],
      hostname: this.name,
      pod: {
        name: this.name,
        namespace: '',
        uid: `node/${this.name}`,
        ip: plan.address,
        nodeName: this.name,
        serviceAccountName: '',
      },
      securityContext: { privileged: true },
      stdin: false,
      tty: false,
      terminationMessagePath: '',
    };
    return runtime.start(spec);
  }

  /** What programs on the node ask. Rejects with code ENOENT for a container that is not there. */
  async answer(question: Exclude<NodeQuestion, { kind: 'component' | 'etcd' }>): Promise<unknown> {
    switch (question.kind) {
      case 'unit':
        return this.#systemctl(question.verb, question.units);
      case 'journal':
        return this.#journal.entries;
      case 'runtime':
        return this.#runtimeState();
      case 'logFile':
        return this.kubelet.logPiece(question.path, question.offset, question.length);
      case 'log':
        return this.#containerLog(question.container, question.previous);
    }
  }

  // ------------------------------------------------------------------ systemd

  async #systemctl(verb: string, names: readonly string[]): Promise<UnitAnswer> {
    if (verb === 'daemon-reload') {
      this.#unit = readUnit(this.files);
      return said('');
    }
    if (verb === 'list-units' || verb === 'list-unit-files') return said(this.#unitList());
    if (names.length === 0) return complained('Too few arguments.\n', 1);
    let all: UnitAnswer = said('');
    for (const name of names) {
      const unit = name.includes('.') ? name : `${name}.service`;
      const one = await this.#unitVerb(verb, unit);
      all = { stdout: all.stdout + one.stdout, stderr: all.stderr + one.stderr, code: one.code || all.code };
    }
    return all;
  }

  async #unitVerb(verb: string, unit: string): Promise<UnitAnswer> {
    if (unit === containerdUnit) return this.#containerd.unitVerb(verb);
    if (unit !== kubeletUnit || !this.#unit) {
      if (verb === 'status') return complained(`Unit ${unit} could not be found.\n`, 4);
      if (verb === 'is-active') return said('inactive\n', 4);
      return complained(`Failed to ${verb} ${unit}: Unit ${unit} not found.\n`, 5);
    }
    const { active } = this.#state;
    const warning = this.#changedOnDisk()
      ? `Warning: The unit file, source configuration file or drop-ins of ${unit} changed on disk. Run 'systemctl daemon-reload' to reload units.\n`
      : '';
    switch (verb) {
      case 'status': {
        const { clock } = this.#options;
        const facts = { files: this.files, now: clock.now(), node: this.name, journal: this.#journal.entries };
        return {
          stdout: statusText(this.#unit, this.#state, facts),
          stderr: warning,
          code: active === 'active' ? 0 : 3,
        };
      }
      case 'is-active':
        return said(`${active}\n`, active === 'active' ? 0 : 3);
      case 'is-enabled':
        return isEnabled(this.files) ? said('enabled\n') : said('disabled\n', 1);
      case 'is-failed':
        return said(`${active}\n`, 1);
      case 'cat':
        return said(this.#unitFiles());
      case 'enable':
        return enable(this.files, true);
      case 'disable':
        return enable(this.files, false);
      case 'stop':
        this.#stopKubelet();
        return complained(warning, 0);
      case 'start':
        if (active !== 'active') await this.#startKubelet();
        return complained(warning, 0);
      case 'restart':
      case 'reload-or-restart':
      case 'try-restart':
        if (verb === 'try-restart' && active === 'inactive') return said('');
        this.#stopKubelet();
        await this.#startKubelet();
        return complained(warning, 0);
    }
    return complained(`Unknown command verb '${verb}'.\n`, 1);
  }

  #unitList(): string {
    const sub = { active: 'running', inactive: 'dead', activating: 'auto-restart' }[this.#state.active];
    const rows = [
      ['  UNIT', 'LOAD', 'ACTIVE', 'SUB', 'DESCRIPTION'],
      [`  ${containerdUnit}`, 'loaded', 'active', 'running', 'containerd container runtime'],
      [`  ${kubeletUnit}`, 'loaded', this.#state.active, sub, this.#unit?.description ?? ''],
    ];
    return rows
      .map(
        ([unit = '', ...rest]) =>
          `${unit.padEnd(22)}${rest
            .map((cell) => cell.padEnd(13))
            .join('')
            .trimEnd()}\n`,
      )
      .join('');
  }

  #unitFiles(): string {
    const folder = `/etc/systemd/system/${kubeletUnit}`;
    const paths = [folder, ...(this.#unit?.dropIns ?? []).map((name) => `${folder}.d/${name}`)];
    return paths.map((path) => `# ${path}\n${this.files.text(path) ?? ''}`).join('\n');
  }

  #changedOnDisk(): boolean {
    const text = (unit: UnitDefinition | undefined) => JSON.stringify([unit, [...(unit?.environment ?? [])]]);
    return text(readUnit(this.files)) !== text(this.#unit);
  }

  // ------------------------------------------------------------------ the kubelet's process

  #usedPath: string | undefined;

  async #startKubelet(): Promise<void> {
    const { clock } = this.#options;
    this.#retry?.cancel();
    const unit = this.#unit;
    if (this.#stopped || !unit) return;
    this.#pid += 1 + Math.floor(Math.random() * 40);
    const pid = this.#pid;
    this.#keep('active');
    this.#systemd(`Started ${kubeletUnit} - ${unit.description}.`);
    const [file = '', ...args] = commandLine(unit, this.files);
    if (file !== kubeletProgram) {
      this.#journal.write(
        kubeletUnit,
        '(kubelet)',
        pid,
        `${kubeletUnit}: Unable to locate executable '${file}': No such file or directory`,
      );
      this.#journal.write(
        kubeletUnit,
        '(kubelet)',
        pid,
        `${kubeletUnit}: Failed at step EXEC spawning ${file}: No such file or directory`,
      );
      return this.#failed(pid, '203/EXEC');
    }
    let configuration: KubeletConfiguration;
    try {
      configuration = loadKubelet(this.files, args);
    } catch (error) {
      this.#log('E', 'run.go:72', 'command failed', { err: (error as Error).message });
      return this.#failed(pid, '1/FAILURE');
    }
    const { staticPodPath } = configuration;
    this.#state = { active: 'active', since: clock.now(), pid };
    this.#restarts = 0;
    this.#usedPath = staticPodPath;
    this.#log('I', 'server.go:525', 'Kubelet version', { kubeletVersion });
    if (staticPodPath) this.#log('I', 'kubelet.go:386', 'Adding static pod path', { path: staticPodPath });
    this.#log('I', 'kubelet_node_status.go:75', 'Attempting to register node', { node: this.name });
    await this.kubelet.resume(staticPodPath, configuration.values);
    if (this.#state.pid === pid)
      this.#log('I', 'kubelet_node_status.go:78', 'Successfully registered node', { node: this.name });
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
      void this.#startKubelet().catch((error: unknown) => {
        this.#log('E', 'kubelet_node_status.go:107', 'Unable to register node with API server', {
          node: this.name,
          err: (error as Error).message,
        });
        if (!this.#stopped && isFault(error)) this.#options.report(error, `the kubelet of ${this.name}`);
      });
    });
  }

  #stopKubelet(): void {
    const { clock } = this.#options;
    this.#retry?.cancel();
    this.#restarts = 0;
    const { active, pid, exit } = this.#state;
    if (active === 'inactive') return;
    const description = this.#unit?.description ?? '';
    const now = clock.now();
    if (active === 'active') {
      this.#systemd(`Stopping ${kubeletUnit} - ${description}...`);
      this.kubelet.pause();
      this.#systemd(`${kubeletUnit}: Deactivated successfully.`);
    }
    this.#systemd(`Stopped ${kubeletUnit} - ${description}.`);
    const ended = active === 'active' ? { pid, status: '0/SUCCESS', at: now } : exit;
    this.#state = { active: 'inactive', since: now, pid: 0, ...(ended && { exit: ended }) };
    this.#keep('inactive');
  }

  #staticPodPath(): string | undefined {
    try {
      return this.#unit && loadKubelet(this.files, commandLine(this.#unit, this.files).slice(1)).staticPodPath;
    } catch {
      // The restart shows what is wrong.
      return undefined;
    }
  }

  #systemd(text: string): void {
    this.#journal.write(kubeletUnit, 'systemd', 1, text);
  }

  #log(severity: 'I' | 'W' | 'E', where: string, message: string, values?: Record<string, string | string[]>): void {
    const line = klogLine(this.#options.clock.now(), severity, this.#pid, where, message, values);
    this.#journal.write(kubeletUnit, 'kubelet', this.#pid, line);
  }

  #keep(kubelet: MachineState['kubelet']): void {
    const { file } = this.#options;
    if (file === undefined) return;
    this.#keeping = this.#keeping
      .then(() => replaceFile(`${file}.units.json`, JSON.stringify({ kubelet })))
      .catch((error: unknown) => this.#options.report(error, `keeping the units of ${this.name}`));
  }

  // ------------------------------------------------------------------ containerd

  #instances(): { record: ContainerRecord; instance: Instance }[] {
    return this.kubelet
      .workers()
      .flatMap(({ records }) => records)
      .flatMap((record) =>
        [record.current, record.previous].flatMap((instance) => (instance ? [{ record, instance }] : [])),
      );
  }

  #runtimeState(): RuntimeState {
    const { runtime } = this.#options;
    const names = new Set<string>();
    const pods = this.kubelet.workers().map(({ pod, records, podId }) => {
      const containers = records.flatMap(({ name, current, previous }) =>
        [current, previous].flatMap((instance): RuntimeContainer[] => {
          if (!instance) return [];
          names.add(instance.image);
          const { id, image, imageId, attempt, end } = instance;
          const { startedAt } = instance;
          const createdAt = startedAt ?? end?.at ?? 0;
          const ended = end && {
            ...{ exitCode: end.exitCode, finishedAt: end.at, reason: end.reason },
            ...(end.message !== undefined && { message: end.message }),
          };
          const state = { state: end ? ('Exited' as const) : ('Running' as const), ...ended };
          const logPath = logPathOf(pod, name, attempt);
          return [{ id, name, image, imageId, attempt, createdAt, startedAt, logPath, ...state }];
        }),
      );
      const { name, namespace = '', uid } = pod.metadata;
      const createdAt = Date.parse(pod.status?.startTime ?? pod.metadata.creationTimestamp);
      const ready = containers.some(({ state }) => state === 'Running');
      return { id: podId, name, namespace, uid, attempt: 0, createdAt, ready, containers };
    });
    const images = [...names].flatMap((name) => {
      const image = runtime.image(name);
      return image ? [{ name: image.name, id: image.digest, sizeBytes: image.sizeBytes }] : [];
    });
    return { pods, images };
  }

  async #containerLog(id: string, previous: boolean): Promise<string> {
    const found = this.#instances().find(({ instance }) => instance.id.startsWith(id));
    const instance = previous ? found?.record.previous : found?.instance;
    if (!instance?.log) throw Object.assign(new Error(`no container ${id}`), { code: 'ENOENT' });
    return textOf(await readLog(instance.log, {}, this.#options.clock));
  }
}
