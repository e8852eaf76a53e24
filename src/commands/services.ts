import type { Prover } from '../authoring/proof.ts';
import type { KubectlVersion } from '../cluster/kubectl/version.ts';
import type { ClusterTarget, Diagnosis } from '../cluster/provider.ts';
import type { Paths } from '../kernel/paths.ts';
import type { Catalog } from '../scenario/catalog.ts';
import type { ScenarioEntry } from '../scenario/overview.ts';
import type { TrustStore } from '../scenario/trust.ts';
import type { CoachLevel } from '../session/coach-level.ts';
import type { RemoteLabs } from '../session/remote-labs.ts';
import type { Settings } from '../session/settings.ts';

/** Where `pack verify` proves. */
export interface ProverChoice {
  /** Its name. */
  provider: string;
  /** Clusters at a time. */
  parallel: number;
  nodeImage?: string;
  target?: ClusterTarget;
}

/** An image that the embedded cluster has. */
export interface ImageInfo {
  /** As people write it: `nginx`, `bitnami/kubectl`. */
  name: string;
  /** What it can, in a few words. */
  about: string;
  /** `versions` reads `1.29.0 to 1.29.3`; `variants` are ends such as `-alpine`. */
  tags: { versions: readonly string[]; names: readonly string[]; variants: readonly string[] };
  /** Its newest release in each of its builds. */
  builds: readonly {
    tag: string;
    system: string;
    shell?: string;
    tools: readonly string[];
    user?: number;
    command: readonly string[];
  }[];
}

/** What main gives to the commands: everything that reaches outside of them. */
export interface Services {
  /** With the build, for people and reports. */
  version: string;
  env: NodeJS.ProcessEnv;
  paths: Paths;
  /** What the user has chosen; rejects where the file can't be used, with each place of it. */
  settings(): Promise<Settings>;
  /** Loaded when it is asked for: the format's schema takes its time. */
  catalog(): Promise<Catalog>;
  /** The scenarios of the built-in and installed packs. */
  scenarios(): Promise<ScenarioEntry[]>;
  trust: TrustStore;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  stdin: NodeJS.ReadStream;
  /** Aborts at Ctrl-C. */
  signal: AbortSignal;
  /** The daemon, started if it does not run. Main closes the connection. */
  labs(): Promise<RemoteLabs>;
  /** The daemon if it runs, or if an earlier one left something: attempts to go on with, clusters to clean up. */
  runningLabs(): Promise<RemoteLabs | undefined>;
  /** A kubectl that is new enough, fetched into the cache if need be. */
  kubectl(progress?: (step: string) => void): Promise<KubectlVersion>;
  /** What makes the proofs of `pack verify`, on clusters that end with it; `folder` is theirs. */
  provers(folder: string, choice: ProverChoice): Promise<{ provers: readonly Prover[]; stop(): Promise<void> }>;
  /** The images that the embedded cluster has. */
  images(): Promise<readonly ImageInfo[]>;
  /** Whether the embedded cluster has an image, by reference. */
  knowsImage(): Promise<(reference: string) => boolean>;
  /** What works on this machine. */
  diagnose(): Promise<Diagnosis[]>;
  /** The terminal app; resolves with the exit code when it is left. */
  openApp(options: { plain: boolean; scenario?: string; coach?: CoachLevel }): Promise<number>;
}
