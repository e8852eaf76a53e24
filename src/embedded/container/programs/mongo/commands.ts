/** The commands that the server knows; every other one is answered `no such command`. */
import { Binary, type Document, Long, ObjectId } from 'bson';
import { ownValue } from '../../../../kernel/own.ts';
import { imageVersion } from '../../lib/versions.ts';
import { aggregate, sorted } from './aggregate.ts';
import { compare, isDocument, numberOf } from './compare.ts';
import { MongoFault } from './fault.ts';
import { log } from './log.ts';
import { filter, type Test } from './match.ts';
import { project, setAt, structuredCopy } from './paths.ts';
import { ScramRefusal, ScramServer } from './scram.ts';
import type { MongoServer, MongoSession } from './server.ts';
import { updated } from './update.ts';
import { type Action, allows } from './users.ts';

/** One call of a command. */
interface Call {
  server: MongoServer;
  session: MongoSession;
  db: string;
  document: Document;
  /** The value of the command's own field. */
  target: unknown;
}

interface Command {
  /** What one has to be allowed for it; `open`: without logging in. */
  needs: Action | 'open' | 'known';
  adminOnly?: boolean;
  counts?: keyof MongoServer['opcounters'];
  run(call: Call): Promise<Document> | Document;
}

const DOCUMENT_BYTES = 16 * 1024 * 1024;

function collectionOf({ db, target }: Call): { name: string; ns: string } {
  if (typeof target !== 'string') throw new MongoFault(2, 'collection name has invalid type');
  if (target === '' || target.includes('$') || target.startsWith('.'))
    throw new MongoFault(73, `Invalid namespace specified '${db}.${target}'`);
  return { name: target, ns: `${db}.${target}` };
}

const testOf = (wanted: unknown): Test => filter(isDocument(wanted) ? wanted : {});

/** The documents of a collection that match; each one looked at is paid for. */
async function matching(call: Call, wanted: unknown): Promise<Document[]> {
  const all = call.server.store.documents(call.db, collectionOf(call).name);
  const test = testOf(wanted);
  const found: Document[] = [];
  for (const document of all) {
    const turn = call.server.p.step(3);
    if (turn) await turn;
    if (test(document)) found.push(document);
  }
  return found;
}

const listOf = (document: Document, key: string): Document[] => {
  const list: unknown = document[key];
  if (!Array.isArray(list) || list.length === 0 || !list.every(isDocument))
    throw new MongoFault(list === undefined ? 40_414 : 2, `BSON field '${key}' is missing but a required field`);
  return list;
};

const withErrors = (answer: Document, writeErrors: Document[]): Document =>
  writeErrors.length > 0 ? { ...answer, writeErrors } : answer;

/** Runs each of a command's writes; the first that fails is told, and with `ordered` the last that is tried. */
async function eachWrite(call: Call, key: string, write: (item: Document, index: number) => void): Promise<Document[]> {
  const errors: Document[] = [];
  for (const [index, item] of listOf(call.document, key).entries()) {
    const turn = call.server.p.step(5);
    if (turn) await turn;
    try {
      write(item, index);
    } catch (error) {
      if (!(error instanceof MongoFault)) throw error;
      errors.push({ index, code: error.code, errmsg: error.message });
      if (call.document.ordered !== false) break;
    }
  }
  return errors;
}

/** Puts the _id first, with one of its own where there is none. */
function withId(document: Document): Document {
  const { _id = new ObjectId(), ...rest } = document;
  return { _id, ...rest };
}

function checkUnique(documents: readonly Document[], { _id }: Document, ns: string): void {
  if (documents.some((known) => compare(known._id, _id) === 0)) {
    const shown = _id instanceof ObjectId ? `ObjectId('${_id.toHexString()}')` : JSON.stringify(_id);
    throw new MongoFault(11_000, `E11000 duplicate key error collection: ${ns} index: _id_ dup key: { _id: ${shown} }`);
  }
}

async function insert(call: Call): Promise<Document> {
  const { name, ns } = collectionOf(call);
  const documents = [...call.server.store.documents(call.db, name)];
  let n = 0;
  const errors = await eachWrite(call, 'documents', (item) => {
    const document = withId(item);
    checkUnique(documents, document, ns);
    documents.push(document);
    n++;
  });
  if (n > 0) await call.server.store.write(call.db, name, documents);
  return withErrors({ n }, errors);
}

