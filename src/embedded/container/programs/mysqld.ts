/** The servers of the images mysql and mariadb: their entrypoint's work, tables in their data directory, their protocol. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type Known, onDatabase } from '../database/accounts.ts';
import { execute } from '../database/engine.ts';
import { type Dialect, SqlError } from '../database/errors.ts';
import {
  errorPacket,
  greeting,
  MysqlPackets,
  okPacket,
  readLogin,
  resultPackets,
  scramble,
} from '../database/mysql-wire.ts';
import { parseSql } from '../database/parser.ts';
import { DatabaseServer } from '../database/server.ts';
import type { Session } from '../database/session.ts';
import { isSysError } from '../kernel/errno.ts';
import type { Peer } from '../kernel/network.ts';
import type { Process } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import { TooMuchWork } from '../kernel/work.ts';
import { formatDate } from '../lib/format-date.ts';
import { untilSignal } from '../lib/http-server.ts';
import { program } from '../lib/program.ts';
import { becomeUser } from '../lib/users.ts';

interface Product {
  server: string;
  version: string;
  title: string;
  maria: boolean;
}

/** The release that an image's tag means. */
export function productOf(p: Process): Product {
  const { repository, version, system } = p.container.image;
  const maria = repository.endsWith('/mariadb');
  const build = `ubu${system.version.split('.').slice(0, 2).join('')}`;
  return {
    ...{ maria, server: maria ? 'mariadbd' : 'mysqld' },
    version: maria ? `${version}-MariaDB-${build}` : version,
    title: maria ? 'mariadb.org binary distribution' : 'MySQL Community Server - GPL',
  };
}

const DATA = '/var/lib/mysql';

const dialectOf = (product: Product): Dialect => ({
  ...{ name: 'mysql', maria: product.maria, version: product.version },
  own: ['information_schema', 'mysql', 'performance_schema', 'sys'],
  folder: (database) => `${DATA}/${database}`,
  file: (table) => `${table}.ibd`,
});

/** A variable, or the text of the file that `NAME_FILE` names. */
function setting(p: Process, name: string): string | undefined {
  const file = p.env.get(`${name}_FILE`);
  if (file !== undefined) return p.vfs.readText(p, file).trimEnd();
  return p.env.get(name) || undefined;
}

/** Of the two names that MariaDB knows, the first that is set. */
const either = (p: Process, product: Product, name: string) =>
  (product.maria ? setting(p, `MARIADB_${name}`) : undefined) ?? setting(p, `MYSQL_${name}`);

const note = (p: Process, text: string, level = 'Note') =>
  p.print(1, `${formatDate(p.container.clock.now(), '%F %T+00:00')} [${level}] [Entrypoint]: ${text}\n`);

/** Makes the data directory: users and databases by the environment, then the scripts of the image's folder. Resolves with an exit code if it can't. */
async function initialize(p: Process, product: Product, databases: DatabaseServer): Promise<number | undefined> {
  const root = either(p, product, 'ROOT_PASSWORD');
  const empty = product.maria ? either(p, product, 'ALLOW_EMPTY_ROOT_PASSWORD') : undefined;
  const random = either(p, product, 'RANDOM_ROOT_PASSWORD');
  if (root === undefined && !(empty ?? either(p, product, 'ALLOW_EMPTY_PASSWORD')) && !random) {
    const options = product.maria
      ? '\tYou need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD\n'
      : '    You need to specify one of the following as an environment variable:\n    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD\n';
    const text = `Database is uninitialized and password option is not specified${product.maria ? '\n' : ''}`;
    await p.print(2, `${formatDate(p.container.clock.now(), '%F %T+00:00')} [ERROR] [Entrypoint]: ${text}\n${options}`);
    return 1;
  }
  if (p.vfs.readdir(p, DATA).length > 0) {
    const at = new Date(p.container.clock.now()).toISOString();
    await p.print(
      2,
      `${at} 0 [ERROR] [MY-010457] [Server] --initialize specified but the data directory has files in it. Aborting.\n${at} 0 [ERROR] [MY-010119] [Server] Aborting\n`,
    );
    return 1;
  }
  await note(p, 'Initializing database files');
  let password = root;
  if (random) {
    password = randomBytes(24).toString('base64url');
    await note(p, `GENERATED ROOT PASSWORD: ${password}`);
  }
  for (const host of ['localhost', '%']) {
    const account = databases.accounts.add('root', password, { host, flags: { superuser: true } });
    databases.accounts.grant(account, '*', 'ALL', true);
  }
  databases.save();
  await note(p, 'Database files initialized');
  const name = either(p, product, 'DATABASE');
  if (name !== undefined) {
    await note(p, `Creating database ${name}`);
    databases.create(name, 'root');
  }
  const [user, own] = [either(p, product, 'USER'), either(p, product, 'PASSWORD')];
  if (user !== undefined && own !== undefined) {
    await note(p, `Creating user ${user}`);
    const account = databases.accounts.add(user, own);
    if (name !== undefined) {
      databases.accounts.grant(account, onDatabase(name), 'ALL');
      await note(p, `Giving user ${user} access to schema ${name}`);
    }
    databases.save();
  }
  const account = databases.accounts.find({ name: 'root', host: 'localhost' });
  return account && runScripts(p, databases, account, name);
}

