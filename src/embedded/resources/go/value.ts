/** Values in the shape of kube-apiserver's internal Go types, for the messages that print those. */
import type { Raw } from '../../errors/field.ts';
import * as field from '../../errors/field.ts';
import { type GoField, goFields } from './shapes.ts';

type Wire = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Wire => typeof value === 'object' && value !== null && !Array.isArray(value);

const zero: Readonly<Record<string, unknown>> = { s: '', b: false, i: 0, x: 0, q: '0' };

function sortKeys(value: unknown): unknown {
  if (!isMap(value)) return value ?? null;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function convert({ kind }: GoField, value: unknown): unknown {
  if (kind in zero) return value ?? zero[kind];
  if (kind === '?') return value ?? null;
  if (kind === '{}') return sortKeys(value);
  if (kind === '~') return value ?? null;
  if (kind === '[]') return Array.isArray(value) && value.length > 0 ? value : null;
  if (kind.startsWith('[]')) {
    return Array.isArray(value) && value.length > 0 ? value.map((item) => toGo(kind.slice(2), item)) : null;
  }
  if (kind.startsWith('*')) return isMap(value) ? toGo(kind.slice(1), value) : null;
  return toGo(kind, isMap(value) ? value : {});
}

/** The host namespaces are part of the security context internally, but of the spec on the wire. */
function internalSpec(spec: Wire): Wire {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = spec;
  const own = isMap(spec.securityContext) ? spec.securityContext : {};
  return { ...spec, securityContext: { ...own, hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } };
}

/** The ObjectMeta of a template keeps its JSON tags, empty fields left out. */
function metadata(value: unknown): Record<string, unknown> {
  const { name, namespace, labels, annotations } = isMap(value) ? value : {};
  const all = { name, namespace, labels: sortKeys(labels), annotations: sortKeys(annotations) };
  return Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined && v !== null));
}

/** A wire object as plain data in the shape of the internal type: Go's names, order and zero values. */
export function toGo(type: string, object: unknown): Record<string, unknown> {
  const wire = isMap(object) ? (type === 'PodSpec' ? internalSpec(object) : object) : {};
  const result: Record<string, unknown> = {};
  for (const f of goFields(type)) {
    if (f.kind === '^') Object.assign(result, metadata(wire.metadata));
    else result[f.name] = convert(f, wire[f.wire]);
  }
  return result;
}

/** As it stands in `Invalid value: {"Name":"","Protocol":"TCP",...}`. */
export function goValue(type: string, object: unknown): Raw {
  return field.raw(field.goJson(toGo(type, object)));
}

/** A list of internal structs. */
export function goValues(type: string, objects: readonly unknown[]): Raw {
  return field.raw(field.goJson(objects.map((object) => toGo(type, object))));
}
