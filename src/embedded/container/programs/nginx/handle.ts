/** A request's way through nginx' phases: rewrite, location, access, try_files, content, error pages, log. */
import { TooMuchWork } from '../../kernel/work.ts';
import { refusal } from './access.ts';
import { Exchange, type Incoming } from './exchange.ts';
import { type Outcome, serveFiles, serveStatus, tryFiles } from './files.ts';
import { limitRequest } from './limits.ts';
import { findLocation, findSlashed, type Location } from './locations.ts';
import { logAccess, logRequestError } from './logs.ts';
import { proxy } from './proxy.ts';
import { absolute, send, sendPage } from './replies.ts';
import { type Rewritten, rewrite } from './rewrite.ts';
import type { RunningSite } from './running.ts';
import { bytes } from './scope.ts';
import type { Server } from './site.ts';

/** How often a request may be sent to another URI. */
const maxRedirects = 10;

/** Answers a request and logs it. */
export async function handle(site: RunningSite, incoming: Incoming): Promise<void> {
  const server = serverFor(site, incoming);
  const x = new Exchange(site, server, incoming, ++site.counters.requests);
  site.counters.writing++;
  try {
    // TLS was expected: the answer says so in the clear.
    if (incoming.plainToSecure === true) await finish(x, { kind: 'status', status: 497 });
    else await answer(x).catch((error: unknown) => matchFailed(x, error));
    await x.sent;
  } finally {
    site.counters.writing--;
  }
  await logAccess(x);
}

/** An expression took too long for this request, which is PCRE's limit of backtracking. */
async function matchFailed(x: Exchange, error: unknown): Promise<void> {
  if (!(error instanceof TooMuchWork)) throw error;
  await logRequestError(x, 'alert', `pcre2_match() failed: -47 on "${x.uri}"`);
  if (!x.response.headersSent) sendPage(x, 500);
}

/** The server whose name was asked for: exact, `*.x`, `x.*`, an expression; else the port's default. */
function serverFor(site: RunningSite, { request, port }: Incoming): Server {
  const servers = site.servers.filter((s) => s.listens.some((l) => l.port === port));
  const host = (request.headers.host ?? '').replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  const named = (test: (text: string, regex: RegExp | undefined) => boolean) =>
    servers.find((s) => s.names.some((n) => test(n.text === '$hostname' ? site.hostname : n.text, n.regex)));
  const longest = (test: (text: string) => boolean) => {
    const found = servers.flatMap((s) =>
      s.names.filter((n) => test(n.text)).map((n) => ({ s, length: n.text.length })),
    );
    return found.sort((a, b) => b.length - a.length)[0]?.s;
  };
  const chosen =
    named((text, regex) => !regex && (text === host || (text.startsWith('.') && `.${host}` === text))) ??
    longest((text) => /^\*?\./.test(text) && host.endsWith(text.replace(/^\*/, ''))) ??
    longest((text) => text.endsWith('.*') && host.startsWith(text.slice(0, -1))) ??
    named((_, regex) => regex?.test(host) === true);
  const standard = servers.find((s) => s.listens.some((l) => l.port === port && l.isDefault)) ?? servers[0];
  return (chosen ?? standard) as Server;
}

async function answer(x: Exchange): Promise<void> {
  for (const { regex } of x.server.names) {
    const groups = regex?.exec((x.request.headers.host ?? '').replace(/:\d*$/, ''));
    if (groups) x.setGroups(groups);
  }
  const first = rewrite(x, x.server.scope);
  if (first.kind === 'return') return finish(x, await reply(x, first));
  x.changed = false;
  await finish(x, await serve(x));
}

/** Finds the location of the URI and has it served there, for as often as it is sent on. */
async function serve(x: Exchange): Promise<Outcome> {
  for (;;) {
    if (x.redirects > maxRedirects) {
      await logRequestError(
        x,
        'error',
        `rewrite or internal redirection cycle while internally redirecting to "${x.uri}"`,
      );
      return { kind: 'status', status: 500 };
    }
    const outcome = await serveHere(x);
    if (outcome.kind !== 'uri') return outcome;
    redirect(x, outcome.uri);
    if (outcome.uri.startsWith('@')) {
      const named = x.server.locations.find((l) => l.modifier === '@' && `@${l.pattern}` === outcome.uri);
      if (!named) {
        await logRequestError(x, 'error', `could not find named location "${outcome.uri}"`);
        return { kind: 'status', status: 500 };
      }
      const there = await serveAt(x, named);
      if (there.kind !== 'uri') return there;
      redirect(x, there.uri);
    }
  }
}

function redirect(x: Exchange, target: string): void {
  x.redirects++;
  x.internal = true;
  if (target.startsWith('@')) return;
  const [path = '', ...query] = target.split('?');
  x.uri = path;
  if (query.length > 0) x.args = query.join('?');
}

