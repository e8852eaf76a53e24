/** The variables of servers and sessions. */
import { ownValue } from '../../../kernel/own.ts';
import { type Dialect, fault, SqlError, unsupported } from './errors.ts';

interface Setting {
  value: string;
  kind: 'text' | 'number' | 'bool' | 'ms';
  /** Fixed while the server runs. */
  fixed?: true;
  /** Only these values are taken: others would have an effect that is not there. */
  values?: readonly string[];
  /** MySQL: for the whole server only. */
  global?: true;
}

const fixed = (value: string): Setting => ({ value, kind: 'text', fixed: true });
const SQL_MODE =
  'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';
const MARIA_MODE = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION';

function mysqlSettings({ version, maria }: Dialect, hostname: string, port: number): Record<string, Setting> {
  return {
    ...{ version: fixed(version), hostname: fixed(hostname), port: { ...fixed(String(port)), kind: 'number' } },
    ...{
      datadir: fixed('/var/lib/mysql/'),
      version_comment: fixed(maria ? 'mariadb.org binary distribution' : 'MySQL Community Server - GPL'),
    },
    ...{
      default_storage_engine: fixed('InnoDB'),
      lower_case_table_names: fixed('0'),
      socket: fixed('/var/run/mysqld/mysqld.sock'),
    },
    autocommit: { value: 'ON', kind: 'bool' },
    sql_mode: { value: maria ? MARIA_MODE : SQL_MODE, kind: 'text' },
    transaction_isolation: { value: 'REPEATABLE-READ', kind: 'text', values: ['REPEATABLE-READ', 'READ-COMMITTED'] },
    innodb_lock_wait_timeout: { value: '50', kind: 'number' },
    max_connections: { value: '151', kind: 'number', global: true },
    ...(maria
      ? { max_statement_time: { value: '0', kind: 'number' } }
      : { max_execution_time: { value: '0', kind: 'number' } }),
    time_zone: { value: 'SYSTEM', kind: 'text', values: ['SYSTEM', 'UTC', '+00:00'] },
    character_set_client: { value: 'utf8mb4', kind: 'text', values: ['utf8mb4', 'utf8'] },
    character_set_results: { value: 'utf8mb4', kind: 'text', values: ['utf8mb4', 'utf8'] },
  };
}

function postgresSettings({ version }: Dialect, data: string, port: number): Record<string, Setting> {
  return {
    ...{
      server_version: fixed(version),
      data_directory: fixed(data),
      port: fixed(String(port)),
      max_connections: fixed('100'),
    },
    ...{
      server_encoding: fixed('UTF8'),
      listen_addresses: fixed('*'),
      shared_buffers: fixed('128MB'),
      block_size: fixed('8192'),
    },
    statement_timeout: { value: '0', kind: 'ms' },
    lock_timeout: { value: '0', kind: 'ms' },
    application_name: { value: '', kind: 'text' },
    default_transaction_read_only: { value: 'off', kind: 'bool' },
    transaction_isolation: { value: 'read committed', kind: 'text', values: ['read committed'] },
    search_path: { value: '"$user", public', kind: 'text', values: ['"$user", public', 'public'] },
    timezone: { value: 'Etc/UTC', kind: 'text', values: ['Etc/UTC', 'UTC', 'GMT'] },
    client_encoding: { value: 'UTF8', kind: 'text', values: ['UTF8'] },
    datestyle: { value: 'ISO, MDY', kind: 'text', values: ['ISO, MDY'] },
    standard_conforming_strings: { value: 'on', kind: 'bool', values: ['on'] },
  };
}

const units: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `500`, `2s`, `1min`; undefined: no time. */
function milliseconds(text: string): number | undefined {
  const [, number, unit = 'ms'] = /^(\d+)\s*(ms|s|min|h|d)?$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (units[unit] ?? 1);
}

/** As SHOW writes a time: with the largest unit that it is a multiple of. */
function timeText(ms: number): string {
  if (ms === 0) return '0';
  const [unit = 'ms', size = 1] = Object.entries(units).findLast(([, n]) => ms % n === 0) ?? [];
  return `${ms / size}${unit}`;
}

/** Variables: those of the server, or of a session over them. */
export class Settings {
  readonly #dialect: Dialect;
  readonly #table: Record<string, Setting>;
  readonly #over: Settings | undefined;
  readonly #values = new Map<string, string>();

  private constructor(dialect: Dialect, table: Record<string, Setting>, over?: Settings) {
    this.#dialect = dialect;
    this.#table = table;
    this.#over = over;
  }