/** `/docker-entrypoint-initdb.d/*.sql`, in order. */
async function runScripts(
  p: Process,
  databases: DatabaseServer,
  account: Known,
  database: string | undefined,
): Promise<number | undefined> {
  const session = databases.open({ user: 'root', host: 'localhost', account, database, connection: 5 });
  const folder = '/docker-entrypoint-initdb.d';
  for (const name of p.vfs.find(p, folder) ? p.vfs.readdir(p, folder).sort() : []) {
    const file = `${folder}/${name}`;
    if (p.vfs.find(p, file)?.node.kind === 'dir') continue;
    if (!name.endsWith('.sql')) {
      await note(p, `ignoring ${file}`, 'Warn');
      continue;
    }
    await note(p, `running ${file}`);
    try {
      for (const statement of parseSql(p.vfs.readText(p, file), databases.dialect)) await execute(session, statement);
    } catch (error) {
      const failure = asSqlError(error);
      await p.print(2, `ERROR ${failure.code} (${failure.state}) at line 1: ${failure.message}\n`);
      return 1;
    }
  }
  databases.close(session);
  return undefined;
}

/** What a server tells of an error. Throws what is none of its own. */
function asSqlError(error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  if (isSysError(error, 'ENOSPC'))
    return new SqlError(1021, 'HY000', 'Disk full; waiting for someone to free some space...');
  if (error instanceof TooMuchWork) return new SqlError(1041, 'HY000', 'Out of memory.');
  throw error;
}

/** Lets a client in, or says why not; undefined: it is gone. Throws SqlError. */
async function admit(databases: DatabaseServer, packets: MysqlPackets, peer: Peer): Promise<Session | undefined> {
  const connection = databases.nextConnection();
  const nonce = randomBytes(20).map((byte) => (byte % 94) + 33);
  packets.send(greeting(databases.dialect.version, connection, nonce));
  const answer = await packets.read();
  if (!answer) return undefined;
  const { user, proof, database } = readLogin(answer);
  const host = /^(127\.|::1|0\.0\.0\.0)/.test(peer.address) ? 'localhost' : peer.address;
  const account = databases.accounts.matching(user, host);
  const known = account && scramble(account.password ?? '', nonce).equals(proof);
  if (!known)
    throw new SqlError(
      1045,
      '28000',
      `Access denied for user '${user}'@'${host}' (using password: ${proof.length > 0 ? 'YES' : 'NO'})`,
    );
  const session = databases.open({ user, host, account, database: undefined, connection });
  try {
    if (database !== undefined) await execute(session, { t: 'use', name: database });
  } catch (error) {
    databases.close(session);
    throw error;
  }
  return session;
}

async function serve(p: Process, databases: DatabaseServer, socket: Duplex, peer: Peer): Promise<void> {
  const packets = new MysqlPackets(p, socket);
  let session: Session | undefined;
  try {
    session = await admit(databases, packets, peer);
  } catch (error) {
    packets.send(errorPacket(asSqlError(error)));
    packets.end();
  }
  if (!session) return;
  packets.send(okPacket());
  try {
    await answerAll(p, session, packets);
  } finally {
    databases.close(session);
  }
  packets.end();
}

