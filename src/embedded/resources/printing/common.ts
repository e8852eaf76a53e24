/** What the table cells of several kinds share, as kube-apiserver's printers print it. */

import type { Container, LabelSelector, Time } from '../../../kube/api.gen.ts';
import { humanDuration } from '../../../kube/duration.ts';

export const none = '<none>';
export const unknown = '<unknown>';

/** How long ago `time` was: `5m30s`; `<unknown>` without a time. `now` in milliseconds. */
export function age(time: Time | undefined, now: number): string {
  return time === undefined ? unknown : humanDuration(Math.floor((now - Date.parse(time)) / 1000));
}

/** The names and the images of containers, each joined by commas. */
export function containersAndImages(containers: readonly Container[] | undefined): [string, string] {
  const all = containers ?? [];
  return [all.map((c) => c.name).join(','), all.map((c) => c.image ?? '').join(',')];
}

/** `a=b,c=d` with sorted keys; `<none>` for an empty map. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const text = Object.keys(labels ?? {})
    .sort()
    .map((key) => `${key}=${labels?.[key]}`)
    .join(',');
  return text === '' ? none : text;
}

const operators: Readonly<Record<string, string>> = { In: 'in', NotIn: 'notin' };

/** A label selector in its text form (`app=a,tier in (x,y)`), requirements sorted by key; `''` if it selects everything. */
export function selectorText(selector: LabelSelector | undefined): string {
  const requirements: [string, string][] = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => [
    key,
    `${key}=${value}`,
  ]);
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const text =
      operator === 'Exists'
        ? key
        : operator === 'DoesNotExist'
          ? `!${key}`
          : `${key} ${operators[operator] ?? operator} (${[...(values ?? [])].sort().join(',')})`;
    requirements.push([key, text]);
  }
  return requirements
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, text]) => text)
    .join(',');
}

/** As `selectorText`; `<none>` for no selector or one that selects everything. */
export function selectorCell(selector: LabelSelector | undefined): string {
  const text = selectorText(selector);
  return text === '' ? none : text;
}
