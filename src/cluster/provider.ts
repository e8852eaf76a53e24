import { UserError } from '../kernel/errors.ts';
import type { ProcessStreams } from '../kernel/process-streams.ts';

/** One finding of a provider's look at the machine. */
export interface Diagnosis {
  /** What was looked at: `docker`, `inotify`, ... */
  subject: string;
  ok: boolean;
  text: string;
  /** What to do about it, if it is not ok. */
  fix?: string;
  /** Only this needs it (`--provider kind`): without it everything else works. */
  onlyFor?: string;
}

/** What a scenario (or `cluster up`) asks for. */
export interface ClusterSpec {
  /** Lower-case words; the id of the cluster is made from it. */
  name: string;
  nodes: number;
  /** kind: the image of its nodes. Default: the one that this kind was released with. */
  nodeImage?: string;
  /** Images that the workloads need: loaded into the nodes beforehand where the machine has them. */
  images?: readonly string[];
  /** embedded: what an event says on a Pod whose image the cluster does not have. Default: nothing, as a registry. */
  unknownImages?: string;
  /** kubeconfig: which cluster. */
  target?: ClusterTarget;
  /** The namespaces that will be worked in; rights may end there. */
  namespaces?: readonly string[];
  /** kubeconfig: the rights that will be used; asked for before anything is done. */
  rights?: readonly ClusterRight[];
}

/** One right: `create` `pods/exec` of a group, in a namespace or everywhere. */
export interface ClusterRight {
  verb: string;
  group: string;
  resource: string;
  namespace?: string;
}

/** An existing cluster, as its user names it. */
export interface ClusterTarget {
  /** Kubeconfig files, earlier ones win: absolute paths. */
  files: readonly string[];
  /** Default: the current one. */
  context?: string;
}

export interface NodeProcessOptions {
  command: readonly string[];
  /** With a terminal: then there is one stream of output. */
  tty: boolean;
}

/** A node of `names` by its own name or by the end of it: `control-plane`, `worker2`. Throws a UserError that names them. */
export function findNode(names: readonly string[], node: string): string {
  const found = names.find((name) => name === node) ?? names.find((name) => name.endsWith(`-${node}`));
  if (found !== undefined) return found;
  throw new UserError({ what: `there is no node ${node}`, next: `one of: ${names.join(', ')}` });
}

/** Something with a kubeconfig. */
export interface Cluster {
  readonly id: string;
  /** Name of the provider that made it. */
  readonly provider: string;
  /** File, mode 0600, in kubedrill's own state folder. It is the learner's: see `ownKubeconfig`. */
  readonly kubeconfig: string;
  readonly context: string;
  readonly server: string;
  /** The text of a kubeconfig of this cluster alone, as it is right now: what kubedrill itself connects with. */
  ownKubeconfig(): Promise<string>;
  /** Resolves when what the cluster runs for itself, its DNS above all, is up. Without it: that is so when it was created. */
  systemRuns?(): Promise<void>;
  /** Remembers the present state as the one that `reset` goes back to. */
  snapshot(): Promise<void>;
  /** Puts everything back as it was at the snapshot. */
  reset(): Promise<void>;
  /** Deletes the cluster and all that belongs to it; an existing one is left as it was found. */
  dispose(): Promise<void>;
  /** What is not as it was at the snapshot, a line each, sorted: `Deployment shop/web: spec.replicas changed`. */
  differences(): Promise<string[]>;
  /**
   * The command that runs `command` on a node. Rejects with a UserError that names the nodes if there is no such one.
   * Nodes that are simulated have `nodeProcess` instead.
   */
  nodeCommand?(node: string, command: readonly string[]): Promise<string[]>;
  /** Runs a command as root on a simulated node. Rejects as `nodeCommand` does. */
  nodeProcess?(node: string, options: NodeProcessOptions): Promise<ProcessStreams>;
  /** The API does not answer: starts again what has stopped, and says what is the matter if it knows. */
  revive?(): Promise<string | undefined>;
}

/** A cluster that is on record, but could not be brought back. */
export interface BrokenCluster {
  id: string;
  /** The kubeconfig and the context that it had. */
  kubeconfig: string;
  context: string;
  /** What is the matter, with the file if it is one: `/…/etcd.json is empty`. */
  what: string;
  /** What `repair` can do about it, and what is lost by that; undefined: nothing but trying again. */
  repair?: string;
}

/** What `--provider` takes. */
export const providerNames = ['embedded', 'kind', 'kubeconfig'] as const;

/** What makes clusters: one of `providerNames`. */
export interface Provider {
  readonly name: string;
  check(): Promise<Diagnosis[]>;
  /** Resolves when Pods can be created. Whether it fails or `signal` aborts: nothing stays. */
  create(spec: ClusterSpec, progress: (step: string) => void, signal?: AbortSignal): Promise<Cluster>;
  /** The clusters that exist now, also those of earlier runs. */
  list(): Promise<Cluster[]>;
  delete(id: string): Promise<void>;
  /** Takes a cluster back that nobody needs any more; it may be kept for the next `create`. Without it: `delete`. */
  release?(id: string): Promise<void>;
  /** The clusters that are kept for the next `create`: no part of `list`. */
  kept?(): Promise<Cluster[]>;
  /** Those that could not be brought back: no part of `list`, `delete` deletes them. */
  broken?(): Promise<BrokenCluster[]>;
  /**
   * Mends what can be mended of a broken cluster and brings it back; what was done, a line each. Rejects with an
   * EnvironmentError if it stays broken, with a UserError if it is not.
   */
  repair?(id: string): Promise<string[]>;
}
