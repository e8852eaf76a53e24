import type { ImageDescription } from '../../container-api.ts';
import type { Tree } from './tree.ts';

/** Which family of tools an image has: their messages and options differ. */
export type ToolFlavor = 'busybox' | 'gnu';

/** An image of the catalogue. */
export interface Image {
  /** `docker.io/library/nginx` */
  repository: string;
  /** Which tags exist. */
  tags: RegExp;
  flavor: ToolFlavor;
  sizeBytes: number;
  entrypoint?: readonly string[];
  cmd?: readonly string[];
  env?: Readonly<Record<string, string>>;
  workingDir?: string;
  user?: number;
  group?: number;
  /** Puts the files in. */
  files(tree: Tree): void;
  /** What its program uses that is not simulated itself: of one core, and of memory. */
  needs?: { cores?: number; memoryBytes?: number };
  /** Behaviour of a description, for the `service` program. */
  service?: ImageDescription['service'];
}
