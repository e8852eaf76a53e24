/** Texts with variables: `$uri`, `${name}`, `$1`. */

/** What a text needs to be filled in. */
export interface Values {
  /** The value of a variable; empty where it has none. */
  variable(name: string): string;
}

export interface Text {
  /** The names of its variables. */
  names: readonly string[];
  fill(values: Values): string;
}

const cache = new Map<string, Text>();
const kept = 2000;

/** Compiles a text. A `$` that begins no name stands for itself. */
export function textOf(source: string): Text {
  const known = cache.get(source);
  if (known) return known;
  const parts: (string | { name: string })[] = [];
  let at = 0;
  for (const match of source.matchAll(/\$(?:\{(\w+)\}|(\d)|([A-Za-z_]\w*))/g)) {
    if (match.index > at) parts.push(source.slice(at, match.index));
    parts.push({ name: (match[1] ?? match[2] ?? match[3] ?? '').toLowerCase() });
    at = match.index + match[0].length;
  }
  if (at < source.length) parts.push(source.slice(at));
  const text: Text = {
    names: parts.flatMap((part) => (typeof part === 'string' ? [] : [part.name])),
    fill: (values) => parts.map((part) => (typeof part === 'string' ? part : values.variable(part.name))).join(''),
  };
  if (cache.size >= kept) cache.clear();
  cache.set(source, text);
  return text;
}
