/** Functions of CEL: what they take and give, and what they do. */
import { type CelType, parseType, splitTypes, typeName } from './types.ts';
import { CelError, CelList, CelMap, noSuchOverload, Opaque, Optional, typeNameOf } from './values.ts';

export interface Overload {
  readonly id: string;
  readonly name: string;
  readonly member: boolean;
  readonly params: readonly CelType[];
  readonly result: CelType;
  /** Arguments are evaluated and fit; the target comes first. @throws CelError */
  readonly call: (...args: never[]) => unknown;
}

export type FunctionTable = ReadonlyMap<string, readonly Overload[]>;

/** `id: [signature, implementation]`; a signature is `name(int, A) -> bool`, of members `string.name(int) -> bool`. */
export type Definitions = Readonly<Record<string, readonly [signature: string, call: (...args: never[]) => unknown]>>;

/** The functions of several libraries. @param abstract types that signatures name */
export function functionTable(
  definitions: readonly Definitions[],
  abstract: Readonly<Record<string, CelType>> = {},
): FunctionTable {
  const table = new Map<string, Overload[]>();
  for (const [id, [signature, call]] of definitions.flatMap((one) => Object.entries(one))) {
    const overload = readOverload(id, signature, call, abstract);
    const known = table.get(overload.name);
    if (known) known.push(overload);
    else table.set(overload.name, [overload]);
  }
  return table;
}

function readOverload(
  id: string,
  signature: string,
  call: Overload['call'],
  abstract: Readonly<Record<string, CelType>>,
): Overload {
  const arrow = signature.lastIndexOf(' -> ');
  const head = signature.slice(0, arrow);
  // The last opening bracket that is closed at the end starts the parameters.
  let depth = 0;
  let open = head.length - 1;
  for (; open >= 0; open--) {
    if (head[open] === ')') depth++;
    else if (head[open] === '(' && --depth === 0) break;
  }
  const before = head.slice(0, open);
  const params = splitTypes(head.slice(open + 1, -1)).map((text) => parseType(text, abstract));
  const result = parseType(signature.slice(arrow + 4), abstract);
  const receiver = /^(.*?[)\w])\.([\w@]+)$/.exec(before);
  const target = receiver && !before.startsWith('@') ? receiver[1] : undefined;
  if (receiver && target !== undefined && isTypeText(target, abstract)) {
    return {
      id,
      name: receiver[2] ?? '',
      member: true,
      params: [parseType(target, abstract), ...params],
      result,
      call,
    };
  }
  return { id, name: before, member: false, params, result, call };
}

function isTypeText(text: string, abstract: Readonly<Record<string, CelType>>): boolean {
  try {
    parseType(text, abstract);
    return true;
  } catch {
    return false;
  }
}

/** Runs the overload that fits the values. @throws CelError `no such overload` */
export function callOverload(overloads: readonly Overload[], args: readonly unknown[]): unknown {
  return run(fittingOverload(overloads, args), args);
}

/** The overload that fits the values. @throws CelError `no such overload` */
export function fittingOverload(overloads: readonly Overload[], args: readonly unknown[]): Overload {
  const found = overloads.find((one) => fits(one, args));
  if (!found) throw noSuchOverload();
  return found;
}

export const run = (overload: Overload, args: readonly unknown[]) =>
  (overload.call as (...values: readonly unknown[]) => unknown)(...args);

function fits(overload: Overload, args: readonly unknown[]): boolean {
  return overload.params.length === args.length && overload.params.every((type, i) => isOf(args[i], type));
}

/** Whether a value is of a type, as far as one sees from the outside. */
function isOf(value: unknown, type: CelType): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
      return true;
    case 'list':
      return value instanceof CelList;
    case 'map':
      return value instanceof CelMap;
    case 'opaque':
      return type.name === 'optional_type'
        ? value instanceof Optional
        : value instanceof Opaque && value.typeName === type.name;
    default:
      return typeNameOf(value) === typeName(type);
  }
}

export const fail = (message: string): never => {
  throw new CelError(message);
};
