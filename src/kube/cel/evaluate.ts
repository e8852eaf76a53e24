/** Evaluation of checked expressions, each step counted: what costs too much is given up. */
import type { Call, Comprehension, Expr, Literal, Select } from './ast.ts';
import { namedType } from './checker.ts';
import { callOverload, fittingOverload, run } from './functions.ts';
import { actualLibraryCost } from './library-cost.ts';
import { accumulator } from './macros.ts';
import { regexFactor, traversal } from './ranges.ts';
import { showKey } from './standard.ts';
import { typeName } from './types.ts';
import {
  ArrayList,
  CelError,
  CelList,
  CelMap,
  CelObject,
  GrowingList,
  GrowingMap,
  noSuchOverload,
  Optional,
  PlainMap,
  sizeOf,
  TypeValue,
  Uint,
} from './values.ts';
import { counted, TooMuchWork } from './work.ts';

const freeSteps = 100_000;
const stepsPerCost = 10;
/** Throwing takes long, and costs nothing in cel-go. */
const stepsPerError = 50;

/** More than `limit` was spent. */
export class CostExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** A variable that is declared and has no value: reading it is an error. */
export type Variables = ReadonlyMap<string, unknown>;

/**
 * The value of an expression.
 * @throws CelError what went wrong while evaluating; CostExceeded. Both come with `cost` in what `evaluate` reports
 */
export class Evaluation {
  #cost = 0;
  readonly #limit: number;
  #steps = 0;
  readonly #variables: Variables;
  readonly #locals = new Map<string, unknown[]>();

  constructor(variables: Variables, limit: number) {
    this.#variables = variables;
    this.#limit = limit;
  }

  /** So far; of steps those that were completed. */
  get spent(): { cost: number; steps: number } {
    return { cost: this.#cost, steps: this.#steps };
  }

  #spend(cost: number): void {
    this.#cost += cost;
    if (this.#cost > this.#limit) throw new CostExceeded();
  }

  run(e: Expr): unknown {
    if (e.constant) return e.constant.value;
    switch (e.kind) {
      case 'literal':
        return literalValue(e);
      case 'ident':
        this.#spend(1);
        return this.#variable(e.name);
      case 'select':
        return this.#select(e);
      case 'call':
        return this.#call(e);
      case 'list': {
        this.#spend(10);
        const items: unknown[] = [];
        e.items.forEach((item, i) => {
          const value = this.run(item);
          if (!e.optional.has(i)) items.push(value);
          else if (value instanceof Optional && value.hasValue) items.push(value.value);
        });
        return new ArrayList(items);
      }
      case 'map': {
        this.#spend(30);
        const entries: [unknown, unknown][] = [];
        for (const { key, value, optional } of e.entries) {
          const [name, item] = [this.run(key), this.run(value)];
          if (!optional) entries.push([name, item]);
          else if (item instanceof Optional && item.hasValue) entries.push([name, item.value]);
        }
        return new PlainMap(entries);
      }
      case 'struct':
        throw new CelError(`unknown type: ${e.name}`);
      case 'comprehension':
        return this.#comprehension(e);
    }
  }

  #variable(given: string): unknown {
    const name = given.replace(/^\./, '');
    const local = given === name ? this.#locals.get(name)?.at(-1) : undefined;
    if (local instanceof Fault) throw local.error;
    if (local !== undefined) return local;
    const value = this.#variables.get(name);
    if (value !== undefined) return value;
    const type = namedType(name);
    if (type) return new TypeValue(typeName(type));
    throw new CelError(`no such attribute(s): ${name}`);
  }