async function serveHere(x: Exchange): Promise<Outcome> {
  const found = findLocation(x.server.locations, x.uri);
  const slashed = found?.location.modifier === '=' ? undefined : findSlashed(x.server.locations, x.uri);
  if (slashed) {
    sendPage(x, 301, { Location: absolute(x, `${x.uri}/${x.args === '' ? '' : `?${x.args}`}`) });
    return { kind: 'done' };
  }
  if (found?.groups) x.setGroups(found.groups);
  return serveAt(x, found?.location);
}

async function serveAt(x: Exchange, location: Location | undefined): Promise<Outcome> {
  x.scope = location?.scope ?? x.server.scope;
  x.locationPattern = location && !location.regex && location.modifier !== '@' ? location.pattern : '';
  if (location && location.scope.own('internal').length > 0 && !x.internal) return { kind: 'status', status: 404 };
  if (location) {
    const result = rewrite(x, location.scope);
    if (result.kind === 'return') return reply(x, result);
    if (result.kind === 'again' || (result.kind === 'next' && x.changed && !hasBreak(location))) {
      x.changed = false;
      return { kind: 'uri', uri: x.uri };
    }
  }
  const limit = x.scope.value('client_max_body_size') ?? '1m';
  const size = Number(x.request.headers['content-length'] ?? 0);
  if (bytes(limit) > 0 && size > bytes(limit)) {
    await logRequestError(x, 'error', `client intended to send too large body: ${size} bytes`);
    return { kind: 'status', status: 413 };
  }
  if (!x.limited) {
    x.limited = x.scope.all('limit_req').length > 0;
    const status = await limitRequest(x);
    if (status !== undefined) return { kind: 'status', status };
  }
  const refused = await refusal(x);
  if (refused?.challenge !== undefined) {
    x.challenge = refused.challenge;
    return { kind: 'status', status: 401 };
  }
  if (refused) return { kind: 'status', status: refused.status };
  const tried = tryFiles(x);
  if (tried) return tried;
  const pass = x.scope.handler('proxy_pass');
  if (pass) return proxy(x, pass);
  return x.scope.handler('stub_status') ? serveStatus(x) : serveFiles(x);
}

const hasBreak = (location: Location) => location.scope.own('break').length > 0;

/** `return`: its text, a redirection, or the page of its status. */
async function reply(x: Exchange, { status, text }: Extract<Rewritten, { kind: 'return' }>): Promise<Outcome> {
  if (status === 444) {
    x.status = 444;
    x.request.socket.destroy();
    return { kind: 'done' };
  }
  if (text !== undefined && [301, 302, 303, 307, 308].includes(status)) {
    sendPage(x, status, { Location: absolute(x, text) });
    return { kind: 'done' };
  }
  if (text === undefined && status >= 300) return { kind: 'status', status };
  send(x, { status, body: text ?? '' });
  return { kind: 'done' };
}

/** Ends a request: with an error page of the configuration's, or of nginx' own. */
async function finish(x: Exchange, outcome: Outcome): Promise<void> {
  let ended = outcome;
  while (ended.kind === 'status' && !x.response.headersSent) {
    const { status } = ended;
    const page =
      x.errorStatus === undefined || x.scope.flag('recursive_error_pages', false) ? pageFor(x, status) : undefined;
    if (!page || x.redirects > maxRedirects) return sendPage(x, x.errorStatus ?? status, challenge(x, status));
    x.errorStatus = page.status === 0 ? undefined : page.status;
    const target = x.fill(page.uri);
    if (/^https?:/.test(target))
      return sendPage(x, page.status === status ? 302 : page.status || 302, { Location: target });
    redirect(x, target);
    // What a page of an error is asked for as.
    if (!target.startsWith('@')) x.request.method = x.request.method === 'HEAD' ? 'HEAD' : 'GET';
    const named = x.server.locations.find((l) => l.modifier === '@' && `@${l.pattern}` === target);
    const next = named ? await serveAt(x, named) : await serve(x);
    if (next.kind === 'uri') redirect(x, next.uri);
    ended = next.kind === 'uri' ? await serve(x) : next;
  }
}

/** `=` alone (status 0) leaves the status to whatever answers. */
function pageFor(x: Exchange, status: number): { uri: string; status: number } | undefined {
  for (const { args } of x.scope.all('error_page')) {
    const uri = args[args.length - 1] ?? '';
    const change = args.find((a) => a.startsWith('='));
    if (!args.slice(0, -1).some((a) => Number(a) === status)) continue;
    return { uri, status: change === undefined ? (uri.startsWith('@') ? 0 : status) : Number(change.slice(1)) || 0 };
  }
  return undefined;
}

const challenge = (x: Exchange, status: number): Record<string, string> =>
  status === 401 && x.challenge !== undefined ? { 'WWW-Authenticate': x.challenge } : {};
