/** The types of CEL, as cel-go's checker knows them and names them in messages. */
import { ownValue } from '../../kernel/own.ts';

/** Types without parameters. */
type SimpleKind =
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'null'
  | 'timestamp'
  | 'duration'
  | 'dyn'
  | 'error';

export type CelType =
  | { kind: SimpleKind }
  | { kind: 'list'; of: CelType }
  | { kind: 'map'; key: CelType; value: CelType }
  | ObjectType
  /** Abstract types: `optional_type`, `kubernetes.Quantity`. */
  | { kind: 'opaque'; name: string; parameters: readonly CelType[] }
  | { kind: 'type'; of?: CelType }
  /** A type that is still to be found out, or a parameter of a function. */
  | { kind: 'param'; name: string };

/** A message, or a resource with a schema. */
export interface ObjectType {
  kind: 'object';
  name: string;
  fields: ReadonlyMap<string, CelType>;
}

const simple = <K extends SimpleKind>(kind: K) => ({ kind }) as const;

export const bool = simple('bool');
export const int = simple('int');
export const uint = simple('uint');
export const double = simple('double');
export const string = simple('string');
export const bytes = simple('bytes');
export const nullType = simple('null');
export const timestamp = simple('timestamp');
export const duration = simple('duration');
export const dyn = simple('dyn');
export const errorType = simple('error');
export const listOf = (of: CelType): CelType => ({ kind: 'list', of });
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: 'map', key, value });
export const opaque = (name: string, ...parameters: CelType[]): CelType => ({ kind: 'opaque', name, parameters });
export const optionalOf = (of: CelType): CelType => opaque('optional_type', of);
export const param = (name: string): CelType => ({ kind: 'param', name });

export const isDyn = (type: CelType) => type.kind === 'dyn';
export const isDynOrError = (type: CelType) => type.kind === 'dyn' || type.kind === 'error';

/** The type within an optional one, and whether it was one. */
export function unwrapOptional(type: CelType): [CelType, boolean] {
  const inner = type.kind === 'opaque' && type.name === 'optional_type' ? type.parameters[0] : undefined;
  return inner ? [inner, true] : [type, false];
}

/** The name of a type itself: `int`, `list`, `google.protobuf.Timestamp`. */
export function typeName(type: CelType): string {
  switch (type.kind) {
    case 'timestamp':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    case 'null':
      return 'null_type';
    case 'object':
    case 'opaque':
    case 'param':
      return type.name;
    default:
      return type.kind;
  }
}

/** As messages show it: `list(string)`, `map(string, dyn)`. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case 'error':
      return '!error!';
    case 'list':
      return `list(${formatType(type.of)})`;
    case 'map':
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case 'opaque':
      return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(formatType).join(', ')})`;
    case 'type':
      return type.of ? `type(${formatType(type.of)})` : 'type';
    case 'object':
    case 'param':
      return type.name;
    default:
      return type.kind;
  }
}

export function sameType(a: CelType, b: CelType): boolean {
  return (
    a === b ||
    (a.kind === b.kind && (a.kind !== 'object' || a.name === (b as ObjectType).name) && formatType(a) === formatType(b))
  );
}

/** What type variables stand for. */
export type Mapping = Map<string, CelType>;

/** The type with all known variables put in. @param toDyn whether those that are left become dyn */
export function substitute(mapping: Mapping, type: CelType, toDyn = false): CelType {
  switch (type.kind) {
    case 'param': {
      const known = mapping.get(type.name);
      return known ? substitute(mapping, known, toDyn) : toDyn ? dyn : type;
    }
    case 'list':
      return listOf(substitute(mapping, type.of, toDyn));
    case 'map':
      return mapOf(substitute(mapping, type.key, toDyn), substitute(mapping, type.value, toDyn));
    case 'opaque':
      return opaque(type.name, ...type.parameters.map((one) => substitute(mapping, one, toDyn)));
    case 'type':
      return type.of ? { kind: 'type', of: substitute(mapping, type.of, toDyn) } : type;
    default:
      return type;
  }
}

/** The parts of two types of the same shape; undefined if they have another one. */
function parts(a: CelType, b: CelType): [CelType, CelType][] | undefined {
  if (a.kind === 'list' && b.kind === 'list') return [[a.of, b.of]];
  if (a.kind === 'map' && b.kind === 'map') {
    return [
      [a.key, b.key],
      [a.value, b.value],
    ];
  }
  if (a.kind === 'opaque' && b.kind === 'opaque' && a.name === b.name && a.parameters.length === b.parameters.length) {
    return a.parameters.map((one, i): [CelType, CelType] => [one, b.parameters[i] ?? dyn]);
  }
  return undefined;
}

