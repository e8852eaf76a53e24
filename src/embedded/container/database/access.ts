/** CREATE USER, GRANT and what else says who may what. */
import { type Accounts, type Known, onDatabase, onSchema, onTable, TABLE_PRIVILEGES } from './accounts.ts';
import type { Account, Statement, StatementOf, Target } from './ast.ts';
import { fault, noDatabase, SqlError, unsupported } from './errors.ts';
import type { Session } from './session.ts';

type Of<T extends Statement['t']> = StatementOf<T>;

const quoted = ({ name, host }: Account) => `'${name}'@'${host}'`;

const failed = (session: Session, what: string, account: Account, state: string, postgres: string) =>
  fault(session.dialect, [1396, 'HY000', `Operation ${what} failed for ${quoted(account)}`], [state, postgres]);

export function createUser(session: Session, { accounts: wanted, options, lenient, role }: Of<'create-user'>): void {
  const { server, dialect } = session;
  server.privileges.checkAccounts(session, 'create');
  if (dialect.name === 'mysql' && role) throw unsupported(dialect, 'CREATE ROLE');
  checkFlags(session, options.flags, 'create');
  session.changeAccounts();
  for (const account of wanted) {
    if (server.accounts.find(account)) {
      if (lenient) continue;
      throw failed(session, 'CREATE USER', account, '42710', `role "${account.name}" already exists`);
    }
    const flags = dialect.name === 'postgres' ? { login: !role, ...options.flags } : {};
    server.accounts.add(account.name, options.password, { host: account.host, flags });
  }
}

/** Only superusers make superusers. */
function checkFlags(session: Session, flags: Record<string, boolean>, what: 'create' | 'alter'): void {
  if (session.dialect.name === 'mysql' || session.server.privileges.isSuper(session)) return;
  if (flags.superuser !== undefined) throw new SqlError(0, '42501', `permission denied to ${what} role`);
}

export function alterUser(session: Session, { accounts: wanted, options, lenient }: Of<'alter-user'>): void {
  const { server } = session;
  // Everybody may change the own password.
  const own = wanted.every(({ name }) => name === session.user) && Object.keys(options.flags).length === 0;
  if (!own) server.privileges.checkAccounts(session, 'alter');
  checkFlags(session, options.flags, 'alter');
  session.changeAccounts();
  for (const account of wanted) {
    const known = server.accounts.find(account);
    if (!known) {
      if (lenient) continue;
      throw failed(session, 'ALTER USER', account, '42704', `role "${account.name}" does not exist`);
    }
    if (options.password !== undefined) known.password = options.password === '' ? undefined : options.password;
    Object.assign(known.flags, options.flags);
  }
}

export function dropUser(session: Session, { accounts: wanted, lenient }: Of<'drop-user'>): void {
  const { server } = session;
  server.privileges.checkAccounts(session, 'drop');
  session.changeAccounts();
  for (const account of wanted) {
    const known = server.accounts.find(account);
    if (!known) {
      if (lenient) continue;
      throw failed(session, 'DROP USER', account, '42704', `role "${account.name}" does not exist`);
    }
    if (known === session.account && session.dialect.name === 'postgres')
      throw new SqlError(0, '55006', 'current user cannot be dropped');
    if (session.dialect.name === 'postgres') checkOwnsNothing(session, known);
    server.accounts.remove(known);
  }
}

function checkOwnsNothing({ server }: Session, { name, grants }: Known): void {
  const owns = [...server.store.databases.values()].some(
    ({ owner, tables }) => owner === name || [...tables.values()].some((table) => table.owner === name),
  );
  if (owns || grants.length > 0)
    throw new SqlError(0, '2BP01', `role "${name}" cannot be dropped because some objects depend on it`);
}

