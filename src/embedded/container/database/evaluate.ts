/** The values and types of expressions, for the row that a frame looks at. */
import type { Expression, Select } from './ast.ts';
import { type Dialect, fault, SqlError } from './errors.ts';
import type { Frame } from './frame.ts';
import { aggregateType, type FunctionContext, functionOf } from './functions.ts';
import {
  boolType,
  decimal,
  fitted,
  floatType,
  intType,
  isNumeric,
  shown,
  type Type,
  textType,
  unknownType,
  type Value,
} from './types.ts';
import { compareValues, keyOf, like, toNumber, truthy } from './values.ts';
import { isAggregate, partsOf } from './walk.ts';

/** What an expression may ask of the session around it. */
export interface ExpressionContext extends FunctionContext {
  variable(scope: 'user' | 'global' | 'session', name: string): Value;
}

type Of<T extends Expression['t']> = Extract<Expression, { t: T }>;
type Call = Of<'call'>;

const comparisons = new Set(['=', '<>', '<', '<=', '>', '>=', 'like', 'ilike', 'is', 'and', 'or']);

export class Evaluator {
  readonly #context: ExpressionContext;
  readonly #dialect: Dialect;

  constructor(context: ExpressionContext) {
    this.#context = context;
    this.#dialect = context.dialect;
  }