async function update(call: Call): Promise<Document> {
  const { name, ns } = collectionOf(call);
  const documents = [...call.server.store.documents(call.db, name)];
  let [n, nModified] = [0, 0];
  const upserted: Document[] = [];
  const errors = await eachWrite(call, 'updates', ({ q, u, multi, upsert }, index) => {
    const test = testOf(q);
    let found = false;
    for (const [at, document] of documents.entries()) {
      if (!test(document)) continue;
      found = true;
      n++;
      const changed = updated(document, u);
      if (compare(changed, document) !== 0) {
        nModified++;
        documents[at] = changed;
      }
      if (!multi) break;
    }
    if (found || !upsert) return;
    const made = withId(updated(equalities(q), u, true));
    checkUnique(documents, made, ns);
    documents.push(made);
    upserted.push({ index, _id: made._id });
    n++;
  });
  if (nModified > 0 || upserted.length > 0) await call.server.store.write(call.db, name, documents);
  return withErrors({ n, nModified, ...(upserted.length > 0 && { upserted }) }, errors);
}

/** What a filter says that a document is: an upsert begins with it. */
function equalities(wanted: unknown): Document {
  const made: Document = {};
  for (const [path, value] of Object.entries(isDocument(wanted) ? wanted : {})) {
    if (path.startsWith('$') || (isDocument(value) && Object.keys(value)[0]?.startsWith('$'))) continue;
    setAt(made, path, structuredCopy(value));
  }
  return made;
}

async function remove(call: Call): Promise<Document> {
  const { name } = collectionOf(call);
  let documents = [...call.server.store.documents(call.db, name)];
  let n = 0;
  const errors = await eachWrite(call, 'deletes', ({ q, limit }) => {
    const test = testOf(q);
    const before = documents.length;
    let left = numberOf(limit) === 1 ? 1 : documents.length;
    documents = documents.filter((document) => left === 0 || !test(document) || left-- === 0);
    n += before - documents.length;
  });
  if (n > 0) await call.server.store.write(call.db, name, documents);
  return withErrors({ n }, errors);
}

async function find(call: Call): Promise<Document> {
  const { document, session } = call;
  let found: Document[] = await matching(call, document.filter);
  if (document.sort !== undefined) found = sorted(found, document.sort);
  const skip = numberOf(document.skip) ?? 0;
  const limit = Math.abs(numberOf(document.limit) ?? 0);
  found = found.slice(skip, limit === 0 ? undefined : skip + limit);
  const { projection } = document;
  if (isDocument(projection)) found = found.map((each) => project(each, projection));
  return session.cursors.first(collectionOf(call).ns, found, document.batchSize, document.singleBatch === true);
}

async function runAggregate(call: Call): Promise<Document> {
  const { document, session, db, target } = call;
  if (!isDocument(document.cursor))
    throw new MongoFault(9, "The 'cursor' option is required, except for aggregate with the explain argument");
  if (target === 1) throw new MongoFault(73, 'Aggregations over a database need a stage that is not offered here');
  const found = aggregate(await matching(call, {}), document.pipeline);
  return session.cursors.first(`${db}.${target}`, found, document.cursor.batchSize);
}

async function saslStart({ server, session, db, document }: Call): Promise<Document> {
  if (document.mechanism !== 'SCRAM-SHA-256')
    throw new MongoFault(334, `Received authentication for mechanism ${document.mechanism} which is not enabled`);
  await server.p.step(50);
  const find = (user: string) => server.users.find(db, user)?.credentials['SCRAM-SHA-256'];
  const scram = new ScramServer(textOf(document.payload), find);
  session.conversation = { scram, db };
  return { conversationId: 1, done: false, payload: binary(scram.challenge) };
}

async function saslContinue({ server, session, document }: Call): Promise<Document> {
  const { conversation } = session;
  if (!conversation) throw new MongoFault(17, 'No SASL session state found');
  session.conversation = undefined;
  const payload = conversation.scram.finish(textOf(document.payload));
  const account = server.users.find(conversation.db, conversation.scram.user);
  if (!account) throw new ScramRefusal(conversation.scram.user, 'UserNotFound: Could not find user');
  session.user = { user: account.user, db: account.db, roles: account.roles };
  await log(server.p, {
    ...{ c: 'ACCESS', id: 5_286_306, ctx: `conn${session.id}`, msg: 'Successfully authenticated' },
    attr: { ...subject(session, account.user, account.db), result: 0 },
  });
  return { conversationId: 1, done: true, payload: binary(payload) };
}

