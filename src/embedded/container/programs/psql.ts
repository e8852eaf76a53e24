/** PostgreSQL's clients: psql for what `-c`, files and pipes give it, pg_isready. */
import { ownValue } from '../../../kernel/own.ts';
import {
  int32,
  md5Proof,
  PostgresMessages,
  PROTOCOL,
  readColumns,
  readError,
  readRow,
  texts,
} from '../database/postgres-wire.ts';
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { resolveHost } from '../kernel/resolver.ts';
import { type Options, parseOptions } from '../lib/options.ts';
import { program } from '../lib/program.ts';
import { userName } from '../lib/users.ts';
import { splitStatements } from './mysql.ts';
import { postgresVersion } from './postgres.ts';

/** A connection that did not come about, with psql's words. */
class ConnectionFailure extends Error {}

interface Target {
  host: string | undefined;
  port: number;
  user: string;
  database: string;
}

function targetOf(p: Process, options: Options): Target {
  const [first, second] = options.operands;
  const user = options.get('U') ?? second ?? p.env.get('PGUSER') ?? userName(p, p.uid) ?? String(p.uid);
  return {
    host: options.get('h') ?? p.env.get('PGHOST'),
    port: Number(options.get('p') ?? p.env.get('PGPORT') ?? 5432),
    ...{ user, database: options.get('d') ?? first ?? p.env.get('PGDATABASE') ?? user },
  };
}

/** `postgresql://user:password@host:port/database`, as `-d` and operands may be. */
function readUri(p: Process, target: Target): Target {
  if (!/^postgres(ql)?:\/\//.test(target.database)) return target;
  const url = new URL(target.database);
  if (url.password !== '') p.env.set('PGPASSWORD', decodeURIComponent(url.password));
  const user = decodeURIComponent(url.username) || target.user;
  return {
    host: url.hostname || target.host,
    port: Number(url.port || target.port),
    user,
    database: url.pathname.slice(1) || user,
  };
}

async function connect(p: Process, { host, port, user, database }: Target): Promise<PostgresMessages> {
  const local = host === undefined || host.startsWith('/');
  const [address] = local ? ['127.0.0.1'] : await resolveHost(p, host);
  if (address === undefined)
    throw new ConnectionFailure(`could not translate host name "${host}" to address: Name or service not known`);
  const place = local
    ? `connection to server on socket "/var/run/postgresql/.s.PGSQL.${port}" failed: `
    : `connection to server at "${host}" (${address}), port ${port} failed: `;
  let messages: PostgresMessages;
  try {
    messages = new PostgresMessages(p, await p.container.network.connect(p, address, port));
  } catch (error) {
    if (!isSysError(error) || error.code === 'EPIPE') throw error;
    const hint = local
      ? 'Is the server running locally and accepting connections on that socket?'
      : 'Is the server running on that host and accepting TCP/IP connections?';
    throw new ConnectionFailure(`${place}${local ? 'No such file or directory' : error.message}\n\t${hint}`);
  }
  messages.send('', int32(PROTOCOL), 'user', user, 'database', database, Buffer.of(0));
  for (let message = await messages.read(); message; message = await messages.read()) {
    if (message.type === 'Z') return messages;
    if (message.type === 'E') throw new ConnectionFailure(`${place}FATAL:  ${readError(message.body).get('M')}`);
    if (message.type !== 'R') continue;
    const method = message.body.readInt32BE();
    if (method === 0) continue;
    const password = p.env.get('PGPASSWORD');
    if (password === undefined) throw new ConnectionFailure(`${place}fe_sendauth: no password supplied`);
    messages.send('p', method === 5 ? md5Proof(user, password, message.body.subarray(4, 8)) : password);
  }
  throw new ConnectionFailure(`${place}server closed the connection unexpectedly`);
}

interface Layout {
  tuplesOnly: boolean;
  aligned: boolean;
  separator: string;
  quiet: boolean;
}

function render(
  columns: readonly { name: string; numeric: boolean }[],
  rows: readonly (string | null)[][],
  layout: Layout,
  title?: string,
): string {
  const cells = rows.map((row) => row.map((value) => value ?? ''));
  const count = `(${rows.length} row${rows.length === 1 ? '' : 's'})\n`;
  if (!layout.aligned) {
    const lines = [...(layout.tuplesOnly ? [] : [columns.map(({ name }) => name)]), ...cells];
    return lines.map((line) => `${line.join(layout.separator)}\n`).join('') + (layout.tuplesOnly ? '' : count);
  }
  const widths = columns.map(({ name }, i) =>
    Math.max(layout.tuplesOnly ? 0 : name.length, ...cells.map((row) => (row[i] ?? '').length)),
  );
  const centre = (text: string, width: number) => text.padStart(Math.floor((width + text.length) / 2)).padEnd(width);
  const head = columns.map(({ name }, i) => ` ${centre(name, widths[i] ?? 0)} `).join('|');
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => {
        const width = widths[i] ?? 0;
        if (columns[i]?.numeric) return ` ${text.padStart(width)}`;
        return ` ${i === row.length - 1 ? text : text.padEnd(width)}`;
      })
      .join(' |');
  const body = cells.map((row) => `${line(row)}\n`).join('');
  const over = title === undefined || layout.tuplesOnly ? '' : `${centre(title, head.length).trimEnd()}\n`;
  if (layout.tuplesOnly) return `${body}\n`;
  return `${over}${head}\n${widths.map((w) => '-'.repeat(w + 2)).join('+')}\n${body}${count}\n`;
}

