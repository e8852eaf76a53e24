/** MongoDB's server, with what the image's entrypoint does before. */
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Document } from 'bson';
import { ownValue } from '../../../../kernel/own.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Peer } from '../../kernel/network.ts';
import type { Process } from '../../kernel/process.ts';
import { signals } from '../../kernel/signals.ts';
import { TooMuchWork } from '../../kernel/work.ts';
import { untilSignal } from '../../lib/http-server.ts';
import { program } from '../../lib/program.ts';
import { becomeUser } from '../../lib/users.ts';
import { imageVersion } from '../../lib/versions.ts';
import { runCommand } from './commands.ts';
import { MongoFault } from './fault.ts';
import { runScripts } from './init-scripts.ts';
import { isFrom, log } from './log.ts';
import { ScramRefusal } from './scram.ts';
import { MongoServer, MongoSession } from './server.ts';
import { MongoMessages } from './wire.ts';

/** Exit codes of mongod. */
const EXIT = { usage: 2, abrupt: 14, port: 48, storage: 100 };

const options: Readonly<Record<string, 'value' | 'switch'>> = {
  ...{ port: 'value', dbpath: 'value', bind_ip: 'value', wiredTigerCacheSizeGB: 'value' },
  ...{ auth: 'switch', bind_ip_all: 'switch', quiet: 'switch', noauth: 'switch' },
};

/** Reads the command line. A string: what is wrong with it. */
function readOptions(args: readonly string[]): Map<string, string> | string {
  const found = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [, name = '', value] = /^--(\w+)(?:=(.*))?$/s.exec(arg) ?? [];
    const kind = ownValue(options, name);
    if (!kind)
      return arg.startsWith('-')
        ? `unrecognised option '${arg}'`
        : `too many positional options have been specified on the command line`;
    if (kind === 'switch') found.set(name, 'true');
    else {
      const given = value ?? args[++i];
      if (given === undefined) return `the required argument for option '--${name}' is missing`;
      found.set(name, given);
    }
  }
  return found;
}

/** A variable, or the text of the file that `NAME_FILE` names. */
function setting(p: Process, name: string): string | undefined {
  const file = p.env.get(`${name}_FILE`);
  return file === undefined ? p.env.get(name) || undefined : p.vfs.readText(p, file).trimEnd();
}

/** Runs a command and makes its answer, whatever goes wrong. */
async function answer(server: MongoServer, session: MongoSession, document: Document): Promise<Document> {
  try {
    return await runCommand(server, session, document);
  } catch (error) {
    if (error instanceof ScramRefusal) await refused(server, session, document, error);
    const fault =
      error instanceof TooMuchWork
        ? new MongoFault(292, 'Executor error during find command :: caused by :: out of memory')
        : error;
    if (!(fault instanceof MongoFault)) throw fault;
    return { ok: 0, errmsg: fault.message, code: fault.code, codeName: fault.codeName };
  }
}

async function refused({ p }: MongoServer, { id, remote }: MongoSession, document: Document, error: ScramRefusal) {
  const ctx = `conn${id}`;
  const db = String(document.$db);
  if (isFrom(p, 7)) {
    const attr = {
      client: remote,
      isSpeculative: false,
      isClusterMember: false,
      mechanism: 'SCRAM-SHA-256',
      user: error.user,
      db,
      error: error.reason,
      result: 18,
    };
    return log(p, { c: 'ACCESS', id: 5_286_307, ctx, msg: 'Failed to authenticate', attr });
  }
  const attr = {
    mechanism: 'SCRAM-SHA-256',
    speculative: false,
    principalName: error.user,
    authenticationDatabase: db,
    remote,
    extraInfo: {},
    error: error.reason,
  };
  return log(p, { c: 'ACCESS', id: 20_249, ctx, msg: 'Authentication failed', attr });
}

const HTTP_HINT = 'It looks like you are trying to access MongoDB over HTTP on the native driver port.\r\n';

async function serve(server: MongoServer, socket: Duplex, peer: Peer): Promise<void> {
  const { p } = server;
  const session = new MongoSession(++server.totalConnections, `${peer.address}:${peer.port}`);
  const uuid = { uuid: { $uuid: randomUUID() } };
  const attr = () => ({
    remote: session.remote,
    ...uuid,
    connectionId: session.id,
    connectionCount: server.connections,
  });
  server.connections++;
  await log(p, { c: 'NETWORK', id: 22_943, ctx: 'listener', msg: 'Connection accepted', attr: attr() });
  const messages = new MongoMessages(p, socket);
  for (let message = await messages.read(); message; message = await messages.read()) {
    if (message === 'http') {
      messages.end(
        `HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${HTTP_HINT.length}\r\n\r\n${HTTP_HINT}`,
      );
      break;
    }
    const isNew = session.client === undefined;
    const reply = await answerOrDie(server, session, message.document);
    if (isNew && session.client)
      await log(p, {
        ...{ c: 'NETWORK', id: 51_800, ctx: `conn${session.id}`, msg: 'client metadata' },
        attr: { remote: session.remote, client: `conn${session.id}`, doc: session.client },
      });
    messages.send(reply, message.id);
  }
  server.connections--;
  await log(p, { c: 'NETWORK', id: 22_944, ctx: `conn${session.id}`, msg: 'Connection ended', attr: attr() });
  messages.end();
}

/** As `answer`; a server that can't write its files dies of it. */
async function answerOrDie(server: MongoServer, session: MongoSession, document: Document): Promise<Document> {
  try {
    return await answer(server, session, document);
  } catch (error) {
    if (!isSysError(error)) throw error;
    const { p } = server;
    const fatal = { s: 'F', c: 'STORAGE', ctx: `conn${session.id}` } as const;
    await log(p, { ...fatal, s: 'E', id: 22_435, msg: 'WiredTiger error message', attr: { error: error.message } });
    await log(p, { ...fatal, id: 23_089, msg: 'Fatal assertion', attr: { msgid: 50_853 } });
    p.terminate({ code: EXIT.abrupt });
    return { ok: 0 };
  }
}

