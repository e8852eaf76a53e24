/** A node as a machine: its disk, its journal, and systemd with the kubelet as one of its services. */
import type { Clock } from '../../../kernel/clock.ts';
import type { ComponentContext } from '../../api.ts';
import type { NodePlan } from '../../bootstrap/nodes.ts';
import type { ContainerRuntime, ContainerSpec, RunningContainer } from '../../container-api.ts';
import type { NodeEntries, NodeQuestion, RuntimeLoss } from '../../node-api.ts';
import { kubeletVersion } from '../../node-facts.ts';
import { createKubelet, type Kubelet } from '../index.ts';
import { Containerd } from './containerd.ts';
import { NodeFiles } from './files.ts';
import { Journal } from './journal.ts';
import { KubeletService, wasStopped } from './kubelet-service.ts';
import { containerLog, runtimeState } from './runtime-state.ts';
import { Systemctl } from './systemctl.ts';

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
  readonly #service: KubeletService;
  readonly #systemctl: Systemctl;
  #system: Promise<RunningContainer> | undefined;
  #entered = false;

  /** Puts the disk in place; nothing runs yet. Rejects with an EnvironmentError if what was kept can't be read. */
  static async open(options: MachineOptions): Promise<NodeMachine> {
    const { plan, runtime, initial, beside, file } = options;
    const files = await NodeFiles.open({
      ...{ nodeName: plan.nodeName, runtime, initial, beside, report: options.report },
      ...(file !== undefined && { file: `${file}.json` }),
    });
    return new NodeMachine(options, files, file !== undefined && (await wasStopped(file)));
  }

  private constructor(options: MachineOptions, files: NodeFiles, stopped: boolean) {
    const { plan, runtime, clock } = options;
    this.#options = options;
    this.name = plan.nodeName;
    this.files = files;
    this.#journal = new Journal(clock);
    this.#containerd = new Containerd(this.#journal);
    this.kubelet = createKubelet({
      ...plan,
      runtime,
      files,
      log: (severity, where, message, values) => this.#service.log(severity, where, message, values),
    });
    const shared = { name: this.name, clock, files, journal: this.#journal };
    this.#service = new KubeletService({
      ...shared,
      kubelet: this.kubelet,
      file: options.file,
      stopped,
      report: options.report,
    });
    this.#systemctl = new Systemctl({ ...shared, service: this.#service, containerd: this.#containerd });
  }

  /** Boots: the kubelet starts unless it was stopped. Resolves when the node is known to the API server. */
  async start(context: ComponentContext): Promise<void> {
    this.kubelet.prepare(context);
    if (this.#service.state.active !== 'inactive') await this.#service.start();
  }

  /** Nothing is started any more; resolves when everything is kept. */
  async stop(): Promise<void> {
    this.#service.close();
    await this.kubelet.stop();
    await this.files.flush();
    await this.#service.flush();
  }

  /** All containers of the node have died with what runs them. */
  runtimeLost(loss: RuntimeLoss): void {
    this.#containerd.lost(loss);
  }

  /** As it is now, for a reset to go back to. */
  capture(): MachineState {
    return { entries: this.files.entries, kubelet: this.#service.state.active === 'inactive' ? 'inactive' : 'active' };
  }

  /** Goes back to a state: the files first, then the kubelet, which is started anew if it does not run or has run on other files. */
  async restore({ entries, kubelet }: MachineState): Promise<void> {
    this.files.replace(entries);
    this.#service.reload();
    if (kubelet === 'inactive') return this.#service.stop();
    if (this.#service.state.active !== 'active') await this.#service.start();
    else if (this.#service.isOutdated) {
      this.#service.stop();
      await this.#service.start();
    }
  }

  /** Its Node is gone with everything else of the cluster: the kubelet begins anew, if it runs. */
  async registerAgain(): Promise<void> {
    if (this.#service.state.active !== 'active') return;
    this.#service.stop();
    await this.#service.start();
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
        return this.#systemctl.run(question.verb, question.units);
      case 'journal':
        return this.#journal.entries;
      case 'runtime':
        return runtimeState(this.kubelet.workers(), this.#options.runtime);
      case 'logFile':
        return this.kubelet.logPiece(question.path, question.offset, question.length);
      case 'log':
        return containerLog(this.kubelet.workers(), question.container, question.previous, this.#options.clock);
    }
  }
}
