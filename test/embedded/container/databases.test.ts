import { afterAll, describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../../src/embedded/container-api.ts';
import { collect, finished, follow, specOf, testRuntime } from './helpers.ts';

const { runtime } = testRuntime();
afterAll(() => runtime.dispose());

type Box = Awaited<ReturnType<typeof started>>;

const variables = (env: Record<string, string>) => Object.entries(env).map(([name, value]) => ({ name, value }));
const tree = (id: string, mountPath: string): ContainerSpec['mounts'][number] => ({
  ...{ mountPath, readOnly: false },
  volume: { kind: 'tree', id },
});

async function started(image: string, env: Record<string, string>, ready: RegExp, more: Partial<ContainerSpec> = {}) {
  const box = await runtime.start(specOf(image, { env: variables(env), ...more }));
  const { until, result } = follow(box);
  await until(ready);
  return { box, result, log: () => until(/^/) };
}

const run = ({ box }: Box, command: string[]) => collect(box.exec({ command, stdin: false, tty: false }));

describe('mysql', () => {
  const ready = /ready for connections\. Version: '8\.0\.44'/;

  it('ends without a password in its environment', async () => {
    const { err, out, code } = await finished(await runtime.start(specOf('mysql:8.0')));
    expect(code).toBe(1);
    expect(out).toContain('[Note] [Entrypoint]: Entrypoint script for MySQL Server 8.0.44-1.el9 started.\n');
    expect(err).toMatch(
      /^[-\d]+ [\d:+]+ \[ERROR\] \[Entrypoint\]: Database is uninitialized and password option is not specified\n {4}You need to specify one of the following as an environment variable:\n {4}- MYSQL_ROOT_PASSWORD\n/,
    );
  });

  it('keeps tables in its data directory, and its password with them', async () => {
    const volume = { mounts: [tree('mysql-data', '/var/lib/mysql')] };
    const first = await started('mysql:8.0', { MYSQL_ROOT_PASSWORD: 'pw', MYSQL_DATABASE: 'shop' }, ready, volume);
    const sql = `create table cart (id int primary key auto_increment, name varchar(20) not null);
      insert into cart (name) values ('tea'), ('o''clock'); update cart set name = 'green tea' where id = 1;`;
    const script = ['mysql', '-uroot', '-ppw', 'shop', '-e'];
    expect(await run(first, [...script, sql])).toEqual({
      ...{ out: '', code: 0 },
      err: 'mysql: [Warning] Using a password on the command line interface can be insecure.\n',
    });
    expect((await run(first, [...script, 'select * from cart'])).out).toBe("id\tname\n1\tgreen tea\n2\to'clock\n");
    first.box.kill('SIGTERM');
    expect(await first.box.exited).toMatchObject({ exitCode: 0 });
    // Another Pod with the same volume: no password needed, the old one holds.
    const second = await started('mysql:8.0', {}, ready, volume);
    expect((await run(second, ['mysql', '-uroot', '-ppw', '-N', '-e', 'select count(*) from shop.cart'])).out).toBe(
      '2\n',
    );
    expect((await run(second, ['mysql', '-uroot', '-pno', '-e', 'select 1'])).err).toContain(
      "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: YES)\n",
    );
    expect((await run(second, ['ls', '/var/lib/mysql', '/var/lib/mysql/shop'])).out).toContain('cart.ibd');
    second.box.kill('SIGKILL');
  });

  it('answers its clients', async () => {
    const box = await started(
      'mysql:8.0',
      { MYSQL_ROOT_PASSWORD: 'pw', MYSQL_USER: 'ann', MYSQL_PASSWORD: 'a', MYSQL_DATABASE: 'd' },
      ready,
    );
    const mysql = async (...args: string[]) => {
      const { out, err, code } = await run(box, ['mysql', ...args]);
      return `${out}${err.replace(/^mysql: \[Warning.*\n/, '')}${code}`;
    };
    const root = ['-uroot', '--password=pw', '-h', '127.0.0.1'];
    const cases: [args: string[], said: string][] = [
      [[...root, '-e', 'SELECT 1'], '1\n1\n0'],
      [[...root, '-t', '-e', "select 1 as n, 'a' b"], '+---+---+\n| n | b |\n+---+---+\n| 1 | a |\n+---+---+\n0'],
      [
        [...root, '-e', 'select version(), database(), user()'],
        'version()\tdatabase()\tuser()\n8.0.44\tNULL\troot@localhost\n0',
      ],
      [[...root, '-e', 'show databases'], 'Database\nd\ninformation_schema\nmysql\nperformance_schema\nsys\n0'],
      [
        [
          ...root,
          '-e',
          'use d; create table t (a int, b text); insert into t values (1, null), (3, "x"); show tables; select b, a*2 as c from t where a > 1 or b is null order by a desc limit 1',
        ],
        'Tables_in_d\nt\nb\tc\nx\t6\n0',
      ],
      [
        [
          ...root,
          'd',
          '-sN',
          '-e',
          'select sum(a), max(b), avg(a) from t; select a from t where b like "%x" and a in (1, 3)',
        ],
        '4\tx\t2.0000\n3\n0',
      ],
      [[...root, 'd', '-e', 'select * from nope'], "ERROR 1146 (42S02) at line 1: Table 'd.nope' doesn't exist\n1"],
      [[...root, '-e', 'select * from t'], 'ERROR 1046 (3D000) at line 1: No database selected\n1'],
      [[...root, 'nope', '-e', 'select 1'], "ERROR 1049 (42000): Unknown database 'nope'\n1"],
      [
        [
          ...root,
          'd',
          '-e',
          'delete from t where a = 1; drop table t; drop table if exists t; create database e; drop database e',
        ],
        '0',
      ],
      [
        [...root, 'd', '-e', 'select c from'],
        "ERROR 1064 (42000) at line 1: You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '' at line 1\n1",
      ],
      [['-uann', '-pa', 'd', '-e', 'select 2'], '2\n2\n0'],
      [
        ['-uann', '-pb', '-e', 'select 2'],
        "ERROR 1045 (28000): Access denied for user 'ann'@'localhost' (using password: YES)\n1",
      ],
      [
        ['-uroot', '-h', 'nowhere', '-e', 'select 1'],
        "ERROR 2005 (HY000): Unknown MySQL server host 'nowhere' (-2)\n1",
      ],
      [
        ['-uroot', '-h', '127.0.0.1', '-P', '3307', '-e', 'select 1'],
        "ERROR 2003 (HY000): Can't connect to MySQL server on '127.0.0.1:3307' (111)\n1",
      ],
    ];
    for (const [args, said] of cases) expect(await mysql(...args), args.join(' ')).toBe(said);
    expect(await run(box, ['mysqladmin', 'ping', '-h', 'localhost'])).toEqual({
      out: 'mysqld is alive\n',
      err: '',
      code: 0,
    });
    expect((await run(box, ['sh', '-c', 'mysqladmin -uroot -p$MYSQL_ROOT_PASSWORD ping'])).out).toBe(
      'mysqld is alive\n',
    );
    expect(await run(box, ['mysqladmin', 'ping', '-h', '127.0.0.1', '-P', '1'])).toMatchObject({
      code: 1,
      err: expect.stringContaining("connect to server at '127.0.0.1' failed\n"),
    });
    box.box.kill('SIGKILL');
  });

  it('runs the SQL of its folder for new data, and complains of a directory with other files', async () => {
    const init = { mountPath: '/docker-entrypoint-initdb.d', readOnly: true };
    const content = new TextEncoder().encode(
      "CREATE TABLE greet (word TEXT);\n-- a comment; with more\nINSERT INTO greet VALUES ('hi; there');\n",
    );
    const mounts: ContainerSpec['mounts'] = [
      { ...init, volume: { kind: 'files', id: 'init', files: { 'a.sql': { content, mode: 0o644 } } } },
    ];
    const box = await started('mysql:8.0', { MYSQL_ROOT_PASSWORD: 'pw', MYSQL_DATABASE: 'd' }, ready, { mounts });
    expect((await run(box, ['mysql', '-uroot', '-ppw', '-N', 'd', '-e', 'select * from greet'])).out).toBe(
      'hi; there\n',
    );
    box.box.kill('SIGKILL');
    const command = ['bash', '-c', 'touch /var/lib/mysql/lost; exec docker-entrypoint.sh mysqld'];
    const spoilt = await finished(
      await runtime.start(specOf('mysql:8.0', { command, env: variables({ MYSQL_ROOT_PASSWORD: 'x' }) })),
    );
    expect([spoilt.code, spoilt.err]).toEqual([
      1,
      expect.stringContaining('--initialize specified but the data directory has files in it. Aborting.\n'),
    ]);
  });

  it('says when it may not write', async () => {
    const mounts: ContainerSpec['mounts'] = [{ ...tree('read-only', '/var/lib/mysql'), readOnly: true }];
    const env = variables({ MYSQL_ALLOW_EMPTY_PASSWORD: '1' });
    const { err, code } = await finished(await runtime.start(specOf('mysql:8.0', { env, mounts })));
    expect([code, err]).toEqual([1, "chown: changing ownership of '/var/lib/mysql': Read-only file system\n"]);
  });
});

describe('mariadb', () => {
  it('has its own names, variables and message', async () => {
    const { err, code } = await finished(await runtime.start(specOf('mariadb:11.4')));
    expect([code, err]).toEqual([1, expect.stringContaining('\tYou need to specify one of MARIADB_ROOT_PASSWORD, ')]);
    const env = { MARIADB_ROOT_PASSWORD: 'pw', MARIADB_DATABASE: 'd' };
    const box = await started(
      'mariadb:11.4',
      env,
      /\[Note\] .*mariadbd: ready for connections\. Version: '11\.4\.8-MariaDB/,
    );
    expect(await run(box, ['mariadb', '-uroot', '-ppw', 'd', '-e', 'select 1+1'])).toEqual({
      out: '1+1\n2\n',
      err: '',
      code: 0,
    });
    expect((await run(box, ['mariadb-admin', 'ping'])).out).toBe('mariadbd is alive\n');
    box.box.kill('SIGKILL');
  });
});

describe('postgres', () => {
  const ready = /database system is ready to accept connections/;

  it('ends without a password in its environment', async () => {
    const { err, code } = await finished(await runtime.start(specOf('postgres:16')));
    expect(code).toBe(1);
    expect(err).toMatch(
      /^Error: Database is uninitialized and superuser password is not specified\.\n {7}You must specify POSTGRES_PASSWORD/,
    );
  });

  it('keeps tables in its data directory', async () => {
    const volume = { mounts: [tree('pg-data', '/var/lib/postgresql/data')] };
    const first = await started('postgres:16', { POSTGRES_PASSWORD: 'pw' }, ready, volume);
    const sql =
      "create table visits (id serial primary key, who text); insert into visits (who) values ('ann'), ('bob')";
    expect(await run(first, ['psql', '-U', 'postgres', '-c', sql])).toEqual({
      out: 'CREATE TABLE\nINSERT 0 2\n',
      err: '',
      code: 0,
    });
    first.box.kill('SIGINT');
    expect(await first.result).toMatchObject({
      code: 0,
      err: expect.stringContaining('received fast shutdown request\n'),
    });
    const second = await started('postgres:16', {}, ready, volume);
    expect(await second.log()).toContain(
      'PostgreSQL Database directory appears to contain a database; Skipping initialization\n',
    );
    expect((await run(second, ['psql', '-U', 'postgres', '-c', 'select * from visits'])).out).toBe(
      ' id | who \n----+-----\n  1 | ann\n  2 | bob\n(2 rows)\n\n',
    );
    second.box.kill('SIGKILL');
    const older = await finished(await runtime.start(specOf('postgres:15', volume)));
    expect([older.code, older.err]).toEqual([
      1,
      expect.stringContaining('The data directory was initialized by PostgreSQL version 16'),
    ]);
  });

  it('answers its clients', async () => {
    const spec = { env: variables({ POSTGRES_PASSWORD: 'pw', POSTGRES_USER: 'app', POSTGRES_DB: 'shop' }) };
    const box = await started('postgres:16', {}, ready, spec);
    const psql = async (...args: string[]) => {
      const { out, err, code } = await run(box, ['psql', '-U', 'app', ...args]);
      return `${out}${err}${code}`;
    };
    const cases: [args: string[], said: string][] = [
      [['-d', 'shop', '-c', 'SELECT 1'], ' ?column? \n----------\n        1\n(1 row)\n\n0'],
      [['shop', '-tAc', "select 'a' || 'b', 7/2, null"], 'ab|3|\n0'],
      [['shop', '-tc', 'select current_database()'], ' shop\n\n0'],
      [['shop', '-Atc', 'select version()'], 'PostgreSQL 16.10 on x86_64-pc-linux-gnu\n0'],
      [
        ['shop', '-c', 'create table t (a int)', '-c', 'insert into t values (2), (1)', '-c', 'select count(*) from t'],
        'CREATE TABLE\nINSERT 0 2\n count \n-------\n     2\n(1 row)\n\n0',
      ],
      [['shop', '-A', '-F', ',', '-c', 'select a, a + 1 as b from public.t order by a'], 'a,b\n1,2\n2,3\n(2 rows)\n0'],
      [['shop', '-c', 'update t set a = 5 where a = 2', '-c', 'delete from t where a = 1'], 'UPDATE 1\nDELETE 1\n0'],
      [['shop', '-c', "insert into t values ('x')"], 'ERROR:  invalid input syntax for type integer: "x"\n1'],
      [
        ['shop', '-c', 'select * from nope'],
        'ERROR:  relation "nope" does not exist\nLINE 1: select * from nope\n                      ^\n1',
      ],
      [['shop', '-c', 'select 1/0'], 'ERROR:  division by zero\n1'],
      [
        ['shop', '-Atc', '\\l'],
        'postgres|app|UTF8\nshop|app|UTF8\ntemplate0|postgres|UTF8\ntemplate1|postgres|UTF8\n0',
      ],
      [
        ['nope', '-c', 'select 1'],
        'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  database "nope" does not exist\n2',
      ],
      [
        ['-U', 'root', '-c', 'select 1'],
        'psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  role "root" does not exist\n2',
      ],
      [
        ['-h', '127.0.0.1', '-p', '1', '-c', 'select 1'],
        'psql: error: connection to server at "127.0.0.1" (127.0.0.1), port 1 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n2',
      ],
    ];
    for (const [args, said] of cases) expect(await psql(...args), args.join(' ')).toBe(said);
    expect(await run(box, ['pg_isready', '-U', 'app'])).toEqual({
      out: '/var/run/postgresql:5432 - accepting connections\n',
      err: '',
      code: 0,
    });
    expect(await run(box, ['pg_isready', '-h', 'localhost', '-p', '1'])).toMatchObject({
      out: 'localhost:1 - no response\n',
      code: 2,
    });
    expect((await run(box, ['sh', '-c', 'echo "select 3;" | psql -U app -At shop'])).out).toBe('3\n');
    box.box.kill('SIGKILL');
  });
});