/** The objects that a statement names, and which privileges ALL means for them. Throws SqlError. */
function objectsOf(session: Session, on: Target): { on: string; database: string; table?: string }[] {
  const mysql = session.dialect.name === 'mysql';
  switch (on.t) {
    case 'global':
      return [{ on: '*', database: '' }];
    case 'database': {
      const name = on.name ?? session.database;
      if (name === undefined) throw new SqlError(1046, '3D000', 'No database selected');
      if (!mysql && !session.server.store.has(name)) throw noDatabase(session.dialect, name);
      return [{ on: onDatabase(name), database: name }];
    }
    case 'schema':
      if (on.name !== 'public') throw new SqlError(0, '3F000', `schema "${on.name}" does not exist`);
      return [{ on: onSchema(session.database ?? ''), database: session.database ?? '' }];
    case 'all-tables':
      if (on.schema !== 'public') throw new SqlError(0, '3F000', `schema "${on.schema}" does not exist`);
      return [...session.tables(session.database ?? '').keys()].map((table) => ({
        ...{ on: onTable(session.database ?? '', table), database: session.database ?? '', table },
      }));
    case 'table':
      return on.tables.map((name) => {
        const { database } = session.table(name);
        return { on: onTable(database, name.table), database, table: name.table };
      });
    case 'role':
      return [];
  }
}

/** Throws SqlError: one who has no right to may not give others one. */
function checkGiver(session: Session, privileges: readonly string[], objects: ReturnType<typeof objectsOf>): void {
  const { server, dialect } = session;
  if (server.privileges.isSuper(session)) return;
  for (const { on, database, table } of objects) {
    const owner =
      table === undefined ? server.store.databases.get(database)?.owner : session.tables(database).get(table)?.owner;
    if (dialect.name === 'postgres' && server.privileges.isOwner(session, owner)) continue;
    const wider = dialect.name === 'mysql' ? ['*', onDatabase(database), on] : [on];
    if (privileges.every((privilege) => server.accounts.holds(session.account, privilege, wider, true))) continue;
    if (dialect.name === 'postgres')
      throw new SqlError(
        0,
        '42501',
        table === undefined
          ? `permission denied for ${on.startsWith('s:') ? 'schema public' : `database ${database}`}`
          : `permission denied for table ${table}`,
      );
    if (table !== undefined)
      throw new SqlError(
        1142,
        '42000',
        `GRANT command denied to user '${session.user}'@'${session.host}' for table '${table}'`,
      );
    if (on === '*')
      throw new SqlError(
        1045,
        '28000',
        `Access denied for user '${session.user}'@'${session.host}' (using password: YES)`,
      );
    throw server.privileges.noDatabaseAccess(session, database);
  }
}

/** Privileges that a kind of object has not. */
function checkKinds(session: Session, privileges: readonly string[], on: Target): void {
  if (session.dialect.name === 'mysql') {
    if (
      on.t === 'global' ||
      privileges.every(
        (name) =>
          name === 'ALL' ||
          TABLE_PRIVILEGES.includes(name) ||
          [
            'GRANT OPTION',
            'USAGE',
            'EXECUTE',
            'EVENT',
            'LOCK TABLES',
            'SHOW VIEW',
            'CREATE VIEW',
            'CREATE ROUTINE',
            'ALTER ROUTINE',
            'CREATE TEMPORARY TABLES',
          ].includes(name),
      )
    )
      return;
    throw new SqlError(1221, 'HY000', 'Incorrect usage of DB GRANT and GLOBAL PRIVILEGES');
  }
  const known: Partial<Record<Target['t'], readonly string[]>> = {
    database: ['CONNECT', 'CREATE', 'TEMPORARY', 'TEMP'],
    schema: ['USAGE', 'CREATE'],
  };
  const kinds = known[on.t] ?? ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'];
  const wrong = privileges.find((name) => name !== 'ALL' && !kinds.includes(name));
  if (wrong !== undefined)
    throw new SqlError(
      0,
      '0LP01',
      `invalid privilege type ${wrong} for ${on.t === 'table' || on.t === 'all-tables' ? 'relation' : on.t}`,
    );
}

function receiver(session: Session, account: Account, t: 'grant' | 'revoke'): Known {
  const known = session.server.accounts.find(account);
  if (known) return known;
  throw fault(
    session.dialect,
    t === 'grant'
      ? [1410, '42000', 'You are not allowed to create a user with GRANT']
      : [1141, '42000', `There is no such grant defined for user '${account.name}' on host '${account.host}'`],
    ['42704', `role "${account.name}" does not exist`],
  );
}

