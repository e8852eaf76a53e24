/** MySQL's and MariaDB's clients: the statements of `-e` and of standard input, and whether a server is up. */
import { ownValue } from '../../../kernel/own.ts';
import { SqlError } from '../database/errors.ts';
import { type Answer, login, MysqlPackets, readAnswer, readGreeting } from '../database/mysql-wire.ts';
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { resolveHost } from '../kernel/resolver.ts';
import { program } from '../lib/program.ts';
import { productOf } from './mysqld.ts';

interface Call {
  host: string | undefined;
  port: number;
  user: string;
  password: string;
  /** The password was in the arguments, where everybody can see it. */
  shown: boolean;
  execute: string | undefined;
  database: string | undefined;
  flags: Set<string>;
  operands: string[];
}

const valueOptions: Record<string, string> = {
  ...{ host: 'h', port: 'P', user: 'u', execute: 'e', database: 'D', socket: 'S', protocol: 'S', 'ssl-mode': 'S' },
  ...{ 'connect-timeout': 'S', connect_timeout: 'S', 'default-character-set': 'S' },
};
const plainOptions: Record<string, string> = {
  ...{ 'skip-column-names': 'N', silent: 's', batch: 'B', table: 't', vertical: 'E', verbose: 'v', force: 'f' },
  ...{ 'skip-ssl': 'x', 'disable-ssl': 'x', version: 'V', wait: 'w', 'no-beep': 'b' },
};

/** Options of both clients. A string: what is wrong with them. */
function readCall(p: Process): Call | string {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const operands: string[] = [];
  let password: string | undefined;
  const { args } = p;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
      continue;
    }
    if (arg.startsWith('--')) {
      const [, name = '', value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
      const [takes, plain] = [ownValue(valueOptions, name), ownValue(plainOptions, name)];
      if (name === 'password') password = value ?? '';
      else if (takes !== undefined) values.set(takes, value ?? args[++i] ?? '');
      else if (plain !== undefined) flags.add(plain);
      else return `unknown option '${arg}'`;
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] ?? '';
      const rest = arg.slice(at + 1);
      if (letter === 'p') {
        // Without a value it would ask, and here nobody types: then there is none.
        password = rest;
        break;
      }
      if ('hPueDS'.includes(letter)) {
        values.set(letter, rest !== '' ? rest : (args[++i] ?? ''));
        break;
      }
      if (!'NsBtEvfVwb'.includes(letter)) return `unknown option '-${letter}'`;
      flags.add(letter);
    }
  }
  return {
    ...{
      host: values.get('h'),
      port: Number(values.get('P') ?? 3306),
      user: values.get('u') ?? (p.uid === 0 ? 'root' : 'mysql'),
    },
    ...{ password: password ?? p.env.get('MYSQL_PWD') ?? '', shown: (password ?? '') !== '' },
    ...{ execute: values.get('e'), database: values.get('D'), flags, operands },
  };
}

/** Opens a connection and logs in. Throws SqlError. */
async function connect(p: Process, call: Call): Promise<{ packets: MysqlPackets; version: string }> {
  const { host, port } = call;
  const local = host === undefined || host === 'localhost';
  const [address] = local ? ['127.0.0.1'] : await resolveHost(p, host);
  if (address === undefined) throw new SqlError(2005, 'HY000', `Unknown MySQL server host '${host}' (-2)`);
  let packets: MysqlPackets;
  try {
    packets = new MysqlPackets(p, await p.container.network.connect(p, address, port));
  } catch (error) {
    if (!isSysError(error) || error.code === 'EPIPE') throw error;
    if (local)
      throw new SqlError(
        2002,
        'HY000',
        "Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)",
      );
    throw new SqlError(
      2003,
      'HY000',
      `Can't connect to MySQL server on '${host}:${port}' (${error.code === 'ETIMEDOUT' ? 110 : 111})`,
    );
  }
  const lost = () =>
    new SqlError(
      2013,
      'HY000',
      "Lost connection to MySQL server at 'reading initial communication packet', system error: 0",
    );
  const first = await packets.read();
  const hello = first && readGreeting(first);
  if (!hello) throw lost();
  packets.send(login(call.user, call.password, hello.nonce, call.database));
  if (!(await readAnswer(packets))) throw lost();
  return { packets, version: hello.version };
}

const command = (code: number, text = '') => Buffer.concat([Buffer.of(code), Buffer.from(text)]);

