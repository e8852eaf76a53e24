import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { fieldPath, show, valuesAt } from './fields.ts';
import { objectReference, parseReference, referenceSchema } from './reference.ts';
import type { CheckType, Evidence } from './types.ts';

const schema = referenceSchema.extend({ fields: z.array(fieldPath).min(1) });
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
    if (!now) return { status: 'fail', expected, actual: 'it is gone', why: `${label} was deleted`, evidence: [look] };
    const changed = spec.fields.flatMap((field) => {
      const [was, is] = [valuesAt(before, field), valuesAt(now, field)];
      if (isDeepStrictEqual(was, is)) return [];
      const one = (values: unknown[]) => (values.length > 1 ? values : values[0]);
      return [`${field} was ${show(one(was))}, is ${show(one(is))}`];
    });
    if (changed.length === 0) return { status: 'pass', expected, actual: 'as it was', evidence: [look] };
    const evidence = changed.map((text): Evidence => ({ kind: 'object', text }));
    return { status: 'fail', expected, actual: 'changed', why: changed[0] ?? '', evidence: [...evidence, look] };
  },
};
