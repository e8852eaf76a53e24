/**
 * What an expression may cost at most before it is ever evaluated: cel-go's checker/cost.go, with the costs that Kubernetes
 * gives its own functions. Numbers saturate at infinity, as they do there at the largest uint64.
 */
import type { Call, Comprehension, Expr } from './ast.ts';
import { libraryCost } from './library-cost.ts';
import { accumulator } from './macros.ts';
import {
  add,
  type CallCost,
  fixed,
  multiply,
  type Operand,
  type Range,
  regexFactor,
  type SizeOf,
  scale,
  traversal,
  union,
  unknownSize,
} from './ranges.ts';
import type { CelType } from './types.ts';
import { characters } from './values.ts';

interface Sizes {
  key: Range;
  value: Range;
  kind: 'list' | 'map';
}

interface Local {
  path: readonly string[];
  size: Range | undefined;
  entries: Sizes | undefined;
}

/** The least and the most that a checked expression costs. */
export function estimateCost(expression: Expr, sizeOf: SizeOf): Range {
  return new Estimator(sizeOf).cost(expression);
}

class Estimator {
  readonly #sizeOf: SizeOf;
  readonly #paths = new Map<number, readonly string[]>();
  readonly #sizes = new Map<number, Range>();
  readonly #entries = new Map<number, Sizes>();
  readonly #locals = new Map<string, Local[]>();

  constructor(sizeOf: SizeOf) {
    this.#sizeOf = sizeOf;
  }

  cost(e: Expr): Range {
    switch (e.kind) {
      case 'literal':
        return fixed(0);
      case 'ident':
        this.#paths.set(e.id, this.#local(e.name)?.path ?? [e.name]);
        return fixed(1);
      case 'select': {
        if (e.variable !== undefined) {
          this.#paths.set(e.id, [e.variable]);
          return fixed(1);
        }
        const operand = this.cost(e.operand);
        if (e.test) return operand;
        this.#paths.set(e.id, [...this.#path(e.operand), e.field]);
        const kind = e.operand.type?.kind ?? 'dyn';
        return ['map', 'object', 'param'].includes(kind) ? add(operand, fixed(1)) : operand;
      }
      case 'call':
        return this.#call(e);
      case 'list': {
        const costs = e.items.map((item) => this.cost(item));
        this.#entries.set(e.id, { kind: 'list', key: fixed(1), value: this.#joint(e.items) });
        return costs.reduce(add, fixed(10));
      }
      case 'map': {
        const parts = e.entries.flatMap(({ key, value }) => [key, value]);
        const costs = parts.map((part) => this.cost(part));
        const key = this.#joint(e.entries.map((entry) => entry.key));
        const value = this.#joint(e.entries.map((entry) => entry.value));
        this.#entries.set(e.id, { kind: 'map', key, value });
        return costs.reduce(add, fixed(30));
      }
      case 'struct':
        return e.fields.map(({ value }) => this.cost(value)).reduce(add, fixed(40));
      case 'comprehension':
        return e.accumulator === accumulator ? this.#comprehension(e) : this.#bind(e);
    }
  }

  #joint(items: readonly Expr[]): Range {
    if (items.length === 0) return fixed(0);
    return items.map((item) => this.#sizeOrUnknown(item)).reduce(union);
  }

