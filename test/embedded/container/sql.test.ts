import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../../src/embedded/container-api.ts';
import { collect, follow, specOf, testRuntime } from './helpers.ts';

const { runtime } = testRuntime();
afterAll(() => runtime.dispose());

type Container = Awaited<ReturnType<typeof runtime.start>>;

async function started(image: string, env: Record<string, string>, ready: RegExp, more: Partial<ContainerSpec> = {}) {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const box = await runtime.start(specOf(image, { env: variables, ...more }));
  await follow(box).until(ready);
  return box;
}

const run = (box: Container, command: string[]) => collect(box.exec({ command, stdin: false, tty: false }));

/** A session that stays open: what it is given is run when it comes. */
function session(box: Container, command: string[]) {
  const client = box.exec({ command, stdin: true, tty: false });
  return { send: (sql: string) => client.stdin?.write(sql), end: () => client.stdin?.end(), result: collect(client) };
}

describe('MySQL', () => {
  let box: Container;
  beforeAll(async () => {
    const env = { MYSQL_ROOT_PASSWORD: 'pw', MYSQL_DATABASE: 'shop', MYSQL_USER: 'ann', MYSQL_PASSWORD: 'a' };
    box = await started('mysql:8.0', env, /ready for connections/);
    const made = await sql(`
      create table users (id int auto_increment primary key, name varchar(20) not null, town varchar(20) default 'Ulm');
      create table orders (id int auto_increment primary key, user_id int, amount decimal(8,2), index (user_id));
      insert into users (name, town) values ('ann', 'Ulm'), ('bob', 'Bonn'), ('cy', 'Ulm');
      insert into orders (user_id, amount) values (1, 10), (1, 2.5), (2, 7)`);
    expect(made).toBe('0');
  });
  afterAll(() => box.kill('SIGKILL'));

  async function sql(statement: string, user = 'root', password = 'pw'): Promise<string> {
    const { out, err, code } = await run(box, ['mysql', `-u${user}`, `-p${password}`, '-N', 'shop', '-e', statement]);
    return `${out}${err.replace(/^mysql: \[Warning.*\n/, '')}${code}`;
  }

  it.each([
    [
      'inner join',
      'select name, amount from users u join orders o on o.user_id = u.id order by 2',
      'ann\t2.50\nbob\t7.00\nann\t10.00\n0',
    ],
    [
      'left join',
      'select name, o.id from users u left join orders o on o.user_id = u.id where o.id is null',
      'cy\tNULL\n0',
    ],
    ['comma join', 'select count(*) from users, orders where users.id = user_id', '3\n0'],
    ['group by', 'select town, count(*) as n from users group by town order by n desc', 'Ulm\t2\nBonn\t1\n0'],
    ['having', 'select user_id, sum(amount) s from orders group by user_id having s > 8', '1\t12.50\n0'],
    [
      'avg and the like',
      'select avg(amount), min(amount), max(amount), count(distinct user_id) from orders',
      '6.500000\t2.50\t10.00\t2\n0',
    ],
    ['in a query', 'select name from users where id in (select user_id from orders where amount > 8)', 'ann\n0'],
    ['not in a query', 'select name from users where id not in (select user_id from orders)', 'cy\n0'],
    [
      'scalar query',
      'select name, (select sum(amount) from orders where user_id = users.id) from users',
      'ann\t12.50\nbob\t7.00\ncy\tNULL\n0',
    ],
    [
      'exists',
      'select name from users u where exists (select 1 from orders o where o.user_id = u.id and amount < 5)',
      'ann\n0',
    ],
    ['query in from', 'select max(n) from (select count(*) n from orders group by user_id) t', '2\n0'],
    ['with', 'with t as (select 1 a union all select 2) select sum(a) from t', '3\n0'],
    ['union', "select 'x' union select '1' union select 'X' order by 1", '1\nx\n0'],
    ['distinct and limit', 'select distinct town from users order by town limit 1, 1', 'Ulm\n0'],
    [
      'case',
      "select name, case when town = 'ulm' then 'here' else 'there' end from users limit 2",
      'ann\there\nbob\tthere\n0',
    ],
    ['division', 'select 7/2, 7 div 2, 7 % 2, 1/0', '3.5000\t3\t1\tNULL\n0'],
    ['using', 'select count(*) from orders join (select 1 as id) t using (id)', '1\n0'],
    [
      'information_schema',
      "select table_name from information_schema.tables where table_schema = 'shop' order by 1",
      'orders\nusers\n0',
    ],
    ['show create', 'show create table orders', expect.stringContaining('PRIMARY KEY (`id`)')],
    ['variables of a user', 'set @a = 2; select @a + 1', '3\n0'],
  ])('knows %s', async (_, statement, said) => {
    expect(await sql(statement)).toEqual(said);
  });

  const error = (code: string, text: string) => `ERROR ${code} at line 1: ${text}\n1`;
  const near = (text: string) =>
    error(
      '1064 (42000)',
      `You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '${text}' at line 1`,
    );
  it.each([
    ['selec 1', near('selec 1')],
    ['select 1 from users where', near('')],
    ['select nope from users', error('1054 (42S22)', "Unknown column 'nope' in 'field list'")],
    [
      'select id from users u join orders o on o.user_id = u.id',
      error('1052 (23000)', "Column 'id' in field list is ambiguous"),
    ],
    ['select name, count(*) from users', expect.stringContaining('ERROR 1140 (42000)')],
    ['select name, count(*) from users group by town', expect.stringContaining('ERROR 1055 (42000)')],
    ['select * from users where count(*) > 1', error('1111 (HY000)', 'Invalid use of group function')],
    ['select (select id from users)', error('1242 (21000)', 'Subquery returns more than 1 row')],
    ["insert into users values (1, 'x', 'y')", error('1062 (23000)', "Duplicate entry '1' for key 'users.PRIMARY'")],
    ['insert into users (name) values (null)', error('1048 (23000)', "Column 'name' cannot be null")],
    ["insert into users (town) values ('y')", error('1364 (HY000)', "Field 'name' doesn't have a default value")],
    [
      "insert into orders (user_id) values ('x')",
      error('1366 (HY000)', "Incorrect integer value: 'x' for column 'user_id' at row 1"),
    ],
    [
      'insert into orders (user_id) values (9999999999)',
      error('1264 (22003)', "Out of range value for column 'user_id' at row 1"),
    ],
    [
      "insert into users (name) values ('aaaaaaaaaabbbbbbbbbbc')",
      error('1406 (22001)', "Data too long for column 'name' at row 1"),
    ],
    ['select nofun(1)', error('1305 (42000)', 'FUNCTION shop.nofun does not exist')],
    ['set no_such = 1', error('1193 (HY000)', "Unknown system variable 'no_such'")],
    ['set version = 1', error('1238 (HY000)', "Variable 'version' is a read only variable")],
    ['create view v as select 1', error('1235 (42000)', "This server, a simulated one, doesn't support 'VIEW'")],
    [
      'revoke select on shop.users from ann',
      error('1147 (42000)', "There is no such grant defined for user 'ann' on host '%' on table 'users'"),
    ],
    [
      'revoke select on shop.* from nobody',
      error('1141 (42000)', "There is no such grant defined for user 'nobody' on host '%'"),
    ],
    ['grant select on shop.* to nobody', error('1410 (42000)', 'You are not allowed to create a user with GRANT')],
  ])('refuses %s', async (statement, said) => {
    expect(await sql(statement)).toEqual(said);
  });

  it('keeps what is set', async () => {
    expect(
      await sql("set max_execution_time = 500; select @@max_execution_time; show variables like 'max_exec%'"),
    ).toBe('500\nmax_execution_time\t500\n0');
    expect(await sql('set global innodb_lock_wait_timeout = 7')).toBe('0');
    expect(await sql('select @@innodb_lock_wait_timeout')).toBe('7\n0');
  });

  it('takes back what is not committed, and shows it to nobody', async () => {
    expect(
      await sql(
        "begin; insert into users (name) values ('dan'); select count(*) from users; rollback; select count(*) from users",
      ),
    ).toBe('4\n3\n0');
    expect(
      await sql(
        'start transaction; delete from orders; savepoint a; delete from users; rollback to a; select count(*) from users; rollback',
      ),
    ).toBe('3\n0');
    expect(await sql('set autocommit = 0; delete from orders')).toBe('0');
    expect(await sql('select count(*) from orders')).toBe('3\n0');
    const open = session(box, [
      'sh',
      '-c',
      'mysql -uroot -ppw -N shop -e "begin; update users set town = \'Rom\' where id = 3; select sleep(2); commit"',
    ]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await sql('select town from users where id = 3')).toBe('Ulm\n0');
    expect(await sql("set innodb_lock_wait_timeout = 1; update users set town = 'Bari' where id = 3")).toBe(
      error('1205 (HY000)', 'Lock wait timeout exceeded; try restarting transaction'),
    );
    await open.result;
    expect(await sql('select town from users where id = 3')).toBe('Rom\n0');
  });

  it('checks privileges', async () => {
    expect(await sql('select count(*) from users', 'ann', 'a')).toBe('3\n0');
    expect(await sql("create user 'eve'@'%' identified by 'e'")).toBe('0');
    expect(await sql('select 1', 'eve', 'e')).toBe(
      "ERROR 1044 (42000): Access denied for user 'eve'@'%' to database 'shop'\n1",
    );
    expect(await sql("grant select on shop.users to 'eve'@'%'")).toBe('0');
    expect(await sql('select count(*) from users', 'eve', 'e')).toBe('3\n0');
    expect(await sql('show tables', 'eve', 'e')).toBe('users\n0');
    expect(await sql('show grants', 'eve', 'e')).toBe(
      'GRANT USAGE ON *.* TO `eve`@`%`\nGRANT SELECT ON `shop`.`users` TO `eve`@`%`\n0',
    );
    const denied = (command: string, table: string) =>
      error('1142 (42000)', `${command} command denied to user 'eve'@'localhost' for table '${table}'`);
    expect(await sql('select * from orders', 'eve', 'e')).toBe(denied('SELECT', 'orders'));
    expect(await sql('delete from users', 'eve', 'e')).toBe(denied('DELETE', 'users'));
    expect(await sql('drop table users', 'eve', 'e')).toBe(denied('DROP', 'users'));
    expect(await sql('create user x', 'eve', 'e')).toBe(
      error(
        '1227 (42000)',
        'Access denied; you need (at least one of) the CREATE USER privilege(s) for this operation',
      ),
    );
    expect(await sql("revoke select on shop.users from 'eve'@'%'")).toBe('0');
    expect(await sql('select 1', 'eve', 'e')).toContain('ERROR 1044');
    expect(await sql("alter user 'eve'@'%' identified by 'f'; drop user 'eve'@'%'")).toBe('0');
    expect(await sql('select 1', 'eve', 'f')).toContain('ERROR 1045 (28000): Access denied');
  });

  it('takes a privilege from a session that is open, after a statement on accounts failed', async () => {
    await sql("create user 'joe'@'%' identified by 'j'; grant select on shop.* to 'joe'@'%'");
    const open = sql('select sleep(1); select count(*) from users', 'joe', 'j');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await sql("create user 'joe'@'%'")).toContain('ERROR 1396 (HY000)');
    expect(await sql("revoke select on shop.* from 'joe'@'%'")).toBe('0');
    expect(await open).toContain("SELECT command denied to user 'joe'@'localhost' for table 'users'");
    await sql("drop user 'joe'@'%'");
  });

  it('bounds what a statement takes', async () => {
    const deep = `select ${'('.repeat(2000)}1${')'.repeat(2000)}`;
    expect(await sql(deep)).toContain('ERROR 1436 (HY000) at line 1: Thread stack overrun');
    expect(await sql(`select ${'1+'.repeat(5000)}1`)).toContain('ERROR 1436 (HY000)');
    const digits = `(${[...'0123456789'].map((n) => `select ${n} n`).join(' union all ')})`;
    const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `${digits} ${name}`).join(', ');
    expect(await sql(`select count(*) from ${many}`)).toContain('ERROR 1104 (42000)');
    expect(await sql('set max_execution_time = 50; select sleep(20)')).toBe(
      error('3024 (HY000)', 'Query execution was interrupted, maximum statement execution time exceeded'),
    );
  });
});

