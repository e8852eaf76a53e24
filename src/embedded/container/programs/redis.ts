import type { Duplex } from 'node:stream';
import { ownValue } from '../../../kernel/own.ts';
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { resolveHost } from '../kernel/resolver.ts';
import { signals } from '../kernel/signals.ts';
import { untilSignal } from '../lib/http-server.ts';
import { lines } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';
import { RedisConfig, RedisConfigError } from '../lib/redis-config.ts';
import { encodeReply, type Reply, RespReader } from '../lib/resp.ts';
import { imageVersion } from '../lib/versions.ts';
import { formatDate } from './date.ts';

interface Store {
  data: Map<string, string>;
  config: RedisConfig;
}

/** One connection's own state. */
interface Session {
  authenticated: boolean;
}

/** AUTH with a password, or a user and a password. */
function authenticate({ config }: Store, session: Session, args: readonly string[]): Reply {
  const password = config.get('requirepass');
  if (password === '' && args.length === 1) {
    return {
      error:
        'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    };
  }
  const [user, given] = args.length > 1 ? args : ['default', args[0]];
  session.authenticated = user === 'default' && (password === '' || given === password);
  if (session.authenticated) return { status: 'OK' };
  return { error: 'WRONGPASS invalid username-password pair or user is disabled.' };
}

function configure({ config }: Store, [what = '', ...args]: readonly string[]): Reply {
  switch (what.toUpperCase()) {
    case 'GET':
      return [...new Set(args)].flatMap((pattern) => config.matching(pattern));
    case 'SET': {
      const error = config.set(args[0] ?? '', args[1] ?? '');
      return error === undefined ? { status: 'OK' } : { error };
    }
    case 'RESETSTAT':
      return { status: 'OK' };
    case 'REWRITE':
      return { error: 'ERR The server is running without a config file' };
    default:
      return { error: `ERR unknown subcommand '${what}'. Try CONFIG HELP.` };
  }
}

/** How many words a command takes, its name with them; negative: that many or more. */
const arity: Readonly<Record<string, number>> = {
  ...{ ECHO: 2, GET: 2, INCR: 2, DECR: 2, KEYS: 2, DBSIZE: 1, INCRBY: 3, APPEND: 3 },
  ...{ PING: -1, SET: -3, DEL: -2, EXISTS: -2 },
};

function takes(command: string, words: number): boolean {
  const wanted = ownValue(arity, command) ?? -1;
  return wanted < 0 ? words >= -wanted : words === wanted;
}

/** The commands of a small key-value store. */
function execute(p: Process, store: Store, session: Session, [name = '', ...args]: string[]): Reply {
  const { data } = store;
  const [key = '', value = ''] = args;
  const command = name.toUpperCase();
  if (command === 'AUTH') return authenticate(store, session, args);
  if (!session.authenticated && store.config.get('requirepass') !== '')
    return { error: 'NOAUTH Authentication required.' };
  if (!takes(command, 1 + args.length))
    return { error: `ERR wrong number of arguments for '${name.toLowerCase()}' command` };
  switch (command) {
    case 'PING':
      return args.length > 0 ? key : { status: 'PONG' };
    case 'ECHO':
      return key;
    case 'SET':
      p.charge(2 * (key.length + value.length) + 64);
      data.set(key, value);
      return { status: 'OK' };
    case 'GET':
      return data.get(key) ?? null;
    case 'DEL':
      return args.filter((k) => data.delete(k)).length;
    case 'EXISTS':
      return args.filter((k) => data.has(k)).length;
    case 'INCR':
    case 'DECR':
    case 'INCRBY': {
      const by = name.toUpperCase() === 'INCR' ? 1 : name.toUpperCase() === 'DECR' ? -1 : Number(value);
      const number = Number(data.get(key) ?? 0) + by;
      if (!Number.isSafeInteger(number)) return { error: 'ERR value is not an integer or out of range' };
      data.set(key, String(number));
      return number;
    }
    case 'APPEND': {
      const text = (data.get(key) ?? '') + value;
      p.charge(2 * value.length);
      data.set(key, text);
      return text.length;
    }
    case 'KEYS':
      return [...data.keys()];
    case 'DBSIZE':
      return data.size;
    case 'FLUSHALL':
    case 'FLUSHDB':
      data.clear();
      return { status: 'OK' };
    case 'INFO':
      return `# Server\r\nredis_version:${imageVersion(p)}\r\nrole:master\r\n`;
    case 'COMMAND':
      return [];
    case 'CONFIG':
      return configure(store, args);
    case 'SELECT':
    case 'CLIENT':
      return { status: 'OK' };
    default:
      return {
        error: `ERR unknown command '${name}', with args beginning with: ${args.map((a) => `'${a}' `).join('')}`,
      };
  }
}

export const redisServer = program('redis-server', async (p) => {
  if (p.args.includes('--version') || p.args.includes('-v')) {
    await p.print(1, `Redis server v=${imageVersion(p)} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n`);
    return 0;
  }
  const config = new RedisConfig();
  const failure = await readConfig(p, config);
  if (failure !== undefined) return failure;
  const port = Number(config.get('port'));
  const note = (mark: string, text: string) =>
    p.print(1, `${p.pid}:M ${formatDate(p.container.clock.now(), '%d %b %Y %H:%M:%S.%3N')} ${mark} ${text}\n`);
  const store: Store = { data: new Map(), config };
  try {
    p.container.network.listen(p, port, (socket) => serve(p, store, socket));
  } catch (error) {
    if (!isSysError(error)) throw error;
    await note('#', `Warning: Could not create server TCP listening socket *:${port}: bind: ${error.message}`);
    return 1;
  }
  await note('*', 'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
  await note('*', `Redis version=${imageVersion(p)}, bits=64, commit=00000000, modified=0, pid=${p.pid}, just started`);
  await note('*', `Running mode=standalone, port=${port}.`);
  await note('*', 'Ready to accept connections tcp');
  const signal = await untilSignal(p, signals.SIGTERM, signals.SIGINT);
  await p.print(
    1,
    `${p.pid}:signal-handler (${Math.floor(p.container.clock.now() / 1000)}) Received ${signal === signals.SIGINT ? 'SIGINT' : 'SIGTERM'} scheduling shutdown...\n`,
  );
  await note('*', 'Redis is now ready to exit, bye bye...');
  return 0;
});

/** A configuration file as the first argument, `--name value ...` after it. Resolves with an exit code if it is wrong. */
async function readConfig(p: Process, config: RedisConfig): Promise<number | undefined> {
  const rest = [...p.args];
  let text = '';
  const [file] = rest;
  if (file !== undefined && !file.startsWith('-')) {
    rest.shift();
    try {
      text = `${p.vfs.readText(p, file)}\n`;
    } catch (error) {
      if (!isSysError(error)) throw error;
      await p.print(2, `Fatal error, can't open config file '${file}': ${error.message}\n`);
      return 1;
    }
  }
  for (const arg of rest) text += arg.startsWith('--') ? `\n${arg.slice(2)}` : ` ${arg}`;
  try {
    config.read(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof RedisConfigError)) throw error;
    const { line, text: own, message } = error;
    await p.print(
      2,
      `\n*** FATAL CONFIG FILE ERROR (Redis ${imageVersion(p)}) ***\nReading the configuration file, at line ${line}\n>>> '${own}'\n${message}\n`,
    );
    return 1;
  }
}

function serve(p: Process, store: Store, socket: Duplex): void {
  const reader = new RespReader();
  const session: Session = { authenticated: false };
  socket.on('data', (chunk: Uint8Array) => {
    for (const message of reader.push(chunk)) {
      const command = Array.isArray(message) ? message.map((m) => String(m ?? '')) : String(message ?? '').split(' ');
      if (command[0]?.toUpperCase() === 'QUIT') return void socket.end('+OK\r\n');
      socket.write(encodeReply(execute(p, store, session, command)));
    }
  });
  socket.once('end', () => socket.end());
}

export const redisCli = program('redis-cli', async (p) => {
  const options = parseOptions(
    p,
    'h:p:a:n:u:r',
    { raw: 'raw', 'no-auth-warning': 'no-auth-warning', pass: 'pass:', 'no-raw': 'no-raw' },
    { stop: true },
  );
  const host = options.get('h') ?? '127.0.0.1';
  const port = options.number('p') ?? 6379;
  const [address] = await resolveHost(p, host);
  let socket: Duplex;
  try {
    if (address === undefined)
      throw new UsageError(`Could not connect to Redis at ${host}:${port}: Name or service not known`);
    socket = await p.container.network.connect(p, address, port);
  } catch (error) {
    const text =
      error instanceof UsageError
        ? error.message
        : `Could not connect to Redis at ${host}:${port}: ${error instanceof Error ? error.message : ''}`;
    await p.print(2, `${text}\n`);
    return 1;
  }
  const reader = new RespReader();
  const replies = socket[Symbol.asyncIterator]();
  const ask = async (words: string[]): Promise<void> => {
    socket.write(encodeReply(words));
    for (;;) {
      const next = await p.until(replies.next());
      if (next.done) return;
      const [reply] = reader.push(next.value);
      if (reply === undefined) continue;
      await p.print(1, `${show(reply, options.has('no-raw') || p.fds.get(1)?.isTty === true)}\n`);
      return;
    }
  };
  const password = options.get('a') ?? options.get('pass') ?? p.env.get('REDISCLI_AUTH');
  if (options.has('a', 'pass') && !options.has('no-auth-warning'))
    await p.print(
      2,
      "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n",
    );
  if (password !== undefined) {
    const refused = await login(p, socket, replies, password);
    if (refused !== undefined) await p.print(2, `AUTH failed: ${refused}\n`);
  }
  if (options.operands.length > 0) await ask(options.operands);
  else for await (const { text } of lines(p, 0)) if (text.trim() !== '') await ask(text.trim().split(/\s+/));
  socket.destroy();
  return 0;
});

/** Sends the password; resolves with what the server says against it. */
async function login(
  p: Process,
  socket: Duplex,
  replies: AsyncIterator<Uint8Array>,
  password: string,
): Promise<string | undefined> {
  const reader = new RespReader();
  socket.write(encodeReply(['AUTH', password]));
  for (;;) {
    const next = await p.until(replies.next());
    if (next.done) return 'connection lost';
    const [reply] = reader.push(next.value);
    if (reply === undefined) continue;
    return typeof reply === 'object' && reply !== null && 'error' in reply ? reply.error : undefined;
  }
}

function show(reply: Reply, terminal: boolean): string {
  if (reply === null) return terminal ? '(nil)' : '';
  if (typeof reply === 'number') return terminal ? `(integer) ${reply}` : String(reply);
  if (typeof reply === 'string') return terminal ? JSON.stringify(reply) : reply;
  if (Array.isArray(reply))
    return reply.length === 0 && terminal
      ? '(empty array)'
      : reply.map((r, i) => (terminal ? `${i + 1}) ${show(r, true)}` : show(r, false))).join('\n');
  return 'error' in reply ? (terminal ? `(error) ${reply.error}` : reply.error) : reply.status;
}
