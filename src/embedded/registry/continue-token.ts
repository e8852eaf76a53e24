import { posix } from 'node:path';
import { quote } from '../errors/field.ts';
import { badRequest } from '../errors/status.ts';

/** Where a list goes on: the first id that is still to come, and the revision that the list shows (-1: whatever is current). */
export interface ContinueToken {
  revision: number;
  start: string;
}

const version = 'meta.k8s.io/v1';

/** The token after `lastId`, as kube-apiserver makes it: base64url JSON, the key that follows the last one. */
export function encodeContinue(lastId: string, revision: number): string {
  return Buffer.from(JSON.stringify({ v: version, rv: revision, start: `${lastId}\0` })).toString('base64url');
}

/** What Go's decoder would say of a token of the wrong shape; undefined: it has the right one. */
function typeFault(parsed: unknown): string | undefined {
  const typeOf = (value: unknown) =>
    Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : (typeof value as string);
  if (parsed === null) return undefined;
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    return `${typeOf(parsed)} into Go value of type storage.continueToken`;
  }
  for (const [name, type] of Object.entries({ v: 'string', rv: 'int64', start: 'string' })) {
    const value = (parsed as Record<string, unknown>)[name];
    if (value === undefined || value === null) continue;
    const fits = type === 'int64' ? Number.isInteger(value) : typeof value === 'string';
    if (fits) continue;
    const found = typeof value === 'number' && type === 'int64' ? `number ${value}` : typeOf(value);
    return `${found} into Go struct field continueToken.${name} of type ${type}`;
  }
  return undefined;
}

/** Throws 400 `invalid continue token: ...`. */
export function decodeContinue(token: string): ContinueToken {
  const fail = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  const bad = /[^A-Za-z0-9_-]/.exec(token);
  if (bad || token.length % 4 === 1) throw fail(`illegal base64 data at input byte ${bad?.index ?? token.length - 1}`);
  const text = Buffer.from(token, 'base64url');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.toString('utf8'));
  } catch {
    const first = String.fromCharCode(text[0] ?? 0);
    throw fail(
      text.length === 0 || first === '{'
        ? 'unexpected end of JSON input'
        : `invalid character '${quote(first).slice(1, -1)}' looking for beginning of value`,
    );
  }
  const fault = typeFault(parsed);
  if (fault !== undefined) throw fail(`json: cannot unmarshal ${fault}`);
  const { v = '', rv = 0, start = '' } = (parsed ?? {}) as { v?: string; rv?: number; start?: string };
  if (v !== version) throw fail(`server does not recognize this encoded version ${v}`);
  if (rv === 0) throw fail(`incorrect encoded start resourceVersion (version ${version})`);
  if (start === '') throw fail(`encoded start key empty (version ${version})`);
  // A path that leads out of the list's.
  if (posix.join('/', start) !== `/${start}`) throw fail(start);
  return { revision: rv, start };
}
