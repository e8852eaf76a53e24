/** nginx' own resolver: asks the name servers of `resolver` for the whole name, without the search list of libc. */
import { isIP } from 'node:net';
import { isSysError } from '../../kernel/errno.ts';
import { resolveHost } from '../../kernel/resolver.ts';
import type { Exchange } from './exchange.ts';
import { logRequestError } from './logs.ts';
import { milliseconds } from './scope.ts';
import { splitAddress } from './upstreams.ts';

/** The addresses of a host; undefined: it was logged why there are none. */
export async function askResolver(x: Exchange, host: string): Promise<string[] | undefined> {
  const { p } = x.site;
  const servers = (x.scope.args('resolver') ?? []).filter((arg) => !arg.includes('='));
  if (servers.length === 0) {
    await logRequestError(x, 'error', `no resolver defined to resolve ${host}`);
    return undefined;
  }
  const timeout = milliseconds(x.scope.value('resolver_timeout'), 30_000);
  for (const server of servers) {
    const { host: name, port } = splitAddress(server, 53);
    const address = isIP(name) ? name : (await resolveHost(p, name, timeout))[0];
    if (address === undefined) continue;
    try {
      const question = { name: host.replace(/\.$/, '').toLowerCase(), type: 'A' };
      const answer = await p.container.network.query(p, question, address, timeout, port);
      const found = answer.records.filter((r) => r.type === 'A').map((r) => r.data);
      if (found.length > 0) return found;
      await logRequestError(x, 'error', `${host} could not be resolved (3: Host not found)`);
    } catch (error) {
      if (!isSysError(error)) throw error;
      await logRequestError(x, 'error', `${host} could not be resolved (110: Operation timed out)`);
    }
    return undefined;
  }
  await logRequestError(x, 'error', `${host} could not be resolved (2: Server failure)`);
  return undefined;
}
