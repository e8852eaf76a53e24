/** PostgreSQL as its image starts it: the entrypoint's work, tables in the data directory, the protocol. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { onDatabase, PUBLIC } from '../database/accounts.ts';
import { execute } from '../database/engine.ts';
import { type Dialect, SqlError } from '../database/errors.ts';
import { parseSql } from '../database/parser.ts';
import {
  int32,
  md5Proof,
  PostgresMessages,
  PROTOCOL,
  SSL_REQUEST,
  sendResult,
  texts,
} from '../database/postgres-wire.ts';
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
import { imageVersion } from '../lib/versions.ts';

/** The release that the image's tag means. */
export const postgresVersion = imageVersion;

const dataOf = (p: Process) => p.env.get('PGDATA') || '/var/lib/postgresql/data';

const dialectOf = (p: Process): Dialect => ({
  ...{ name: 'postgres', maria: false, version: postgresVersion(p) },
  own: ['postgres', 'template0', 'template1'],
  folder: (database) => (database === 'postgres' ? `${dataOf(p)}/base` : `${dataOf(p)}/base/${database}`),
  file: (table) => table,
});

/** A variable, or the text of the file that `NAME_FILE` names. */
function setting(p: Process, name: string): string | undefined {
  const file = p.env.get(`${name}_FILE`);
  if (file !== undefined) return p.vfs.readText(p, file).trimEnd();
  return p.env.get(name) || undefined;
}

const uninitialized = `Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.

       See PostgreSQL documentation about "trust":
       https://www.postgresql.org/docs/current/auth-trust.html
`;

/** Makes the data directory. Resolves with an exit code if it can't. */
async function initialize(p: Process, databases: DatabaseServer): Promise<number | undefined> {
  const password = setting(p, 'POSTGRES_PASSWORD');
  const trust = p.env.get('POSTGRES_HOST_AUTH_METHOD') === 'trust';
  if (password === undefined && !trust) {
    await p.print(2, uninitialized);
    return 1;
  }
  const data = dataOf(p);
  await p.print(
    1,
    `The files belonging to this database system will be owned by user "postgres".\nThis user must also own the server process.\n\nfixing permissions on existing directory ${data} ... `,
  );
  if (p.vfs.readdir(p, data).length > 0) {
    await p.print(
      2,
      `initdb: error: directory "${data}" exists but is not empty\ninitdb: hint: If you want to create a new database system, either remove or empty the directory "${data}" or run initdb with an argument other than "${data}".\n`,
    );
    return 1;
  }
  await p.print(1, 'ok\ncreating subdirectories ... ');
  for (const folder of ['base', 'global', 'pg_wal']) p.vfs.mkdir(p, `${data}/${folder}`, 0o700);
  p.vfs.writeFile(p, `${data}/PG_VERSION`, `${postgresVersion(p).split('.')[0]}\n`, 0o600);
  const rule = trust ? 'trust' : 'md5';
  p.vfs.writeFile(
    p,
    `${data}/pg_hba.conf`,
    `local all all trust\nhost all all 127.0.0.1/32 trust\nhost all all ::1/128 trust\nhost all all all ${rule}\n`,
    0o600,
  );
  const user = setting(p, 'POSTGRES_USER') ?? 'postgres';
  const flags = { superuser: true, createrole: true, createdb: true, login: true };
  const account = databases.accounts.add(user, password, { flags });
  databases.accounts.grant(databases.accounts.add(PUBLIC, undefined), onDatabase('postgres'), 'CONNECT');
  databases.create('postgres', user);
  await p.print(
    1,
    'ok\nperforming post-bootstrap initialization ... ok\nsyncing data to disk ... ok\n\n\nSuccess. You can now start the database server using:\n\n',
  );
  await p.print(1, `    pg_ctl -D ${data} -l logfile start\n\n`);
  const name = setting(p, 'POSTGRES_DB') ?? user;
  if (!databases.store.has(name)) {
    databases.create(name, user);
    await p.print(1, 'CREATE DATABASE\n\n');
  }
  const session = databases.open({ user, host: 'local', account, database: name, connection: p.pid });
  const folder = '/docker-entrypoint-initdb.d';
  for (const script of p.vfs.find(p, folder) ? p.vfs.readdir(p, folder).sort() : []) {
    const file = `${folder}/${script}`;
    if (p.vfs.find(p, file)?.node.kind === 'dir') continue;
    if (!script.endsWith('.sql')) {
      await p.print(1, `/usr/local/bin/docker-entrypoint.sh: ignoring ${file}\n`);
      continue;
    }
    await p.print(1, `/usr/local/bin/docker-entrypoint.sh: running ${file}\n`);
    try {
      for (const statement of parseSql(p.vfs.readText(p, file), databases.dialect)) {
        const { tag } = await execute(session, statement);
        await p.print(1, `${tag}\n`);
      }
    } catch (error) {
      await p.print(2, `psql:${file}:1: ERROR:  ${asSqlError(error).message}\n`);
      return 3;
    }
  }
  databases.close(session);
  await p.print(1, '\nPostgreSQL init process complete; ready for start up.\n\n');
  return undefined;
}