/** Whether all of `from` may be used as `to`; `mapping` learns what variables stand for, or stays as it was. */
export function assignable(mapping: Mapping, from: readonly CelType[], to: readonly CelType[]): boolean {
  const copy: Mapping = new Map(mapping);
  if (from.length !== to.length || !from.every((type, i) => assign(copy, type, to[i] ?? dyn))) return false;
  for (const [name, type] of copy) mapping.set(name, type);
  return true;
}

function assign(mapping: Mapping, a: CelType, b: CelType): boolean {
  if (b.kind === 'param') {
    const known = mapping.has(b.name);
    if (bind(mapping, a, b)) return true;
    if (known) return false;
  }
  if (a.kind === 'param') return bind(mapping, b, a);
  if (isDynOrError(a) || isDynOrError(b)) return true;
  if (a.kind === 'null') return isNullable(b);
  if (b.kind === 'null') return isNullable(a);
  if (a.kind === 'type') return b.kind === 'type';
  const inner = parts(a, b);
  if (inner) return inner.every(([x, y]) => assign(mapping, x, y));
  return sameType(a, b);
}

const isNullable = (type: CelType) => ['null', 'opaque', 'object', 'timestamp', 'duration'].includes(type.kind);

function bind(mapping: Mapping, type: CelType, variable: CelType & { kind: 'param' }): boolean {
  if (type.kind === 'param' && type.name === variable.name) return true;
  const known = mapping.get(variable.name);
  if (known) {
    if (sameType(type, known)) return true;
    if (!assign(mapping, type, known)) return false;
    const general = mostGeneral(type, known);
    if (!refers(mapping, general, variable.name)) mapping.set(variable.name, general);
    return true;
  }
  if (refers(mapping, type, variable.name)) return false;
  mapping.set(variable.name, type);
  return true;
}

function refers(mapping: Mapping, type: CelType, name: string): boolean {
  switch (type.kind) {
    case 'param': {
      if (type.name === name) return true;
      const known = mapping.get(type.name);
      return known !== undefined && refers(mapping, known, name);
    }
    case 'list':
      return refers(mapping, type.of, name);
    case 'map':
      return refers(mapping, type.key, name) || refers(mapping, type.value, name);
    case 'opaque':
      return type.parameters.some((one) => refers(mapping, one, name));
    default:
      return false;
  }
}

export function mostGeneral(a: CelType, b: CelType): CelType {
  return lessSpecific(a, b) ? a : b;
}

function lessSpecific(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === 'param') return true;
  if (isDyn(b) || b.kind === 'param') return false;
  if (a.kind === 'type') return b.kind === 'type';
  const inner = parts(a, b);
  return inner ? inner.every(([x, y]) => lessSpecific(x, y)) : sameType(a, b);
}

const named: Readonly<Record<string, CelType>> = {
  bool,
  int,
  uint,
  double,
  string,
  bytes,
  timestamp,
  duration,
  dyn,
  null: nullType,
};

/** Reads the type of a signature: `list(A)`, `map(string, B)`, `optional(A)`, `Quantity`. */
export function parseType(text: string, abstract: Readonly<Record<string, CelType>> = {}): CelType {
  const trimmed = text.trim();
  const known = ownValue(named, trimmed) ?? ownValue(abstract, trimmed);
  if (known) return known;
  if (/^[A-Z]$/.test(trimmed)) return param(trimmed);
  const [, outer, inner = ''] = /^(\w+)\((.*)\)$/.exec(trimmed) ?? [];
  const args = splitTypes(inner).map((one) => parseType(one, abstract));
  const [first, second] = args;
  if (outer === 'list' && first) return listOf(first);
  if (outer === 'map' && first && second) return mapOf(first, second);
  if (outer === 'optional' && first) return optionalOf(first);
  if (outer === 'type' && first) return { kind: 'type', of: first };
  throw new Error(`no type ${text}`);
}

/** Splits at commas outside of parentheses. */
export function splitTypes(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === '(') depth++;
    else if (c === ')') depth--;
    else if ((c === ',' && depth === 0) || c === undefined) {
      if (text.slice(start, i).trim() !== '') found.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return found;
}
