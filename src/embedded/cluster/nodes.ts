import { join } from 'node:path';
import { ownValue } from '../../kernel/own.ts';
import type { ProcessStreams } from '../../kernel/process-streams.ts';
import type { ComponentContext } from '../api.ts';
import type { ClusterFacts } from '../bootstrap/facts.ts';
import { kubeadmFiles, manifestFolder, withoutControlPlane } from '../bootstrap/node-files.ts';
import type { NodePlan } from '../bootstrap/nodes.ts';
import type { ContainerRuntime, ImageDescription } from '../container-api.ts';
import { sameEntry } from '../node/machine/files.ts';
import { NodeMachine } from '../node/machine/machine.ts';
import type { NodeEntries, RuntimeLoss } from '../node-api.ts';
import type { Pki } from '../pki/pki.ts';
import type { NodesBaseline } from './nodes-baseline.ts';
import type { ClusterConfig } from './options.ts';

export interface NodeShellOptions {
  command: string[];
  stdin: boolean;
  tty: boolean;
}

export interface ClusterNodesOptions {
  config: ClusterConfig;
  pki: Pki;
  report(error: unknown, where: string): void;
  /** etcd's files, on the disk of the control plane. */
  etcdEntries(): NodeEntries;
}

const componentNames = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** The machines of a cluster, and the container runtime that they share. */
export class ClusterNodes {
  readonly #options: ClusterNodesOptions;
  readonly #machines = new Map<string, NodeMachine>();
  #runtime: ContainerRuntime | undefined;

  constructor(options: ClusterNodesOptions) {
    this.#options = options;
  }

  /** The control plane's first; none before `open`. */
  get names(): readonly string[] {
    return [...this.#machines.keys()];
  }

  get all(): readonly NodeMachine[] {
    return [...this.#machines.values()];
  }

  get runtime(): ContainerRuntime | undefined {
    return this.#runtime;
  }

  get(name: string): NodeMachine | undefined {
    return this.#machines.get(name);
  }

  /**
   * Puts the disks of the nodes in place; nothing runs yet. Resolves with the components of the control plane whose
   * manifests are not as kubeadm wrote them.
   */
  async open(runtime: ContainerRuntime, images: readonly ImageDescription[], facts: ClusterFacts): Promise<string[]> {
    const { clock, plan, hasAddons } = this.#options.config;
    this.#runtime = runtime;
    runtime.loadImages(images);
    const changed: string[] = [];
    for (const one of plan) {
      const written = kubeadmFiles(one, facts, this.#options.pki, clock);
      const initial = hasAddons ? written : withoutControlPlane(written);
      const machine = await this.#openMachine(one, runtime, initial);
      this.#machines.set(machine.name, machine);
      if (one.role === 'control-plane' && hasAddons) changed.push(...changedManifests(machine, initial));
    }
    return changed;
  }

  #openMachine(plan: NodePlan, runtime: ContainerRuntime, initial: NodeEntries): Promise<NodeMachine> {
    const { config, report, etcdEntries } = this.#options;
    return NodeMachine.open({
      plan,
      runtime,
      clock: config.clock,
      initial,
      report,
      ...(plan.role === 'control-plane' && { beside: etcdEntries }),
      ...(config.folder !== undefined && { file: join(config.folder, 'nodes', plan.nodeName) }),
    });
  }

  /** Boots all; resolves when the API server knows them. */
  async start(context: ComponentContext): Promise<void> {
    await Promise.all(this.all.map((machine) => machine.start(context)));
  }

  /** Ends what runs on them; resolves when everything is kept. */
  async stop(): Promise<void> {
    await this.#runtime?.dispose();
    await Promise.all(this.all.map((machine) => machine.stop()));
  }

  capture(): NodesBaseline {
    return Object.fromEntries([...this.#machines].map(([name, machine]) => [name, machine.capture()]));
  }

  async restore(baseline: NodesBaseline): Promise<void> {
    await Promise.all(
      [...this.#machines].map(([name, machine]) => {
        const saved = ownValue(baseline, name);
        return saved && machine.restore(saved);
      }),
    );
  }

  /** All containers have died with what runs them. */
  runtimeLost(loss: RuntimeLoss): void {
    for (const machine of this.#machines.values()) machine.runtimeLost(loss);
  }

  /** Runs a command as root on a node itself; rejects with an Error if there is no such node. */
  async shell(node: string, options: NodeShellOptions): Promise<ProcessStreams> {
    const machine = this.#machines.get(node);
    if (!machine) throw new Error(`the cluster has no node ${node}`);
    return (await machine.processes()).exec(options);
  }
}

function changedManifests({ files }: NodeMachine, written: NodeEntries): string[] {
  return componentNames.filter((name) => {
    const path = `${manifestFolder}/${name}.yaml`;
    return !sameEntry(files.entry(path), written[path]);
  });
}
