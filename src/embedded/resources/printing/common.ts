/** What the table cells of several kinds share, as kube-apiserver's printers print it. */

import type { Container, Time } from '../../../kube/api.gen.ts';
import { humanDuration } from '../../../kube/duration.ts';

export const none = '<none>';
export const unknown = '<unknown>';

/** How long ago `time` was: `5m30s`; `<unknown>` without a time. `now` in milliseconds. */
export function age(time: Time | null | undefined, now: number): string {
  return !time ? unknown : humanDuration(Math.floor((now - Date.parse(time)) / 1000));
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
