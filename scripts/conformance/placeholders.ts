import { alignEntries, isOrdered } from './managed-fields.ts';

/**
 * The placeholders of recorded exchanges: `{{uid:3}}` and the like bind where they first appear in an answer and mean
 * the same value from then on; those without a number match anything.
 */

const pattern = /\{\{([a-zA-Z]+)(?::(\d+))?\}\}/g;
const whole = /^\{\{[a-zA-Z]+(?::\d+)?\}\}$/;
const age = /^(\d+[smhdy])+$/;
const loose = new Set([
  'time',
  'microtime',
  'jwt',
  'pem',
  'certificate',
  'request',
  'caBundle',
  'number',
  'server',
  'serverHost',
  'securePort',
  'fingerprint',
]);

/** What placeholders mean so far, by their full text. */
export type Bindings = Map<string, unknown>;

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `value` with its placeholders replaced by what they are bound to; a time means now, `{{jwt}}` is `token`. */
export function fill<T>(value: T, bindings: Bindings, token = ''): T {
  return fillAny(value, bindings, token) as T;
}

function fillAny(value: unknown, bindings: Bindings, token: string): unknown {
  if (Array.isArray(value)) return value.map((item) => fillAny(item, bindings, token));
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [fillAny(key, bindings, token), fillAny(item, bindings, token)]),
    );
  }
  if (typeof value !== 'string') return value;
  if (whole.test(value) && bindings.has(value)) return bindings.get(value);
  return value.replaceAll('{{jwt}}', token).replace(pattern, (text, kind: string) => {
    if (bindings.has(text)) return String(bindings.get(text));
    const now = new Date().toISOString();
    if (kind === 'time') return now.replace(/\.\d+/, '');
    return kind === 'microtime' ? now.replace(/\.\d+Z/, '.000000Z') : text;
  });
}

/** Appends to `differences` where `got` is not as recorded; binds placeholders. */
export function compare(
  expected: unknown,
  got: unknown,
  bindings: Bindings,
  path: string,
  differences: string[],
): void {
  if (isObject(expected) && isObject(got)) {
    compareObjects(expected, got, bindings, path, differences);
    return;
  }
  if (Array.isArray(expected) && Array.isArray(got)) {
    if (expected.length !== got.length) differences.push(`${path}: ${expected.length} expected, ${got.length} got`);
    for (let i = 0; i < Math.min(expected.length, got.length); i++) {
      compare(expected[i], got[i], bindings, `${path}[${i}]`, differences);
    }
    return;
  }
  // A cell that shows an age: both are one, that is enough.
  if (path.includes('.cells[') && age.test(String(expected)) && typeof got === 'string' && age.test(got)) return;
  if (typeof expected === 'string' && expected.search(pattern) >= 0) {
    compareText(expected, got, bindings, path, differences);
    return;
  }
  if (!same(expected, got)) {
    differences.push(`${path}: expected ${brief(JSON.stringify(expected))}, got ${brief(JSON.stringify(got))}`);
  }
}

function compareObjects(expected: Json, got: Json, bindings: Bindings, path: string, differences: string[]): void {
  let [wanted, found] = [expected, got];
  // A list's version moves on with any write, and so does a bookmark's.
  const version = isObject(got.metadata) && 'items' in got ? got.metadata.resourceVersion : undefined;
  if (version && isObject(expected.metadata)) bindings.set(String(expected.metadata.resourceVersion), version);
  if (expected.type === 'BOOKMARK' && got.type === 'BOOKMARK')
    [wanted, found] = [unversioned(expected), unversioned(got)];
  const filled = new Map(Object.entries(wanted).map(([key, value]) => [fill(key, bindings), value]));
  for (const key of [...new Set([...filled.keys(), ...Object.keys(found)])].sort()) {
    if (filled.has(key) && key in found) {
      const [one, other] = [filled.get(key), found[key]];
      const compareField = key === 'managedFields' ? compareManagers : compare;
      compareField(one, other, bindings, `${path}.${key}`, differences);
    } else if (key.search(pattern) < 0) {
      differences.push(`${path}.${key}: only ${filled.has(key) ? 'expected' : 'got'}`);
    }
  }
}

function compareManagers(
  expected: unknown,
  got: unknown,
  bindings: Bindings,
  path: string,
  differences: string[],
): void {
  if (!areObjects(expected) || !areObjects(got)) return compare(expected, got, bindings, path, differences);
  if (!isOrdered(got)) differences.push(`${path}: not in the order of its times`);
  compare(expected, alignEntries(expected, got), bindings, path, differences);
}

const areObjects = (value: unknown): value is Json[] => Array.isArray(value) && value.every(isObject);

function unversioned(event: Json): Json {
  const copy = structuredClone(event) as { object?: { metadata?: Json } };
  delete copy.object?.metadata?.resourceVersion;
  return copy as Json;
}

function compareText(expected: string, got: unknown, bindings: Bindings, path: string, differences: string[]): void {
  const names: string[] = [];
  let source = '';
  let at = 0;
  for (const match of expected.matchAll(pattern)) {
    const [text, kind = ''] = match;
    source += escapeRegExp(expected.slice(at, match.index));
    at = match.index + text.length;
    if (bindings.has(text)) source += escapeRegExp(String(bindings.get(text)));
    else if (loose.has(kind) || names.includes(text)) source += '[\\s\\S]*?';
    else {
      source += '([\\s\\S]+?)';
      names.push(text);
    }
  }
  const found = new RegExp(`^${source}${escapeRegExp(expected.slice(at))}$`).exec(String(got));
  if (!found) {
    differences.push(
      `${path}: expected ${brief(JSON.stringify(expected), 150)}, got ${brief(JSON.stringify(String(got)), 150)}`,
    );
    return;
  }
  for (const [i, name] of names.entries()) bindings.set(name, expected === name ? got : found[i + 1]);
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b) || !isObject(a) || !isObject(b)) return false;
  return JSON.stringify(a) === JSON.stringify(b);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function brief(text: string | undefined, length = 200): string {
  return (text ?? 'nothing').slice(0, length);
}
