/** Builds of official images: on which system each release is, by the end of its tag. */

import type { System } from '../kernel/image.ts';
import { systemOf } from './systems.ts';
import { releases, type Tags } from './tags.ts';

/** A line of releases: its last one, the system it is built on first, and other systems that it is built on. */
export type Line = readonly [version: string, ...systems: string[]];

export interface Builds {
  tags: Tags;
  system(release: { version: string; variant: string }): System;
}

interface Options {
  names?: Readonly<Record<string, string>>;
  /** Ends of tags that mean a system, or with `-slim` a smaller image: `{system}` is its name. Default: `-{system}`. */
  more?: readonly string[];
}

const isAlpine = (name: string) => /^\d/.test(name);

/**
 * The tags of an official image. The first system of a line has tags without an end, and with its name as one; Alpine is
 * `-alpine` and `-alpine3.22`. `more` are ends that go before the system's: `-slim` makes `-slim` and `-slim-bookworm`.
 */
export function builds(lines: readonly Line[], { names, more = [] }: Options = {}): Builds {
  const lineOf = (version: string) =>
    lines.find(([l]) => l === version) ?? lines.find(([l]) => cut(l) === cut(version)) ?? lines[0];
  const ends = (version: string): Map<string, string> => {
    const [, first = '', ...others] = lineOf(version) ?? [];
    const found = new Map<string, string>();
    for (const name of [first, ...others]) {
      if (isAlpine(name)) {
        found.set('-alpine', name).set(`-alpine${name}`, name);
        continue;
      }
      found.set(`-${name}`, name);
      for (const end of more) if (!end.startsWith('-alpine')) found.set(`${end}-${name}`, name);
    }
    found.set('', first);
    for (const end of more) {
      const alpine = others.find(isAlpine);
      if (!end.startsWith('-alpine')) found.set(end, first);
      else if (alpine !== undefined) found.set(end, alpine).set(end.replace('-alpine', `-alpine${alpine}`), alpine);
    }
    return found;
  };
  return {
    tags: releases({ lines: lines.map(([l]) => l), variants: (v) => [...ends(v).keys()], ...(names && { names }) }),
    system: ({ version, variant }) => systemOf(ends(version).get(variant) ?? 'bookworm'),
  };
}

const cut = (version: string) => version.slice(0, version.lastIndexOf('.'));
