import * as z from 'zod';
import { sizeOf, spend } from '../../kernel/budget.ts';
import { Pattern, PatternFault } from '../../kernel/pattern.ts';
import { type Found, walk } from '../../kube/json-path/evaluate.ts';
import { JsonPathError, type Step } from '../../kube/json-path/nodes.ts';
import { parseLabelSelector } from '../../kube/selectors.ts';

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

const token = /(\.)(?=\.)|\.?([\w$/-]+)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+|-1(?=:))|(\.?\*)/g;

/** The steps of a `fieldPath`. Unlike in kubectl's, a key in quotes is one key whatever is in it. */
function stepsOf(path: string): Step[] {
  return [...path.matchAll(token)].flatMap(([, descent, name, single, double, place, wildcard]): Step[] => {
    if (descent) return [{ kind: 'recursive' }];
    if (wildcard) return [{ kind: 'wildcard' }];
    if (place) return [{ kind: 'slice', from: Number(place), to: undefined, step: undefined, single: true }];
    return [{ kind: 'field', name: name ?? single ?? double ?? '' }];
  });
}

/** What is at a path. A place beyond the end of a list, or in what is none, is missing as a key can be. */
function find(object: object, path: string): readonly Found[] {
  spend(sizeOf(object));
  return stepsOf(path).reduce<readonly Found[]>(
    (found, step) => found.flatMap((one) => taken(step, one)),
    [{ value: object }],
  );
}

function taken(step: Step, one: Found): readonly Found[] {
  try {
    return walk([step], [one]);
  } catch (error) {
    if (error instanceof JsonPathError) return [];
    throw error;
  }
}

/** All values at a path; empty if there are none. */
export function valuesAt(object: object, path: string): unknown[] {
  return find(object, path).map(({ value }) => value);
}

/**
 * All values at a path, each by where it is; items of a list by their name where they have one, so that their order
 * says nothing.
 */
export function placesAt(object: object, path: string): Map<string, unknown> {
  const places = new Map<string, unknown>();
  for (const one of find(object, path)) {
    const place = placeOf(one, true);
    places.set(places.has(place) ? placeOf(one, false) : place, one.value);
  }
  return places;
}

/** `spec.containers[client].image`. @param named whether items of lists are told by their names */
function placeOf({ key, parent, value }: Found, named: boolean): string {
  if (key === undefined || !parent) return '';
  const before = placeOf(parent, named);
  if (typeof key === 'string') return before === '' ? key : `${before}.${key}`;
  const name = (value as { name?: unknown } | null | undefined)?.name;
  return `${before}[${named && typeof name === 'string' ? name : key}]`;
}

/** A value on one line, short enough for a screen. */
export function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
