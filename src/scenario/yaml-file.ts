import { closest } from 'fastest-levenshtein';
import { isMap, isNode, isPair, type Node } from 'yaml';
import * as z from 'zod';
import { UserError } from '../kernel/errors.ts';
import { ownValue } from '../kernel/own.ts';
import { InvalidFile, readBounded, readDocument } from './yaml-text.ts';

/** Reads a YAML file by a schema. Throws InvalidFile with every problem and its place. */
export function readYamlFile<S extends z.ZodType>(file: string, schema: S): z.infer<S> {
  return openYamlFile(file)(schema);
}

/**
 * Reads a YAML file once, for several looks at it, each by a schema. Variables (`@{name}`) are filled in after parsing, in
 * strings only, so that positions survive. Both throw InvalidFile with every problem and its place.
 */
export function openYamlFile(
  file: string,
): <S extends z.ZodType>(schema: S, variables?: Record<string, string>) => z.infer<S> {
  const document = readDocument(file, readBounded(file, 'description'));
  return (schema, variables = {}) => parse(file, document, schema, variables);
}

/** Reads the text of a YAML file by a schema; `file` is what problems are named by. Throws InvalidFile. */
export function parseYaml<S extends z.ZodType>(file: string, text: string, schema: S): z.infer<S> {
  return parse(file, readDocument(file, text), schema, {});
}

function parse<S extends z.ZodType>(
  file: string,
  { contents, value, place }: ReturnType<typeof readDocument>,
  schema: S,
  variables: Record<string, string>,
): z.infer<S> {
  const result = schema.safeParse(fillIn(value, variables), { reportInput: true });
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap(likeliest).flatMap((issue) => {
    const path = issue.path.filter((p) => typeof p !== 'symbol');
    if (issue.code === 'invalid_key')
      return [place(offsetAt(contents, path, true), issue.issues[0]?.message ?? issue.message)];
    if (issue.code !== 'unrecognized_keys') return [place(offsetAt(contents, path, false), messageOf(issue))];
    return issue.keys.map((key) => {
      const known = knownKeys(schema, path);
      const near = known.length > 0 ? `; did you mean ${closest(key, known)}?` : '';
      return place(offsetAt(contents, [...path, key], true), `unknown field "${key}"${near}`);
    });
  });
  throw new InvalidFile(file, problems);
}

/**
 * What to say of a value that fits none of several shapes: the complaints of the one that it comes nearest to, which is
 * the one that complains of something inside of the value, or least.
 */
function likeliest(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const inside = (branch: z.core.$ZodIssue[]) =>
    branch.every((i) => i.path.length > 0 || !['invalid_type', 'invalid_value'].includes(i.code));
  const best = issue.errors.toSorted((a, b) => Number(inside(b)) - Number(inside(a)) || a.length - b.length)[0] ?? [];
  return best.flatMap(likeliest).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** What a text may become by its variables, characters. */
const longestFilled = 2 * 2 ** 20;

/** Replaces `@{name}` of declared variables in every string of a value. A UserError if one gets too long by that. */
export function fillIn<T>(value: T, variables: Record<string, string>): T {
  if (typeof value === 'string') {
    let length = value.length;
    return value.replaceAll(/@\{([A-Za-z][A-Za-z0-9]*)\}/g, (whole, name: string) => {
      if (!Object.hasOwn(variables, name)) return whole;
      const filled = variables[name] as string;
      length += filled.length - whole.length;
      if (length > longestFilled) {
        throw new UserError({
          what: `a text becomes longer than ${longestFilled} characters by its variables`,
          why: `@{${name}} stands in it again and again`,
          next: 'shorten the values of the variables in scenario.yaml',
        });
      }
      return filled;
    }) as T;
  }
  if (Array.isArray(value)) return value.map((item) => fillIn(item, variables)) as T;
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [fillIn(k, variables), fillIn(v, variables)])) as T;
  }
  return value;
}

function messageOf(issue: z.core.$ZodIssue): string {
  const expected = expectationOf(issue);
  if (expected === undefined) return issue.message;
  const field = issue.path.at(-1);
  return issue.input === undefined && field !== undefined ? `${String(field)} is missing: ${expected}` : expected;
}

function expectationOf(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === 'invalid_type') return `expected ${issue.expected}`;
  if (issue.code === 'invalid_value') return `expected ${issue.values.map((v) => JSON.stringify(v)).join(' or ')}`;
  return undefined;
}

/** The offset of the deepest node on the path that exists; of a map's key rather than its value if asked. */
function offsetAt(root: Node | null, path: (string | number)[], key: boolean): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && String((item.key as { value?: unknown })?.value) === String(step),
      );
      if (!pair) break;
      const last = depth === path.length - 1;
      if (key && last && isNode(pair.key)) return pair.key.range?.[0] ?? offset;
      node = pair.value;
      offset =
        (isNode(node) ? node.range?.[0] : undefined) ?? (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
    } else if (isNode(node) && 'items' in node) {
      node = (node as { items: unknown[] }).items[Number(step)];
      offset = (isNode(node) ? node.range?.[0] : undefined) ?? offset;
    } else break;
  }
  return offset;
}

interface Json {
  properties?: Record<string, Json>;
  items?: Json;
  additionalProperties?: Json | boolean;
  anyOf?: Json[];
}

const jsonSchemas = new WeakMap<z.ZodType, Json>();

function jsonSchemaOf(schema: z.ZodType): Json {
  const json = jsonSchemas.get(schema) ?? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json);
  jsonSchemas.set(schema, json);
  return json;
}

/** The field names that a schema knows at a path, by way of its JSON Schema. */
function knownKeys(schema: z.ZodType, path: (string | number)[]): string[] {
  let at: Json[] = [jsonSchemaOf(schema)];
  for (const step of path) {
    at = at
      .flatMap((json) => json.anyOf ?? [json])
      .flatMap((json) => {
        const next =
          typeof step === 'number' ? json.items : (ownValue(json.properties, step) ?? json.additionalProperties);
        return next && typeof next === 'object' ? [next] : [];
      });
  }
  return [...new Set(at.flatMap((json) => json.anyOf ?? [json]).flatMap((json) => Object.keys(json.properties ?? {})))];
}
