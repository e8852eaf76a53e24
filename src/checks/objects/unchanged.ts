import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { ownValue } from '../../kernel/own.ts';
import type { CheckType, Evidence } from '../types.ts';
import { fieldPath, placesAt, show } from './fields.ts';
import { objectReference, parseReference, referenceSchema } from './reference.ts';

const schema = referenceSchema.extend({
  fields: z
    .array(fieldPath)
    .min(1)
    .describe(
      'Paths that must be as they were after set-up; [*] is every item of a list, whole objects are compared too',
    ),
});
type Spec = z.infer<typeof schema>;

/**
 * Compares field paths with the state at the end of set-up, not uids: deleting an object and making it again as it was
 * is fine.
 */
export const unchanged: CheckType<Spec> = {
  type: 'unchanged',
  schema,
  guard: true,
  needs: (spec) => [{ kind: 'resource', ...objectReference(spec) }],
  evaluate(spec, view) {
    const { resource, namespace, name, label, command } = parseReference(spec);
    const expected = `${label} as it was`;
    const before = view.baseline.get(resource, namespace, name);
    const now = view.get(resource, namespace, name);
    const look: Evidence = { kind: 'command', text: command };
    if (!before) return { status: 'error', expected, actual: `${label} was not there after set-up`, evidence: [look] };
    if (!now || now.metadata.deletionTimestamp)
      return { status: 'fail', expected, actual: 'it is gone', why: `${label} was deleted`, evidence: [look] };
    const changed = spec.fields.flatMap((field) => {
      const [was, is] = [placesAt(before, field), placesAt(now, field)];
      const places = [...new Set([...was.keys(), ...is.keys()])];
      return places
        .filter((place) => !isDeepStrictEqual(was.get(place), is.get(place)))
        .map((place) => differenceAt(place, was.get(place), is.get(place)));
    });
    if (changed.length === 0) return { status: 'pass', expected, actual: 'as it was', evidence: [look] };
    const evidence = changed.map((text): Evidence => ({ kind: 'object', text }));
    return { status: 'fail', expected, actual: 'changed', why: changed[0] ?? '', evidence: [...evidence, look] };
  },
};

/** Where in a value the difference lies: `containers[client]` was..., only the deepest field that changed. */
function differenceAt(place: string, was: unknown, is: unknown): string {
  if (isMap(was) && isMap(is)) {
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
      (k) => !isDeepStrictEqual(ownValue(was, k), ownValue(is, k)),
    );
    const [key] = keys;
    if (keys.length === 1 && key !== undefined)
      return differenceAt(`${place}.${key}`, ownValue(was, key), ownValue(is, key));
  }
  if (Array.isArray(was) && Array.isArray(is) && was.length === is.length) {
    const indexes = was.map((_, index) => index).filter((index) => !isDeepStrictEqual(was[index], is[index]));
    const [index] = indexes;
    if (indexes.length === 1 && index !== undefined && isMap(was[index]))
      return differenceAt(`${place}[${index}]`, was[index], is[index]);
  }
  return `${place} was ${show(was)}, is ${show(is)}`;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