/** A command of psql itself as the statement that answers it. */
interface OwnCommand {
  query: string;
  title: string;
  /** What is said where no rows come. */
  none?: string;
}

const databasesCommand: OwnCommand = {
  query: `SELECT datname AS "Name", datowner AS "Owner", 'UTF8' AS "Encoding" FROM pg_database ORDER BY datname`,
  title: 'List of databases',
};
const tablesCommand: OwnCommand = {
  query: `SELECT schemaname AS "Schema", tablename AS "Name", 'table' AS "Type", tableowner AS "Owner" FROM pg_tables ORDER BY tablename`,
  title: 'List of relations',
  none: 'Did not find any relations.',
};
const commands: Record<string, OwnCommand> = {
  ...{ '\\l': databasesCommand, '\\list': databasesCommand, '\\dt': tablesCommand, '\\d': tablesCommand },
  '\\du': {
    query: `SELECT rolname AS "Role name", concat_ws(', ', CASE WHEN rolsuper THEN 'Superuser' END, CASE WHEN rolcreaterole THEN 'Create role' END,
      CASE WHEN rolcreatedb THEN 'Create DB' END, CASE WHEN NOT rolcanlogin THEN 'Cannot login' END) AS "Attributes" FROM pg_roles ORDER BY rolname`,
    title: 'List of roles',
  },
};

/** What answers a command; undefined: this psql does not know it. */
function ownCommand(name: string, argument: string): OwnCommand | undefined {
  if (argument === '') return ownValue(commands, name);
  if (name !== '\\d') return undefined;
  const table = argument.replace(/^public\./, '').replaceAll("'", "''");
  return {
    query: `SELECT column_name AS "Column", column_type AS "Type", '' AS "Collation", CASE is_nullable WHEN 'NO' THEN 'not null' ELSE '' END AS "Nullable",
      coalesce(column_default, '') AS "Default" FROM information_schema.columns WHERE table_name = '${table}' ORDER BY ordinal_position`,
    title: `Table "public.${table}"`,
    none: `Did not find any relation named "${argument}".`,
  };
}

/** An error as psql prints it: with the line, and a caret where in it. */
function errorText(fields: Map<string, string>, query: string): string {
  const at = Number(fields.get('P') ?? 0) - 1;
  const before = query.slice(0, Math.max(0, at)).split('\n');
  const head = `LINE ${before.length}: `;
  const column = head.length + (before.at(-1)?.length ?? 0);
  const line = query.split('\n')[before.length - 1] ?? '';
  const hint = fields.get('H');
  return [
    `ERROR:  ${fields.get('M')}`,
    ...(at < 0 ? [] : [`${head}${line}`, `${' '.repeat(column)}^`]),
    ...(hint === undefined ? [] : [`HINT:  ${hint}`]),
    '',
  ].join('\n');
}