  #select(e: Select): unknown {
    if (e.variable !== undefined) {
      this.#spend(1);
      return this.#variable(e.variable);
    }
    const operand = this.run(e.operand);
    if (e.test) return this.#field(operand, e.field) !== undefined;
    this.#spend(1);
    if (operand instanceof Optional) {
      const value = operand.hasValue ? this.#field(operand.value, e.field) : undefined;
      return value === undefined ? Optional.none : new Optional(value);
    }
    const value = this.#field(operand, e.field);
    if (value === undefined) throw new CelError(`no such key: ${e.field}`);
    return value;
  }

  /** Undefined: there is none. */
  #field(operand: unknown, field: string): unknown {
    if (operand instanceof Optional) return operand.hasValue ? this.#field(operand.value, field) : undefined;
    if (operand instanceof CelObject || operand instanceof CelMap) return operand.get(field);
    throw noSuchOverload();
  }

  #call(e: Call): unknown {
    const [first, second, third] = e.args as readonly [Expr, Expr, Expr];
    switch (e.name) {
      case '_&&_':
        return this.#logical(first, second, false);
      case '_||_':
        return this.#logical(first, second, true);
      case '_?_:_': {
        const condition = this.run(first);
        if (typeof condition !== 'boolean') throw noSuchOverload();
        return this.run(condition ? second : third);
      }
      case '@not_strictly_false':
        return this.#notStrictlyFalse(first);
      case '_?._':
        return this.#optionalField(first, second);
      case '_[?_]':
        return this.#optionalIndex(first, second);
    }
    const values = e.target && e.qualified === undefined ? [this.run(e.target)] : [];
    for (const arg of e.args) values.push(this.run(arg));
    const overloads = e.overloads ?? [];
    if (e.name === '_[_]') return this.#index(e, values);
    if (first?.kind === 'ident' && first.name === accumulator) {
      const [grown, ...more] = values;
      if (e.name === '_+_' && grown instanceof GrowingList && more[0] instanceof CelList) {
        this.#spend(1);
        return grown.add(more[0]);
      }
      if (grown instanceof GrowingMap && more.length === 2) {
        this.#spend(1);
        return grown.add(more[0], more[1]);
      }
    }
    const overload = fittingOverload(overloads, values);
    const result = this.#counted(() => run(overload, values));
    this.#spend(actualCost(e.qualified ?? e.name, overload.id, values, result));
    return result;
  }

  /** Steps that costs don't count are free up to a point. */
  #counted<T>(call: () => T): T {
    try {
      const [result, steps] = counted(
        freeSteps - Math.min(this.#steps, freeSteps) + (this.#limit - this.#cost) * stepsPerCost,
        call,
      );
      this.#pay(steps);
      return result;
    } catch (error) {
      if (!(error instanceof TooMuchWork)) throw error;
      this.#cost = Math.max(this.#cost, this.#limit);
      throw new CostExceeded();
    }
  }

  #pay(steps: number): void {
    const paid = Math.max(0, this.#steps - freeSteps);
    this.#steps += steps;
    this.#spend(Math.floor((Math.max(0, this.#steps - freeSteps) - paid) / stepsPerCost));
  }

  /** An error that the evaluation goes on after. @throws all that is none of the expression's */
  #forgive(error: unknown): CelError {
    if (!(error instanceof CelError)) throw error;
    this.#pay(stepsPerError);
    return error;
  }

  #index(e: Call, [container, index]: readonly unknown[]): unknown {
    this.#spend(1);
    if (container instanceof Optional) {
      const value = container.hasValue ? itemOf(container.value, index) : undefined;
      return value === undefined ? Optional.none : new Optional(value);
    }
    if (container instanceof CelObject && typeof index === 'string') {
      const value = container.get(index);
      if (value === undefined) throw new CelError(`no such key: ${index}`);
      return value;
    }
    const position = wholeNumber(index);
    if (container instanceof CelList && position !== undefined) return container.at(position);
    if (container instanceof CelMap) {
      const value = container.get(index);
      if (value === undefined) throw new CelError(`no such key: ${showKey(index)}`);
      return value;
    }
    return callOverload(e.overloads ?? [], [container, index]);
  }

  /** An error on one side does not matter if the other decides. @param decides the value that needs no other side */
  #logical(left: Expr, right: Expr, decides: boolean): boolean {
    let fault: unknown;
    for (const side of [left, right]) {
      try {
        const value = this.run(side);
        if (value === decides) return decides;
        if (typeof value !== 'boolean') throw noSuchOverload();
      } catch (error) {
        fault ??= this.#forgive(error);
      }
    }
    if (fault) throw fault;
    return !decides;
  }

  #notStrictlyFalse(e: Expr): boolean {
    try {
      return this.run(e) !== false;
    } catch (error) {
      this.#forgive(error);
      return true;
    }
  }

  #optionalField(operand: Expr, field: Expr): Optional {
    this.#spend(1);
    const value = this.#field(this.run(operand), String((field as Literal).value));
    return value === undefined ? Optional.none : new Optional(value);
  }

  #optionalIndex(operand: Expr, index: Expr): Optional {
    this.#spend(1);
    const container = this.run(operand);
    const key = this.run(index);
    const inner = container instanceof Optional ? container.value : container;
    const value = inner === undefined ? undefined : itemOf(inner, key);
    return value === undefined ? Optional.none : new Optional(value);
  }

  #comprehension(e: Comprehension): unknown {
    const range = this.run(e.range);
    let accu: unknown;
    let fault: unknown;
    // An error in the accumulator is carried along: later items may decide.
    const keep = (evaluate: () => unknown) => {
      try {
        accu = evaluate();
        fault = undefined;
      } catch (error) {
        fault = this.#forgive(error);
      }
    };
    keep(() => emptyOf(e) ?? this.run(e.init));
    const holder = this.#scope(e.accumulator);
    const set = () => {
      holder[holder.length - 1] = fault ? new Fault(fault as CelError) : accu;
    };
    const [first, second] = [this.#scope(e.variable), e.second === undefined ? undefined : this.#scope(e.second)];
    set();
    try {
      for (const [key, value] of iterate(range, e.second !== undefined)) {
        first[first.length - 1] = key;
        if (second) second[second.length - 1] = value;
        if (this.run(e.condition) !== true) break;
        keep(() => this.run(e.step));
        set();
      }
      if (fault) throw fault;
      return this.run(e.result);
    } finally {
      first.pop();
      second?.pop();
      holder.pop();
    }
  }

  #scope(name: string): unknown[] {
    const known = this.#locals.get(name) ?? [];
    this.#locals.set(name, known);
    known.push(undefined);
    return known;
  }
}

