import { familiarName } from '../../../kube/image-reference.ts';
import { nodeSystem } from './node-system.ts';
import { families } from './table.ts';
import type { TagList } from './tags.ts';
import { Tree } from './tree.ts';
import type { ImageFamily } from './types.ts';

/** What the newest release of an image is, in one of its builds. */
export interface BuildInfo {
  /** A tag that means it. */
  tag: string;
  /** `Debian GNU/Linux 13 (trixie)` */
  system: string;
  /** The best of its shells; undefined: none. */
  shell?: string;
  /** Names of all programs that are found by PATH, sorted. */
  tools: readonly string[];
  /** The numeric user that it runs as where that is not root. */
  user?: number;
  /** ENTRYPOINT and CMD. */
  command: readonly string[];
}

export interface ImageInfo {
  /** As people write it: `nginx`, `bitnami/kubectl`, `registry.k8s.io/pause`. */
  name: string;
  about: string;
  tags: TagList;
  builds: readonly BuildInfo[];
}

/** The images of the table that Pods run, as people and programs read it; what nodes are made from is none of them. */
export function listImages(): ImageInfo[] {
  const ofPods = families.filter((family) => family !== nodeSystem);
  return ofPods.map((family) => ({
    name: familiarName(family.repository),
    about: family.about,
    tags: family.tags.list,
    builds: buildsOf(family),
  }));
}

function buildsOf(family: ImageFamily): BuildInfo[] {
  const { versions, names, variants } = family.tags.list;
  const newest = versions[0]?.split(' ').at(-1);
  const candidates = [...names, ...(newest === undefined ? [] : [newest]), ...versions.flatMap((v) => v.split(' '))];
  const base = candidates.find((tag) => family.tags.find(tag) !== undefined);
  const tags = [...(base === undefined ? [] : [base]), ...variants.map((v) => `${newest}${v}`)];
  return tags.flatMap((tag) => {
    const release = family.tags.find(tag);
    return release ? [buildOf(family, tag, release)] : [];
  });
}

function buildOf(family: ImageFamily, tag: string, release: { version: string; variant: string }): BuildInfo {
  const content = family.content(release);
  const tree = new Tree();
  content.files(tree);
  const path = content.env?.PATH?.split(':') ?? [];
  const tools = tree
    .executables()
    .filter((file) => path.some((folder) => file.slice(0, file.lastIndexOf('/')) === folder));
  const names = [...new Set(tools.map((file) => file.slice(file.lastIndexOf('/') + 1)))].sort();
  const shell = ['bash', 'ash', 'dash', 'sh'].find((name) => names.includes(name));
  return {
    tag,
    system: content.system.title,
    ...(shell !== undefined && { shell }),
    tools: names,
    ...(content.user !== undefined && { user: content.user }),
    command: [...(content.entrypoint ?? []), ...(content.cmd ?? [])],
  };
}
