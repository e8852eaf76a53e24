import { JSONPath } from 'jsonpath-plus';
import * as z from 'zod';
import { sizeOf, spend } from '../kernel/budget.ts';
import { ownValue } from '../kernel/own.ts';
import { Pattern, PatternFault } from '../kernel/pattern.ts';
import { parseLabelSelector } from '../kube/selectors.ts';

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `500ms`, `3s`, `2m`, in YAML; milliseconds after parsing. A number without a unit is none. */
export const duration = z
  .string()
  .regex(/^\d+(ms|s|m|h)$/, { error: 'expected a duration such as 500ms, 3s or 2m' })
  .transform((text) => {
    const [, amount = '0', unit = 's'] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
    return Number(amount) * (units[unit] ?? 1_000);
  });

/** A regular expression of RE2 in YAML, tried against one line: linear in time, so without looking around and back. */
export const regex = z.string().transform((source, context) => {
  try {
    return new Pattern(source);
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error;
    context.issues.push({
      code: 'custom',
      message: `not a regular expression of RE2: ${error.message}`,
      input: source,
    });
    return z.NEVER;
  }
});

/** What a regular expression matches in a text as a whole or in the first of its lines that it does; else undefined. */
export function matchIn(pattern: Pattern, text: string): string | undefined {
  for (const part of [text.trim(), ...text.split('\n')]) {
    const match = pattern.find(part);
    if (match !== undefined) return match;
  }
  return undefined;
}

/** It is read again whenever something is judged. */
const longestSelector = 2_000;

/** A label selector, as kubectl -l takes it. */
export const labelSelector = z
  .string()
  .max(longestSelector, { error: `expected at most ${longestSelector} characters` })
  .superRefine((text, context) => {
    try {
      parseLabelSelector(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `not a label selector: ${(error as Error).message}` });
    }
  });

/** A name, then names, places of lists and all of them. Nothing here multiplies what is looked at but one `..`. */
const step = String.raw`\.[\w$/-]+|\.\*|\[(?:\d+|-1:|\*)\]|\['[^'\x60^~@?()\]]*'\]|\["[^"\x60^~@?()\]]*"\]`;
const steps = new RegExp(String.raw`^\.?[A-Za-z_][\w$/-]*(?:${step})*(?:\.(?:${step})+)?$`);
const longestPath = 500;

/** A path into an object, as in kubectl's jsonpath without braces: `spec.template.spec.containers[*].command`. */
export const fieldPath = z.string().refine((path) => path.length <= longestPath && steps.test(path), {
  error:
    "expected a path such as spec.replicas, spec.containers[*].image or metadata.labels['app'], with .. once at most",
});

/** All values at a path; empty if there are none. */
export function valuesAt(object: object, path: string): unknown[] {
  spend(sizeOf(object));
  const found = JSONPath({ json: object, path: `$.${path.replace(/^\./, '')}`, eval: false, wrap: true }) as unknown;
  return Array.isArray(found) ? found : [];
}

/**
 * All values at a path, each by where it is; items of a list by their name where they have one, so that their order
 * says nothing.
 */
export function placesAt(object: object, path: string): Map<string, unknown> {
  spend(sizeOf(object));
  const found = JSONPath({
    json: object,
    path: `$.${path.replace(/^\./, '')}`,
    eval: false,
    wrap: true,
    resultType: 'all',
  }) as { path: string; value: unknown }[] | undefined;
  const places = new Map<string, unknown>();
  for (const { path: at, value } of found ?? []) {
    const place = placeOf(object, at);
    places.set(places.has(place) ? at : place, value);
  }
  return places;
}

/** `$['spec']['containers'][0]['image']` as `spec.containers[client].image`. */
function placeOf(root: object, path: string): string {
  let at: unknown = root;
  let place = '';
  for (const step of JSONPath.toPathArray(path).slice(1)) {
    const inList = Array.isArray(at);
    at = ownValue(at as Record<string, unknown> | undefined, step);
    const name = (at as { name?: unknown } | null | undefined)?.name;
    place += inList ? `[${typeof name === 'string' ? name : step}]` : `${place ? '.' : ''}${step}`;
  }
  return place;
}

/** A value on one line, short enough for a screen. */
export function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
