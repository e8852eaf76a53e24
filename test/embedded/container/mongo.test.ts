import { afterAll, describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../../src/embedded/container-api.ts';
import { collect, finished, follow, specOf, testRuntime } from './helpers.ts';

const bugs: string[] = [];
const { runtime } = testRuntime(undefined, bugs);
afterAll(async () => {
  await runtime.dispose();
  expect(bugs).toEqual([]);
});

const variables = (env: Record<string, string>) => Object.entries(env).map(([name, value]) => ({ name, value }));
const root = { MONGO_INITDB_ROOT_USERNAME: 'root', MONGO_INITDB_ROOT_PASSWORD: 'pw' };

async function started(env: Record<string, string> = {}, more: Partial<ContainerSpec> = {}, image = 'mongo:7.0') {
  const box = await runtime.start(specOf(image, { env: variables(env), ...more }));
  const { until, result } = follow(box);
  await until(/waiting for connections/i);
  const run = (...command: string[]) => collect(box.exec({ command, stdin: false, tty: false }));
  return {
    box,
    run,
    result,
    until,
    evaluate: (script: string, ...more: string[]) => run('mongosh', '--quiet', ...more, '--eval', script),
  };
}

describe('mongod', () => {
  it('logs what happens, as JSON', async () => {
    const { box, run, result, until } = await started();
    expect(await run('mongosh', '--eval', "db.adminCommand('ping')")).toEqual({ out: '{ ok: 1 }\n', err: '', code: 0 });
    await until(/Connection ended/);
    box.kill('SIGTERM');
    const { out, code } = await result;
    expect(code).toBe(0);
    const log = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(log.map(({ msg }) => msg)).toEqual([
      ...['MongoDB starting', 'Build Info', 'Options set by command line'],
      'Access control is not enabled for the database. Read and write access to data and configuration is unrestricted',
      ...['Listening on', 'Waiting for connections', 'Connection accepted', 'client metadata', 'Connection ended'],
      ...[
        'Received signal',
        'will terminate after current cmd ends',
        'removing socket file',
        'Now exiting',
        'Shutting down',
      ],
    ]);
    expect(log.find(({ id }) => id === 22943)).toMatchObject({
      ...{ s: 'I', c: 'NETWORK', ctx: 'listener' },
      attr: { remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/), connectionId: 1, connectionCount: 1 },
    });
  });

  it('writes its older log in releases before 4.4', async () => {
    const { box, run, until } = await started({}, {}, 'mongo:4.2');
    expect(await until(/Listening/)).toMatch(
      /^[-\d]+T[\d:.]+\+0000 I NETWORK {2}\[listener\] Listening on address=0\.0\.0\.0$/m,
    );
    expect((await run('mongo', '--quiet', '--eval', 'db.hello()')).out).toContain('"isWritablePrimary" : true');
    await expect(run('mongosh', '--version')).rejects.toThrow(/executable file not found/);
    box.kill('SIGKILL');
  });

  it('keeps its data on a volume', async () => {
    const mounts: ContainerSpec['mounts'] = [
      { mountPath: '/data/db', readOnly: false, volume: { kind: 'tree', id: 'mongo' } },
    ];
    const first = await started(root, { mounts });
    const login = ['-u', 'root', '-p', 'pw'];
    expect(
      (await first.evaluate("db.getSiblingDB('shop').cart.insertOne({_id: 1, n: 2}).insertedId", ...login)).out,
    ).toBe('1\n');
    first.box.kill('SIGTERM');
    await first.result;
    // No other password comes into data that is there already.
    const second = await started({ ...root, MONGO_INITDB_ROOT_PASSWORD: 'new' }, { mounts });
    expect(
      (
        await second.run(
          'mongosh',
          'mongodb://root:pw@localhost/shop?authSource=admin',
          '--quiet',
          '--eval',
          'db.cart.find()',
        )
      ).out,
    ).toBe('[ { _id: 1, n: 2 } ]\n');
    expect(await second.evaluate('1', '-u', 'root', '-p', 'new')).toEqual({
      out: '',
      err: 'MongoServerError: Authentication failed.\n',
      code: 1,
    });
    expect((await second.run('ls', '/data/db')).out).toMatch(
      /^WiredTiger\n_mdb_catalog\.wt\ncollection-0\.wt\ncollection-1\.wt\nmongod\.lock\n$/,
    );
    second.box.kill('SIGKILL');
  });

  it('refuses who is not logged in, or not allowed', async () => {
    const { box, evaluate, until } = await started(root);
    expect(await evaluate("db.adminCommand('ping').ok")).toEqual({ out: '1\n', err: '', code: 0 });
    expect(await evaluate('db.c.find()')).toEqual({
      out: '',
      err: 'MongoServerError[Unauthorized]: Command find requires authentication\n',
      code: 1,
    });
    const login = ['-u', 'root', '-p', 'pw', '--authenticationDatabase', 'admin'];
    expect((await evaluate("db.createUser({user: 'ann', pwd: 'a', roles: ['read']})", ...login)).out).toBe(
      '{ ok: 1 }\n',
    );
    const ann = ['-u', 'ann', '-p', 'a', '--authenticationDatabase', 'test'];
    expect(await evaluate('db.c.countDocuments()', ...ann)).toEqual({ out: '0\n', err: '', code: 0 });
    expect((await evaluate('db.c.insertOne({})', ...ann)).err).toMatch(
      /^MongoServerError\[Unauthorized\]: not authorized on test to execute command \{ insert: "c"/,
    );
    expect((await evaluate("db.createUser({user: 'bob', pwd: 'b', roles: ['nope']})", ...login)).err).toBe(
      'MongoServerError[RoleNotFound]: Could not find role: nope@test\n',
    );
    expect((await evaluate('1', '-u', 'root', '-p', 'wrong')).code).toBe(1);
    expect(await until(/Failed to authenticate/)).toMatch(
      /"user":"root","db":"admin","error":"AuthenticationFailed: SCRAM authentication failed, storedKey mismatch"/,
    );
    expect((await evaluate('1', '-u', 'nobody', '-p', 'x')).err).toBe('MongoServerError: Authentication failed.\n');
    box.kill('SIGKILL');
  });

  it('fails the probes of a Pod whose server is gone', async () => {
    const box = await runtime.start(specOf('mongo:7.0', { command: ['sh', '-c', 'mongod & sleep 1000'] }));
    await follow(box).until(/Waiting for connections/);
    const run = (...command: string[]) => collect(box.exec({ command, stdin: false, tty: false }));
    const probe = ['mongosh', '--eval', "db.adminCommand('ping')"];
    expect((await run(...probe)).code).toBe(0);
    expect(
      (
        await run(
          'sh',
          '-c',
          'kill $(cat /data/db/mongod.lock) && while [ -s /data/db/mongod.lock ]; do sleep 0.1; done; sleep 0.1',
        )
      ).code,
    ).toBe(0);
    expect(await run(...probe)).toEqual({
      out: '',
      err: 'MongoNetworkError: connect ECONNREFUSED 127.0.0.1:27017\n',
      code: 1,
    });
    expect((await run('mongosh', '--host', 'nowhere', '--eval', '1')).err).toBe(
      'MongoNetworkError: getaddrinfo ENOTFOUND nowhere\n',
    );
    box.kill('SIGKILL');
  });

  it('ends where it can not start', async () => {
    const readOnly: ContainerSpec['mounts'] = [
      { mountPath: '/data/db', readOnly: true, volume: { kind: 'tree', id: 'read-only' } },
    ];
    expect((await finished(await runtime.start(specOf('mongo:7.0', { mounts: readOnly })))).code).toBe(100);
    const half = await finished(
      await runtime.start(specOf('mongo:7.0', { env: variables({ MONGO_INITDB_ROOT_USERNAME: 'x' }) })),
    );
    expect([half.code, half.err]).toEqual([
      1,
      expect.stringContaining("error: missing 'MONGO_INITDB_ROOT_USERNAME' or 'MONGO_INITDB_ROOT_PASSWORD'"),
    ]);
    expect(await finished(await runtime.start(specOf('mongo:7.0', { args: ['--replSet', 'rs0'] })))).toEqual({
      ...{ out: '', code: 2 },
      err: "Error parsing command line: unrecognised option '--replSet'\ntry 'mongod --help' for more information\n",
    });
  });

  it('runs the scripts of its folder for new data', async () => {
    const content = new TextEncoder().encode("db.greet.insertOne({word: 'hi'})\n");
    const volume = { kind: 'files' as const, id: 'init', files: { 'a.js': { content, mode: 0o644 } } };
    const box = await started(
      { MONGO_INITDB_DATABASE: 'shop' },
      { mounts: [{ mountPath: '/docker-entrypoint-initdb.d', readOnly: true, volume }] },
    );
    expect((await box.evaluate("db.getSiblingDB('shop').greet.findOne().word")).out).toBe('hi\n');
    box.box.kill('SIGKILL');
  });
});

describe('mongosh', () => {
  it('answers lines as the shell does', async () => {
    const { box, evaluate, run } = await started();
    const cases: [script: string, said: string][] = [
      ['db.hello().ok', '1\n'],
      ['db.runCommand({ping: 1})', '{ ok: 1 }\n'],
      ["db.runCommand('ping').ok === 1 ? 'yes' : 'no'", 'yes\n'],
      [
        "db.c.insertMany([{_id: 1, a: 1, t: ['x', 'y']}, {_id: 2, a: 5, b: {c: 'tea'}}, {_id: 3, a: null}])",
        "{ acknowledged: true, insertedIds: { '0': 1, '1': 2, '2': 3 } }\n",
      ],
      ['db.c.find({a: {$gt: 0}}, {_id: 0, a: 1}).sort({a: -1}).limit(1)', '[ { a: 5 } ]\n'],
      ["db.c.find({$or: [{t: 'y'}, {'b.c': /^T/i}]}).map(d => d._id)", '[ 1, 2 ]\n'],
      ['db.c.find({a: {$in: [null, 1]}, _id: {$ne: 1}})', '[ { _id: 3, a: null } ]\n'],
      ['db.c.countDocuments({a: {$exists: true}})', '3\n'],
      [
        'db.c.aggregate([{$match: {a: {$gte: 1}}}, {$group: {_id: null, sum: {$sum: "$a"}, n: {$count: {}}}}])',
        '[ { _id: null, sum: 6, n: 2 } ]\n',
      ],
      [
        'db.c.updateOne({_id: 1}, {$inc: {a: 2}, $push: {t: "z"}})',
        '{\n  acknowledged: true,\n  insertedId: null,\n  matchedCount: 1,\n  modifiedCount: 1,\n  upsertedCount: 0\n}\n',
      ],
      ['db.c.findOne({_id: 1})', "{ _id: 1, a: 3, t: [ 'x', 'y', 'z' ] }\n"],
      ["db.c.updateOne({k: 'new'}, {$set: {v: 1}}, {upsert: true}).upsertedCount", '1\n'],
      ['db.c.deleteOne({_id: 3})', '{ acknowledged: true, deletedCount: 1 }\n'],
      ['show collections', 'c\n'],
      ['show dbs', 'test  12.00 KiB\n'],
      ['db.c.drop()', 'true\n'],
      ['db.c.drop()', 'false\n'],
      ['use shop', 'switched to db shop\n'],
      [
        'for (let i = 0; i < 200; i++) db.n.insertOne({i})',
        'SyntaxError: Unexpected token (1:0)\n\n> 1 | for (let i = 0; i < 200; i++) db.n.insertOne({i})\n    | ^\n\n',
      ],
      ['db.c.foo()', 'TypeError: db.c.foo is not a function\n'],
      ['nope', 'ReferenceError: nope is not defined\n'],
      ['db.c.findOne().x', "TypeError: Cannot read properties of null (reading 'x')\n"],
      ['({}).constructor.constructor', "TypeError: Cannot read properties of undefined (reading 'constructor')\n"],
      ['db.runCommand({nope: 1})', "MongoServerError[CommandNotFound]: no such command: 'nope'\n"],
      ['db.c.find({a: {$near: 1}})', 'MongoServerError[BadValue]: unknown operator: $near\n'],
      [
        "db.c.aggregate([{$lookup: {from: 'x'}}])",
        "MongoServerError[Location40324]: Unrecognized pipeline stage name: '$lookup'\n",
      ],
      [
        'db.c.insertOne({_id: 1}); db.c.insertOne({_id: 1})',
        'MongoServerError: E11000 duplicate key error collection: test.c index: _id_ dup key: { _id: 1 }\n',
      ],
      ['rs.status()', 'MongoServerError[NoReplicationEnabled]: not running with --replSet\n'],
    ];
    for (const [script, said] of cases) {
      const { out, err, code } = await evaluate(script);
      expect(out + err, script).toBe(said);
      expect(code, script).toBe(/^\w*Error/.test(said) ? 1 : 0);
    }
    expect((await evaluate('quit(db.adminCommand("ping").ok ? 3 : 2)')).code).toBe(3);
    const many = `db.many.insertMany([${Array.from({ length: 250 }, (_, i) => `{i: ${i}}`).join()}]); db.many.find().toArray().length`;
    expect((await evaluate(many)).out).toBe('250\n');
    expect(
      (
        await run(
          'sh',
          '-c',
          'printf "use shop\\nnope\\ndb.x.insertOne({_id: 7}).insertedId\\nexit\\n" | mongosh --quiet',
        )
      ).out,
    ).toBe('test> switched to db shop\nshop> ReferenceError: nope is not defined\nshop> 7\nshop> ');
    expect((await run('sh', '-c', 'mongosh --quiet --eval "db.hello().isWritablePrimary" | grep -q true')).code).toBe(
      0,
    );
    box.kill('SIGKILL');
  });

  it('can not be held up by an expression of a filter', async () => {
    const { box, evaluate } = await started();
    const { code } = await evaluate(
      `db.r.insertOne({s: '${'a'.repeat(5000)}'}); db.r.find({s: /(a*)*b/}).toArray().length`,
    );
    expect(code).toBe(0);
    box.kill('SIGKILL');
  });
});
