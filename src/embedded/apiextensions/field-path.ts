/** The paths of fields in rules (`fieldPath`) and selectable fields: `.spec.size`, `.metadata['a.b']`. */
import { type FieldPath, path } from '../errors/field.ts';
import { additionalOf, propertyOf, type Schema, valuesOf } from './schema.ts';

export interface FoundField {
  path: FieldPath;
  schema: Schema;
}

/**
 * Follows a path through a schema. @param brackets whether `['name']` is allowed
 * @returns what is there, or why the path leads nowhere
 */
export function validFieldPath(text: string, root: Schema, brackets = true): FoundField | string {
  let schema: Schema | undefined = root;
  let found = path();
  const tokens = tokensOf(text);
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? '';
    if (token !== '.' && token !== '[') return `expected [ or . but got: ${token}`;
    if (token === '[' && !brackets) return 'array notation is not allowed';
    let name = tokens[++i];
    if (name === undefined) return 'unexpected end of JSON path';
    if (token === '[') {
      if (!/^'.*'$/s.test(name) || name.length < 2) return `expected single quoted string but got ${name}`;
      const bad = /\\[^abfnrtv'\\]/.exec(name.slice(1, -1));
      if (bad) return `invalid string literal: invalid escape char ${bad[0]}`;
      name = unescaped(name.slice(1, -1));
    }
    if (schema?.properties) {
      found = found.child(name);
      schema = propertyOf(schema, name);
      if (!schema) return 'does not refer to a valid field';
    } else if (schema && additionalOf(schema) !== undefined) {
      found = found.key(name);
      schema = valuesOf(schema);
    } else return 'does not refer to a valid field';
    if (token !== '[') continue;
    const close = tokens[++i];
    if (close === undefined) return 'unexpected end of JSON path';
    if (close !== ']') return `expected ] but got ${close}`;
  }
  return { path: found, schema: schema ?? {} };
}

/** Delimiters, quoted strings and what lies between. */
function tokensOf(text: string): string[] {
  return text.match(/[.[\]]|'(?:\\.|[^'\\])*'|[^.[\]']+|'.*$/gs) ?? [];
}

const escapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_, c: string) => escapes[c] ?? c);
}
