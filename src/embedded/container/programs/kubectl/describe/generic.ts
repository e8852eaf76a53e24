/** Any object, its fields as they are: what kubectl does for kinds that it knows nothing of. */
import type { KubeObject } from '../../../../../kube/meta.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { writeAnnotations, writeLabels } from './format.ts';
import type { DescribeWriter } from './writer.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What the first lines have said already. */
const said = new Set(['managedFields', 'name', 'namespace', 'labels', 'annotations'].map((f) => `.metadata.${f}`));
const acronyms = new Set(['API', 'URL', 'UID', 'OSB', 'GUID']);

export const describeAnything: Describer<KubeObject> = async (w, object, context) => {
  const { metadata } = object;
  w.write(0, `Name:\t${metadata?.name ?? ''}\n`);
  w.write(0, `Namespace:\t${metadata?.namespace ?? ''}\n`);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
  writeFields(w, 0, object as Fields, '');
  await writeEvents(w, object, context);
};

function writeFields(w: DescribeWriter, level: number, fields: Fields, path: string): void {
  for (const [field, value] of Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const here = `${path}.${field}`;
    if (said.has(here)) continue;
    const label = labelOf(field);
    if (!isFields(value) && !Array.isArray(value)) {
      w.write(level, `${label}:\t${goText(value)}\n`);
      continue;
    }
    w.write(level, `${label}:\n`);
    for (const item of Array.isArray(value) ? value : [value]) {
      if (isFields(item)) writeFields(w, level + 1, item, here);
      else w.write(level + 1, `${goText(item)}\n`);
    }
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `creationTimestamp` is `Creation Timestamp`, `podCIDR` is `Pod Cidr`; what holds more than letters stays. */
function labelOf(field: string): string {
  if (/[^\p{L}-]/u.test(field)) return field;
  const words = field.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|-+|\p{L}/gu) ?? [];
  return words
    .map((word) => {
      const upper = word.toUpperCase();
      return acronyms.has(upper) ? upper : word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
    })
    .join(' ');
}

/** A value as Go's %v prints it. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isFields(value)) return String(value);
  const parts = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${parts.map(([key, inner]) => `${key}:${goText(inner)}`).join(' ')}]`;
}
