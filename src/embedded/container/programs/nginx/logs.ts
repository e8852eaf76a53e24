import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { formatDate } from '../../lib/format-date.ts';
import type { Exchange } from './exchange.ts';
import type { Scope } from './scope.ts';
import type { LogFormat } from './site.ts';
import { textOf } from './text.ts';

const levels = ['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg'] as const;
export type Level = (typeof levels)[number];

const defaultErrorLog = '/var/log/nginx/error.log';

/** The beginning of a line of an error log, without what process it is of. */
const stamp = (p: Process): string => formatDate(p.container.clock.now(), '%Y/%m/%d %H:%M:%S');

/** Appends to a log; a link to /dev/stdout is followed as any file. Throws SysError. */
export async function append(p: Process, path: string, line: string): Promise<void> {
  const fd = p.addFd(p.vfs.open(p, path, { write: true, create: true, append: true }));
  try {
    await p.print(fd, line);
  } finally {
    if (!p.status) p.setFd(fd, undefined);
  }
}

/** Writes to the error logs of a block, as process `pid`; to standard error where the log can't be opened. */
export async function logError(
  p: Process,
  scope: Scope | undefined,
  level: Level,
  text: string,
  pid = p.pid,
): Promise<void> {
  const logs = scope?.all('error_log').map((d) => d.args) ?? [];
  for (const [path = '', least = 'error'] of logs.length > 0 ? logs : [[defaultErrorLog, 'error']]) {
    if (levels.indexOf(level) < levels.findIndex((name) => least.startsWith(name))) continue;
    const line = `${stamp(p)} [${level}] ${pid}#${pid}: ${text}\n`;
    if (path === 'stderr') await p.print(2, line);
    else {
      try {
        await append(p, path, line);
      } catch (error) {
        if (!isSysError(error)) throw error;
        await p.print(2, line);
      }
    }
  }
}

/** What a request's error line ends with. */
export function requestContext(x: Exchange, upstream?: string): string {
  const host = x.request.headers.host;
  return `, client: ${x.peer.address}, server: ${x.server.names[0]?.text ?? ''}, request: "${x.variable('request')}"${
    upstream === undefined ? '' : `, upstream: "${upstream}"`
  }${host === undefined ? '' : `, host: "${host}"`}${x.request.headers.referer === undefined ? '' : `, referrer: "${x.request.headers.referer}"`}`;
}

export function logRequestError(x: Exchange, level: Level, text: string, upstream?: string): Promise<void> {
  const line = `*${x.connection} ${text}${requestContext(x, upstream)}`;
  return logError(x.site.p, x.scope, level, line, x.site.workerPid());
}

/** An empty value is shown as `-`; what would break a line is escaped. */
const escaped = (value: string) =>
  value === ''
    ? '-'
    : value.replace(/[\x00-\x1f"\\\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

/** Writes to the access logs in force. */
export async function logAccess(x: Exchange): Promise<void> {
  const { p } = x.site;
  const logs = x.scope.all('access_log').map((d) => d.args);
  for (const [path = '', ...options] of logs.length > 0 ? logs : [['/var/log/nginx/access.log']]) {
    if (path === 'off') continue;
    const condition = options.find((o) => o.startsWith('if='));
    if (condition && /^0?$/.test(x.fill(condition.slice(3)))) continue;
    const format = x.site.logFormats.get(options.find((o) => !o.includes('=')) ?? 'combined');
    const line = format ? lineOf(x, format) : '';
    try {
      await append(p, path, `${line}\n`);
    } catch (error) {
      if (!isSysError(error)) throw error;
      await p.print(1, `${line}\n`);
    }
  }
}

const escapes: Readonly<Record<string, (value: string) => string>> = {
  default: escaped,
  json: (value) => JSON.stringify(value).slice(1, -1),
  none: (value) => value,
};

function lineOf(x: Exchange, { text, escaping }: LogFormat): string {
  const show = escapes[escaping] ?? escaped;
  return textOf(text).fill({ variable: (name) => show(x.variable(name)) });
}
