import { isIP } from 'node:net';
import type { DnsAnswer, DnsQuestion } from '../../../network-api.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { failure, fault, type Plugin, plain, type Setup, zoneOf } from './plugin.ts';

interface Upstream {
  address: string;
  port: number;
}

/** More questions at a time than this are a loop: the upstream is CoreDNS itself. */
const concurrent = 1000;
/** How long an upstream may take before the next is asked. */
const timeoutMs = 2000;

/** Other name servers: https://coredns.io/plugins/forward/ */
export const forward: Plugin = (setup, next) => {
  const { directive, p } = setup;
  const [from, ...to] = directive.args;
  if (from === undefined || to.length === 0) {
    throw fault(setup, `Wrong argument count or unexpected line ending after '${directive.args.at(-1) ?? 'forward'}'`);
  }
  const upstreams = to.flatMap((text) => upstreamsOf(setup, text));
  const except = directive.block.filter(({ name }) => name === 'except').flatMap(({ args }) => args.map(plain));
  const most = Number(directive.block.find((one) => one.name === 'max_concurrent')?.args[0] ?? concurrent);
  let underWay = 0;
  return async (question, depth) => {
    const { name } = question;
    if (zoneOf(name, [plain(from)]) === undefined || zoneOf(name, except) !== undefined) return next(question, depth);
    if (underWay >= most) return { code: 'REFUSED', records: [] };
    underWay++;
    try {
      return await askInTurn(p, question, upstreams);
    } finally {
      underWay--;
    }
  };
};

async function askInTurn(p: Process, question: DnsQuestion, upstreams: readonly Upstream[]): Promise<DnsAnswer> {
  for (const { address, port } of upstreams) {
    try {
      return await p.container.network.query(p, question, address, timeoutMs, port);
    } catch (error) {
      if (!isSysError(error)) throw error;
    }
  }
  return failure;
}

function upstreamsOf(setup: Setup, text: string): Upstream[] {
  const [, address = '', port = '53'] = /^(?:dns:\/\/|tls:\/\/)?(.*?)(?::(\d+))?$/.exec(text) ?? [];
  if (isIP(address)) return [{ address, port: Number(port) }];
  if (text.startsWith('/')) return fileServers(setup.p, text).map((one) => ({ address: one, port: 53 }));
  throw fault(setup, `not an IP address or file: ${JSON.stringify(text)}`);
}

function fileServers(p: Process, path: string): string[] {
  try {
    return [...p.vfs.readText(p, path).matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address);
  } catch (error) {
    if (!isSysError(error)) throw error;
    return [];
  }
}
