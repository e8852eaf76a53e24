import { createHash } from 'node:crypto';
import { parseReference } from '../../../kube/image-reference.ts';
import type { ImageDescription } from '../../container-api.ts';
import { applicationImages } from './applications.ts';
import { baseSystems } from './base-systems.ts';
import { clients } from './clients.ts';
import { controlPlane } from './control-plane.ts';
import { databases } from './databases.ts';
import { pathEnv } from './layouts.ts';
import { nodeSystem } from './node-system.ts';
import { servers } from './servers.ts';
import { Tree } from './tree.ts';
import type { Image } from './types.ts';

const builtIn: ReadonlyMap<string, Image> = new Map(
  [...baseSystems, ...clients, ...servers, ...controlPlane, nodeSystem, ...applicationImages, ...databases].map(
    (image) => [image.repository, image],
  ),
);

export interface FoundImage {
  image: Image;
  /** `docker.io/library/nginx:1.27` */
  name: string;
  digest: string;
}

/** The images that one cluster can pull: the built-in ones, and those of packs. */
export class Catalogue {
  readonly #added = new Map<string, Image>();
  readonly #trees = new Map<Image, Tree>();
  readonly #digests = new Map<string, string>();

  /** What a reference means; undefined: no such image, or no such tag of it. */
  find(reference: string): FoundImage | undefined {
    const parsed = parseReference(reference);
    if (!parsed) return undefined;
    const image = this.#added.get(parsed.repository) ?? builtIn.get(parsed.repository);
    if (!image) return undefined;
    let { tag } = parsed;
    // A digest alone is known once its tag was asked for, as after a pull.
    if (parsed.digest !== undefined) tag ??= this.#digests.get(`${parsed.repository}@${parsed.digest}`);
    if (tag === undefined || !image.tags.test(tag)) return undefined;
    const name = `${parsed.repository}:${tag}`;
    const digest = `sha256:${createHash('sha256').update(`kubedrill image ${name}`).digest('hex')}`;
    if (parsed.digest !== undefined && parsed.digest !== digest) return undefined;
    this.#digests.set(`${parsed.repository}@${digest}`, tag);
    return { image, name, digest };
  }

  /** The files of an image; made once. */
  tree(image: Image): Tree {
    let tree = this.#trees.get(image);
    if (!tree) {
      tree = new Tree();
      image.files(tree);
      this.#trees.set(image, tree);
    }
    return tree;
  }

  /** Adds images of packs. Throws if a name or base is no image reference. */
  add(descriptions: readonly ImageDescription[]): void {
    for (const description of descriptions) {
      const image = this.#describe(description);
      this.#added.set(image.repository, image);
    }
  }

  #describe(d: ImageDescription): Image {
    const reference = parseReference(d.name);
    if (!reference) throw new Error(`"${d.name}" is not the name of an image`);
    const base = this.find(d.base ?? 'busybox')?.image;
    if (!base) throw new Error(`image ${d.name}: there is no base image "${d.base}"`);
    const names = (d.tags ?? []).map((t) => t.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const service = d.service;
    return {
      ...base,
      repository: reference.repository,
      tags: names.length > 0 ? new RegExp(`^(${names.join('|')})$`) : /^(latest|v?\d+(\.\d+){0,3}(-[\w.]+)?)$/,
      sizeBytes: 20_000_000 + d.name.length * 100_003,
      entrypoint: d.entrypoint ?? (service ? ['/usr/local/bin/service'] : base.entrypoint),
      cmd: d.cmd ?? (d.entrypoint || service ? undefined : base.cmd),
      env: { ...pathEnv, ...base.env, ...d.env },
      workingDir: d.workingDir ?? base.workingDir,
      user: d.user ?? base.user,
      service: service ?? base.service,
      files: (tree) => {
        base.files(tree);
        if (service) tree.program('/usr/local/bin/service', 'service');
        for (const [path, file] of Object.entries(d.files ?? {})) {
          if (typeof file === 'string') tree.file(path, file);
          else tree.file(path, file.content, file.mode ?? 0o644);
        }
      },
    };
  }
}