/** What the items that a macro gathers are put into. */
function emptyOf({ accumulator: name, init }: Comprehension): unknown {
  if (name !== accumulator) return undefined;
  if (init.kind === 'list' && init.items.length === 0) return new GrowingList();
  return init.kind === 'map' && init.entries.length === 0 ? new GrowingMap() : undefined;
}

/** The error that an accumulator holds. */
class Fault {
  readonly error: CelError;

  constructor(error: CelError) {
    this.error = error;
  }
}

function* iterate(range: unknown, two: boolean): Generator<[unknown, unknown]> {
  if (range instanceof CelList) {
    for (let i = 0; i < range.size; i++) yield two ? [BigInt(i), range.at(i)] : [range.at(i), undefined];
  } else if (range instanceof CelMap) {
    for (const key of range.keys()) yield [key, two ? range.get(key) : undefined];
  } else if (range instanceof CelObject) {
    for (const field of range.fields()) yield [field, two ? range.get(field) : undefined];
  } else throw noSuchOverload();
}

function wholeNumber(index: unknown): number | undefined {
  if (typeof index === 'bigint') return Number(index);
  if (index instanceof Uint) return Number(index.value);
  return typeof index === 'number' && Number.isInteger(index) ? index : undefined;
}

function itemOf(container: unknown, index: unknown): unknown {
  if (container instanceof CelMap) return container.get(index);
  if (container instanceof CelObject) return typeof index === 'string' ? container.get(index) : undefined;
  const position = wholeNumber(index);
  if (!(container instanceof CelList) || position === undefined) throw noSuchOverload();
  return position >= 0 && position < container.size ? container.at(position) : undefined;
}

function literalValue({ of, value }: Literal): unknown {
  return of === 'uint' ? new Uint(value as bigint) : value;
}

/** What a call has cost, as cel-go's runtimecost.go counts it. */
function actualCost(name: string, id: string, args: readonly unknown[], result: unknown): number {
  const library = actualLibraryCost(name, id, args, result);
  if (library !== undefined) return library;
  const [first, second] = args;
  const once = (size: number, factor = traversal) => Math.ceil(size * factor);
  switch (id) {
    case 'starts_with_string':
    case 'ends_with_string':
    case 'string_to_bytes':
    case 'bytes_to_string':
    case 'strings_quote':
    case 'string_format':
      return once(sizeOf(first));
    case 'in_list':
      return sizeOf(second);
    case 'add_string':
    case 'add_bytes':
      return once(sizeOf(first) + sizeOf(second));
    case 'matches_string':
      return once(1 + sizeOf(first)) * once(sizeOf(second), regexFactor);
    case 'contains_string':
      return once(sizeOf(first)) * once(sizeOf(second));
  }
  if (name === '_==_' || name === '_!=_' || /^(less|greater)(_equals)?_(string|bytes)$/.test(id)) {
    return once(Math.min(sizeOf(first), sizeOf(second)));
  }
  return 1;
}
