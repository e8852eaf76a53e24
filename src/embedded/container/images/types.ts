import type { ImageDescription } from '../../container-api.ts';
import type { System } from './systems.ts';
import type { Tags } from './tags.ts';
import type { Tree } from './tree.ts';

/** Which family of tools an image has: their messages and options differ. */
export type ToolFlavor = 'busybox' | 'gnu';

/** What is in an image, and how it is started. */
export interface ImageContent {
  system: System;
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
  /** What its programs say of themselves where that is not what its system has: `{ curl: '8.10.1' }`. */
  versions?: Readonly<Record<string, string>>;
}

/** An image that a tag means. */
export interface Image extends ImageContent {
  /** `docker.io/library/nginx` */
  repository: string;
  /** The release that the tag means: `1.29.3`; empty where tags mean none. */
  version: string;
  flavor: ToolFlavor;
}

/** A row of the table of images: a repository, its tags, and what is in the image of each. */
export interface ImageFamily {
  repository: string;
  /** What it can, in a few words, for people. */
  about: string;
  tags: Tags;
  content(release: { version: string; variant: string }): ImageContent;
}
