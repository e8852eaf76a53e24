/** CoreDNS' configuration file: https://coredns.io/manual/configuration/ (the syntax is Caddy's). */

/** A plugin in a server block, or a property in a plugin's own block. */
export interface Directive {
  name: string;
  args: readonly string[];
  line: number;
  block: readonly Directive[];
}

export interface ServerBlock {
  /** Zones without the final dot; the root is the empty string. */
  zones: readonly { zone: string; port: number }[];
  plugins: readonly Directive[];
}

interface Token {
  text: string;
  line: number;
}

/** Why a file can't be used, in the words of CoreDNS' log. */
export class CorefileError extends Error {}

/** Names that may stand in a server block (plugin.cfg of v1.13). */
const known = new Set(
  `root metadata geoip cancel tls quic timeouts multisocket reload nsid bufsize bind debug trace ready health pprof
  prometheus errors log dnstap local dns64 acl any chaos loadbalance tsig cache rewrite header dnssec autopath minimal
  template transfer hosts route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc
  erratic whoami on sign view nomad`.split(/\s+/),
);

/** Reads a Corefile. Throws a CorefileError that begins with the place: `path:line - Error during parsing: ...`. */
export function parseCorefile(text: string, path: string): ServerBlock[] {
  return new Parser(text, path).file();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #path: string;
  #at = 0;

  constructor(text: string, path: string) {
    this.#tokens = tokenize(text);
    this.#path = path;
  }

  file(): ServerBlock[] {
    const blocks: ServerBlock[] = [];
    while (this.#at < this.#tokens.length) blocks.push(this.#serverBlock());
    const seen = new Set<string>();
    for (const { zone, port } of blocks.flatMap(({ zones }) => zones)) {
      const key = `${zone}.:${port}`;
      if (seen.has(key)) throw new CorefileError(`cannot serve dns://${key} - it is already defined`);
      seen.add(key);
    }
    return blocks;
  }

  #fail(line: number, why: string): never {
    throw new CorefileError(`${this.#path}:${line} - Error during parsing: ${why}`);
  }

  #serverBlock(): ServerBlock {
    const keys: Token[] = [];
    for (;;) {
      const token = this.#tokens[this.#at++];
      if (!token) this.#fail(this.#lastLine(), 'Unexpected EOF');
      if (token.text === '{') break;
      if (token.text === '}') this.#fail(token.line, "Unexpected '}' because no matching opening brace");
      keys.push(token);
    }
    const zones = keys.flatMap(({ text }) => text.split(',')).filter((text) => text !== '');
    const plugins = this.#block();
    const stranger = plugins.find(({ name }) => !known.has(name));
    if (stranger) this.#fail(stranger.line, `Unknown directive '${stranger.name}'`);
    return { zones: zones.map(zoneOf), plugins };
  }

  #lastLine(): number {
    return this.#tokens.at(-1)?.line ?? 1;
  }

  /** Up to the closing brace: a directive a line, maybe with a block of its own. */
  #block(): Directive[] {
    const directives: Directive[] = [];
    for (;;) {
      const token = this.#tokens[this.#at++];
      if (!token) this.#fail(this.#lastLine(), 'Unexpected EOF');
      if (token.text === '}') return directives;
      const args: string[] = [];
      let block: Directive[] = [];
      for (let next = this.#tokens[this.#at]; next?.line === token.line; next = this.#tokens[this.#at]) {
        if (next.text === '}') break;
        this.#at++;
        if (next.text === '{') {
          block = this.#block();
          break;
        }
        args.push(next.text);
      }
      directives.push({ name: token.text, args, line: token.line, block });
    }
  }
}

function tokenize(text: string): Token[] {
  return text
    .split('\n')
    .flatMap((line, i) =>
      [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(#.*)|(\S+)/g)]
        .filter(([, , comment]) => comment === undefined)
        .map(([whole, quoted]) => ({ text: quoted?.replaceAll('\\"', '"') ?? whole, line: i + 1 })),
    );
}

/** `.:53`, `example.org`, `dns://example.org:1053`. */
function zoneOf(text: string): { zone: string; port: number } {
  const [, name = '', port = '53'] = /^(?:dns:\/\/)?(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return { zone: name.replace(/\.$/, '').toLowerCase(), port: Number(port) };
}