/** The first user and the image's scripts, for new data. Resolves with an exit code if that fails. */
async function initialize(server: MongoServer): Promise<number | undefined> {
  const { p } = server;
  const [user, password] = [setting(p, 'MONGO_INITDB_ROOT_USERNAME'), setting(p, 'MONGO_INITDB_ROOT_PASSWORD')];
  if ((user === undefined) !== (password === undefined)) {
    await p.print(
      2,
      "\nerror: missing 'MONGO_INITDB_ROOT_USERNAME' or 'MONGO_INITDB_ROOT_PASSWORD'\n       both must be specified for a user to be created\n\n",
    );
    return 1;
  }
  server.store.create();
  if (user !== undefined) await server.users.create('admin', user, password, [{ role: 'root', db: 'admin' }]);
  const session = new MongoSession(0, 'internal', true);
  return runScripts(p, setting(p, 'MONGO_INITDB_DATABASE') ?? 'test', (document) => answer(server, session, document));
}

export const mongod = program('mongod', async (p) => {
  if (p.args.includes('--version')) {
    await p.print(
      1,
      `db version v${imageVersion(p)}\nBuild Info: {\n    "version": "${imageVersion(p)}",\n    "modules": [],\n    "allocator": "tcmalloc"\n}\n`,
    );
    return 0;
  }
  const given = readOptions(p.args);
  if (typeof given === 'string') {
    await p.print(2, `Error parsing command line: ${given}\ntry 'mongod --help' for more information\n`);
    return EXIT.usage;
  }
  const port = Number(given.get('port') ?? 27_017);
  const folder = given.get('dbpath') ?? '/data/db';
  const server = new MongoServer(p, folder);
  server.authorization = given.has('auth') || setting(p, 'MONGO_INITDB_ROOT_USERNAME') !== undefined;
  const ctx = 'initandlisten';
  try {
    becomeUser(p, 'mongodb', folder);
    const code = server.store.load() ? undefined : await initialize(server);
    if (code !== undefined) return code;
    server.store.lock(`${p.pid}\n`);
  } catch (error) {
    if (!isSysError(error)) throw error;
    const attr = {
      error: `IllegalOperation: Attempted to create a lock file on a read-only directory: ${folder}, terminating (${error.message})`,
    };
    await log(p, { s: 'E', c: 'CONTROL', id: 20_557, ctx, msg: 'DBException in initAndListen, terminating', attr });
    return EXIT.storage;
  }
  const attr = { pid: p.pid, port, dbPath: folder, architecture: '64-bit', host: p.container.hostname };
  await log(p, { c: 'CONTROL', id: 4_615_611, ctx, msg: 'MongoDB starting', attr });
  const buildInfo = { version: imageVersion(p), modules: [] };
  await log(p, { c: 'CONTROL', id: 23_403, ctx, msg: 'Build Info', attr: { buildInfo } });
  await log(p, {
    c: 'CONTROL',
    id: 21_951,
    ctx,
    msg: 'Options set by command line',
    attr: { options: Object.fromEntries(given) },
  });
  if (!server.authorization)
    await log(p, {
      ...{ s: 'W', c: 'CONTROL', id: 22_120, ctx, tags: ['startupWarnings'] },
      msg: 'Access control is not enabled for the database. Read and write access to data and configuration is unrestricted',
    });
  return listen(server, port);
});

/** Serves until a signal comes. Resolves with the exit code. */
async function listen(server: MongoServer, port: number): Promise<number> {
  const { p } = server;
  const sockets = new Set<Duplex>();
  try {
    p.container.network.listen(p, port, (socket, peer) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      p.background(serve(server, socket, peer));
    });
  } catch (error) {
    if (!isSysError(error)) throw error;
    const failure = {
      s: 'E',
      c: 'CONTROL',
      id: 20_568,
      ctx: 'initandlisten',
      msg: 'Error setting up listener',
    } as const;
    await log(p, { ...failure, attr: { error: { code: 9001, codeName: 'SocketException', errmsg: error.message } } });
    return EXIT.port;
  }
  await log(p, { c: 'NETWORK', id: 23_015, ctx: 'listener', msg: 'Listening on', attr: { address: '0.0.0.0' } });
  await log(p, {
    c: 'NETWORK',
    id: 23_016,
    ctx: 'listener',
    msg: 'Waiting for connections',
    attr: { port, ssl: 'off' },
  });
  const signal = await untilSignal(p, signals.SIGTERM, signals.SIGINT);
  const ctx = 'SignalHandler';
  const error = signal === signals.SIGINT ? 'Interrupt' : 'Terminated';
  await log(p, { c: 'CONTROL', id: 23_377, ctx, msg: 'Received signal', attr: { signal, error } });
  await log(p, { c: 'CONTROL', id: 23_381, ctx, msg: 'will terminate after current cmd ends' });
  await log(p, {
    c: 'NETWORK',
    id: 23_017,
    ctx,
    msg: 'removing socket file',
    attr: { path: `/tmp/mongodb-${port}.sock` },
  });
  server.store.lock('');
  for (const socket of sockets) socket.destroy();
  await log(p, { c: 'CONTROL', id: 20_565, ctx, msg: 'Now exiting' });
  await log(p, { c: 'CONTROL', id: 23_138, ctx, msg: 'Shutting down', attr: { exitCode: 0 } });
  return 0;
}
