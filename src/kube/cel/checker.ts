/** Type checking, with the messages of cel-go's checker. */
import { ownValue } from '../../kernel/own.ts';
import type { Call, Comprehension, Expr, Issue, ListExpr, MapExpr, Select, StructExpr } from './ast.ts';
import type { FunctionTable, Overload } from './functions.ts';
import {
  assignable,
  bool,
  bytes,
  type CelType,
  double,
  duration,
  dyn,
  errorType,
  formatType,
  int,
  isDyn,
  isDynOrError,
  listOf,
  type Mapping,
  mapOf,
  mostGeneral,
  nullType,
  optionalOf,
  param,
  sameType,
  string,
  substitute,
  timestamp,
  uint,
  unwrapOptional,
} from './types.ts';

export interface CheckOptions {
  functions: FunctionTable;
  /** By name, dots included. */
  variables: ReadonlyMap<string, CelType>;
}

const typeNames: Readonly<Record<string, CelType>> = {
  ...{ bool, int, uint, double, string, bytes, null_type: nullType, list: listOf(dyn), map: mapOf(dyn, dyn) },
  ...{ type: { kind: 'type' }, 'google.protobuf.Timestamp': timestamp, 'google.protobuf.Duration': duration },
};

/** The type that the name of a type stands for, if it is one. */
export function namedType(name: string): CelType | undefined {
  return ownValue(typeNames, name);
}

/** Sets the types and overloads in the expression; returns what is wrong. */
export function check(expression: Expr, options: CheckOptions): Issue[] {
  const checker = new Checker(options);
  checker.check(expression);
  if (checker.issues.length === 0) checker.finish();
  return checker.issues;
}

/** `a.b.c` of nested selections; undefined if there is more to it. */
export function qualifiedName(expression: Expr): string | undefined {
  if (expression.kind === 'ident') return expression.name;
  if (expression.kind !== 'select' || expression.test) return undefined;
  const operand = qualifiedName(expression.operand);
  return operand === undefined ? undefined : `${operand}.${expression.field}`;
}

/** Large because a kind of expression is a method, and what one finds out of types is known to all others. */
class Checker {
  readonly issues: Issue[] = [];
  readonly #options: CheckOptions;
  readonly #scopes: Map<string, CelType>[] = [];
  readonly #mapping: Mapping = new Map();
  readonly #typed: Expr[] = [];
  #variables = 0;

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  /** Puts in what was found out of types. */
  finish(): void {
    for (const one of this.#typed) if (one.type) one.type = substitute(this.#mapping, one.type, true);
  }

  check(e: Expr): CelType {
    const type = this.#typeOf(e);
    e.type = type;
    this.#typed.push(e);
    return type;
  }

  #issue(at: number, message: string): void {
    if (this.issues.length < 100) this.issues.push({ at, message });
  }

