/** `db`, its collections and cursors, as the shell's lines use them. */
import { type Document, Long } from 'bson';
import { isDocument, numberOf } from './compare.ts';

/** Runs a command on a server and resolves with its answer, good or bad. */
export type Runner = (command: Document) => Promise<Document>;

/** An error of the shell with the name that it is printed with. */
export class ShellError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** What the server said against a command. */
export class ServerError extends ShellError {
  constructor({ errmsg, code, codeName }: Document) {
    super(codeName && code !== 11_000 ? `MongoServerError[${codeName}]` : 'MongoServerError', String(errmsg));
  }
}

/** A function of the shell; what it gives is waited for. */
export type ShellFunction = (...args: unknown[]) => unknown;
export type Members = Readonly<Record<string, unknown>>;

const documentOf = (value: unknown, what: string): Document => {
  if (!isDocument(value))
    throw new ShellError(
      'MongoshInvalidInputError',
      `[COMMON-10001] Argument at position 0 must be of type object (${what})`,
    );
  return value;
};

export class ShellDatabase {
  readonly name: string;
  readonly #run: Runner;

  constructor(run: Runner, name: string) {
    this.#run = run;
    this.name = name;
  }

  /** Throws ServerError. */
  async run(command: Document, db = this.name): Promise<Document> {
    const answer = await this.#run({ ...command, $db: db });
    if (answer.ok !== 1) throw new ServerError(answer);
    const [failed] = Array.isArray(answer.writeErrors) ? answer.writeErrors : [];
    if (isDocument(failed)) throw new ServerError(failed);
    return answer;
  }

  /** Runs what a line gives as a document, or as a command's name. */
  #named(command: unknown, db?: string): Promise<Document> {
    return this.run(typeof command === 'string' ? { [command]: 1 } : documentOf(command, 'runCommand'), db);
  }

  collection(name: string): ShellCollection {
    return new ShellCollection(this, name);
  }

  async collectionNames(): Promise<string[]> {
    const { cursor } = await this.run({ listCollections: 1, nameOnly: true });
    return cursor.firstBatch.map(({ name }: Document) => String(name)).sort();
  }

  readonly members: Members = {
    adminCommand: (command: unknown) => this.#named(command, 'admin'),
    runCommand: (command: unknown) => this.#named(command),
    hello: () => this.run({ hello: 1 }),
    isMaster: () => this.run({ isMaster: 1 }),
    serverStatus: () => this.run({ serverStatus: 1 }, 'admin'),
    serverBuildInfo: () => this.run({ buildInfo: 1 }, 'admin'),
    version: async () => (await this.run({ buildInfo: 1 }, 'admin')).version,
    getName: () => this.name,
    getSiblingDB: (name: unknown) => new ShellDatabase(this.#run, String(name)),
    getCollection: (name: unknown) => this.collection(String(name)),
    getCollectionNames: () => this.collectionNames(),
    createCollection: async (name: unknown) => ({ ok: (await this.run({ create: String(name) })).ok }),
    dropDatabase: () => this.run({ dropDatabase: 1 }),
    createUser: async (user: unknown) => {
      const { user: name, pwd, roles } = documentOf(user, 'createUser');
      return { ok: (await this.run({ createUser: String(name), pwd, roles })).ok };
    },
    dropUser: async (name: unknown) => ({ ok: (await this.run({ dropUser: String(name) })).ok }),
    getUsers: () => this.run({ usersInfo: 1 }),
    getUser: async (name: unknown) => (await this.run({ usersInfo: String(name) })).users[0] ?? null,
  };
}

export class ShellCollection {
  readonly #db: ShellDatabase;
  readonly name: string;

  constructor(db: ShellDatabase, name: string) {
    this.#db = db;
    this.name = name;
  }

  get fullName(): string {
    return `${this.#db.name}.${this.name}`;
  }

  collection(name: string): ShellCollection {
    return new ShellCollection(this.#db, `${this.name}.${name}`);
  }

  async #insert(documents: unknown[], makeId: () => unknown): Promise<unknown[]> {
    const withIds = documents.map((document) => ({ _id: makeId(), ...documentOf(document, 'insert') }));
    await this.#db.run({ insert: this.name, documents: withIds, ordered: true });
    return withIds.map(({ _id }) => _id);
  }

