/** What a container knows of the image that it was made from. Types only. */
import type { ImageDescription } from '../../container-api.ts';

/** Which family of tools an image has: their messages and options differ. */
export type ToolFlavor = 'busybox' | 'gnu';

export type SystemFamily = 'debian' | 'ubuntu' | 'oracle' | 'alpine' | 'busybox' | 'none';

export interface System {
  family: SystemFamily;
  /** `bookworm`, `noble`; Alpine: `3.22`. */
  name: string;
  /** As /etc/debian_version, /etc/alpine-release and the like have it. */
  version: string;
  /** PRETTY_NAME of /etc/os-release. */
  title: string;
  flavor: ToolFlavor;
  /** What its own programs say of themselves, where they are asked: bash, busybox, curl, openssl, apt, dpkg, apk. */
  versions: Readonly<Record<string, string>>;
}

export interface Image {
  /** `docker.io/library/nginx` */
  repository: string;
  /** The release that the tag means: `1.29.3`; empty where tags mean none. */
  version: string;
  flavor: ToolFlavor;
  system: System;
  entrypoint?: readonly string[];
  cmd?: readonly string[];
  env?: Readonly<Record<string, string>>;
  workingDir?: string;
  user?: number;
  group?: number;
  /** What its program uses that is not simulated itself: of one core, and of memory. */
  needs?: { cores?: number; memoryBytes?: number };
  /** Behaviour of a description, for the `service` program. */
  service?: ImageDescription['service'];
  /** What its programs say of themselves where that is not what its system has: `{ curl: '8.10.1' }`. */
  versions?: Readonly<Record<string, string>>;
}