  #typeOf(e: Expr): CelType {
    switch (e.kind) {
      case 'literal':
        return { null: nullType, bool, int, uint, double, string, bytes }[e.of];
      case 'ident': {
        const found = this.#lookup(e.name);
        if (found) return found;
        this.#issue(e.at, `undeclared reference to '${e.name.replace(/^\./, '')}' (in container '')`);
        return errorType;
      }
      case 'select':
        return this.#select(e);
      case 'call':
        return this.#call(e);
      case 'list':
        return this.#list(e);
      case 'map':
        return this.#map(e);
      case 'struct':
        return this.#struct(e);
      case 'comprehension':
        return this.#comprehension(e);
    }
  }

  #lookup(given: string): CelType | undefined {
    const name = given.replace(/^\./, '');
    if (name === given) for (const scope of this.#scopes.toReversed()) if (scope.has(name)) return scope.get(name);
    const variable = this.#options.variables.get(name);
    if (variable) return variable;
    const type = namedType(name);
    return type && { kind: 'type', of: type };
  }

  #select(e: Select): CelType {
    const name = e.test ? undefined : qualifiedName(e);
    const root = name?.split('.')[0] ?? '';
    const variable = name !== undefined && !this.#scopes.some((scope) => scope.has(root)) && this.#lookup(name);
    if (variable) {
      e.variable = name;
      return variable;
    }
    const result = this.#field(e.at, e.operand, e.field, false);
    return e.test ? bool : result;
  }

  #field(at: number, operand: Expr, field: string, optional: boolean): CelType {
    const [target, wasOptional] = unwrapOptional(substitute(this.#mapping, this.check(operand)));
    let result: CelType = errorType;
    switch (target.kind) {
      case 'map':
        result = target.value;
        break;
      case 'object': {
        const type = target.fields.get(field);
        if (type) result = type;
        else this.#issue(at, `undefined field '${field}'`);
        break;
      }
      case 'param':
        assignable(this.#mapping, [dyn], [target]);
        result = dyn;
        break;
      default:
        if (!isDynOrError(target)) {
          this.#issue(at, `type '${formatType(target)}' does not support field selection`);
        }
        result = dyn;
    }
    return wasOptional || optional ? optionalOf(result) : substitute(this.#mapping, result);
  }

  #call(e: Call): CelType {
    if (e.name === '_?._') {
      const [operand, field] = e.args;
      if (!operand || field?.kind !== 'literal') return errorType;
      this.check(field);
      return this.#field(e.at, operand, String(field.value), true);
    }
    for (const arg of e.args) this.check(arg);
    const { functions } = this.#options;
    if (!e.target) {
      const overloads = functions.get(e.name.replace(/^\./, ''));
      return overloads ? this.#resolve(e, e.name, overloads, undefined) : this.#undeclared(e);
    }
    const prefix = qualifiedName(e.target);
    const qualified = prefix === undefined ? undefined : functions.get(`${prefix}.${e.name}`);
    if (qualified && prefix !== undefined) {
      e.qualified = `${prefix}.${e.name}`;
      return this.#resolve(e, e.qualified, qualified, undefined);
    }
    this.check(e.target);
    const overloads = functions.get(e.name);
    return overloads ? this.#resolve(e, e.name, overloads, e.target) : this.#undeclared(e);
  }

  #undeclared(e: Call): CelType {
    this.#issue(e.at, `undeclared reference to '${e.name}' (in container '')`);
    return errorType;
  }

  #resolve(e: Call, name: string, overloads: readonly Overload[], target: Expr | undefined): CelType {
    const operands = target ? [target, ...e.args] : e.args;
    const types = operands.map((one) => one.type ?? errorType);
    if (name === '_&&_' || name === '_||_') return this.#logical(e, overloads, operands, types);
    const found: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.member !== (target !== undefined)) continue;
      const [own, ...params] = this.#fresh([overload.result, ...overload.params]);
      if (!assignable(this.#mapping, types, params)) continue;
      found.push(overload);
      const type = substitute(this.#mapping, own ?? dyn);
      if (!result) result = type;
      else if (!isDyn(result) && !sameType(type, result)) result = dyn;
    }
    if (!result) {
      const shown = types.map((type) => formatType(substitute(this.#mapping, type, true)));
      const receiver = target ? `${shown.shift()}.` : '';
      this.#issue(e.at, `found no matching overload for '${name}' applied to '${receiver}(${shown.join(', ')})'`);
      return errorType;
    }
    e.overloads = found;
    return result;
  }

  #logical(e: Call, overloads: readonly Overload[], operands: readonly Expr[], types: readonly CelType[]): CelType {
    e.overloads = overloads;
    let result: CelType = bool;
    types.forEach((type, i) => {
      if (assignable(this.#mapping, [type], [bool])) return;
      this.#mismatch(operands[i]?.at ?? e.at, bool, type);
      result = errorType;
    });
    return result;
  }

  #mismatch(at: number, expected: CelType, found: CelType): void {
    this.#issue(at, `expected type '${formatType(expected)}' but found '${formatType(found)}'`);
  }

  /** The types with new variables in place of their parameters. */
  #fresh(types: readonly CelType[]): CelType[] {
    const names: Mapping = new Map();
    const visit = (type: CelType): void => {
      if (type.kind === 'param' && !names.has(type.name)) names.set(type.name, this.#variable());
      else if (type.kind === 'list') visit(type.of);
      else if (type.kind === 'map') [type.key, type.value].forEach(visit);
      else if (type.kind === 'opaque') type.parameters.forEach(visit);
      else if (type.kind === 'type' && type.of) visit(type.of);
    };
    types.forEach(visit);
    return names.size === 0 ? [...types] : types.map((type) => substitute(names, type));
  }

  #variable(): CelType {
    return param(`_var${this.#variables++}`);
  }

  #list(e: ListExpr): CelType {
    let type: CelType | undefined;
    e.items.forEach((item, i) => {
      let own = this.check(item);
      if (e.optional.has(i)) own = this.#unwrap(item, own);
      type = this.#join(type, own);
    });
    return listOf(type ?? this.#variable());
  }

  #map(e: MapExpr): CelType {
    let keys: CelType | undefined;
    let values: CelType | undefined;
    for (const { key, value, optional } of e.entries) {
      keys = this.#join(keys, this.check(key));
      const own = this.check(value);
      values = this.#join(values, optional ? this.#unwrap(value, own) : own);
    }
    return mapOf(keys ?? this.#variable(), values ?? this.#variable());
  }

  #unwrap(e: Expr, type: CelType): CelType {
    const [inner, was] = unwrapOptional(type);
    if (!was && !isDyn(type)) this.#mismatch(e.at, optionalOf(type), type);
    return inner;
  }

  /** Of lists and maps whose values are of several types one knows nothing. */
  #join(previous: CelType | undefined, current: CelType): CelType {
    if (!previous) return current;
    if (assignable(this.#mapping, [previous], [current])) return mostGeneral(previous, current);
    return dyn;
  }

  #struct(e: StructExpr): CelType {
    for (const { value } of e.fields) this.check(value);
    const type = this.#lookup(e.name);
    if (!type) this.#issue(e.at, `undeclared reference to '${e.name}' (in container '')`);
    else this.#issue(e.at, `'${e.name}' is not a message type`);
    return errorType;
  }

  #comprehension(e: Comprehension): CelType {
    const range = substitute(this.#mapping, this.check(e.range));
    const accumulator = this.check(e.init);
    this.#scopes.push(new Map([[e.accumulator, accumulator]]));
    const [first, second] = this.#iterated(e, range);
    const scope = new Map([[e.variable, first]]);
    if (e.second !== undefined) scope.set(e.second, second);
    this.#scopes.push(scope);
    this.#assert(e.condition, bool);
    this.#assert(e.step, accumulator);
    this.#scopes.pop();
    const result = substitute(this.#mapping, this.check(e.result));
    this.#scopes.pop();
    return result;
  }

  #assert(e: Expr, type: CelType): void {
    const own = this.check(e);
    if (!assignable(this.#mapping, [type], [own])) this.#mismatch(e.at, type, own);
  }

  /** The types of the variables of a comprehension. */
  #iterated(e: Comprehension, range: CelType): [CelType, CelType] {
    switch (range.kind) {
      case 'list':
        return e.second === undefined ? [range.of, dyn] : [int, range.of];
      case 'map':
        return [range.key, range.value];
      case 'dyn':
      case 'error':
      case 'param':
        assignable(this.#mapping, [dyn], [range]);
        return [dyn, dyn];
      default: {
        const why = 'cannot be range of a comprehension (must be list, map, or dynamic)';
        this.#issue(e.range.at, `expression of type '${formatType(range)}' ${why}`);
        return [errorType, errorType];
      }
    }
  }
}
