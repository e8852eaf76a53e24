import type { Exchange } from './exchange.ts';

const maps = new WeakMap<readonly unknown[], ReadonlyMap<string, string>>();

/** The content type of a path: by its extension in `types`, else `default_type`. */
export function typeOf(x: Exchange, path: string): string {
  const blocks = x.scope.all('types');
  let map = maps.get(blocks);
  if (!map) {
    const pairs = blocks
      .flatMap((b) => b.block ?? [])
      .flatMap((d) => d.args.map((ext): [string, string] => [ext, d.name]));
    map = new Map(pairs.length > 0 || blocks.length > 0 ? pairs : builtIn);
    maps.set(blocks, map);
  }
  const [, extension = ''] = /\.([^./]+)$/.exec(path) ?? [];
  return map.get(extension.toLowerCase()) ?? x.fill(x.scope.value('default_type') ?? 'text/plain');
}

/** Without a `types` block. */
const builtIn: [string, string][] = [
  ['html', 'text/html'],
  ['gif', 'image/gif'],
  ['jpg', 'image/jpeg'],
];
