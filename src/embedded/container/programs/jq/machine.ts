/**
 * Runs jq programs. Filters are generators: every result is computed when it is asked for. Between results they yield
 * PAUSE, so that whoever drives them can let others run, or bring what they wait for.
 */

import type { Json } from '../../lib/json.ts';
import { bindings } from './destructuring.ts';
import { type Filter, type Flow, type Item, PAUSE, type Run, type Scope } from './flow.ts';
import { binary, negate } from './operators.ts';
import type { Definition, Node } from './parser.ts';
import { deletePaths, getKey, getPath, setPath } from './paths.ts';
import { brief, compare, described, JqError, shallowBytes, toText, truthy } from './value.ts';

/** `break` on its way to its label. */
class Break extends Error {
  readonly label: Scope;

  constructor(label: Scope) {
    super('break');
    this.label = label;
  }
}

export type ValueFunction = (machine: Machine, input: Json, ...args: Json[]) => Json;
export type FilterFunction = (machine: Machine, item: Item, args: readonly Filter[]) => Flow;

/** What the language knows without being told; keys as in `map/1`. */
export interface Library {
  values: ReadonlyMap<string, ValueFunction>;
  filters: ReadonlyMap<string, FilterFunction>;
  definitions: ReadonlyMap<string, Definition>;
}

/** What a program asks of the world. */
export interface Host {
  /** Counts memory, in bytes. */
  hold(bytes: number): void;
  env: ReadonlyMap<string, string>;
  now(): number;
  /** Writes to standard error. */
  tell(text: string): void;
  /** The name of the file that is read. */
  filename(): string | null;
  line(): number;
}

const FUEL = 500;

export class Machine {
  readonly host: Host;
  readonly #library: Library;
  readonly #run: Run = (node, item, scope) => this.run(node, item, scope);
  #fuel = FUEL;
  /** A program waits for the next input: set while it yields PAUSE, answered with `input`. */
  wantsInput = false;
  input: Json | undefined;

  constructor(host: Host, library: Library) {
    this.host = host;
    this.#library = library;
  }

  /** How much work was done since the last call, in steps. */
  takeWork(): number {
    const done = FUEL - this.#fuel;
    this.#fuel = FUEL;
    return done;
  }

  /** Counts work that is done at once. */
  spend(steps: number): void {
    this.#fuel -= steps;
  }

  get tired(): boolean {
    return this.#fuel <= 0;
  }

  /** The same value, as a filter made it. */
  made(item: Item, value: Json): Item {
    return { value, path: item.path === undefined ? undefined : null };
  }

  apply(filter: Filter, item: Item): Flow {
    return this.run(filter.node, item, filter.scope);
  }

  /** Results of a filter, without their paths. */
  *values(filter: Filter, value: Json): Generator<Json | typeof PAUSE, void> {
    for (const result of this.apply(filter, { value, path: undefined })) {
      yield result === PAUSE ? PAUSE : result.value;
    }
  }

