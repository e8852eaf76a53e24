/** What a server keeps: a catalogue, and a file for each collection, in its data directory. */
import { type Document, deserialize, serialize } from 'bson';
import type { Process } from '../../kernel/process.ts';

interface Collection {
  /** Its file's name without the ending. */
  ident: string;
  documents: Document[];
  bytes: number;
}

const CATALOGUE = '_mdb_catalog.wt';
/** Files grow by whole blocks of this size, and each collection has the index of its _id. */
const BLOCK = 4096;

export class MongoStore {
  readonly #p: Process;
  readonly #folder: string;
  readonly #databases = new Map<string, Map<string, Collection>>();
  #next = 0;

  constructor(p: Process, folder: string) {
    this.#p = p;
    this.#folder = folder;
  }

  /** Reads the data directory; false: there is nothing yet. Throws SysError. */
  load(): boolean {
    if (!this.#p.vfs.find(this.#p, this.#path(CATALOGUE))) return false;
    const { collections } = this.#read(CATALOGUE) as { collections: { db: string; name: string; ident: string }[] };
    for (const { db, name, ident } of collections) {
      const bytes = this.#p.vfs.stat(this.#p, this.#path(`${ident}.wt`)).size;
      const { documents } = this.#read(`${ident}.wt`) as { documents: Document[] };
      this.#p.charge(bytes);
      this.#databaseOf(db).set(name, { ident, documents, bytes });
      this.#next = Math.max(this.#next, Number(ident.replace(/\D/g, '')) + 1);
    }
    return true;
  }

  get databases(): string[] {
    return [...this.#databases.keys()].sort();
  }

  collections(db: string): string[] {
    return [...(this.#databases.get(db)?.keys() ?? [])].sort();
  }

  sizeOnDisk(db: string): number {
    const all = [...(this.#databases.get(db)?.values() ?? [])];
    return all.reduce((sum, { bytes }) => sum + (2 + Math.ceil(bytes / BLOCK)) * BLOCK, 0);
  }

  has(db: string, name: string): boolean {
    return this.#databases.get(db)?.has(name) === true;
  }

  documents(db: string, name: string): readonly Document[] {
    return this.#databases.get(db)?.get(name)?.documents ?? [];
  }

  /** Replaces what a collection has; makes it if there is none. Throws SysError: the file can't be written. */
  async write(db: string, name: string, documents: Document[]): Promise<void> {
    let collection = this.#databases.get(db)?.get(name);
    if (!collection) {
      collection = { ident: `collection-${this.#next++}`, documents: [], bytes: 0 };
      this.#databaseOf(db).set(name, collection);
      this.#saveCatalogue();
    }
    const content = serialize({ documents });
    this.#p.charge(content.length - collection.bytes);
    collection.documents = documents;
    collection.bytes = content.length;
    this.#p.vfs.writeFile(this.#p, this.#path(`${collection.ident}.wt`), content, 0o600);
    await this.#p.step(10 + (content.length >> 8));
  }

  /** Removes a collection; false: there is none. */
  drop(db: string, name: string): boolean {
    const collection = this.#databases.get(db)?.get(name);
    if (!collection) return false;
    const database = this.#databaseOf(db);
    database.delete(name);
    if (database.size === 0) this.#databases.delete(db);
    this.#p.charge(-collection.bytes);
    this.#saveCatalogue();
    this.#p.vfs.unlink(this.#p, this.#path(`${collection.ident}.wt`));
    return true;
  }

  /** Makes the directory's own files. Throws SysError: it can't be written. */
  create(): void {
    this.#p.vfs.writeFile(this.#p, this.#path('WiredTiger'), 'WiredTiger\nWiredTiger 11.2.0\n', 0o600);
    this.#saveCatalogue();
  }

  /** The lock of a running server holds its pid; that of a stopped one is empty. */
  lock(text: string): void {
    this.#p.vfs.writeFile(this.#p, this.#path('mongod.lock'), text, 0o600);
  }

  #databaseOf(db: string): Map<string, Collection> {
    let database = this.#databases.get(db);
    if (!database) {
      database = new Map();
      this.#databases.set(db, database);
    }
    return database;
  }

  #saveCatalogue(): void {
    const collections = [...this.#databases].flatMap(([db, all]) =>
      [...all].map(([name, { ident }]) => ({ db, name, ident })),
    );
    this.#p.vfs.writeFile(this.#p, this.#path(CATALOGUE), serialize({ collections }), 0o600);
  }

  #read(name: string): Document {
    return deserialize(this.#p.vfs.readFile(this.#p, this.#path(name)));
  }

  #path(name: string): string {
    return `${this.#folder}/${name}`;
  }
}