  #local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1);
  }

  #push(name: string, local: Local): void {
    const known = this.#locals.get(name);
    if (known) known.push(local);
    else this.#locals.set(name, [local]);
  }

  #path(e: Expr): readonly string[] {
    const local = e.kind === 'ident' ? this.#local(e.name) : undefined;
    return local?.path ?? this.#paths.get(e.id) ?? [];
  }

  #size(e: Expr): Range | undefined {
    const known = this.#sizes.get(e.id);
    if (known) return known;
    const literal = literalSize(e);
    if (literal !== undefined) return fixed(literal);
    const path = this.#path(e);
    const max = path.length > 0 && path[0] !== accumulator ? this.#sizeOf(path) : undefined;
    if (max !== undefined) return { min: 0, max };
    if (e.type && isScalar(e.type)) return fixed(1);
    return e.kind === 'ident' ? this.#local(e.name)?.size : undefined;
  }

  #sizeOrUnknown(e: Expr): Range {
    return this.#size(e) ?? unknownSize;
  }

  #entriesOf(e: Expr): Sizes | undefined {
    return this.#entries.get(e.id) ?? (e.kind === 'ident' ? this.#local(e.name)?.entries : undefined);
  }

  #operand(e: Expr): Operand {
    const path = this.#path(e);
    return {
      expression: e,
      type: e.type ?? { kind: 'dyn' },
      path: path[0] === accumulator ? [] : path,
      size: this.#sizeOrUnknown(e),
    };
  }

  #call(e: Call): Range {
    if (e.name === 'dyn' && !e.target && e.args[0]) {
      const cost = this.cost(e.args[0]);
      this.#copySizes(e, e.args[0]);
      return add(fixed(1), cost);
    }
    const costs = e.args.map((arg) => this.cost(arg));
    const args = e.args.map((arg) => this.#operand(arg));
    // A selection that may be missing is no function.
    if (!e.overloads) return e.name === '_?._' ? costs.reduce(add, fixed(1)) : fixed(0);
    const target = e.target && e.qualified === undefined ? e.target : undefined;
    const before = target ? this.cost(target) : fixed(0);
    const on = target && this.#operand(target);
    let cost: Range = { min: Number.POSITIVE_INFINITY, max: 0 };
    let size: Range | undefined;
    for (const { id, name } of e.overloads) {
      const one = this.#function(e, name, id, on, args, costs);
      cost = union(cost, one.cost);
      if (one.size) size = size ? union(size, one.size) : one.size;
      const [container] = e.args;
      if ((id === 'index_list' || id === 'index_map') && container) {
        size = this.#entriesOf(container)?.value;
        this.#paths.set(e.id, [...this.#path(container), id === 'index_list' ? '@items' : '@values']);
      }
      size ??= this.#size(e);
    }
    if (size) this.#sizes.set(e.id, size);
    return add(before, cost);
  }

  #function(
    e: Call,
    name: string,
    id: string,
    target: Operand | undefined,
    args: readonly Operand[],
    costs: readonly Range[],
  ): CallCost {
    const all = costs.reduce(add, fixed(0));
    const library = libraryCost(name, id, target, args, this.#sizeOf);
    if (library) return { ...library, cost: add(library.cost, all) };
    const [first, second, third] = args;
    const with_ = (cost: Range, size?: Range): CallCost => ({ cost: add(cost, all), ...(size && { size }) });
    switch (id) {
      case 'string_format':
        if (target) return with_(scale(target.size, traversal));
        break;
      case 'string_to_bytes':
        if (first) return with_(scale(first.size, traversal), { min: first.size.min, max: first.size.max * 4 });
        break;
      case 'bytes_to_string':
        if (first)
          return with_(scale(first.size, traversal), { min: Math.floor(first.size.min / 4), max: first.size.max });
        break;
      case 'strings_quote':
        if (first) return with_(scale(first.size, traversal), { min: first.size.min + 2, max: first.size.max * 2 + 2 });
        break;
      case 'starts_with_string':
      case 'ends_with_string':
        if (first) return with_(scale(first.size, traversal));
        break;
      case 'in_list':
        if (second) return with_(second.size);
        break;
      case 'matches_string':
        if (target && first) {
          return with_(multiply(scale(add(target.size, fixed(1)), traversal), scale(first.size, regexFactor)));
        }
        break;
      case 'contains_string':
        if (target && first) return with_(multiply(scale(target.size, traversal), scale(first.size, traversal)));
        break;
      case 'logical_and':
      case 'logical_or': {
        const [left = fixed(0), right = fixed(0)] = costs;
        return { cost: { min: left.min, max: left.max + right.max } };
      }
      case 'conditional': {
        if (!second || !third) break;
        this.#setEntries(e, joinSizes(this.#entriesOf(second.expression), this.#entriesOf(third.expression)));
        const [condition = fixed(0), yes = fixed(0), no = fixed(0)] = costs;
        return { cost: add(condition, union(yes, no)), size: union(second.size, third.size) };
      }
      case 'add_string':
      case 'add_bytes':
      case 'add_list': {
        if (!first || !second) break;
        const size = add(first.size, second.size);
        this.#setEntries(e, joinSizes(this.#entriesOf(first.expression), this.#entriesOf(second.expression)));
        return with_(id === 'add_list' ? fixed(1) : scale(size, traversal), size);
      }
    }
    if (/^((less|greater)(_equals)?_(string|bytes)|equals|not_equals)$/.test(id) && first && second) {
      const max = Math.min(first.size.max, second.size.max);
      return with_(scale({ min: max > 0 ? 1 : 0, max }, traversal));
    }
    return with_(fixed(1));
  }

  #setEntries(e: Expr, sizes: Sizes | undefined): void {
    if (sizes) this.#entries.set(e.id, sizes);
  }

  #copySizes(to: Expr, from: Expr): void {
    const size = this.#size(from);
    if (size) this.#sizes.set(to.id, size);
    this.#setEntries(to, this.#entriesOf(from));
  }

  #comprehension(e: Comprehension): Range {
    let sum = add(this.cost(e.range), this.cost(e.init));
    this.#push(e.accumulator, { path: this.#path(e.init), size: this.#size(e.init), entries: this.#entriesOf(e.init) });
    const names = this.#iterate(e);
    const loop = add(this.cost(e.condition), this.cost(e.step));
    for (const name of names) this.#locals.get(name)?.pop();
    sum = add(sum, this.cost(e.result));
    this.#locals.get(e.accumulator)?.pop();
    const count = this.#sizeOrUnknown(e.range);
    if (e.init.kind === 'literal') {
      const size = this.#size(e.init);
      if (size) this.#sizes.set(e.id, size);
    } else if (e.init.kind === 'list' || e.init.kind === 'map') {
      this.#sizes.set(e.id, count);
      this.#setEntries(e, this.#entriesOf(e.step));
    }
    return add(sum, multiply(count, loop));
  }

  /** Brings in the variables of a comprehension. */
  #iterate(e: Comprehension): string[] {
    const entries = this.#entriesOf(e.range);
    const isList = (entries?.kind ?? e.range.type?.kind) === 'list';
    const path = this.#path(e.range);
    const key = { path: [...path, isList ? '@indices' : '@keys'], size: entries?.key, entries: undefined };
    const value = { path: [...path, isList ? '@items' : '@values'], size: entries?.value, entries: undefined };
    if (e.second === undefined) {
      this.#push(e.variable, isList ? value : key);
      return [e.variable];
    }
    this.#push(e.variable, key);
    this.#push(e.second, value);
    return [e.variable, e.second];
  }

  #bind(e: Comprehension): Range {
    const sum = add(this.cost(e.range), this.cost(e.init));
    this.#push(e.accumulator, { path: this.#path(e.init), size: this.#size(e.init), entries: this.#entriesOf(e.init) });
    const result = this.cost(e.result);
    this.#locals.get(e.accumulator)?.pop();
    this.#copySizes(e, e.result);
    return add(sum, result);
  }
}

function literalSize(e: Expr): number | undefined {
  if (e.kind === 'list') return e.items.length;
  if (e.kind === 'map') return e.entries.length;
  if (e.kind !== 'literal') return undefined;
  if (typeof e.value === 'string') return characters(e.value);
  return e.value instanceof Uint8Array ? e.value.length : 1;
}

function isScalar(type: CelType): boolean {
  if (type.kind === 'opaque' && type.name === 'optional_type') return type.parameters.some(isScalar);
  return ['bool', 'double', 'duration', 'int', 'timestamp', 'uint'].includes(type.kind);
}

function joinSizes(a: Sizes | undefined, b: Sizes | undefined): Sizes | undefined {
  return a && b && { kind: a.kind, key: union(a.key, b.key), value: union(a.value, b.value) };
}