  /** Finds every column and function of an expression. Throws SqlError where one is not there. */
  bind(e: Expression, frame: Frame, clause: string, aggregatesToo = true): void {
    if (e.t === 'column') frame.find(e, clause);
    if (e.t === 'call' && isAggregate(e)) {
      if (!aggregatesToo)
        throw fault(
          this.#dialect,
          [1111, 'HY000', 'Invalid use of group function'],
          [
            '42803',
            clause === 'where clause'
              ? 'aggregate functions are not allowed in WHERE'
              : 'aggregate function calls cannot be nested',
          ],
          { at: e.at },
        );
      for (const part of e.args) this.bind(part, frame, clause, false);
      return;
    }
    if (e.t === 'call') functionOf(this.#dialect, e.name, e.args.length, this.#context.database, e.at);
    for (const part of partsOf(e)) this.bind(part, frame, clause, aggregatesToo);
  }

  type(e: Expression, frame: Frame): Type {
    switch (e.t) {
      case 'value':
        if (typeof e.value === 'number')
          return Number.isInteger(e.value) && e.fraction === undefined
            ? { ...intType, name: 'integer' }
            : decimal(e.fraction ?? 0);
        return typeof e.value === 'boolean' ? boolType : unknownType;
      case 'column':
        return frame.find(e).type;
      case 'variable':
        return typeof this.#context.variable(e.scope, e.name) === 'number' ? intType : textType;
      case 'call':
        return isAggregate(e)
          ? aggregateType(this.#dialect, e.name, e.args[0] && this.type(e.args[0], frame))
          : functionOf(this.#dialect, e.name, e.args.length, this.#context.database, e.at).type(
              e.args.map((arg) => this.type(arg, frame)),
            );
      case 'negate':
        return this.type(e.of, frame);
      case 'binary':
        return comparisons.has(e.op)
          ? boolType
          : this.#arithmeticType(e.op, this.type(e.left, frame), this.type(e.right, frame));
      case 'case': {
        const types = [...e.whens.map(([, then]) => then), ...(e.otherwise ? [e.otherwise] : [])].map((then) =>
          this.type(then, frame),
        );
        return types.find(({ kind }) => kind !== 'unknown') ?? textType;
      }
      case 'cast':
        return e.type;
      case 'scalar':
        return frame.queryTypes.get(e.query) ?? unknownType;
      case 'default':
        return unknownType;
      default:
        return boolType;
    }
  }

  #arithmeticType(op: string, a: Type, b: Type): Type {
    if (op === '||') return textType;
    if (op === 'div') return intType;
    const mysql = this.#dialect.name === 'mysql';
    if (a.kind === 'float' || b.kind === 'float' || (mysql && (a.kind === 'text' || b.kind === 'text')))
      return floatType;
    const exact = a.kind === 'decimal' || b.kind === 'decimal';
    if (op === '/' && (mysql || exact)) return decimal(mysql ? (a.scale ?? 0) + 4 : 16);
    if (!exact) return isNumeric(a) ? a : isNumeric(b) ? b : intType;
    return decimal(op === '*' ? (a.scale ?? 0) + (b.scale ?? 0) : Math.max(a.scale ?? 0, b.scale ?? 0));
  }

  value(e: Expression, frame: Frame): Value {
    switch (e.t) {
      case 'value':
        return e.value;
      case 'column': {
        const place = frame.find(e);
        return place.frame.row[place.index] ?? null;
      }
      case 'variable':
        return this.#context.variable(e.scope, e.name);
      case 'call':
        return isAggregate(e) ? this.#aggregate(e, frame) : this.#call(e, frame);
      case 'not': {
        const of = this.value(e.of, frame);
        return of === null ? null : !truthy(of);
      }
      case 'negate': {
        const of = this.value(e.of, frame);
        return of === null ? null : -this.#number(e.of, of, frame);
      }
      case 'null-test':
        return (this.value(e.of, frame) === null) !== e.negated;
      case 'in':
        return this.#in(
          e.of,
          e.list.map((item): [Expression | undefined, Value] => [item, this.value(item, frame)]),
          e.negated,
          frame,
        );
      case 'in-query': {
        const rows = frame.results.get(e.query) ?? [];
        return this.#in(
          e.of,
          rows.map((row): [undefined, Value] => [undefined, row[0] ?? null]),
          e.negated,
          frame,
        );
      }
      case 'exists':
        return (frame.results.get(e.query)?.length ?? 0) > 0;
      case 'scalar':
        return this.#scalar(e.query, frame);
      case 'case':
        return this.#case(e, frame);
      case 'cast':
        return this.#cast(e, frame);
      case 'default':
        throw fault(
          this.#dialect,
          [1064, '42000', 'DEFAULT is not allowed here'],
          ['42601', 'DEFAULT is not allowed in this context'],
        );
      case 'binary':
        return this.#binary(e, frame);
    }
  }

  #scalar(query: Select, frame: Frame): Value {
    const rows = frame.results.get(query) ?? [];
    if (rows.length > 1)
      throw fault(
        this.#dialect,
        [1242, '21000', 'Subquery returns more than 1 row'],
        ['21000', 'more than one row returned by a subquery used as an expression'],
      );
    return rows[0]?.[0] ?? null;
  }

  #case(e: Of<'case'>, frame: Frame): Value {
    const of = e.of ? this.value(e.of, frame) : undefined;
    for (const [when, then] of e.whens) {
      const value = this.value(when, frame);
      const met =
        of === undefined
          ? truthy(value)
          : of !== null && value !== null && compareValues(this.#dialect, of, value) === 0;
      if (met) return this.value(then, frame);
    }
    return e.otherwise ? this.value(e.otherwise, frame) : null;
  }

  #cast(e: Of<'cast'>, frame: Frame): Value {
    const of = this.value(e.of, frame);
    if (this.#dialect.name === 'mysql' && isNumeric(e.type))
      return of === null ? null : fitted(this.#dialect, e.type, toNumber(of), '');
    if (e.type.kind === 'int' && typeof of === 'number') return Math.round(of);
    if (e.type.kind === 'text' && of !== null) {
      const text = shown(this.#dialect, this.type(e.of, frame), of) ?? '';
      const full = typeof of === 'boolean' ? String(of) : text;
      return e.type.length === undefined ? full : full.slice(0, e.type.length);
    }
    return fitted(this.#dialect, e.type, of, '');
  }

  #in(of: Expression, list: readonly [Expression | undefined, Value][], negated: boolean, frame: Frame): Value {
    const value = this.value(of, frame);
    if (value === null) return list.length === 0 ? negated : null;
    let unknown = false;
    for (const [item, other] of list) {
      if (other === null) unknown = true;
      else if (this.#compare(of, value, item, other, '=', frame) === 0) return !negated;
    }
    return unknown ? null : negated;
  }

  #call(e: Call, frame: Frame): Value {
    const { nulls, run } = functionOf(this.#dialect, e.name, e.args.length, this.#context.database, e.at);
    const args = e.args.map((arg) => this.value(arg, frame));
    return !nulls && args.includes(null) ? null : run(args, this.#context);
  }

  #aggregate(e: Call, frame: Frame): Value {
    const { group } = frame;
    if (!group)
      throw fault(
        this.#dialect,
        [1111, 'HY000', 'Invalid use of group function'],
        ['42803', `aggregate functions are not allowed here`],
        { at: e.at },
      );
    const [argument, separator] = e.args;
    if (e.star || !argument) return group.length;
    const { row } = frame;
    let values: Value[] = [];
    for (const member of group) {
      frame.row = member;
      const value = this.value(argument, frame);
      if (value !== null) values.push(value);
    }
    frame.row = row;
    if (e.distinct) values = [...new Map(values.map((value) => [keyOf(this.#dialect, [value]), value])).values()];
    if (e.name === 'count') return values.length;
    if (values.length === 0) return null;
    switch (e.name) {
      case 'min':
        return values.reduce((a, b) => (compareValues(this.#dialect, b, a) < 0 ? b : a));
      case 'max':
        return values.reduce((a, b) => (compareValues(this.#dialect, b, a) > 0 ? b : a));
      case 'bool_and':
        return values.every(truthy);
      case 'bool_or':
        return values.some(truthy);
      case 'group_concat':
      case 'string_agg':
        return values.join(separator ? String(this.value(separator, frame)) : ',');
      default: {
        let sum = 0;
        for (const value of values) sum += this.#number(argument, value, frame);
        return e.name === 'sum' ? sum : sum / values.length;
      }
    }
  }

  /** A value in arithmetic: MySQL takes what a text begins with, PostgreSQL no text but a literal. */
  #number(e: Expression, value: Value, frame: Frame): number {
    if (typeof value === 'number') return value;
    if (this.#dialect.name === 'mysql') return toNumber(value);
    const number = Number(value);
    if (typeof value === 'string' && e.t === 'value' && !Number.isNaN(number) && value.trim() !== '') return number;
    if (typeof value === 'string' && e.t === 'value')
      throw new SqlError(0, '22P02', `invalid input syntax for type integer: "${value}"`);
    throw new SqlError(0, '42883', `operator does not exist for type ${this.type(e, frame).name}`, {
      hint: 'No operator matches the given name and argument types. You might need to add explicit type casts.',
    });
  }

  /** How two values compare; PostgreSQL compares no text with a number. */
  #compare(
    left: Expression | undefined,
    a: Value,
    right: Expression | undefined,
    b: Value,
    op: string,
    frame: Frame,
  ): number {
    if (this.#dialect.name === 'mysql' || typeof a === typeof b) return compareValues(this.#dialect, a, b);
    const literal = typeof a === 'string' ? left : right;
    if (literal?.t === 'value') {
      const [text, other] = typeof a === 'string' ? [a, right] : [b, left];
      const type = other ? this.type(other, frame) : intType;
      const read = fitted(this.#dialect, type.kind === 'unknown' ? intType : { ...type, bytes: 8 }, text, '');
      return typeof a === 'string' ? compareValues(this.#dialect, read, b) : compareValues(this.#dialect, a, read);
    }
    const names = [left, right].map((e) => (e ? this.type(e, frame).name : 'unknown'));
    throw new SqlError(0, '42883', `operator does not exist: ${names[0]} ${op} ${names[1]}`, {
      hint: 'No operator matches the given name and argument types. You might need to add explicit type casts.',
    });
  }

  #binary(e: Of<'binary'>, frame: Frame): Value {
    const { op } = e;
    const a = this.value(e.left, frame);
    if (op === 'and' || op === 'or') {
      if (a !== null && truthy(a) === (op === 'or')) return op === 'or';
      const b = this.value(e.right, frame);
      if (b !== null && truthy(b) === (op === 'or')) return op === 'or';
      return a === null || b === null ? null : op === 'and';
    }
    const b = this.value(e.right, frame);
    if (op === 'is') return a !== null && truthy(a) === b;
    if (a === null || b === null) return null;
    switch (op) {
      case '||':
        return [
          [e.left, a],
          [e.right, b],
        ]
          .map(([of, value]) => shown(this.#dialect, this.type(of as Expression, frame), value as Value))
          .join('');
      case 'like':
      case 'ilike':
        return like(String(a), String(b), op === 'ilike' || this.#dialect.name === 'mysql');
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
      case 'div':
        return this.#arithmetic(e, this.#number(e.left, a, frame), this.#number(e.right, b, frame), frame);
      default: {
        const order = this.#compare(e.left, a, e.right, b, op, frame);
        if (op === '=' || op === '<>') return (order === 0) === (op === '=');
        return op.startsWith('<') ? (op === '<' ? order < 0 : order <= 0) : op === '>' ? order > 0 : order >= 0;
      }
    }
  }

  #arithmetic(e: Of<'binary'>, x: number, y: number, frame: Frame): Value {
    const { op } = e;
    if ((op === '/' || op === '%' || op === 'div') && y === 0) {
      if (this.#dialect.name === 'mysql') return null;
      throw new SqlError(0, '22012', 'division by zero');
    }
    const type = this.type(e, frame);
    const result = op === '+' ? x + y : op === '-' ? x - y : op === '*' ? x * y : op === '%' ? x % y : x / y;
    if (type.kind === 'int' && !Number.isSafeInteger(Math.trunc(result)))
      throw fault(
        this.#dialect,
        [1690, '22003', `BIGINT value is out of range in '(${x} ${op} ${y})'`],
        ['22003', 'bigint out of range'],
      );
    if (type.kind === 'int') return Math.trunc(result);
    return type.kind === 'decimal' ? Number(result.toFixed(Math.min(20, type.scale ?? 0))) : result;
  }
}
