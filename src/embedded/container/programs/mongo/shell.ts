/** Runs the shell's lines. */
import { EJSON, Long, ObjectId } from 'bson';
import type { Process } from '../../kernel/process.ts';
import { isDocument, numberOf } from './compare.ts';
import { legacyLine, legacyText, shellText } from './print-values.ts';
import {
  type Members,
  type Runner,
  ShellCollection,
  ShellCursor,
  ShellDatabase,
  ShellError,
  type ShellFunction,
} from './shell-objects.ts';
import { type Expression, parseShell } from './shell-parser.ts';

/** `quit()` was called. */
export class ShellQuit extends Error {
  readonly code: number;

  constructor(code: number) {
    super('quit');
    this.code = code;
  }
}

/** How many documents are shown of a cursor. */
const SHOWN = 20;
const SIZES = ['B', 'KiB', 'MiB', 'GiB'];

function readableSize(bytes: number): string {
  const power = Math.min(SIZES.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(2)} ${SIZES[power]}`;
}

export class Shell {
  readonly #p: Process;
  readonly #run: Runner;
  readonly #legacy: boolean;
  readonly #variables = new Map<string, unknown>();
  #db: ShellDatabase;

  /** `legacy`: the shell `mongo` of old releases. */
  constructor(p: Process, run: Runner, db: string, legacy = false) {
    this.#p = p;
    this.#run = run;
    this.#legacy = legacy;
    this.#db = new ShellDatabase(run, db);
  }

  get database(): string {
    return this.#db.name;
  }

  /** Runs a script. Resolves with what is printed of its last value. Throws ShellError, ShellSyntaxError, ShellQuit. */
  async evaluate(source: string): Promise<string> {
    const line = source.trim().replace(/;$/, '');
    const [, command, rest = ''] = /^(show|use)\s+([\w.-]+)$/.exec(line) ?? [];
    if (command === 'use') return this.#use(rest);
    if (command === 'show') return this.#show(rest);
    if (line === 'exit' || line === 'quit') throw new ShellQuit(0);
    let value: unknown;
    for (const statement of parseShell(source)) {
      value = await this.#value(statement);
      if (statement.t === 'assign' && statement.declares) value = undefined;
    }
    return this.#printed(value);
  }

  #use(name: string): string {
    this.#db = new ShellDatabase(this.#run, name);
    return `switched to db ${name}`;
  }

  async #show(what: string): Promise<string> {
    if (what === 'collections' || what === 'tables') return (await this.#db.collectionNames()).join('\n');
    if (what === 'users') return this.#printed((await this.#db.run({ usersInfo: 1 })).users);
    if (what !== 'dbs' && what !== 'databases')
      throw new ShellError('MongoshInvalidInputError', `[COMMON-10001] '${what}' is not a valid argument for "show".`);
    const { databases } = await this.#db.run({ listDatabases: 1 }, 'admin');
    const rows: [string, string][] = databases.map(({ name, sizeOnDisk }: { name: string; sizeOnDisk: number }) => [
      name,
      readableSize(sizeOnDisk),
    ]);
    const [first, second] = [0, 1].map((i) => Math.max(0, ...rows.map((row) => row[i]?.length ?? 0)));
    return rows.map(([name, size]) => `${name.padEnd(first ?? 0)}  ${size.padStart(second ?? 0)}`).join('\n');
  }

  async #printed(value: unknown): Promise<string> {
    if (value === undefined) return '';
    if (value instanceof ShellDatabase) return value.name;
    if (value instanceof ShellCollection) return value.fullName;
    if (typeof value === 'function') return '[Function]';
    if (!(value instanceof ShellCursor)) return this.#legacy ? legacyText(value) : shellText(value);
    const found = await value.all();
    const more = found.length > SHOWN ? '\nType "it" for more' : '';
    const shown = found.slice(0, SHOWN);
    if (this.#legacy) return shown.map(legacyLine).join('\n') + more;
    return found.length === 0 ? '' : shellText(shown) + more;
  }

  async #value(e: Expression): Promise<unknown> {
    const turn = this.#p.step(5);
    if (turn) await turn;
    switch (e.t) {
      case 'literal':
        return e.value;
      case 'regex':
        return new RegExp(e.source, e.flags);
      case 'list':
        return this.#values(e.items);
      case 'document': {
        const entries: [string, unknown][] = [];
        for (const [key, value] of e.entries) entries.push([key, await this.#value(value)]);
        return Object.fromEntries(entries);
      }
      case 'name':
        return this.#lookUp(e.name);
      case 'member':
        return this.#member(await this.#value(e.of), await this.#value(e.key));
      case 'call':
        return this.#call(e);
      case 'unary': {
        const value = await this.#value(e.of);
        return e.operator === '!' ? !value : e.operator === '-' ? -Number(value) : Number(value);
      }
      case 'binary':
        return this.#binary(e.operator, await this.#value(e.left), e.right);
      case 'choice':
        return this.#value((await this.#value(e.test)) ? e.yes : e.no);
      case 'assign': {
        const value = await this.#value(e.value);
        if (e.name !== 'db') this.#variables.set(e.name, value);
        else if (value instanceof ShellDatabase) this.#db = value;
        else
          throw new ShellError('MongoshInvalidInputError', "[COMMON-10002] Cannot reassign 'db' to non-Database type");
        return value;
      }
      case 'arrow':
        return async (...args: unknown[]) => {
          for (const [i, name] of e.names.entries()) this.#variables.set(name, args[i]);
          return this.#value(e.body);
        };
    }
  }

  async #values(all: readonly Expression[]): Promise<unknown[]> {
    const found: unknown[] = [];
    for (const each of all) found.push(await this.#value(each));
    return found;
  }

  async #call({ callee, args, text }: Extract<Expression, { t: 'call' }>): Promise<unknown> {
    const called = await this.#value(callee);
    if (typeof called !== 'function') throw new ShellError('TypeError', `${text} is not a function`);
    return (called as ShellFunction)(...(await this.#values(args)));
  }

  async #binary(operator: string, left: unknown, other: Expression): Promise<unknown> {
    if (operator === '&&' && !left) return left;
    if (operator === '||' && left) return left;
    const right = await this.#value(other);
    const [a, b] = [left, right] as [number, number];
    switch (operator) {
      case '+':
        return typeof left === 'string' || typeof right === 'string' ? this.#text(left) + this.#text(right) : a + b;
      case '-':
        return a - b;
      case '*':
        return a * b;
      case '/':
        return a / b;
      case '%':
        return a % b;
      case '<':
        return a < b;
      case '>':
        return a > b;
      case '<=':
        return a <= b;
      case '>=':
        return a >= b;
      case '===':
        return left === right;
      case '!==':
        return left !== right;
      case '==':
        // biome-ignore lint/suspicious/noDoubleEquals: it is the learner's.
        return left == right;
      case '!=':
        // biome-ignore lint/suspicious/noDoubleEquals: it is the learner's.
        return left != right;
      default:
        return right;
    }
  }

  #text(value: unknown): string {
    return isDocument(value) ? '[object Object]' : String(value);
  }

  #lookUp(name: string): unknown {
    if (name === 'db') return this.#db;
    if (this.#variables.has(name)) return this.#variables.get(name);
    if (Object.hasOwn(this.#globals, name)) return this.#globals[name];
    throw new ShellError('ReferenceError', `${name} is not defined`);
  }

  #member(of: unknown, key: unknown): unknown {
    const name = String(key);
    if (of === undefined || of === null)
      throw new ShellError('TypeError', `Cannot read properties of ${of} (reading '${name}')`);
    const own = (members: Members) => (Object.hasOwn(members, name) ? members[name] : undefined);
    if (of instanceof ShellDatabase) return own(of.members) ?? of.collection(name);
    if (of instanceof ShellCollection) return own(of.members(() => new ObjectId())) ?? of.collection(name);
    if (of instanceof ShellCursor) return own(of.members);
    if (of instanceof ObjectId || of instanceof Date || of instanceof Long) {
      if (name === 'toString' || name === 'str') return () => of.toString();
      if (name === 'toISOString' && of instanceof Date) return () => of.toISOString();
      return undefined;
    }
    if (typeof of === 'string' || Array.isArray(of)) {
      if (name === 'length') return of.length;
      if (typeof of === 'string') return /^\d+$/.test(name) ? of[Number(name)] : undefined;
      if (name === 'forEach' || name === 'map') return this.#each(of, name === 'map');
    }
    return typeof of === 'object' && Object.hasOwn(of, name) ? (of as Record<string, unknown>)[name] : undefined;
  }

  #each(list: readonly unknown[], keep: boolean): ShellFunction {
    return async (use) => {
      const found: unknown[] = [];
      for (const item of list) found.push(await (use as ShellFunction)(item));
      return keep ? found : undefined;
    };
  }

  async #print(value: unknown): Promise<void> {
    await this.#p.print(1, `${await this.#printed(value)}\n`);
  }

  readonly #globals: Members = {
    print: async (...values: unknown[]) => {
      const texts: string[] = [];
      for (const value of values) texts.push(await this.#printed(value));
      await this.#p.print(1, `${texts.join(' ')}\n`);
    },
    printjson: (value: unknown) => this.#print(value),
    console: { log: (value: unknown) => this.#print(value) },
    JSON: {
      stringify: (value: unknown, _replacer: unknown, space: unknown) =>
        JSON.stringify(value, undefined, space as number),
    },
    EJSON: {
      stringify: (value: unknown, _replacer: unknown, space: unknown) =>
        EJSON.stringify(value, undefined, numberOf(space) ?? 0),
    },
    ObjectId: (hex: unknown) => {
      if (hex !== undefined && !ObjectId.isValid(String(hex)))
        throw new ShellError('BSONError', 'input must be a 24 character hex string, 12 byte Uint8Array, or an integer');
      return hex === undefined ? new ObjectId() : new ObjectId(String(hex));
    },
    ...{ ISODate: (text: unknown) => this.#date(text), Date: (text: unknown) => this.#date(text) },
    ...{
      NumberInt: Number,
      NumberLong: (n: unknown) => Long.fromString(String(n)),
      Number,
      String: (v: unknown) => this.#text(v),
    },
    quit: (code: unknown) => this.#quit(code),
    exit: (code: unknown) => this.#quit(code),
    sleep: (ms: unknown) => this.#p.sleep(Number(ms) || 0),
    rs: {
      status: () => this.#db.run({ replSetGetStatus: 1 }, 'admin'),
      initiate: () => this.#db.run({ replSetInitiate: {} }, 'admin'),
    },
  };

  #quit(code: unknown): never {
    throw new ShellQuit(numberOf(code) ?? 0);
  }

  #date(text: unknown): Date {
    const date = text === undefined ? new Date(this.#p.container.clock.now()) : new Date(text as string | number);
    if (Number.isNaN(date.getTime()))
      throw new ShellError('MongoshInvalidInputError', `[COMMON-10001] ${JSON.stringify(text)} is not a valid ISODate`);
    return date;
  }
}
