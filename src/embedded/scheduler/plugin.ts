import type { Namespace, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import type { NodeInfo } from './node-info.ts';

/** Why a Pod does not fit. `final`: removing other Pods would not help (UnschedulableAndUnresolvable). */
export interface Misfit {
  reasons: string[];
  final: boolean;
}

/** One attempt to place one Pod: what all plugins may look at. */
export interface Cycle {
  pod: Stored<Pod>;
  nodes: readonly NodeInfo[];
  namespaces(): readonly Stored<Namespace>[];
  storage: Storage;
}

/** Claims of the Pod's namespace, volumes and classes. */
export interface Storage {
  claim(name: string): Stored<PersistentVolumeClaim> | undefined;
  volumes(): readonly Stored<PersistentVolume>[];
  storageClass(name: string): Stored<StorageClass> | undefined;
}

/** A plugin of the scheduling framework, by Kubernetes' name. */
export interface Plugin {
  readonly name: string;
  /** Refuses the Pod on every node; the text stands alone in the message. */
  preFilter?(cycle: Cycle): string | undefined;
  /** undefined: the Pod fits. */
  filter?(cycle: Cycle, node: NodeInfo): Misfit | undefined;
  /** Raw scores, one a node, higher is better; the framework brings them to 0 .. 100. */
  score?(cycle: Cycle, nodes: readonly NodeInfo[]): number[];
  /** Weight of the score as in the default profile. */
  readonly weight?: number;
  /** Scores are already 0 .. 100. */
  readonly normalized?: boolean;
}

export const misfit = (reason: string, final: boolean): Misfit => ({ reasons: [reason], final });
