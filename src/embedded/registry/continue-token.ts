import { quote } from './field.ts';
import { badRequest } from './status.ts';

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

/** Throws 400 `invalid continue token: ...`. */
export function decodeContinue(token: string): ContinueToken {
  const fail = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  const bad = /[^A-Za-z0-9_-]/.exec(token);
  if (bad || token.length % 4 === 1) throw fail(`illegal base64 data at input byte ${bad?.index ?? token.length - 1}`);
  const text = Buffer.from(token, 'base64url');
  let parsed: { v?: unknown; rv?: unknown; start?: unknown };
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
  if (parsed?.v !== version)
    throw fail(`server does not recognize this encoded version ${quote(String(parsed?.v ?? ''))}`);
  if (typeof parsed.rv !== 'number' || parsed.rv === 0) {
    throw fail(`incorrect encoded start resourceVersion (version ${version})`);
  }
  if (typeof parsed.start !== 'string' || parsed.start === '')
    throw fail(`encoded start key empty (version ${version})`);
  return { revision: parsed.rv, start: parsed.start };
}
