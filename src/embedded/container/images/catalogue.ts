import { createHash } from 'node:crypto';
import { parseReference } from '../../../kube/image-reference.ts';
import type { ImageDescription } from '../../container-api.ts';
import { pathEnv } from './layouts.ts';
import { families } from './table.ts';
import { pattern } from './tags.ts';
import { Tree } from './tree.ts';
import type { CatalogueImage, ImageContent, ImageFamily } from './types.ts';

const builtIn: ReadonlyMap<string, ImageFamily> = new Map(families.map((family) => [family.repository, family]));

export interface FoundImage {
  image: CatalogueImage;
  /** `docker.io/library/nginx:1.27` */
  name: string;
  digest: string;
}

/** The images that one cluster can pull: the built-in ones, and those of packs. */
export class Catalogue {
  readonly #added = new Map<string, ImageFamily>();
  /** By repository, version and build. */
  readonly #images = new Map<string, CatalogueImage>();
  readonly #trees = new Map<CatalogueImage, Tree>();
  readonly #digests = new Map<string, string>();

  /** What a reference means; undefined: no such image, or no such tag of it. */
  find(reference: string): FoundImage | undefined {
    const parsed = parseReference(reference);
    if (!parsed) return undefined;
    const family = this.#added.get(parsed.repository) ?? builtIn.get(parsed.repository);
    if (!family) return undefined;
    let { tag } = parsed;
    // A digest alone is known once its tag was asked for, as after a pull.
    if (parsed.digest !== undefined) tag ??= this.#digests.get(`${parsed.repository}@${parsed.digest}`);
    const image = tag === undefined ? undefined : this.#image(family, tag);
    if (tag === undefined || !image) return undefined;
    const name = `${parsed.repository}:${tag}`;
    const digest = `sha256:${createHash('sha256').update(`kubedrill image ${name}`).digest('hex')}`;
    if (parsed.digest !== undefined && parsed.digest !== digest) return undefined;
    this.#digests.set(`${parsed.repository}@${digest}`, tag);
    return { image, name, digest };
  }

  /** Whether there is such a repository, whatever its tags. */
  hasRepository(reference: string): boolean {
    const repository = parseReference(reference)?.repository ?? '';
    return this.#added.has(repository) || builtIn.has(repository);
  }

  /** What a tag means; created once. */
  #image(family: ImageFamily, tag: string): CatalogueImage | undefined {
    const release = family.tags.find(tag);
    if (!release) return undefined;
    const key = `${family.repository} ${release.version}${release.variant}`;
    let image = this.#images.get(key);
    if (!image) {
      const content = family.content(release);
      const { repository } = family;
      image = { ...content, repository, version: release.version, flavor: content.system.flavor };
      this.#images.set(key, image);
    }
    return image;
  }

  /** The files of an image; created once. */
  tree(image: CatalogueImage): Tree {
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
      for (const key of this.#images.keys()) if (key.startsWith(`${image.repository} `)) this.#images.delete(key);
    }
  }

  #describe(d: ImageDescription): ImageFamily {
    const reference = parseReference(d.name);
    if (!reference) throw new Error(`"${d.name}" is not the name of an image`);
    const base = this.find(d.base ?? 'busybox')?.image;
    if (!base) throw new Error(`image ${d.name}: there is no base image "${d.base}"`);
    const names = (d.tags ?? []).map((t) => t.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const service = d.service;
    const tags = names.length > 0 ? new RegExp(`^(${names.join('|')})$`) : /^(latest|v?\d+(\.\d+){0,3}(-[\w.]+)?)$/;
    const user = d.user ?? base.user;
    const [entrypoint, cmd] = [
      d.entrypoint ?? (service ? ['/usr/local/bin/service'] : base.entrypoint),
      d.cmd ?? (d.entrypoint || service ? undefined : base.cmd),
    ];
    const { entrypoint: _, cmd: __, ...rest } = base;
    const content: ImageContent = {
      ...rest,
      sizeBytes: 20_000_000 + d.name.length * 100_003,
      ...(entrypoint && { entrypoint }),
      ...(cmd && { cmd }),
      env: { ...pathEnv, ...base.env, ...d.env },
      ...(d.workingDir !== undefined && { workingDir: d.workingDir }),
      ...(user !== undefined && { user }),
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
    const { repository } = reference;
    return {
      ...{ repository, about: `of a pack, on ${base.repository}` },
      tags: pattern(tags, d.tags ?? ['latest']),
      content: () => content,
    };
  }
}
