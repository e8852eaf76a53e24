import { readable } from './readable.ts';

/** What a Forbidden message says of the request that was refused. */
export interface ForbiddenFacts {
  /** User name, e.g. `system:serviceaccount:project-swan:default`. */
  user: string;
  verb: string;
  /** Without subresource; undefined for a request to a path. */
  resource?: string;
  subresource?: string;
  /** `` is the core group; undefined for a request to a path. */
  apiGroup?: string;
  /** Undefined: at the cluster scope, or a path. */
  namespace?: string;
  /** The object's name, if the request had one. */
  name?: string;
  /** Only for requests to a path: `/metrics`. */
  path?: string;
  /** What the authorizer added, e.g. `RBAC: role.rbac.authorization.k8s.io "podz" not found`. */
  reason?: string;
}

const quoted = '"((?:[^"\\\\]|\\\\.)*)"';
const onResource = new RegExp(
  `(?:([a-z0-9][a-z0-9.*-]*)(?: ${quoted})? is )?forbidden: User ${quoted} cannot ([^ ]+) resource ${quoted} in API group ${quoted} ` +
    `(?:in the namespace ${quoted}|at the cluster scope)(?:: ([^\\n]+))?`,
);
const onPath = new RegExp(`forbidden: User ${quoted} cannot ([^ ]+) path ${quoted}(?:: ([^\\n]+))?`);

const unquote = (text: string) => text.replaceAll(/\\(["\\])/g, '$1');

/**
 * Finds a Forbidden message of an API server in a text (a log line, kubectl's error, a Status message, its JSON) and takes
 * it apart. Undefined if there is none. The first one counts.
 */
export function parseForbidden(whole: string): ForbiddenFacts | undefined {
  const text = readable(whole);
  return parsePlain(text) ?? (text.includes('\\"') ? parsePlain(text.replaceAll('\\"', '"')) : undefined);
}

function parsePlain(text: string): ForbiddenFacts | undefined {
  const found = onResource.exec(text);
  if (found) {
    const [, , name, user = '', verb = '', combined = '', apiGroup = '', namespace, reason] = found;
    const slash = combined.indexOf('/');
    const facts: ForbiddenFacts = {
      user: unquote(user),
      verb,
      resource: slash < 0 ? combined : combined.slice(0, slash),
      apiGroup,
    };
    if (slash >= 0) facts.subresource = combined.slice(slash + 1);
    if (namespace !== undefined) facts.namespace = namespace;
    if (name !== undefined) facts.name = unquote(name);
    if (reason !== undefined) facts.reason = reason.trim();
    return facts;
  }
  const path = onPath.exec(text);
  if (!path) return undefined;
  const [, user = '', verb = '', where = '', reason] = path;
  const facts: ForbiddenFacts = { user: unquote(user), verb, path: unquote(where) };
  if (reason !== undefined) facts.reason = reason.trim();
  return facts;
}
