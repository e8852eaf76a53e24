/** How values are written in descriptions. */

import type { LabelSelector, ObjectMeta, Toleration, TopologySpreadConstraint } from '../../../../../kube/api.gen.ts';
import { humanDuration } from '../../../../../kube/duration.ts';
import type { KubeObject } from '../../../../../kube/meta.ts';
import { formatLabelSelector } from '../../../../../kube/selectors.ts';
import type { DescribeWriter } from './writer.ts';

export const none = '<none>';
export const unset = '<unset>';

/** Longer annotations get lines of their own, and are cut. */
const maxAnnotation = 140;
const hiddenAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number) => String(n).padStart(2, '0');

/** `Tue, 24 Nov 2026 20:34:18 +0000`; a time that is missing is Go's zero time. */
export function timeText(time: string | null | undefined): string {
  if (!time) return 'Mon, 01 Jan 0001 00:00:00 +0000';
  const t = new Date(time);
  const clock = [t.getUTCHours(), t.getUTCMinutes(), t.getUTCSeconds()].map(two).join(':');
  return `${days[t.getUTCDay()]}, ${two(t.getUTCDate())} ${months[t.getUTCMonth()]} ${t.getUTCFullYear()} ${clock} +0000`;
}

/** How long ago, `<unknown>` for what never was. */
export function since(time: string | null | undefined, now: number): string {
  return time ? humanDuration(Math.floor((now - Date.parse(time)) / 1000)) : '<unknown>';
}

export const yesNo = (value: boolean) => (value ? 'True' : 'False');
export const boolOrUnset = (value: boolean | null | undefined) => (value == null ? unset : yesNo(value));

/** A list as Go prints one: `[a b]`. */
export const goList = (items: readonly unknown[] | null | undefined) => `[${(items ?? []).join(' ')}]`;

export const sortedEntries = <T>(map: Readonly<Record<string, T>> | null | undefined): [string, T][] =>
  Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** Labels in one line: `a=b,c=d`. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  return labelLines(labels).join(',') || none;
}

/** `title:` and a column of lines, `<none>` without any. */
export function writeLines(w: DescribeWriter, title: string, lines: readonly string[], level = 0): void {
  const shown = lines.length > 0 ? lines : [none];
  shown.forEach((line, i) => {
    w.write(level, `${i === 0 ? `${title}:` : ''}\t${line}\n`);
  });
}

export const labelLines = (labels: Readonly<Record<string, string>> | undefined) =>
  sortedEntries(labels).map(([key, value]) => `${key}=${value}`);

export function writeLabels(
  w: DescribeWriter,
  title: string,
  labels: Readonly<Record<string, string>> | undefined,
  level = 0,
): void {
  writeLines(w, title, labelLines(labels), level);
}

const shorten = (text: string, most: number) => (text.length > most ? `${text.slice(0, most)}...` : text);

export function writeAnnotations(
  w: DescribeWriter,
  annotations: Readonly<Record<string, string>> | undefined,
  level = 0,
): void {
  writeLines(w, 'Annotations', annotationLines(annotations), level);
}

export function annotationLines(annotations: Readonly<Record<string, string>> | undefined): string[] {
  return sortedEntries(annotations)
    .filter(([key]) => key !== hiddenAnnotation)
    .flatMap(([key, text]) => {
      const value = text.replace(/\n$/, '');
      if (key.length + value.length + 2 <= maxAnnotation && !value.includes('\n')) return [`${key}: ${value}`];
      return [`${key}:`, ...value.split('\n').map((line) => `  ${shorten(line, maxAnnotation - 2)}`)];
    });
}

/** Name, and namespace where there is one. */
export function writeName(w: DescribeWriter, { name, namespace }: ObjectMeta = {}): void {
  w.write(0, `Name:\t${name}\n`);
  if (namespace) w.write(0, `Namespace:\t${namespace}\n`);
}

/** What most descriptions begin with: name, namespace, labels, annotations. */
export function writeMetadata(w: DescribeWriter, { metadata }: KubeObject): void {
  writeName(w, metadata);
  writeLabels(w, 'Labels', metadata?.labels);
  writeAnnotations(w, metadata?.annotations);
}

export function writeController(w: DescribeWriter, metadata: ObjectMeta | undefined): void {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  if (owner) w.write(0, `Controlled By:\t${owner.kind}/${owner.name}\n`);
}

export const selectorText = (selector: LabelSelector | null | undefined) => formatLabelSelector(selector);

/** `key=value:Effect op=Exists for 300s` */
function tolerationText({ key = '', value, effect, operator, tolerationSeconds }: Toleration): string {
  let text = key;
  if (value) text += `=${value}`;
  if (effect) text += `:${effect}`;
  if (operator === 'Exists' && !value) text += text === '' ? 'op=Exists' : ' op=Exists';
  if (tolerationSeconds != null) text += ` for ${tolerationSeconds}s`;
  return text;
}

export function writeTolerations(w: DescribeWriter, tolerations: readonly Toleration[] | undefined, level = 0): void {
  const sorted = [...(tolerations ?? [])].sort(({ key: a = '' }, { key: b = '' }) => (a < b ? -1 : a > b ? 1 : 0));
  writeLines(w, 'Tolerations', sorted.map(tolerationText), level);
}

export function writeTopologySpread(
  w: DescribeWriter,
  constraints: readonly TopologySpreadConstraint[] | undefined,
  level = 0,
): void {
  if (!constraints?.length) return;
  const sorted = [...constraints].sort((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1));
  const lines = sorted.map(({ topologyKey, whenUnsatisfiable, maxSkew, labelSelector }) => {
    const selector = labelSelector ? ` for selector ${selectorText(labelSelector)}` : '';
    return `${topologyKey}:${whenUnsatisfiable} when max skew ${maxSkew} is exceeded${selector}`;
  });
  writeLines(w, 'Topology Spread Constraints', lines, level);
}

/** Rows under their heads, which are underlined by themselves. */
export function writeTable(
  w: DescribeWriter,
  heads: readonly string[],
  rows: readonly (readonly unknown[])[],
  level = 1,
): void {
  w.write(level, `${heads.join('\t')}\n`);
  w.write(level, `${heads.map((head) => '-'.repeat(head.length)).join('\t')}\n`);
  for (const row of rows) w.write(level, `${row.join('\t')}\n`);
}

const accessModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** `RWO,RWX`, in kubectl's order. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return Object.entries(accessModes)
    .flatMap(([mode, short]) => (modes?.includes(mode) ? [short] : []))
    .join(',');
}

type TimedCondition<Looked extends string> = {
  type: string;
  status: string;
  lastTransitionTime?: string | null;
  reason?: string;
  message?: string;
} & { [time in Looked]?: string | null };

/** Conditions with both their times: when they were looked at last, by the name that the kind has for it, and changed. */
export function writeTimedConditions<Looked extends 'lastProbeTime' | 'lastHeartbeatTime'>(
  w: DescribeWriter,
  conditions: readonly TimedCondition<Looked>[] | undefined,
  looked: Looked,
): void {
  if (!conditions?.length) return;
  const heading = `L${looked.slice(1)}`;
  w.write(0, 'Conditions:\n');
  w.write(1, `Type\tStatus\t${heading}\tLastTransitionTime\tReason\tMessage\n`);
  w.write(1, '----\t------\t-----------------\t------------------\t------\t-------\n');
  for (const c of conditions) {
    const times = `${timeText(c[looked])} \t${timeText(c.lastTransitionTime)}`;
    w.write(1, `${c.type} \t${c.status} \t${times} \t${c.reason ?? ''} \t${c.message ?? ''}\n`);
  }
}
