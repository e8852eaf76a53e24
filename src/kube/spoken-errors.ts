import { readable } from './readable.ts';

/** What programs say of failures in their logs: kubectl, wget, curl, busybox, the runtimes of Go, Node and Python. */

/**
 * Whether a line tells of a 401 of an API server: it does not know who asks. A 403 names a user, see `parseForbidden`.
 */
export function isUnauthorized(line: string): boolean {
  return /You must be logged in to the server|\bUnauthorized\b|\bHTTP\/[\d.]+ 401\b|"code":\s*401\b|\berror: 401\b|status(?: code)?:? 401\b|the server has asked for the client to provide credentials/i.test(
    line,
  );
}

const hostPatterns = [
  /bad address '([^']+)'/,
  /could not resolve host(?:name)?:? '?([\w.-]+)/i,
  /can't (?:resolve|find) '?([\w.-]+)/,
  /lookup ([\w.-]+)(?: on \S+)?: (?:no such host|server misbehaving)/,
  /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([\w.-]+)/,
  /unable to resolve host address [‘'"]?([\w.-]+)/i,
  /could not translate host name "([^"]+)"/,
  /unknown host '?([\w.-]+)/i,
];

/** The name that a program could not resolve, without port. */
export function parseUnknownHost(line: string): string | undefined {
  for (const pattern of hostPatterns) {
    const host = pattern.exec(line)?.[1];
    if (host) return host.replace(/:\d+$/, '');
  }
  return undefined;
}

const failure = /refused|timed ?out|i\/o timeout|no route to host|unreachable|ETIMEDOUT|EHOSTUNREACH|ECONNREFUSED/i;

/** Where a connection went that was refused or not answered, if the line says so. */
export function parseConnectionFailure(line: string): { host: string; port?: number } | undefined {
  if (!failure.test(line)) return undefined;
  const found =
    /connect to remote host \(([\d.]+)\)/.exec(line) ??
    /dial tcp ([\d.]+|[a-z][\w.-]*):(\d+)/.exec(line) ??
    /Failed to connect to ([\w.-]+) port (\d+)/.exec(line) ??
    /connect ECONN\w+ ([\w.-]+):(\d+)/.exec(line) ??
    /connect to host ([\w.-]+) port (\d+)/.exec(line) ??
    /\bto ([\w.-]+):(\d+)\b/.exec(line) ??
    /https?:\/\/([\w.-]+)(?::(\d+))?/.exec(line) ??
    /\b([\w.-]+):(\d+)\b/.exec(line) ??
    /nc: ([\w.-]+) \(/.exec(line);
  if (!found?.[1]) return undefined;
  return { host: found[1], ...(found[2] ? { port: Number(found[2]) } : {}) };
}

/** The absolute path of a file that a program did not find. */
export function parseMissingFile(whole: string): string | undefined {
  const line = readable(whole);
  if (!/No such file or directory|ENOENT|cannot find the file/i.test(line)) return undefined;
  return parsePath(line);
}

/** The first absolute path in a line. */
export function parsePath(line: string): string | undefined {
  return /(?<![\w:/.])(\/[\w.@+-]+(?:\/[\w.@+-]+)*)/.exec(line)?.[1];
}
