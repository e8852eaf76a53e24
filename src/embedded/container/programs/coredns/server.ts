import type { DnsAnswer, DnsQuestion } from '../../../network-api.ts';
import type { Process } from '../../kernel/process.ts';
import { type Directive, parseCorefile, type ServerBlock } from './corefile.ts';
import { forward } from './forward.ts';
import { hosts } from './hosts.ts';
import { kubernetes } from './kubernetes.ts';
import { failure, type Handler, type Plugin, type Setup, zoneOf } from './plugin.ts';
import { rewrite } from './rewrite.ts';

/** The plugins that give answers, in the order in which CoreDNS asks them whatever the order in the file. */
const answering: readonly [string, Plugin][] = Object.entries({ hosts, kubernetes, forward });

/** A Corefile that can be served. */
export interface Configuration {
  blocks: readonly ServerBlock[];
  /** Questions to one port. */
  answer(port: number, question: DnsQuestion): Promise<DnsAnswer>;
  /** The directive of that name, of the first server block that has it. */
  directive(name: string): Directive | undefined;
}

/** Reads and sets up a configuration. Throws a CorefileError. */
export function configure(p: Process, text: string, path: string): Configuration {
  const blocks = parseCorefile(text, path);
  const servers = blocks.map((block) => ({ block, handler: handlerOf(p, block, path, (...q) => answer(...q)) }));
  const answer = async (port: number, question: DnsQuestion, depth = 0): Promise<DnsAnswer> => {
    const zones = servers.flatMap(({ block }) => block.zones.filter((z) => z.port === port).map(({ zone }) => zone));
    const zone = zoneOf(question.name, zones);
    const server = servers.find(({ block }) => block.zones.some((z) => z.port === port && z.zone === zone));
    return server ? server.handler(question, depth) : { code: 'REFUSED', records: [] };
  };
  return {
    blocks,
    answer,
    directive: (name) => blocks.flatMap(({ plugins }) => plugins).find((plugin) => plugin.name === name),
  };
}

function handlerOf(
  p: Process,
  { zones, plugins }: ServerBlock,
  path: string,
  answer: (port: number, question: DnsQuestion, depth: number) => Promise<DnsAnswer>,
): Handler {
  const port = zones[0]?.port ?? 53;
  const shared = {
    ...{ p, path, zones: zones.map(({ zone }) => zone) },
    lookup: (question: DnsQuestion, depth: number) => answer(port, question, depth),
  };
  const setups = (name: string) =>
    plugins.filter((plugin) => plugin.name === name).map((directive): Setup => ({ ...shared, directive }));
  // Without a plugin that answers, CoreDNS fails: "no next plugin found".
  const last: Handler = async () => failure;
  const links = answering.flatMap(([name, plugin]) => setups(name).map((setup) => ({ plugin, setup })));
  const rest = links.reduceRight<Handler>((next, { plugin, setup }) => plugin(setup, next), last);
  return rewrite(setups('rewrite'), rest);
}