/** What a server tells of an error. Throws what is none of its own. */
function asSqlError(error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  if (isSysError(error, 'ENOSPC')) return new SqlError(0, '53100', 'could not extend file: No space left on device');
  if (error instanceof TooMuchWork) return new SqlError(0, '53200', 'out of memory');
  throw error;
}

function failure(
  messages: PostgresMessages,
  severity: 'ERROR' | 'FATAL',
  { state, message, hint, at }: SqlError,
): void {
  const more = [...(hint === undefined ? [] : [`H${hint}`]), ...(at === undefined ? [] : [`P${at + 1}`])];
  messages.send('E', `S${severity}`, `V${severity}`, `C${state}`, `M${message}`, ...more, Buffer.of(0));
}

/** Ready for the next query: idle, in a transaction, or in one that failed. */
const ready = (messages: PostgresMessages, session: Session) =>
  messages.send('Z', Buffer.from(session.transaction?.failed ? 'E' : session.transaction?.explicit ? 'T' : 'I'));

interface Server {
  p: Process;
  databases: DatabaseServer;
  trust: boolean;
  log(level: string, text: string): Promise<void>;
}

async function serve({ p, databases, trust, log }: Server, socket: Duplex, peer: Peer): Promise<void> {
  const messages = new PostgresMessages(p, socket);
  let first = await messages.read(false);
  if (first?.body.length === 4 && first.body.readInt32BE() === SSL_REQUEST) {
    messages.sendByte('N');
    first = await messages.read(false);
  }
  if (!first || first.body.length < 4 || first.body.readInt32BE() !== PROTOCOL) return void socket.destroy();
  const words = texts(first.body.subarray(4));
  const parameter = (name: string) => {
    const at = words.findIndex((word, i) => i % 2 === 0 && word === name);
    return at < 0 ? undefined : words[at + 1];
  };
  const user = parameter('user') ?? '';
  const database = parameter('database') || user;
  const refuse = async (error: SqlError) => {
    await log('FATAL', error.message);
    failure(messages, 'FATAL', error);
    messages.end();
  };
  const local = /^(127\.|::1|0\.0\.0\.0)/.test(peer.address);
  if (!local && !trust) {
    const salt = randomBytes(4);
    messages.send('R', int32(5), salt);
    const answer = await messages.read();
    if (!answer) return;
    const password = databases.accounts.find({ name: user, host: '%' })?.password;
    if (password === undefined || texts(answer.body)[0] !== md5Proof(user, password, salt))
      return refuse(new SqlError(0, '28P01', `password authentication failed for user "${user}"`));
  }
  let session: Session;
  try {
    session = openSession(databases, user, database, peer.address);
  } catch (error) {
    return refuse(asSqlError(error));
  }
  messages.send('R', int32(0));
  for (const [name, value] of [
    ['server_version', postgresVersion(p)],
    ['server_encoding', 'UTF8'],
    ['client_encoding', 'UTF8'],
    ['DateStyle', 'ISO, MDY'],
    ['standard_conforming_strings', 'on'],
  ] as const)
    messages.send('S', name, value);
  messages.send('K', int32(session.connection), randomBytes(4));
  ready(messages, session);
  try {
    await answerAll(p, session, messages, log);
  } finally {
    databases.close(session);
  }
  messages.end();
}

/** Throws SqlError: the client may not come in. */
function openSession(databases: DatabaseServer, user: string, database: string, host: string): Session {
  const account = databases.accounts.find({ name: user, host: '%' });
  if (!account || user === PUBLIC) throw new SqlError(0, '28000', `role "${user}" does not exist`);
  if (account.flags.login !== true) throw new SqlError(0, '28000', `role "${user}" is not permitted to log in`);
  if (!databases.store.has(database)) throw new SqlError(0, '3D000', `database "${database}" does not exist`);
  const session = databases.open({ user, host, account, database, connection: databases.nextConnection() });
  if (databases.privileges.mayUse(session, database)) return session;
  databases.close(session);
  throw new SqlError(0, '42501', `permission denied for database "${database}"`);
}