  /** A server's; `place`: what it is called or where its data is. */
  static of(dialect: Dialect, place: string, port: number): Settings {
    return new Settings(dialect, (dialect.name === 'mysql' ? mysqlSettings : postgresSettings)(dialect, place, port));
  }

  /** A session's, which begin with what the server has now. */
  session(): Settings {
    const session = new Settings(this.#dialect, this.#table, this);
    for (const [name, value] of this.#values) if (!this.#table[name]?.global) session.#values.set(name, value);
    return session;
  }

  names(): string[] {
    return Object.keys(this.#table).sort();
  }

  /** The value as it is shown. Throws SqlError: there is no such variable. */
  get(name: string): string {
    const setting = this.#setting(name);
    if (setting.global && this.#over) return this.#over.get(name);
    return this.#values.get(name.toLowerCase()) ?? setting.value;
  }

  isNumber(name: string): boolean {
    const { kind } = this.#setting(name);
    return kind === 'number' || kind === 'bool';
  }

  number(name: string): number {
    return ownValue(this.#table, name) ? (milliseconds(this.get(name)) ?? Number(this.get(name))) : 0;
  }

  flag(name: string): boolean {
    return ['on', '1', 'true'].includes(this.get(name).toLowerCase());
  }

  #setting(name: string): Setting {
    const setting = ownValue(this.#table, name.toLowerCase());
    if (setting) return setting;
    throw fault(
      this.#dialect,
      [1193, 'HY000', `Unknown system variable '${name}'`],
      ['42704', `unrecognized configuration parameter "${name}"`],
    );
  }

  /** Sets a variable; undefined: back to what it was at first. Throws SqlError. */
  set(name: string, value: string | undefined): void {
    const setting = this.#setting(name);
    const key = name.toLowerCase();
    if (setting.fixed)
      throw fault(
        this.#dialect,
        [1238, 'HY000', `Variable '${name}' is a read only variable`],
        ['55P02', `parameter "${name}" cannot be changed now`],
      );
    if (setting.global && this.#over)
      throw new SqlError(1229, 'HY000', `Variable '${name}' is a GLOBAL variable and should be set with SET GLOBAL`);
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, this.#read(name, setting, value));
  }

  #read(name: string, { kind, values }: Setting, value: string): string {
    const mysql = this.#dialect.name === 'mysql';
    const wrong = () =>
      fault(
        this.#dialect,
        [1231, '42000', `Variable '${name}' can't be set to the value of '${value}'`],
        [
          '22023',
          kind === 'bool'
            ? `parameter "${name}" requires a Boolean value`
            : `invalid value for parameter "${name}": "${value}"`,
        ],
      );
    if (name.toLowerCase() === 'sql_mode') return this.#mode(value, wrong);
    if (kind === 'number') {
      if (!/^\d+(\.\d+)?$/.test(value))
        throw new SqlError(1232, '42000', `Incorrect argument type to variable '${name}'`);
      return value;
    }
    if (kind === 'ms') {
      const ms = milliseconds(value);
      if (ms === undefined) throw wrong();
      return timeText(ms);
    }
    if (kind === 'bool') {
      if (!/^(on|off|true|false|1|0)$/i.test(value)) throw wrong();
      const on = /^(on|true|1)$/i.test(value);
      value = mysql ? (on ? 'ON' : 'OFF') : on ? 'on' : 'off';
    }
    if (!values) return value;
    const known = values.find((one) => one.toLowerCase() === value.toLowerCase());
    if (known === undefined) throw unsupported(this.#dialect, `${name} = ${value}`);
    return known;
  }

  /** Without STRICT_TRANS_TABLES values would be cut to fit, which they are not here. */
  #mode(value: string, wrong: () => SqlError): string {
    const words = value.toUpperCase().split(',').filter(Boolean);
    const known = new Set([...SQL_MODE.split(','), ...MARIA_MODE.split(','), 'STRICT_ALL_TABLES']);
    if (words.some((word) => !/^[A-Z_]+$/.test(word))) throw wrong();
    const beyond = words.find((word) => !known.has(word));
    if (beyond !== undefined) throw unsupported(this.#dialect, `sql_mode ${beyond}`);
    if (!words.some((word) => word.startsWith('STRICT_')))
      throw unsupported(this.#dialect, 'sql_mode without STRICT_TRANS_TABLES');
    return words.join(',');
  }
}