const subject = ({ remote }: MongoSession, user: string, db: string) => ({
  ...{ client: remote, isSpeculative: false, isClusterMember: false, mechanism: 'SCRAM-SHA-256', user, db },
});

const textOf = (value: unknown) => (value instanceof Binary ? Buffer.from(value.buffer).toString() : '');
const binary = (text: string) => new Binary(Buffer.from(text));

function hello({ server, session, document }: Call): Document {
  const now = new Date(server.p.container.clock.now());
  if (isDocument(document.client)) session.client = document.client;
  const mechanisms = document.saslSupportedMechs;
  return {
    ...{ helloOk: true, isWritablePrimary: true, maxBsonObjectSize: DOCUMENT_BYTES, maxMessageSizeBytes: 48_000_000 },
    ...{ maxWriteBatchSize: 100_000, localTime: now, logicalSessionTimeoutMinutes: 30, connectionId: session.id },
    ...{ minWireVersion: 0, maxWireVersion: 21, readOnly: false },
    ...(typeof mechanisms === 'string' && { saslSupportedMechs: ['SCRAM-SHA-256'] }),
  };
}

function buildInfo({ server }: Call): Document {
  const version = imageVersion(server.p);
  const versionArray = [...version.split('.').map(Number), 0];
  return {
    version,
    versionArray,
    modules: [],
    allocator: 'tcmalloc-google',
    bits: 64,
    debug: false,
    maxBsonObjectSize: DOCUMENT_BYTES,
    storageEngines: ['devnull', 'wiredTiger'],
  };
}

function serverStatus({ server }: Call): Document {
  const { container, pid, startedAt } = server.p;
  const uptimeMillis = container.clock.now() - startedAt;
  return {
    ...{ host: container.hostname, version: imageVersion(server.p), process: 'mongod', pid: Long.fromNumber(pid) },
    ...{ uptime: Math.floor(uptimeMillis / 1000), uptimeMillis, localTime: new Date(container.clock.now()) },
    connections: { current: server.connections, totalCreated: server.totalConnections },
    opcounters: { ...server.opcounters },
    mem: { bits: 64, resident: Math.ceil(server.p.residentBytes / 1024 ** 2), supported: true },
    storageEngine: { name: 'wiredTiger', persistent: true },
  };
}

function listDatabases({ server, document }: Call): Document {
  const databases = server.store.databases.map((name) => ({
    ...{ name, sizeOnDisk: server.store.sizeOnDisk(name), empty: false },
  }));
  const found = databases.filter(testOf(document.filter));
  if (document.nameOnly === true) return { databases: found.map(({ name }) => ({ name })) };
  const totalSize = found.reduce((sum, { sizeOnDisk }) => sum + sizeOnDisk, 0);
  return { databases: found, totalSize, totalSizeMb: Math.floor(totalSize / 1024 ** 2) };
}

function listCollections({ server, session, db, document }: Call): Document {
  const all = server.store.collections(db).map((name) => ({
    ...{ name, type: 'collection', options: {}, info: { readOnly: false } },
    idIndex: { v: 2, key: { _id: 1 }, name: '_id_' },
  }));
  return session.cursors.first(
    `${db}.$cmd.listCollections`,
    all.filter(testOf(document.filter)),
    Number.POSITIVE_INFINITY,
  );
}

async function create(call: Call): Promise<Document> {
  const { name, ns } = collectionOf(call);
  if (call.server.store.has(call.db, name))
    throw new MongoFault(48, `namespace ${ns} already exists, but with different options: {}`);
  await call.server.store.write(call.db, name, []);
  return {};
}

function drop(call: Call): Document {
  const { name, ns } = collectionOf(call);
  if (!call.server.store.drop(call.db, name)) throw new MongoFault(26, 'ns not found');
  return { nIndexesWas: 1, ns };
}

function dropDatabase({ server, db }: Call): Document {
  const names = server.store.collections(db);
  for (const name of names) server.store.drop(db, name);
  return names.length > 0 ? { dropped: db } : {};
}

function usersInfo({ server, db, target }: Call): Document {
  const wanted = isDocument(target) ? `${target.db ?? db}.${target.user}` : `${db}.${target}`;
  const all = server.users.all.filter(({ _id, db: own }) => (typeof target === 'number' ? own === db : _id === wanted));
  return {
    users: all.map(({ _id, user, db: own, roles }) => ({ _id, user, db: own, roles, mechanisms: ['SCRAM-SHA-256'] })),
  };
}