describe('PostgreSQL', () => {
  let box: Container;
  beforeAll(async () => {
    box = await started('postgres:16', { POSTGRES_PASSWORD: 'pw', POSTGRES_DB: 'shop' }, /ready to accept connections/);
    const made = await sql(`
      create table users (id serial primary key, name varchar(20) not null, active boolean default true);
      create table orders (id bigserial primary key, user_id integer, amount numeric(8,2) check (amount > 0));
      insert into users (name) values ('ann'), ('bob'), ('cy');
      insert into orders (user_id, amount) values (1, 10), (1, 2.5), (2, 7)`);
    expect(made).toBe('CREATE TABLE\nCREATE TABLE\nINSERT 0 3\nINSERT 0 3\n0');
  });
  afterAll(() => box.kill('SIGKILL'));

  async function sql(statement: string, user = 'postgres'): Promise<string> {
    const { out, err, code } = await run(box, ['psql', '-U', user, '-d', 'shop', '-Atc', statement]);
    return `${out}${err}${code}`;
  }

  it.each([
    [
      'joins',
      'select u.name, sum(o.amount) from users u left join orders o on o.user_id = u.id group by u.id order by u.id',
      'ann|12.50\nbob|7.00\ncy|\n0',
    ],
    ['booleans', 'select active, not active from users limit 1', 't|f\n0'],
    ['averages', 'select avg(amount) from orders', '6.5000000000000000\n0'],
    [
      'returning',
      "insert into users (name) values ('dan') returning id; delete from users where name = 'dan'",
      '4\nDELETE 1\n0',
    ],
    ['casts', "select '12'::int + 1, cast(3.7 as integer), true::text", '13|4|true\n0'],
    ['ilike', "select count(*) from users where name ilike 'A%'", '1\n0'],
    [
      'order of nulls',
      'select a from (select 1 a union all select null union all select 2) t order by a desc nulls last',
      '2\n1\n\n0',
    ],
    [
      'information_schema',
      "select column_name, data_type from information_schema.columns where table_name = 'users' order by ordinal_position limit 2",
      'id|integer\nname|character varying\n0',
    ],
    ['pg_catalog', 'select tablename from pg_catalog.pg_tables order by 1', 'orders\nusers\n0'],
    ['settings', "set statement_timeout = '2s'; show statement_timeout", '2s\n0'],
  ])('knows %s', async (_, statement, said) => {
    expect((await sql(statement)).replace(/^(SET|INSERT 0 1)\n/gm, '')).toEqual(said);
  });

  it.each([
    ['selec 1', 'ERROR:  syntax error at or near "selec"\nLINE 1: selec 1\n        ^\n1'],
    ['select', 'ERROR:  syntax error at end of input\nLINE 1: select\n              ^\n1'],
    [
      'select nope from users',
      'ERROR:  column "nope" does not exist\nLINE 1: select nope from users\n               ^\n1',
    ],
    [
      'select name, count(*) from users',
      expect.stringContaining(
        'column "users.name" must appear in the GROUP BY clause or be used in an aggregate function',
      ),
    ],
    [
      'insert into orders (amount) values (-1)',
      'ERROR:  new row for relation "orders" violates check constraint "orders_amount_check"\n1',
    ],
    [
      "insert into users (id, name) values (1, 'x')",
      'ERROR:  duplicate key value violates unique constraint "users_pkey"\n1',
    ],
    [
      'insert into users (name) values (null)',
      'ERROR:  null value in column "name" of relation "users" violates not-null constraint\n1',
    ],
    ["select * from users where id = 'x'", 'ERROR:  invalid input syntax for type integer: "x"\n1'],
    [
      'create table t (a foo)',
      'ERROR:  type "foo" does not exist\nLINE 1: create table t (a foo)\n                          ^\n1',
    ],
    ['set nope = 1', 'ERROR:  unrecognized configuration parameter "nope"\n1'],
    ['set search_path = other', 'ERROR:  this server, a simulated one, does not support search_path = other\n1'],
    ['grant select on users to nobody', 'ERROR:  role "nobody" does not exist\n1'],
    ['rollback to a', 'ERROR:  ROLLBACK TO SAVEPOINT can only be used in transaction blocks\n1'],
  ])('refuses %s', async (statement, said) => {
    expect(await sql(statement)).toEqual(said);
  });

  it('shows relations', async () => {
    expect((await run(box, ['psql', '-U', 'postgres', 'shop', '-c', '\\d users'])).out).toContain(
      ` id     | integer               |           | not null | nextval('users_id_seq'::regclass)\n`,
    );
    expect(await sql('\\dt')).toBe('public|orders|table|postgres\npublic|users|table|postgres\n0');
  });

  it('does nothing more in a transaction that failed', async () => {
    const said = await run(box, [
      'sh',
      '-c',
      "printf 'begin;\ncreate table gone (a int);\nselect 1/0;\nselect 1;\ncommit;\nselect * from gone;\n' | psql -U postgres -At shop",
    ]);
    expect(said.out).toBe('BEGIN\nCREATE TABLE\nROLLBACK\n');
    expect(said.err).toMatch(
      /^ERROR: {2}division by zero\nERROR: {2}current transaction is aborted, commands ignored until end of transaction block\nERROR: {2}relation "gone" does not exist\n/,
    );
  });

  it('checks privileges', async () => {
    expect(await sql("create role eve login password 'e'")).toBe('CREATE ROLE\n0');
    expect(await sql('select * from users', 'eve')).toBe('ERROR:  permission denied for table users\n1');
    expect(await sql('grant select on users to eve')).toBe('GRANT\n0');
    expect(await sql('select count(*) from users', 'eve')).toBe('3\n0');
    expect(await sql('delete from users', 'eve')).toBe('ERROR:  permission denied for table users\n1');
    expect(await sql('drop table users', 'eve')).toBe('ERROR:  must be owner of table users\n1');
    expect(await sql('create table mine (a int)', 'eve')).toBe('ERROR:  permission denied for schema public\n1');
    expect(await sql('grant create on schema public to eve')).toBe('GRANT\n0');
    expect(await sql('create table mine (a int)', 'eve')).toBe('CREATE TABLE\n0');
    expect(await sql('create role x', 'eve')).toBe('ERROR:  permission denied to create role\n1');
    expect(await sql('create database x', 'eve')).toBe('ERROR:  permission denied to create database\n1');
    expect(await sql('revoke select on users from eve')).toBe('REVOKE\n0');
    expect(await sql('select * from users', 'eve')).toBe('ERROR:  permission denied for table users\n1');
    expect(await sql('begin; grant select on users to eve; rollback')).toContain('ROLLBACK');
    expect(await sql('select * from users', 'eve')).toBe('ERROR:  permission denied for table users\n1');
    expect(await sql('revoke connect on database shop from public')).toBe('REVOKE\n0');
    expect(await sql('select 1', 'eve')).toContain('FATAL:  permission denied for database "shop"');
    expect(await sql('drop role eve')).toBe(
      'ERROR:  role "eve" cannot be dropped because some objects depend on it\n1',
    );
  });

  it('bounds what a statement takes', async () => {
    expect(await sql(`select ${'('.repeat(2000)}1${')'.repeat(2000)}`)).toContain(
      'ERROR:  stack depth limit exceeded\n',
    );
    const said = await run(box, [
      'sh',
      '-c',
      "printf 'set statement_timeout = 50;\nselect pg_sleep(20);\n' | psql -U postgres -Atq shop",
    ]);
    expect(said.err).toBe('ERROR:  canceling statement due to statement timeout\n');
  });
});
