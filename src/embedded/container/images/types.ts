import type { Image } from '../kernel/image.ts';
import type { Tags } from './tags.ts';
import type { Tree } from './tree.ts';

/** What is in an image, and how it is started. */
export interface ImageContent extends Omit<Image, 'repository' | 'version' | 'flavor'> {
  sizeBytes: number;
  /** Puts the files in. */
  files(tree: Tree): void;
}

/** An image that a tag means. */
export interface CatalogueImage extends Image, ImageContent {}

/** A row of the table of images: a repository, its tags, and what is in the image of each. */
export interface ImageFamily {
  repository: string;
  /** What it can, in a few words, for people. */
  about: string;
  tags: Tags;
  content(release: { version: string; variant: string }): ImageContent;
}
