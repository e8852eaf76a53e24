import type { DnsAnswer, DnsQuestion } from '../../../network-api.ts';
import type { Process } from '../../kernel/process.ts';
import { CorefileError, type Directive } from './corefile.ts';

/** Answers a question, or hands it on. `depth`: how many aliases led to it. */
export type Handler = (question: DnsQuestion, depth: number) => Promise<DnsAnswer>;

/** What a plugin is made from: its directive, and where that stands. */
export interface Setup {
  p: Process;
  directive: Directive;
  /** Path of the Corefile. */
  path: string;
  /** Zones of the server block, without the final dot. */
  zones: readonly string[];
  /** Asks the same server from the start: for what names lead to. */
  lookup: Handler;
}

/** Makes a link of the chain of a server block. Throws a CorefileError. */
export type Plugin = (setup: Setup, next: Handler) => Handler;

export const nothing: DnsAnswer = { code: 'NXDOMAIN', records: [] };
export const failure: DnsAnswer = { code: 'SERVFAIL', records: [] };

/** Whether a name is in a zone; the root's is the empty string. */
export function inZone(name: string, zone: string): boolean {
  return zone === '' || name === zone || name.endsWith(`.${zone}`);
}

/** The longest of the zones that a name is in. */
export function zoneOf(name: string, zones: readonly string[]): string | undefined {
  return zones.filter((zone) => inZone(name, zone)).sort((a, b) => b.length - a.length)[0];
}

/** A zone or name as the plugins compare it. */
export const plain = (name: string) => name.toLowerCase().replace(/\.$/, '');

/** `fallthrough`, alone or for some zones: which names go on to the next plugin. */
export function fallsThrough(block: readonly Directive[]): (name: string) => boolean {
  const all = block.filter(({ name }) => name === 'fallthrough');
  return (name) => all.some(({ args }) => args.length === 0 || zoneOf(name, args.map(plain)) !== undefined);
}

/** A fault in a plugin's own settings. */
export function fault({ directive, path }: Setup, why: string, line = directive.line): CorefileError {
  return new CorefileError(`plugin/${directive.name}: ${path}:${line} - Error during parsing: ${why}`);
}

/** Refuses what a plugin doesn't know in its block. */
export function knowsOnly(setup: Setup, names: readonly string[]): void {
  const stranger = setup.directive.block.find(({ name }) => !names.includes(name));
  if (stranger) throw fault(setup, `unknown property '${stranger.name}'`, stranger.line);
}