/** Statements of a text: what is between semicolons that are in no quotes; `USE` without one too. */
export function splitStatements(source: string): string[] {
  const pieces = source.match(/(?:'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|`[^`]*`|--[^\n]*|[^;'"`-]|-)+/g) ?? [];
  return pieces.map((piece) => piece.replace(/^\s*--[^\n]*$/gm, '').trim()).filter((piece) => piece !== '');
}

/** Rows as a table with borders, or with tabs. */
function render({ columns = [], rows }: Answer, call: Call, bordered: boolean): string {
  const cell = (value: string | null) => value ?? 'NULL';
  if (call.flags.has('E')) {
    const width = Math.max(0, ...columns.map(({ name }) => name.length));
    return rows
      .map(
        (row, i) =>
          `${'*'.repeat(27)} ${i + 1}. row ${'*'.repeat(27)}\n${columns.map(({ name }, c) => `${name.padStart(width)}: ${cell(row[c] ?? null)}\n`).join('')}`,
      )
      .join('');
  }
  const named = !call.flags.has('N');
  if (!bordered) {
    const quoted = (text: string) =>
      text.replace(/[\t\n\\]/g, (c) => ({ '\t': '\\t', '\n': '\\n', '\\': '\\\\' })[c] ?? c);
    const lines = rows.map((row) => row.map((value) => quoted(cell(value))).join('\t'));
    const head = named ? [columns.map(({ name }) => name).join('\t')] : [];
    return rows.length === 0 ? '' : [...head, ...lines].map((line) => `${line}\n`).join('');
  }
  if (rows.length === 0) return '';
  const widths = columns.map(({ name }, i) =>
    Math.max(named ? name.length : 0, ...rows.map((row) => cell(row[i] ?? null).length)),
  );
  const border = `+${widths.map((w) => '-'.repeat(w + 2)).join('+')}+\n`;
  const line = (cells: string[], head: boolean) =>
    `|${cells.map((text, i) => (columns[i]?.numeric && !head ? ` ${text.padStart(widths[i] ?? 0)} ` : ` ${text.padEnd(widths[i] ?? 0)} `)).join('|')}|\n`;
  const head = named
    ? line(
        columns.map(({ name }) => name),
        true,
      ) + border
    : '';
  return `${border}${head}${rows.map((row) => line(row.map(cell), false)).join('')}${border}`;
}

const warning = (p: Process, call: Call) =>
  call.shown && !productOf(p).maria
    ? p.print(2, `${p.name}: [Warning] Using a password on the command line interface can be insecure.\n`)
    : undefined;

export const mysql = program('mysql', async (p) => {
  const call = readCall(p);
  if (typeof call === 'string') {
    await p.print(2, `${p.name}: [ERROR] ${p.name}: ${call}.\n`);
    return 2;
  }
  const product = productOf(p);
  if (call.flags.has('V')) {
    const ver = product.maria ? `from ${product.version}, client 15.2` : ` Ver ${product.version}`;
    await p.print(1, `${p.name} ${ver} for Linux on x86_64 (${product.title})\n`);
    return 0;
  }
  call.database ??= call.operands[0];
  await warning(p, call);
  const fail = async (error: SqlError, line?: number) => {
    const where = line === undefined ? '' : ` at line ${line}`;
    await p.print(2, `ERROR ${error.code} (${error.state})${where}: ${error.message}\n`);
    return 1;
  };
  let packets: MysqlPackets;
  try {
    ({ packets } = await connect(p, call));
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return fail(error);
  }
  const source = call.execute ?? (await p.readAllText(0));
  const bordered =
    call.flags.has('t') || (p.fds.get(1)?.isTty === true && !call.flags.has('B') && !call.flags.has('s'));
  let status = 0;
  for (const statement of splitStatements(source)) {
    packets.begin();
    packets.send(command(3, statement));
    try {
      const answer = await readAnswer(packets);
      if (!answer) {
        await fail(new SqlError(2013, 'HY000', 'Lost connection to MySQL server during query'), 1);
        return 1;
      }
      if (answer.columns) await p.print(1, render(answer, call, bordered));
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      status = await fail(error, source.slice(0, source.indexOf(statement)).split('\n').length);
      if (!call.flags.has('f')) break;
    }
  }
  packets.begin();
  packets.send(command(1));
  packets.end();
  return status;
});

export const mysqladmin = program('mysqladmin', async (p) => {
  const call = readCall(p);
  if (typeof call === 'string') {
    await p.print(2, `${p.name}: [ERROR] ${p.name}: ${call}.\n`);
    return 2;
  }
  await warning(p, call);
  const [what] = call.operands;
  const server = productOf(p).server;
  try {
    const { packets, version } = await connect(p, call);
    if (what === 'ping') await p.print(1, `${server} is alive\n`);
    else if (what === 'version') await p.print(1, `Server version\t\t${version}\n`);
    else if (what === 'status')
      await p.print(1, `Uptime: ${Math.floor((p.container.clock.now() - p.container.startedAt) / 1000)}  Threads: 1\n`);
    else {
      await p.print(2, `${p.name}: Unknown command: '${what ?? ''}'\n`);
      return 1;
    }
    packets.end();
    return 0;
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    // A server that refuses the password is alive.
    if (what === 'ping' && error.code === 1045) {
      await p.print(1, `${server} is alive\n`);
      return 0;
    }
    await p.print(
      2,
      `${p.name}: connect to server at '${call.host ?? 'localhost'}' failed\nerror: '${error.message}'\n`,
    );
    return 1;
  }
});
