import type { Duplex } from 'node:stream';
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { resolveHost } from '../kernel/resolver.ts';
import { signals } from '../kernel/signals.ts';
import { untilSignal } from '../lib/http-server.ts';
import { lines } from '../lib/io.ts';
import { parseOptions } from '../lib/options.ts';
import { program, UsageError } from '../lib/program.ts';
import { encodeReply, type Reply, RespReader } from '../lib/resp.ts';
import { formatDate } from './date.ts';

const version = '7.4.1';

/** The commands of a small key-value store. */
function execute(p: Process, data: Map<string, string>, [name = '', ...args]: string[]): Reply {
  const [key = '', value = ''] = args;
  switch (name.toUpperCase()) {
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
      return `# Server\r\nredis_version:${version}\r\nrole:master\r\n`;
    case 'COMMAND':
    case 'CONFIG':
      return [];
    case 'SELECT':
    case 'AUTH':
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
    await p.print(1, `Redis server v=${version} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n`);
    return 0;
  }
  const at = p.args.indexOf('--port');
  const port = at >= 0 ? Number(p.args[at + 1]) : 6379;
  const note = (mark: string, text: string) =>
    p.print(1, `${p.pid}:M ${formatDate(p.container.clock.now(), '%d %b %Y %H:%M:%S.%3N')} ${mark} ${text}\n`);
  const data = new Map<string, string>();
  try {
    p.container.network.listen(p, port, (socket) => serve(p, data, socket));
  } catch (error) {
    if (!isSysError(error)) throw error;
    await note('#', `Warning: Could not create server TCP listening socket *:${port}: bind: ${error.message}`);
    return 1;
  }
  await note('*', 'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
  await note('*', `Redis version=${version}, bits=64, commit=00000000, modified=0, pid=${p.pid}, just started`);
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

function serve(p: Process, data: Map<string, string>, socket: Duplex): void {
  const reader = new RespReader();
  socket.on('data', (chunk: Uint8Array) => {
    for (const message of reader.push(chunk)) {
      const command = Array.isArray(message) ? message.map((m) => String(m ?? '')) : String(message ?? '').split(' ');
      if (command[0]?.toUpperCase() === 'QUIT') return void socket.end('+OK\r\n');
      socket.write(encodeReply(execute(p, data, command)));
    }
  });
  socket.once('end', () => socket.end());
}

export const redisCli = program('redis-cli', async (p) => {
  const options = parseOptions(p, 'h:p:a:n:u:r', { raw: 'raw', 'no-auth-warning': 'no-auth-warning' }, { stop: true });
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
      await p.print(1, `${show(reply, p.fds.get(1)?.isTty === true)}\n`);
      return;
    }
  };
  if (options.operands.length > 0) await ask(options.operands);
  else for await (const { text } of lines(p, 0)) if (text.trim() !== '') await ask(text.trim().split(/\s+/));
  socket.destroy();
  return 0;
});

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