/** Answers a client's queries until it goes. */
async function answerAll(p: Process, session: Session, messages: PostgresMessages, log: Server['log']): Promise<void> {
  for (let message = await messages.read(); message && message.type !== 'X'; message = await messages.read()) {
    const turn = p.step(100);
    if (turn) await turn;
    try {
      if (message.type !== 'Q')
        throw new SqlError(0, '0A000', 'this server, a simulated one, knows simple queries only');
      for (const statement of parseSql(texts(message.body)[0] ?? '', session.dialect))
        sendResult(messages, await execute(session, statement));
    } catch (error) {
      const told = asSqlError(error);
      await log('ERROR', told.message);
      if (session.transaction) session.transaction.failed = true;
      failure(messages, 'ERROR', told);
    }
    ready(messages, session);
  }
}

/** The server, with what the image's entrypoint does before. */
export const postgres = program('postgres', async (p) => {
  const version = postgresVersion(p);
  if (p.args.includes('--version') || p.args.includes('-V')) {
    await p.print(1, `postgres (PostgreSQL) ${version}\n`);
    return 0;
  }
  const portArgument = p.args.indexOf('-p');
  const port = Number(portArgument >= 0 ? p.args[portArgument + 1] : (p.env.get('PGPORT') ?? 5432));
  const data = dataOf(p);
  try {
    if (p.uid === 0 && !p.vfs.find(p, data)) p.vfs.mkdir(p, data, 0o700);
    if (becomeUser(p, 'postgres', data)) p.vfs.chmod(p, data, 0o700);
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(2, `chown: changing ownership of '${data}': ${error.message}\n`);
    return 1;
  }
  const databases = new DatabaseServer(p, dialectOf(p), `${data}/global/pg_control`, data, port);
  try {
    if (!p.vfs.find(p, data)) p.vfs.mkdir(p, data, 0o700);
    if (p.vfs.find(p, `${data}/PG_VERSION`)) {
      const major = p.vfs.readText(p, `${data}/PG_VERSION`).trim();
      if (major !== version.split('.')[0]) {
        await p.print(
          2,
          `${formatDate(p.container.clock.now(), '%F %T.%3N')} UTC [${p.pid}] FATAL:  database files are incompatible with server\n${formatDate(p.container.clock.now(), '%F %T.%3N')} UTC [${p.pid}] DETAIL:  The data directory was initialized by PostgreSQL version ${major}, which is not compatible with this version ${version}.\n`,
        );
        return 1;
      }
      await p.print(1, '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n');
      databases.load();
    } else {
      const code = await initialize(p, databases);
      if (code !== undefined) return code;
    }
  } catch (error) {
    if (!isSysError(error)) throw error;
    await p.print(2, `mkdir: cannot create directory '${data}': ${error.message}\n`);
    return 1;
  }
  const log = (level: string, text: string) =>
    p.print(2, `${formatDate(p.container.clock.now(), '%F %T.%3N')} UTC [${p.pid}] ${level}:  ${text}\n`);
  const trust = /^host all all all trust$/m.test(p.vfs.readText(p, `${data}/pg_hba.conf`));
  await log('LOG', `starting PostgreSQL ${version} on x86_64-pc-linux-gnu, 64-bit`);
  try {
    p.container.network.listen(p, port, (socket, peer) => {
      serve({ p, databases, trust, log }, socket, peer).catch(() => socket.destroy());
    });
  } catch (error) {
    if (!isSysError(error)) throw error;
    await log('LOG', `could not bind IPv4 address "0.0.0.0": ${error.message}`);
    await log('FATAL', 'could not create any TCP/IP sockets');
    return 1;
  }
  await log('LOG', `listening on IPv4 address "0.0.0.0", port ${port}`);
  await log('LOG', `listening on Unix socket "/var/run/postgresql/.s.PGSQL.${port}"`);
  await log('LOG', 'database system is ready to accept connections');
  const signal = await untilSignal(p, signals.SIGTERM, signals.SIGINT, signals.SIGQUIT);
  const kinds: Record<number, string> = { [signals.SIGTERM]: 'smart', [signals.SIGINT]: 'fast' };
  await log('LOG', `received ${kinds[signal] ?? 'immediate'} shutdown request`);
  await log('LOG', 'database system is shut down');
  return 0;
});