  async #update(filter: unknown, update: unknown, options: unknown, multi: boolean): Promise<Document> {
    if (!isDocument(update) || !Object.keys(update)[0]?.startsWith('$'))
      throw new ShellError('MongoInvalidArgumentError', 'Update document requires atomic operators');
    return this.#change(filter, update, options, multi);
  }

  async #change(filter: unknown, u: Document, options: unknown, multi: boolean): Promise<Document> {
    const upsert = isDocument(options) && options.upsert === true;
    const updates = [{ q: documentOf(filter, 'filter'), u, multi, upsert }];
    const { n, nModified, upserted = [] } = await this.#db.run({ update: this.name, updates });
    return {
      ...{ acknowledged: true, insertedId: upserted[0]?._id ?? null, matchedCount: n - upserted.length },
      ...{ modifiedCount: nModified, upsertedCount: upserted.length },
    };
  }

  async #delete(filter: unknown, limit: number): Promise<Document> {
    const { n } = await this.#db.run({ delete: this.name, deletes: [{ q: documentOf(filter, 'filter'), limit }] });
    return { acknowledged: true, deletedCount: n };
  }

  async #count(query: unknown): Promise<number> {
    return (await this.#db.run({ count: this.name, query: isDocument(query) ? query : {} })).n;
  }

  find(filter: unknown, projection: unknown): ShellCursor {
    return new ShellCursor(this.#db, this.name, {
      ...{ find: this.name, filter: filter === undefined ? {} : documentOf(filter, 'find') },
      ...(isDocument(projection) && { projection }),
    });
  }

  /** What can be called on a collection; `makeId` makes an _id. */
  members(makeId: () => unknown): Members {
    return {
      insertOne: async (document: unknown) => {
        const [insertedId] = await this.#insert([document], makeId);
        return { acknowledged: true, insertedId };
      },
      insertMany: async (documents: unknown) => {
        if (!Array.isArray(documents))
          throw new ShellError('MongoInvalidArgumentError', 'Argument "docs" must be an array of documents');
        return { acknowledged: true, insertedIds: { ...(await this.#insert(documents, makeId)) } };
      },
      find: (filter: unknown, projection: unknown) => this.find(filter, projection),
      findOne: async (filter: unknown, projection: unknown) => {
        const cursor = this.find(filter, projection);
        cursor.set('limit', 1);
        return (await cursor.all())[0] ?? null;
      },
      countDocuments: (query: unknown) => this.#count(query),
      count: (query: unknown) => this.#count(query),
      estimatedDocumentCount: () => this.#count({}),
      updateOne: (filter: unknown, update: unknown, options: unknown) => this.#update(filter, update, options, false),
      updateMany: (filter: unknown, update: unknown, options: unknown) => this.#update(filter, update, options, true),
      replaceOne: (filter: unknown, document: unknown, options: unknown) =>
        this.#change(filter, documentOf(document, 'replaceOne'), options, false),
      deleteOne: (filter: unknown) => this.#delete(filter, 1),
      deleteMany: (filter: unknown) => this.#delete(filter, 0),
      aggregate: (pipeline: unknown) =>
        new ShellCursor(this.#db, this.name, {
          aggregate: this.name,
          pipeline: Array.isArray(pipeline) ? pipeline : [pipeline],
          cursor: {},
        }),
      drop: async () => {
        if (!(await this.#db.collectionNames()).includes(this.name)) return false;
        await this.#db.run({ drop: this.name });
        return true;
      },
      getName: () => this.name,
    };
  }
}

export class ShellCursor {
  readonly #db: ShellDatabase;
  readonly #collection: string;
  readonly #command: Document;

  constructor(db: ShellDatabase, collection: string, command: Document) {
    this.#db = db;
    this.#collection = collection;
    this.#command = command;
  }

  set(key: string, value: unknown): this {
    this.#command[key] = value;
    return this;
  }

  async all(): Promise<Document[]> {
    const { cursor } = await this.#db.run(this.#command);
    const found: Document[] = [...cursor.firstBatch];
    for (let id = numberOf(cursor.id) ?? 0; id !== 0; ) {
      const next = await this.#db.run({ getMore: Long.fromNumber(id), collection: this.#collection });
      found.push(...next.cursor.nextBatch);
      id = numberOf(next.cursor.id) ?? 0;
    }
    return found;
  }

  readonly members: Members = {
    sort: (value: unknown) => this.set('sort', value),
    limit: (value: unknown) => this.set('limit', value),
    skip: (value: unknown) => this.set('skip', value),
    pretty: () => this,
    toArray: () => this.all(),
    count: async () => (await this.all()).length,
    itcount: async () => (await this.all()).length,
    next: async () => (await this.all())[0] ?? null,
    hasNext: async () => (await this.all()).length > 0,
    forEach: async (use: unknown) => {
      for (const document of await this.all()) await (use as ShellFunction)(document);
    },
    map: async (use: unknown) => {
      const found: unknown[] = [];
      for (const document of await this.all()) found.push(await (use as ShellFunction)(document));
      return found;
    },
  };
}