export function grant(session: Session, statement: Of<'grant' | 'revoke'>): void {
  const { t, privileges, on, accounts, option } = statement;
  const { server } = session;
  if (on.t === 'role') return grantRoles(session, statement);
  checkKinds(session, privileges, on);
  const objects = objectsOf(session, on);
  checkGiver(session, privileges, objects);
  session.changeAccounts();
  for (const account of accounts) {
    const known = receiver(session, account, t);
    for (const { on: object, table } of objects) {
      for (const privilege of privileges) {
        const done = change(server.accounts, known, object, privilege, { t, option });
        if (!done && session.dialect.name === 'mysql' && object !== '*') throw noSuchGrant(account, table);
      }
    }
  }
}

/** Whether there was something to give or to take. */
function change(
  accounts: Accounts,
  known: Known,
  on: string,
  privilege: string,
  { t, option }: { t: 'grant' | 'revoke'; option: boolean },
): boolean {
  if (privilege === 'USAGE' && !on.startsWith('s:')) return true;
  if (t === 'grant') {
    accounts.grant(known, on, privilege, option);
    return true;
  }
  if (option || privilege === 'GRANT OPTION') {
    for (const held of known.grants)
      if (held.on === on && (privilege === 'GRANT OPTION' || held.privilege === privilege)) held.option = false;
  } else if (!accounts.revoke(known, on, privilege)) return false;
  return true;
}

/** MySQL takes no privilege of a database or table that was not given. */
function noSuchGrant({ name, host }: Account, table: string | undefined): SqlError {
  const text = `There is no such grant defined for user '${name}' on host '${host}'`;
  if (table === undefined) return new SqlError(1141, '42000', text);
  return new SqlError(1147, '42000', `${text} on table '${table}'`);
}

/** PostgreSQL's GRANT role TO role. */
function grantRoles(session: Session, { t, on, accounts }: Of<'grant' | 'revoke'>): void {
  if (on.t !== 'role') return;
  session.server.privileges.checkAccounts(session, 'alter');
  session.changeAccounts();
  for (const role of on.roles) {
    const given = receiver(session, { name: role, host: '%' }, t);
    for (const account of accounts) {
      const known = receiver(session, account, t);
      if (session.server.accounts.identities(given).includes(known))
        throw new SqlError(0, '0LP01', `role "${role}" is a member of role "${known.name}"`);
      known.roles = t === 'grant' ? [...new Set([...known.roles, role])] : known.roles.filter((name) => name !== role);
    }
  }
}

/** The lines of SHOW GRANTS. Throws SqlError. */
export function grantsOf(session: Session, account: Account | undefined): string[] {
  const known = account ? session.server.accounts.find(account) : session.account;
  if (!known)
    throw new SqlError(
      1141,
      '42000',
      `There is no such grant defined for user '${account?.name}' on host '${account?.host}'`,
    );
  if (known !== session.account) session.server.privileges.checkAdministration(session, 'SELECT');
  const to = ` TO \`${known.name}\`@\`${known.host}\``;
  const byObject = new Map<string, { names: string[]; option: boolean }>([['*', { names: [], option: false }]]);
  for (const { on, privilege, option } of known.grants) {
    const held = byObject.get(on) ?? { names: [], option: false };
    byObject.set(on, {
      names: [...held.names, privilege === 'ALL' ? 'ALL PRIVILEGES' : privilege],
      option: held.option || option,
    });
  }
  return [...byObject].map(([on, { names, option }]) => {
    const [database = '', table = '*'] = on.slice(2).split('.');
    const place = on === '*' ? '*.*' : table === '*' ? `\`${database}\`.*` : `\`${database}\`.\`${table}\``;
    return `GRANT ${names.join(', ') || 'USAGE'} ON ${place}${to}${option ? ' WITH GRANT OPTION' : ''}`;
  });
}
