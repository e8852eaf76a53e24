/** Why a strategically patched object does not fit Go's types, in the words of the unstructured converter. */
import { goTypeOf, goTypeText } from '../codec/go-types.ts';
import { findType, jsonFields, type TypeInfo, type TypeRef, typeInfo } from '../codec/type-table.ts';
import { goKind, goType, isMap } from './json-value.ts';

/** The first type fault in `value`, in the order of the struct's fields; undefined if there is none or the type is not built in. */
export function convertFault(schemaName: string, value: unknown): string | undefined {
  const info = findType(schemaName);
  return info && structFault(info, value);
}

function structFault(info: TypeInfo, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (!isMap(value)) return `cannot restore struct from: ${goKind(value)}`;
  for (const field of jsonFields(info)) {
    const item = value[field.json];
    const fault = valueFault(field.type, goTypeOf(info.name, field), item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function valueFault(type: TypeRef, goName: string, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (type.kind) {
    case 'struct':
      return structFault(typeInfo(type.name), value);
    case 'list': {
      if (!Array.isArray(value)) return `cannot restore slice from ${goKind(value)}`;
      return firstFault(type.of, goName.startsWith('[]') ? goName.slice(2) : goTypeText(type.of), value);
    }
    case 'map': {
      if (!isMap(value)) return `cannot restore map from ${goKind(value)}`;
      const of = goName.includes(']') ? goName.slice(goName.indexOf(']') + 1) : goTypeText(type.of);
      return firstFault(type.of, of, Object.values(value));
    }
    case 'scalar':
      return scalarFault(type.code, goName, value);
  }
}

function firstFault(type: TypeRef, goName: string, values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const fault = valueFault(type, goName, value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const kinds: Readonly<Record<string, string>> = { s: 'string', i: 'int32', l: 'int64', b: 'bool', d: 'float64' };

function scalarFault(code: string, goName: string, value: unknown): string | undefined {
  const kind = kinds[code];
  // Types with a decoder of their own tell their own faults.
  if (kind === undefined) return undefined;
  const name = goName.replace(/^\*/, '');
  const from = goType(value);
  const numeric = typeof value === 'number';
  if (kind === 'string') {
    if (typeof value === 'string') return undefined;
    return from === 'int64' ? `cannot convert int64 to ${name}` : 'unrecognized type: string';
  }
  if (kind === 'bool') return typeof value === 'boolean' ? undefined : 'unrecognized type: bool';
  if (!numeric) return `unrecognized type: ${kind}`;
  return kind === 'float64' || from === 'int64' ? undefined : `cannot convert float64 to ${name}`;
}
