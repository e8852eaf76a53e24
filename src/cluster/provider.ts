/** One finding of a provider's look at the machine. */
export interface Diagnosis {
  /** What was looked at: `docker`, `inotify`, ... */
  subject: string;
  ok: boolean;
  text: string;
  /** What to do about it, if it is not ok. */
  fix?: string;
}

/** What a scenario (or `cluster up`) asks for. */
export interface ClusterSpec {
  /** Lower-case words; the id of the cluster is made from it. */
  name: string;
  nodes: number;
}

/** Something with a kubeconfig. */
export interface Cluster {
  readonly id: string;
  /** Name of the provider that made it. */
  readonly provider: string;
  /** File, mode 0600, in kubedrill's own state folder. */
  readonly kubeconfig: string;
  readonly context: string;
  readonly server: string;
  /** Remembers the present state as the one that `reset` goes back to. */
  snapshot(): Promise<void>;
  /** Puts everything back as it was at the snapshot. */
  reset(): Promise<void>;
  /** Deletes the cluster and all that belongs to it. */
  dispose(): Promise<void>;
}

/** What makes clusters: `embedded`, `kind`, `kubeconfig`. */
export interface Provider {
  readonly name: string;
  check(): Promise<Diagnosis[]>;
  create(spec: ClusterSpec, progress: (step: string) => void): Promise<Cluster>;
  /** The clusters that exist now, also those of earlier runs. */
  list(): Promise<Cluster[]>;
  delete(id: string): Promise<void>;
}
