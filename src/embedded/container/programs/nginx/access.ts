/** Who may ask: allow and deny, auth_basic. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIPv4 } from 'node:net';
import { isSysError } from '../../kernel/errno.ts';
import { apr1 } from './apr1.ts';
import { errnoText } from './errno.ts';
import type { Exchange } from './exchange.ts';
import { logRequestError } from './logs.ts';
import { Scope } from './scope.ts';

/** The status that a request is refused with; undefined: it may go on. `challenge`: what 401 asks for. */
export async function refusal(x: Exchange): Promise<{ status: number; challenge?: string } | undefined> {
  const any = x.scope.value('satisfy') === 'any';
  const address = await addressRefusal(x);
  if (address && !any) return address;
  const realm = x.scope.value('auth_basic');
  if (realm === undefined || realm === 'off') return address;
  if (any && !address && x.scope.all('allow').length > 0) return undefined;
  return passwordRefusal(x, x.fill(realm));
}

async function addressRefusal(x: Exchange): Promise<{ status: number } | undefined> {
  for (const { name, args } of accessRules(x)) {
    if (!covers(args[0] ?? '', x.peer.address)) continue;
    if (name === 'allow') return undefined;
    await logRequestError(x, 'error', 'access forbidden by rule');
    return { status: 403 };
  }
  return undefined;
}

/** In the order in which they stand; those of `limit_except` where the method is none of its own. */
function accessRules(x: Exchange): readonly { name: string; args: readonly string[] }[] {
  const [limit] = x.scope.own('limit_except');
  const methods = limit?.args.flatMap((m) => (m === 'GET' ? ['GET', 'HEAD'] : [m]));
  if (limit && !methods?.includes(x.request.method ?? 'GET'))
    return nearest(new Scope('limit_except', limit.block ?? []));
  return nearest(x.scope);
}

function nearest(scope: Scope): readonly { name: string; args: readonly string[] }[] {
  const own = scope.directives.filter((d) => d.name === 'allow' || d.name === 'deny');
  return own.length > 0 || !scope.parent ? own : nearest(scope.parent);
}

function covers(rule: string, address: string): boolean {
  if (rule === 'all') return true;
  const [network = '', bits] = rule.split('/');
  if (!isIPv4(network) || !isIPv4(address)) return network === address;
  const list = new BlockList();
  list.addSubnet(network, bits === undefined ? 32 : Number(bits));
  return list.check(address);
}

async function passwordRefusal(
  x: Exchange,
  realm: string,
): Promise<{ status: number; challenge?: string } | undefined> {
  const refused = { status: 401, challenge: `Basic realm="${realm}"` };
  const given = x.credentials();
  if (!given) {
    await logRequestError(x, 'info', 'no user/password was provided for basic authentication');
    return refused;
  }
  const path = x.fill(x.scope.value('auth_basic_user_file') ?? '');
  const file = path.startsWith('/') ? path : `/etc/nginx/${path}`;
  let text: string;
  try {
    text = x.site.p.vfs.readText(x.site.p, file);
  } catch (error) {
    if (!isSysError(error)) throw error;
    await logRequestError(x, 'error', `open() "${file}" failed ${errnoText(error)}`);
    return { status: error.code === 'ENOENT' ? 403 : 500 };
  }
  const line = text.split('\n').find((l) => l.startsWith(`${given.user}:`));
  if (line === undefined) {
    await logRequestError(x, 'error', `user "${given.user}" was not found in "${file}"`);
    return refused;
  }
  const [hash = ''] = line.slice(given.user.length + 1).split(':');
  if (matches(hash.trim(), given.password)) return undefined;
  await logRequestError(x, 'error', `user "${given.user}": password mismatch`);
  return refused;
}

/** The forms of htpasswd that need no libc: apr1, {SHA}, {SSHA}, {PLAIN}. */
function matches(hash: string, password: string): boolean {
  const [, scheme, rest = ''] = /^(\{SHA\}|\{SSHA\}|\{PLAIN\}|\$apr1\$)(.*)$/.exec(hash) ?? [];
  if (scheme === '$apr1$') return same(hash, apr1(password, rest.split('$')[0] ?? ''));
  if (scheme === '{PLAIN}') return same(rest, password);
  const stored = Buffer.from(rest, 'base64');
  if (scheme === '{SHA}') return same(rest, createHash('sha1').update(password).digest('base64'));
  if (scheme !== '{SSHA}') return false;
  const salt = stored.subarray(20);
  return same(
    rest,
    Buffer.concat([createHash('sha1').update(password).update(salt).digest(), salt]).toString('base64'),
  );
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
