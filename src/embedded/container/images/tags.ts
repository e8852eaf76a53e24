/** Which tags an image has, and what each means. */

/** What a tag means: a release, and which build of it. */
export interface Release {
  version: string;
  /** `-alpine`, `-slim`, or nothing. */
  variant: string;
}

/** The tags as people read them. */
export interface TagList {
  /** `1.29.0 to 1.29.3`, newest first. */
  versions: readonly string[];
  /** `latest`, `stable`. */
  names: readonly string[];
  /** Builds of the newest release: what may follow either, or stand alone without its hyphen. */
  variants: readonly string[];
}

export interface Tags {
  find(tag: string): Release | undefined;
  list: TagList;
}

interface Releases {
  /** The last release of each line, newest first: `1.29.3` stands for 1.29.0 to 1.29.3, and `17.6` for 17.0 to 17.6. */
  lines: readonly string[];
  /** Names of lines: `latest` means the newest where it is not among them. */
  names?: Readonly<Record<string, string>>;
  /** The builds that a release has. Default: one, without a name. */
  variants?: (version: string) => readonly string[];
  /** `v`. */
  prefix?: string;
  /** Only whole versions are tags: neither `1.29` nor `1`. */
  exact?: boolean;
  /** No `latest`. */
  noLatest?: boolean;
}

/** Tags as Docker's official images have them: release, line, major, names, each with each build. */
export function releases({ lines, names: given = {}, variants, prefix = '', exact, noLatest }: Releases): Tags {
  const newest = lines[0] ?? '';
  const names = { ...(noLatest ? {} : { latest: newest }), ...given };
  const of = (version: string) => variants?.(version) ?? [''];
  const every = [...new Set(lines.flatMap(of))].sort((a, b) => b.length - a.length);
  const find = (tag: string): Release | undefined => {
    for (const variant of every) {
      const rest = tagWithout(tag, variant);
      if (rest === undefined) continue;
      const wanted =
        rest === '' ? newest : Object.hasOwn(names, rest) ? names[rest as keyof typeof names] : numberOf(rest);
      const version = wanted === undefined ? undefined : releaseOf(lines, wanted, exact === true && rest === wanted);
      if (version !== undefined && of(version).includes(variant)) return { version, variant };
    }
    return undefined;
  };
  const numberOf = (text: string) => (text.startsWith(prefix) ? text.slice(prefix.length) : undefined);
  return {
    find,
    list: {
      versions: lines.map((line) =>
        `${prefix}${line.replace(/\d+$/, '0')} to ${prefix}${line}`.replace(/^(\S+) to \1$/, '$1'),
      ),
      names: Object.keys(names),
      variants: of(newest).filter((v) => v !== ''),
    },
  };
}

/** What is left of a tag before a build's name; a build's name alone is the newest of it. */
function tagWithout(tag: string, variant: string): string | undefined {
  if (variant === '') return tag;
  if (tag === variant.slice(1)) return '';
  return tag.endsWith(variant) ? tag.slice(0, -variant.length) : undefined;
}

/** The release that a number means: itself, or the newest that begins with it. */
function releaseOf(lines: readonly string[], wanted: string, whole: boolean): string | undefined {
  if (!/^\d+(\.\d+)*$/.test(wanted)) return undefined;
  const line = lines.find((l) => l === wanted || l.startsWith(`${wanted}.`));
  if (line !== undefined) return line === wanted || !whole ? line : undefined;
  const cut = wanted.lastIndexOf('.');
  const found = lines.find((l) => l.slice(0, l.lastIndexOf('.')) === wanted.slice(0, cut) && cut > 0);
  if (found === undefined) return undefined;
  const [patch, last] = [wanted.slice(cut + 1), found.slice(found.lastIndexOf('.') + 1)];
  return Number(patch) <= Number(last) && String(Number(patch)) === patch ? wanted : undefined;
}

/** Tags of which it only matters that they exist. `shown` is what people read. */
export function pattern(regex: RegExp, shown: readonly string[]): Tags {
  return {
    find: (tag) => (regex.test(tag) ? { version: /\d+(\.\d+)*/.exec(tag)?.[0] ?? '', variant: '' } : undefined),
    list: { versions: shown.filter((s) => /\d/.test(s)), names: shown.filter((s) => !/\d/.test(s)), variants: [] },
  };
}