  *run(node: Node, item: Item, scope: Scope): Flow {
    if (--this.#fuel <= 0) yield PAUSE;
    const plain = item.path === undefined ? item : { value: item.value, path: undefined };
    switch (node.t) {
      case 'identity':
        yield item;
        return;
      case 'index':
        for (const key of this.run(node.key, plain, scope)) {
          if (key === PAUSE) yield key;
          else yield* this.#access(node.of, item, scope, key.value);
        }
        return;
      case 'slice':
        for (const end of node.to ? this.run(node.to, plain, scope) : [null]) {
          if (end === PAUSE) {
            yield end;
            continue;
          }
          for (const start of node.from ? this.run(node.from, plain, scope) : [null]) {
            if (start === PAUSE) {
              yield start;
              continue;
            }
            const slice = new Map<string, Json>([
              ['start', start?.value ?? null],
              ['end', end?.value ?? null],
            ]);
            yield* this.#access(node.of, item, scope, slice);
          }
        }
        return;
      case 'iterate':
        for (const of of this.run(node.of, item, scope)) {
          if (of === PAUSE) yield of;
          else yield* this.iterate(of);
        }
        return;
      case 'literal':
        yield this.made(item, node.value);
        return;
      case 'variable':
        yield this.made(item, this.#variable(node.name, scope));
        return;
      case 'string':
        yield* this.#string(node.format, node.parts, item, scope);
        return;
      case 'format':
        yield this.made(item, this.#format(node.name, item.value));
        return;
      case 'array': {
        const items: Json[] = [];
        if (node.body) {
          for (const result of this.run(node.body, plain, scope)) {
            if (result === PAUSE) yield result;
            else {
              this.host.hold(16);
              items.push(result.value);
            }
          }
        }
        yield this.made(item, items);
        return;
      }
      case 'object':
        yield* this.#object(node.entries, 0, [], item, scope);
        return;
      case 'negate':
        for (const of of this.run(node.of, plain, scope)) yield of === PAUSE ? of : this.made(item, negate(of.value));
        return;
      case 'pipe':
        for (const left of this.run(node.left, item, scope)) {
          if (left === PAUSE) yield left;
          else yield* this.run(node.right, left, scope);
        }
        return;
      case 'comma':
        yield* this.run(node.left, item, scope);
        yield* this.run(node.right, item, scope);
        return;
      case 'and':
      case 'or':
        for (const left of this.run(node.left, plain, scope)) {
          if (left === PAUSE) {
            yield left;
            continue;
          }
          const decided = node.t === 'and' ? !truthy(left.value) : truthy(left.value);
          if (decided) yield this.made(item, node.t === 'or');
          else {
            for (const right of this.run(node.right, plain, scope))
              yield right === PAUSE ? right : this.made(item, truthy(right.value));
          }
        }
        return;
      case 'alternative':
        yield* this.#alternative(node.left, node.right, item, scope);
        return;
      case 'binary':
        for (const right of this.run(node.right, plain, scope)) {
          if (right === PAUSE) {
            yield right;
            continue;
          }
          for (const left of this.run(node.left, plain, scope)) {
            yield left === PAUSE ? left : this.made(item, binary(this, node.op, left.value, right.value));
          }
        }
        return;
      case 'assign':
        yield* this.#assign(node.op, node.left, node.right, item, scope);
        return;
      case 'if':
        for (const condition of this.run(node.condition, plain, scope)) {
          if (condition === PAUSE) yield condition;
          else yield* this.run(truthy(condition.value) ? node.yes : node.no, item, scope);
        }
        return;
      case 'try':
        yield* this.#try(node.body, node.handler, item, scope);
        return;
      case 'reduce': {
        let state: Item | undefined = this.made(item, null);
        for (const start of this.run(node.start, item, scope)) {
          if (start === PAUSE) {
            yield start;
            continue;
          }
          state = start;
          for (const inner of bindings(this.#run, node.source, node.patterns, plain, scope)) {
            if (inner === PAUSE) {
              yield inner;
              continue;
            }
            const before: Item = state ?? this.made(item, null);
            state = undefined;
            for (const next of this.run(node.update, before, inner.scope)) {
              if (next === PAUSE) yield next;
              else state = next;
            }
          }
          yield state ?? this.made(item, null);
        }
        return;
      }
      case 'foreach':
        for (const start of this.run(node.start, item, scope)) {
          if (start === PAUSE) {
            yield start;
            continue;
          }
          let state: Item = start;
          for (const inner of bindings(this.#run, node.source, node.patterns, plain, scope)) {
            if (inner === PAUSE) {
              yield inner;
              continue;
            }
            for (const next of this.run(node.update, state, inner.scope)) {
              if (next === PAUSE) {
                yield next;
                continue;
              }
              state = next;
              if (node.extract) yield* this.run(node.extract, next, inner.scope);
              else yield next;
            }
          }
        }
        return;
      case 'define': {
        const { definition } = node;
        const name = `${definition.name}/${definition.params.length}`;
        yield* this.run(node.rest, item, { kind: 'function', name, definition, next: scope });
        return;
      }
      case 'call':
        yield* this.#call(node.name, node.args, item, scope);
        return;
      case 'bind':
        for (const inner of bindings(this.#run, node.source, node.patterns, plain, scope)) {
          if (inner === PAUSE) yield inner;
          else yield* this.run(node.body, item, inner.scope);
        }
        return;
      case 'label': {
        const label: Scope = { kind: 'label', name: node.name, next: scope };
        try {
          yield* this.run(node.body, item, label);
        } catch (error) {
          if (!(error instanceof Break) || error.label !== label) throw error;
        }
        return;
      }
      case 'break':
        for (let s = scope; s; s = s.next) if (s.kind === 'label' && s.name === node.name) throw new Break(s);
    }
  }

  *#access(of: Node, item: Item, scope: Scope, key: Json): Flow {
    for (const base of this.run(of, item, scope)) yield base === PAUSE ? base : this.get(base, key);
  }

  /** `base[key]`, with its path. */
  get(base: Item, key: Json): Item {
    if (base.path === null) {
      throw new JqError(`Invalid path expression near attempt to access element ${brief(key)} of ${brief(base.value)}`);
    }
    return { value: getKey(base.value, key), path: base.path && [...base.path, key] };
  }

  /** `.[]` */
  *iterate(base: Item): Flow {
    const { value, path } = base;
    if (path === null) throw new JqError(`Invalid path expression near attempt to iterate through ${brief(value)}`);
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        if (--this.#fuel <= 0) yield PAUSE;
        yield { value: value[i] ?? null, path: path && [...path, i] };
      }
    } else if (value instanceof Map) {
      for (const [key, inner] of value) {
        if (--this.#fuel <= 0) yield PAUSE;
        yield { value: inner, path: path && [...path, key] };
      }
    } else throw new JqError(`Cannot iterate over ${described(value)}`);
  }

  #variable(name: string, scope: Scope): Json {
    for (let s = scope; s; s = s.next) if (s.kind === 'variable' && s.name === name) return s.value;
    if (name === 'ENV') return new Map(this.host.env);
    throw new JqError(`$${name} is not defined`);
  }

  #format(name: string, value: Json): Json {
    const format = this.#library.values.get(`@${name}`);
    if (!format) throw new JqError(`${name} is not a valid format`);
    return format(this, value);
  }

  *#string(format: string, parts: readonly (string | Node)[], item: Item, scope: Scope): Flow {
    const plain = { value: item.value, path: undefined };
    const machine = this;
    // The last program is the outermost loop.
    function* build(at: number): Generator<string | typeof PAUSE, void> {
      if (at < 0) {
        yield '';
        return;
      }
      const part = parts[at] ?? '';
      if (typeof part === 'string') {
        for (const before of build(at - 1)) yield before === PAUSE ? PAUSE : before + part;
        return;
      }
      for (const result of machine.run(part, plain, scope)) {
        if (result === PAUSE) {
          yield PAUSE;
          continue;
        }
        const text = toText(machine.#format(format, result.value));
        for (const before of build(at - 1)) yield before === PAUSE ? PAUSE : before + text;
      }
    }
    for (const text of build(parts.length - 1)) {
      if (text !== PAUSE) this.host.hold(2 * text.length);
      yield text === PAUSE ? PAUSE : this.made(item, text);
    }
  }

  *#object(
    entries: readonly [Node, Node][],
    at: number,
    done: readonly [string, Json][],
    item: Item,
    scope: Scope,
  ): Flow {
    const entry = entries[at];
    if (!entry) {
      const object = new Map(done);
      this.host.hold(shallowBytes(object));
      yield this.made(item, object);
      return;
    }
    const plain = { value: item.value, path: undefined };
    for (const key of this.run(entry[0], plain, scope)) {
      if (key === PAUSE) {
        yield key;
        continue;
      }
      const name = key.value;
      if (typeof name !== 'string') throw new JqError(`Cannot use ${described(name)} as object key`);
      // `{"a"}` and `{"a\(1)"}` mean what the key finds.
      const found = entry[1].t === 'index' && entry[1].key === entry[0];
      for (const value of found ? [this.get(plain, name)] : this.run(entry[1], plain, scope)) {
        if (value === PAUSE) yield value;
        else yield* this.#object(entries, at + 1, [...done, [name, value.value]], item, scope);
      }
    }
  }

  *#alternative(left: Node, right: Node, item: Item, scope: Scope): Flow {
    let found = false;
    try {
      for (const result of this.run(left, item, scope)) {
        if (result === PAUSE) yield result;
        else if (truthy(result.value)) {
          found = true;
          yield result;
        }
      }
    } catch (error) {
      if (!(error instanceof JqError)) throw error;
    }
    if (!found) yield* this.run(right, item, scope);
  }

  *#try(body: Node, handler: Node | undefined, item: Item, scope: Scope): Flow {
    let caught: Json;
    try {
      yield* this.run(body, item, scope);
      return;
    } catch (error) {
      if (!(error instanceof JqError)) throw error;
      caught = error.value;
    }
    // `error("break")` from `break` of a library's loop; other errors are the handler's input.
    if (handler) yield* this.run(handler, this.made(item, caught), scope);
  }