/** Answers a client's commands until it goes. */
async function answerAll(p: Process, session: Session, packets: MysqlPackets): Promise<void> {
  for (let packet = await packets.read(); packet; packet = await packets.read()) {
    const turn = p.step(100);
    if (turn) await turn;
    const argument = packet.toString('utf8', 1);
    if (packet[0] === 1) return;
    try {
      if (packet[0] === 2) await execute(session, { t: 'use', name: argument });
      if (packet[0] === 3) {
        const [statement, second] = parseSql(argument, session.dialect);
        if (!statement || second)
          throw new SqlError(1065, '42000', statement ? 'One statement at a time' : 'Query was empty');
        for (const part of resultPackets(await execute(session, statement))) packets.send(part);
      } else if (packet[0] === 2 || packet[0] === 14) packets.send(okPacket());
      else throw new SqlError(1047, '08S01', 'Unknown command');
    } catch (error) {
      packets.send(errorPacket(asSqlError(error)));
    }
  }
}

/** mysqld and mariadbd, with what the images' entrypoint does before. */
export const mysqld = program('mysqld', async (p) => {
  const product = productOf(p);
  const { server, version } = product;
  if (p.args.includes('--version') || p.args.includes('-V')) {
    await p.print(1, `/usr/sbin/${server}  Ver ${version} for Linux on x86_64 (${product.title})\n`);
    return 0;
  }
  const port = Number(p.args.map((arg) => /^--port=(\d+)$/.exec(arg)?.[1]).find(Boolean) ?? 3306);
  await note(
    p,
    `Entrypoint script for ${product.maria ? 'MariaDB' : 'MySQL'} Server ${product.maria ? '1:' : ''}${version.replace('-MariaDB-', '+maria~')}${product.maria ? '' : '-1.el9'} started.`,
  );
  try {
    if (becomeUser(p, 'mysql', DATA)) await note(p, `Switching to dedicated user 'mysql'`);
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(2, `chown: changing ownership of '${DATA}': ${error.message}\n`);
    return 1;
  }
  const databases = new DatabaseServer(p, dialectOf(product), `${DATA}/mysql.ibd`, p.container.hostname, port);
  try {
    if (p.vfs.find(p, `${DATA}/mysql.ibd`)) databases.load();
    else {
      const code = await initialize(p, product, databases);
      if (code !== undefined) return code;
      await note(p, `${product.maria ? 'MariaDB' : 'MySQL'} init process done. Ready for start up.`);
    }
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(
      2,
      `${server}: Can't create/write to file '${DATA}/is_writable' (OS errno ${error.code === 'EROFS' ? 30 : 13} - ${error.message})\n`,
    );
    return 1;
  }
  const at = () =>
    product.maria ? formatDate(p.container.clock.now(), '%F %T') : new Date(p.container.clock.now()).toISOString();
  const log = (level: string, code: string, text: string) =>
    p.print(
      2,
      product.maria
        ? `${at()} 0 [${level === 'System' ? 'Note' : level}] ${text}\n`
        : `${at()} 0 [${level}] [${code}] [Server] ${text}\n`,
    );
  await log('System', 'MY-010116', `/usr/sbin/${server} (${server} ${version}) starting as process ${p.pid}`);
  try {
    p.container.network.listen(p, port, (socket, peer) => {
      serve(p, databases, socket, peer).catch(() => socket.destroy());
    });
  } catch (error) {
    if (!isSysError(error)) throw error;
    await log('ERROR', 'MY-010262', `Can't start server: Bind on TCP/IP port: ${error.message}`);
    await log('ERROR', 'MY-010119', 'Aborting');
    return 1;
  }
  await log(
    'System',
    'MY-010931',
    `/usr/sbin/${server}: ready for connections. Version: '${version}'  socket: '/var/run/mysqld/mysqld.sock'  port: ${port}  ${product.title}.`,
  );
  await untilSignal(p, signals.SIGTERM, signals.SIGQUIT);
  await log(
    'System',
    'MY-013172',
    `Received SHUTDOWN from user <via user signal>. Shutting down ${server} (Version: ${version}).`,
  );
  await log('System', 'MY-010910', `/usr/sbin/${server}: Shutdown complete (${server} ${version})  ${product.title}.`);
  return 0;
});
