/** Names of fields as CEL can write them: `a-b` is `a__dash__b` (apiserver's cel/escaping.go). */

const reserved = new Set(
  (
    'true false null in as break const continue else for function if import let loop package namespace return ' +
    'var void while'
  ).split(' '),
);
const escapes: Readonly<Record<string, string>> = { __: 'underscores', '.': 'dot', '-': 'dash', '/': 'slash' };
const unescapes = new Map(Object.entries(escapes).map(([text, name]) => [name, text]));

/** Undefined: no expression can name the field. */
export function escapeName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  return name.replace(/__|[-./]/g, (found) => `__${escapes[found]}__`);
}

/** The field that an identifier means; undefined: none. */
export function unescapeName(name: string): string | undefined {
  let known = true;
  const result = name.replace(/__([^_]+)__/g, (all, inner: string) => {
    if (reserved.has(inner) && all.length === name.length) return inner;
    const text = unescapes.get(inner);
    known &&= text !== undefined;
    return text ?? '';
  });
  return known ? result : undefined;
}