  *#call(name: string, args: readonly Node[], item: Item, scope: Scope): Flow {
    const key = `${name}/${args.length}`;
    for (let s = scope; s; s = s.next) {
      if (s.kind === 'filter' && args.length === 0 && s.name === name) return yield* this.apply(s.filter, item);
      if (s.kind === 'function' && s.name === key) return yield* this.#enter(s.definition, s, args, item, scope);
    }
    const filter = this.#library.filters.get(key);
    if (filter)
      return yield* filter(
        this,
        item,
        args.map((node) => ({ node, scope })),
      );
    const value = this.#library.values.get(key);
    if (value) return yield* this.#compute(value, args, [], item, scope);
    const definition = this.#library.definitions.get(key);
    if (definition) yield* this.#enter(definition, undefined, args, item, scope);
  }

  /** Runs a function's body; parameters with `$` take every value of their argument in turn. */
  *#enter(definition: Definition, outer: Scope, args: readonly Node[], item: Item, scope: Scope): Flow {
    const plain = { value: item.value, path: undefined };
    const machine = this;
    function* bind(at: number, inner: Scope): Flow {
      const param = definition.params[at];
      const node = args[at];
      if (param === undefined || node === undefined) return yield* machine.run(definition.body, item, inner);
      if (!param.startsWith('$'))
        return yield* bind(at + 1, { kind: 'filter', name: param, filter: { node, scope }, next: inner });
      const name = param.slice(1);
      for (const result of machine.run(node, plain, scope)) {
        if (result === PAUSE) {
          yield result;
          continue;
        }
        const filter: Filter = { node: { t: 'literal', value: result.value }, scope: undefined };
        const called: Scope = { kind: 'filter', name, filter, next: inner };
        yield* bind(at + 1, { kind: 'variable', name, value: result.value, next: called });
      }
    }
    yield* bind(0, outer);
  }

  *#compute(run: ValueFunction, args: readonly Node[], values: readonly Json[], item: Item, scope: Scope): Flow {
    const node = args[values.length];
    if (!node) {
      yield this.made(item, run(this, item.value, ...values));
      return;
    }
    for (const result of this.run(node, { value: item.value, path: undefined }, scope)) {
      if (result === PAUSE) yield result;
      else yield* this.#compute(run, args, [...values, result.value], item, scope);
    }
  }

  /** Every path that a filter leads to. */
  *paths(filter: Filter, value: Json): Generator<readonly Json[] | typeof PAUSE, void> {
    for (const result of this.apply(filter, { value, path: [] })) {
      if (result === PAUSE) yield result;
      else if (!result.path) throw new JqError(`Invalid path expression with result ${brief(result.value)}`);
      else yield result.path;
    }
  }

  *#assign(op: string, left: Node, right: Node, item: Item, scope: Scope): Flow {
    const target = { node: left, scope };
    if (op === '|=') return yield* this.update(target, { node: right, scope }, item);
    for (const result of this.run(right, { value: item.value, path: undefined }, scope)) {
      if (result === PAUSE) {
        yield result;
        continue;
      }
      const operand: Node = { t: 'literal', value: result.value };
      const plain: Node = { t: 'identity' };
      if (op === '=') {
        let value = item.value;
        for (const path of this.paths(target, item.value)) {
          if (path === PAUSE) yield path;
          else value = setPath(value, path, result.value);
        }
        yield this.made(item, value);
        continue;
      }
      const change: Node =
        op === '//='
          ? { t: 'alternative', left: plain, right: operand }
          : { t: 'binary', op: op[0] ?? '', left: plain, right: operand };
      yield* this.update(target, { node: change, scope: undefined }, item);
    }
  }

  /** `target |= change`: the first value that `change` makes of each place; what it makes nothing of goes. */
  *update(target: Filter, change: Filter, item: Item): Flow {
    let { value } = item;
    const removed: (readonly Json[])[] = [];
    for (const path of this.paths(target, item.value)) {
      if (path === PAUSE) {
        yield path;
        continue;
      }
      let made: Json | undefined;
      for (const result of this.values(change, getPath(value, path))) {
        if (result === PAUSE) {
          yield PAUSE;
          continue;
        }
        made = result;
        break;
      }
      if (made === undefined) removed.push(path);
      else value = setPath(value, path, made);
    }
    yield this.made(item, removed.length > 0 ? deletePaths(value, removed) : value);
  }

  /** Sorts stably by keys, pausing on the way. */
  *sorted<T>(items: readonly { key: Json; item: T }[]): Generator<typeof PAUSE, { key: Json; item: T }[]> {
    let runs = items.map((one) => [one]);
    while (runs.length > 1) {
      const merged: { key: Json; item: T }[][] = [];
      for (let i = 0; i < runs.length; i += 2) {
        const [a, b] = [runs[i] ?? [], runs[i + 1] ?? []];
        const out: { key: Json; item: T }[] = [];
        let [x, y] = [0, 0];
        while (x < a.length || y < b.length) {
          if (--this.#fuel <= 0) yield PAUSE;
          const [left, right] = [a[x], b[y]];
          if (left && (!right || compare(left.key, right.key) <= 0)) {
            out.push(left);
            x++;
          } else if (right) {
            out.push(right);
            y++;
          }
        }
        merged.push(out);
      }
      runs = merged;
    }
    return runs[0] ?? [];
  }
}