/** Runs one statement and prints what comes; resolves with whether it went well. */
async function run(
  p: Process,
  messages: PostgresMessages,
  query: string,
  layout: Layout,
  { title, none }: Partial<OwnCommand> = {},
): Promise<boolean> {
  messages.send('Q', query);
  let columns: { name: string; numeric: boolean }[] | undefined;
  let rows: (string | null)[][] = [];
  let good = true;
  for (let message = await messages.read(); message; message = await messages.read()) {
    if (message.type === 'T') {
      columns = readColumns(message.body);
      rows = [];
    } else if (message.type === 'D') rows.push(readRow(message.body));
    else if (message.type === 'C') {
      if (columns && rows.length === 0 && none !== undefined) {
        good = title === 'List of relations';
        await p.print(2, `${none}\n`);
      } else if (columns) await p.print(1, render(columns, rows, layout, title));
      const tag = texts(message.body)[0] ?? '';
      // RETURNING shows rows, and what was done too.
      if (!layout.quiet && (!columns || /^(INSERT|UPDATE|DELETE)/.test(tag))) await p.print(1, `${tag}\n`);
      columns = undefined;
    } else if (message.type === 'E') {
      good = false;
      await p.print(2, errorText(readError(message.body), query));
    } else if (message.type === 'Z') return good;
  }
  await p.print(2, 'server closed the connection unexpectedly\n');
  return false;
}

export const psql = program('psql', async (p) => {
  const options = parseOptions(p, 'h:p:U:d:c:f:tAF:qwWXv:ab1lV', {
    ...{
      host: 'h',
      port: 'p',
      username: 'U',
      dbname: 'd',
      command: 'c',
      file: 'f',
      'tuples-only': 't',
      'no-align': 'A',
    },
    ...{
      'field-separator': 'F',
      quiet: 'q',
      'no-password': 'w',
      password: 'W',
      'no-psqlrc': 'X',
      set: 'v',
      variable: 'v',
    },
    ...{ list: 'l', version: 'V', 'single-transaction': '1', 'echo-all': 'a' },
  });
  if (options.has('V')) {
    await p.print(1, `psql (PostgreSQL) ${postgresVersion(p)}\n`);
    return 0;
  }
  let messages: PostgresMessages;
  try {
    messages = await connect(p, readUri(p, targetOf(p, options)));
  } catch (error) {
    if (!(error instanceof ConnectionFailure)) throw error;
    await p.print(2, `psql: error: ${error.message}\n`);
    return 2;
  }
  const layout: Layout = {
    ...{ tuplesOnly: options.has('t'), aligned: !options.has('A') },
    ...{ separator: options.get('F') ?? '|', quiet: options.has('q') },
  };
  const file = options.get('f');
  const stops = options.all('v').includes('ON_ERROR_STOP=1') || options.has('c');
  const sources = options.has('l')
    ? ['\\l']
    : options.has('c')
      ? options.all('c')
      : [file === undefined || file === '-' ? await p.readAllText(0) : p.vfs.readText(p, file)];
  let status = 0;
  for (const source of sources) {
    for (const piece of source.split(/^(?=\s*\\)|(?<=^\s*\\[^\n]*\n)/m)) {
      const own = /^\s*(\\\w+\+?)(.*)/.exec(piece);
      if (own) {
        if (own[1] === '\\q') break;
        const known = ownCommand(own[1]?.replace('+', '') ?? '', own[2]?.trim().replace(/;$/, '') ?? '');
        if (known) {
          if (!(await run(p, messages, known.query, layout, known))) status = 1;
        } else {
          await p.print(2, `invalid command ${own[1]}: this psql knows \\l, \\d, \\dt, \\du and \\q\n`);
          status = 1;
        }
        continue;
      }
      for (const statement of splitStatements(piece)) {
        if (await run(p, messages, statement, layout)) continue;
        status = options.has('c') ? 1 : stops ? 3 : status;
        if (stops) break;
      }
    }
  }
  messages.send('X');
  messages.end();
  return status;
});

export const pgIsReady = program('pg_isready', async (p) => {
  const options = parseOptions(p, 'h:p:U:d:t:qV', {
    ...{ host: 'h', port: 'p', username: 'U', dbname: 'd', timeout: 't', quiet: 'q', version: 'V' },
  });
  const { host, port } = targetOf(p, options);
  const place = `${host ?? '/var/run/postgresql'}:${port}`;
  const local = host === undefined || host.startsWith('/');
  const [address] = local ? ['127.0.0.1'] : await resolveHost(p, host);
  const say = async (text: string, code: number) => {
    if (!options.has('q')) await p.print(1, `${place} - ${text}\n`);
    return code;
  };
  if (address === undefined) return say('no response', 2);
  try {
    const socket = await p.container.network.connect(p, address, port, (options.number('t') ?? 3) * 1000);
    socket.destroy();
    return say('accepting connections', 0);
  } catch (error) {
    if (!isSysError(error) || error.code === 'EPIPE') throw error;
    return say('no response', 2);
  }
});