function connectionStatus({ session: { user } }: Call): Document {
  const authenticatedUsers = user ? [{ user: user.user, db: user.db }] : [];
  return { authInfo: { authenticatedUsers, authenticatedUserRoles: user?.roles ?? [] } };
}

function withoutReplication(): never {
  throw new MongoFault(76, 'not running with --replSet');
}

const greeting = { needs: 'open', run: hello } as const;
const counting = (run: Command['run']): Command => ({ needs: 'read', counts: 'command', run });

const commands: Readonly<Record<string, Command>> = {
  ...{ hello: greeting, ping: { needs: 'open', run: () => ({}) } },
  isMaster: { needs: 'open', run: (call) => ({ ismaster: true, ...hello(call) }) },
  ismaster: { needs: 'open', run: (call) => ({ ismaster: true, ...hello(call) }) },
  ...{ buildInfo: { needs: 'open', run: buildInfo }, buildinfo: { needs: 'open', run: buildInfo } },
  ...{ saslStart: { needs: 'open', run: saslStart }, saslContinue: { needs: 'open', run: saslContinue } },
  ...{ connectionStatus: { needs: 'open', run: connectionStatus }, endSessions: { needs: 'open', run: () => ({}) } },
  ...{
    insert: { needs: 'write', counts: 'insert', run: insert },
    update: { needs: 'write', counts: 'update', run: update },
  },
  ...{ delete: { needs: 'write', counts: 'delete', run: remove }, find: { needs: 'read', counts: 'query', run: find } },
  getMore: {
    ...{ needs: 'known', counts: 'getmore' },
    run: ({ session, target, document }) => session.cursors.next(numberOf(target) ?? 0, document.batchSize),
  },
  killCursors: {
    needs: 'known',
    run: ({ session, document }) => {
      const ids = (Array.isArray(document.cursors) ? document.cursors : []).map((id) => numberOf(id) ?? 0);
      const closed = ids.filter((id) => session.cursors.close(id));
      return { cursorsKilled: closed.map((id) => Long.fromNumber(id)) };
    },
  },
  count: counting(async (call) => {
    const found = (await matching(call, call.document.query)).slice(numberOf(call.document.skip) ?? 0);
    return { n: found.slice(0, numberOf(call.document.limit) || undefined).length };
  }),
  aggregate: counting(runAggregate),
  listDatabases: { needs: 'monitor', adminOnly: true, run: listDatabases },
  listCollections: { needs: 'read', run: listCollections },
  create: { needs: 'write', run: create },
  drop: { needs: 'write', run: drop },
  dropDatabase: { needs: 'admin', run: dropDatabase },
  createUser: {
    needs: 'users',
    run: async ({ server, db, document, target }) => {
      await server.users.create(db, String(target), document.pwd, document.roles);
      return {};
    },
  },
  dropUser: {
    needs: 'users',
    run: async ({ server, db, target }) => {
      await server.users.drop(db, String(target));
      return {};
    },
  },
  usersInfo: { needs: 'users', run: usersInfo },
  serverStatus: { needs: 'monitor', run: serverStatus },
  replSetGetStatus: { needs: 'monitor', adminOnly: true, run: withoutReplication },
  replSetInitiate: { needs: 'monitor', adminOnly: true, run: withoutReplication },
};

function authorize({ server, session, db, document }: Call, name: string, command: Command): void {
  if (command.needs === 'open' || session.internal || !server.authorization) return;
  if (!session.user) throw new MongoFault(13, `Command ${name} requires authentication`);
  if (command.needs === 'known' || allows(session.user.roles, command.needs, db)) return;
  throw new MongoFault(
    13,
    `not authorized on ${db} to execute command ${JSON.stringify(document)
      .replace(/"(\w+|\$db)":/g, ' $1: ')
      .replace(/\}$/, ' }')}`,
  );
}

/** Runs a command. Throws MongoFault. */
export async function runCommand(server: MongoServer, session: MongoSession, document: Document): Promise<Document> {
  const [name = ''] = Object.keys(document);
  const db = String(document.$db ?? 'test');
  const command = ownValue(commands, name);
  if (!command) throw new MongoFault(59, `no such command: '${name}'`);
  const call: Call = { server, session, db, document, target: document[name] };
  authorize(call, name, command);
  if (command.adminOnly && db !== 'admin')
    throw new MongoFault(13, `${name} may only be run against the admin database.`);
  server.opcounters[command.counts ?? 'command']++;
  return { ...(await command.run(call)), ok: 1 };
}
