/** redis' configuration: what it begins with, what a file or arguments say, CONFIG GET and SET. */
import { ownValue } from '../../../kernel/own.ts';
import { safeRegExp } from './regex.ts';

/** A line that redis does not start with. */
export class RedisConfigError extends Error {
  readonly line: number;
  readonly text: string;

  constructor(line: number, text: string, reason: string) {
    super(reason);
    this.line = line;
    this.text = text;
  }
}

const defaults: Readonly<Record<string, string>> = {
  ...{
    port: '6379',
    bind: '* -::*',
    'protected-mode': 'yes',
    timeout: '0',
    'tcp-keepalive': '300',
    'tcp-backlog': '511',
  },
  ...{
    daemonize: 'no',
    loglevel: 'notice',
    logfile: '',
    databases: '16',
    save: '3600 1 300 100 60 10000',
    dir: '/data',
  },
  ...{ dbfilename: 'dump.rdb', appendonly: 'no', appendfsync: 'everysec', appendfilename: 'appendonly.aof' },
  ...{ requirepass: '', masterauth: '', maxclients: '10000', maxmemory: '0', 'maxmemory-policy': 'noeviction' },
  ...{ 'maxmemory-samples': '5', replicaof: '', 'slowlog-log-slower-than': '10000', 'slowlog-max-len': '128' },
  ...{
    'notify-keyspace-events': '',
    hz: '10',
    pidfile: '',
    unixsocket: '',
    'cluster-enabled': 'no',
    'io-threads': '1',
  },
  ...{ rdbcompression: 'yes', rdbchecksum: 'yes', 'stop-writes-on-bgsave-error': 'yes', 'replica-read-only': 'yes' },
  ...{ 'lazyfree-lazy-eviction': 'no', 'lazyfree-lazy-expire': 'no', 'client-output-buffer-limit': '', user: '' },
};

const policies =
  'volatile-lru volatile-lfu volatile-random volatile-ttl allkeys-lru allkeys-lfu allkeys-random noeviction'.split(' ');
const memoryUnits: Record<string, number> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1024,
  m: 1e6,
  mb: 1024 ** 2,
  g: 1e9,
  gb: 1024 ** 3,
};

/** A value as redis keeps it; undefined: it is none for this name. */
function normalized(name: string, value: string): string | undefined {
  const text = value.replace(/^"(.*)"$/, '$1').replace(/^'(.*)'$/, '$1');
  if (name === 'maxmemory') {
    const [, digits, unit = ''] = /^(\d+)([a-z]*)$/i.exec(text) ?? [];
    const scale = memoryUnits[unit.toLowerCase()];
    return digits === undefined || scale === undefined ? undefined : String(Number(digits) * scale);
  }
  if (name === 'maxmemory-policy') return policies.includes(text) ? text : undefined;
  if (/^(yes|no)$/.test(ownValue(defaults, name) ?? ''))
    return /^(yes|no)$/i.test(text) ? text.toLowerCase() : undefined;
  if (/^\d+$/.test(ownValue(defaults, name) ?? '')) return /^\d+$/.test(text) ? text : undefined;
  return text;
}

export class RedisConfig {
  readonly #values = new Map(Object.entries(defaults));

  get(name: string): string {
    return this.#values.get(name) ?? '';
  }

  /** Reads lines of a file, or of arguments. Throws RedisConfigError. */
  read(text: string): void {
    for (const [i, raw] of text.split('\n').entries()) {
      const line = raw.trim();
      if (line === '' || line.startsWith('#')) continue;
      const at = line.search(/\s/);
      const name = (at < 0 ? line : line.slice(0, at)).toLowerCase();
      if (at < 0 || !Object.hasOwn(defaults, name))
        throw new RedisConfigError(i + 1, line, 'Bad directive or wrong number of arguments');
      const value = normalized(name, line.slice(at).trim());
      if (value === undefined) throw new RedisConfigError(i + 1, line, reasonOf(name));
      this.#values.set(name, value);
    }
  }

  /** CONFIG SET; a text: why not. */
  set(name: string, value: string): string | undefined {
    const own = name.toLowerCase();
    if (!Object.hasOwn(defaults, own)) return `ERR Unknown option or number of arguments for CONFIG SET - '${name}'`;
    const kept = normalized(own, value);
    if (kept === undefined) return `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reasonOf(own)}`;
    this.#values.set(own, kept);
    return undefined;
  }

  /** CONFIG GET: names and values of what a pattern of `*` and `?` matches. */
  matching(pattern: string): string[] {
    const source = pattern
      .toLowerCase()
      .replace(/[.+^${}()|[\]\\-]/g, '\\$&')
      .replace(/\*+/g, '[^]*')
      .replace(/\?/g, '[^]');
    const expression = safeRegExp(`^${source}$`);
    return [...this.#values].filter(([name]) => expression.test(name)).flat();
  }
}

function reasonOf(name: string): string {
  if (name === 'maxmemory') return 'argument must be a memory value';
  if (name === 'maxmemory-policy') return `argument(s) must be one of the following: ${policies.join(', ')}`;
  return /^(yes|no)$/.test(ownValue(defaults, name) ?? '')
    ? "argument must be 'yes' or 'no'"
    : "argument couldn't be parsed into an integer";
}
