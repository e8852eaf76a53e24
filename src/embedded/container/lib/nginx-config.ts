/** As much of nginx' configuration as decides what is answered: servers, ports, locations, root, index, return, include. */
import { matchesPattern } from '../sh/pattern.ts';

export interface NginxLocation {
  prefix: string;
  exact: boolean;
  root?: string;
  alias?: string;
  index?: string[];
  type?: string;
  returns?: { status: number; text: string };
}

export interface NginxServer {
  port: number;
  names: string[];
  root?: string;
  index?: string[];
  returns?: { status: number; text: string };
  locations: NginxLocation[];
}

interface Directive {
  name: string;
  args: string[];
  block?: Directive[];
}

/** Reads the configuration with what it includes. Throws with nginx' words for what it can't parse. */
export function readNginxConfig(
  read: (path: string) => string,
  list: (folder: string) => string[],
  file: string,
): NginxServer[] {
  const load = (path: string): Directive[] => {
    const tokens = tokenize(read(path));
    return parseBlock(tokens, { at: 0 }, path, true).flatMap((d) => expand(d));
  };
  const expand = (d: Directive): Directive[] => {
    if (d.name === 'include') return include(d.args[0] ?? '');
    return [d.block ? { ...d, block: d.block.flatMap(expand) } : d];
  };
  const include = (given: string): Directive[] => {
    const path = given.startsWith('/') ? given : `/etc/nginx/${given}`;
    if (!path.includes('*')) return load(path);
    const cut = path.lastIndexOf('/');
    const names = list(path.slice(0, cut)).filter((n) => !n.startsWith('.') && matchesPattern(n, path.slice(cut + 1)));
    return names.sort().flatMap((n) => load(`${path.slice(0, cut)}/${n}`));
  };
  const http = load(file)
    .filter((d) => d.name === 'http')
    .flatMap((d) => d.block ?? []);
  return http.filter((d) => d.name === 'server').flatMap((d) => servers(d.block ?? []));
}

function tokenize(text: string): string[] {
  return [...text.matchAll(/#[^\n]*|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|[{};]|[^\s{};]+/g)]
    .filter((m) => !m[0].startsWith('#'))
    .map((m) =>
      m[1] !== undefined || m[2] !== undefined
        ? ` ${(m[1] ?? m[2] ?? '').replace(/\\n/g, '\n').replace(/\\(.)/g, '$1')}`
        : m[0],
    );
}

/** A quoted token carries a space before it, so that `";"` is no delimiter. */
const plain = (token: string) => (token.startsWith(' ') ? token.slice(1) : token);

function parseBlock(tokens: readonly string[], cursor: { at: number }, file: string, top: boolean): Directive[] {
  const directives: Directive[] = [];
  let words: string[] = [];
  for (;;) {
    const token = tokens[cursor.at++];
    if (token === undefined) {
      if (!top || words.length > 0) throw new Error(`unexpected end of file, expecting ";" or "}" in ${file}`);
      return directives;
    }
    if (token === ';') {
      if (words.length > 0) directives.push({ name: plain(words[0] ?? ''), args: words.slice(1).map(plain) });
      words = [];
    } else if (token === '{') {
      directives.push({
        name: plain(words[0] ?? ''),
        args: words.slice(1).map(plain),
        block: parseBlock(tokens, cursor, file, false),
      });
      words = [];
    } else if (token === '}') {
      if (top) throw new Error(`unexpected "}" in ${file}`);
      if (words.length > 0) throw new Error(`directive "${plain(words[0] ?? '')}" is not terminated by ";" in ${file}`);
      return directives;
    } else words.push(token);
  }
}

function servers(block: readonly Directive[]): NginxServer[] {
  const all = (name: string) => block.filter((d) => d.name === name);
  const ports = all('listen').map((d) => Number(/(\d+)$/.exec(d.args[0] ?? '')?.[1] ?? 80));
  const base: Omit<NginxServer, 'port'> = {
    names: all('server_name').flatMap((d) => d.args),
    locations: all('location').map(location),
    ...common(block),
  };
  return [...new Set(ports.length > 0 ? ports : [80])].map((port) => ({ ...base, port }));
}

function common(block: readonly Directive[]): Pick<NginxLocation, 'root' | 'index' | 'returns'> {
  const find = (name: string) => block.find((d) => d.name === name)?.args;
  const result: Pick<NginxLocation, 'root' | 'index' | 'returns'> = {};
  const [root, index, returns] = [find('root')?.[0], find('index'), find('return')];
  if (root !== undefined) result.root = root;
  if (index) result.index = index;
  if (returns) result.returns = { status: Number(returns[0]) || 200, text: returns[1] ?? '' };
  return result;
}

function location(d: Directive): NginxLocation {
  const exact = d.args[0] === '=';
  const block = d.block ?? [];
  const made: NginxLocation = {
    prefix: (exact || d.args[0] === '^~' ? d.args[1] : d.args[0]) ?? '/',
    exact,
    ...common(block),
  };
  const alias = block.find((b) => b.name === 'alias')?.args[0];
  const type = block.find((b) => b.name === 'default_type')?.args[0];
  if (alias !== undefined) made.alias = alias;
  if (type !== undefined) made.type = type;
  return made;
}
