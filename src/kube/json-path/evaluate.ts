/** What the steps of a JSONPath find. */
import { JsonPathError, type Step } from './nodes.ts';
import { goText, typeText } from './text.ts';

/** A value and where it was found: its key in what its parent is. A value that a path names itself stands nowhere. */
export interface Found {
  readonly value: unknown;
  readonly key?: string | number;
  readonly parent?: Found;
  readonly float?: boolean;
}

type Json = Record<string, unknown>;

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What the steps find in values, one after the other; what is missing gives nothing.
 * @throws JsonPathError for an index out of bounds, for places of what is no list, for comparisons of what can't be compared
 */
export function walk(steps: readonly Step[], start: readonly Found[]): readonly Found[] {
  return steps.reduce<readonly Found[]>((found, step) => take(step, found), start);
}

function take(step: Step, found: readonly Found[]): readonly Found[] {
  switch (step.kind) {
    case 'field':
      return found.flatMap((parent) =>
        isMap(parent.value) && Object.hasOwn(parent.value, step.name)
          ? [{ value: parent.value[step.name], key: step.name, parent }]
          : [],
      );
    case 'wildcard':
      return found.flatMap(childrenOf);
    case 'recursive':
      return found.flatMap((one) => [...everything(one)]);
    case 'slice':
      return slice(step, found);
    case 'union':
      return step.alternatives.flatMap((steps) => walk(steps, found));
    case 'filter':
      return found.flatMap((one) => filter(step, one));
    case 'value':
      return typeof step.value === 'string' ? [{ value: step.value }] : found.map(() => step);
    case 'identifier':
      if (step.name === 'end') throw new JsonPathError('not in range, nothing to end');
      throw new JsonPathError(`unrecognized identifier ${step.name}`);
  }
}

/** Of maps by their keys: Go has no order for them. */
function childrenOf(parent: Found): Found[] {
  const { value } = parent;
  if (Array.isArray(value)) return value.map((item: unknown, key) => ({ value: item, key, parent }));
  if (!isMap(value)) return [];
  return Object.keys(value)
    .sort()
    .map((key) => ({ value: value[key], key, parent }));
}

/** A value and all below it that has a length. */
function* everything(one: Found): Generator<Found> {
  const children = childrenOf(one);
  if (children.length > 0 || (typeof one.value === 'string' && one.value !== '')) yield one;
  for (const child of children) yield* everything(child);
}

function slice(step: Step & { kind: 'slice' }, found: readonly Found[]): Found[] {
  const taken: Found[] = [];
  for (const parent of found) {
    const { value } = parent;
    if (value === null || value === undefined) continue;
    if (!Array.isArray(value)) throw new JsonPathError(`${typeText(value)} is not array or slice`);
    const { length } = value;
    const given = step.single ? (step.from ?? 0) + 1 : (step.to ?? length);
    const from = (step.from ?? 0) < 0 ? (step.from ?? 0) + length : (step.from ?? 0);
    const to = given < 0 || (given === 0 && step.single) ? given + length : given;
    // As in client-go, what asks for nothing ends the whole.
    if (from === to) return taken;
    if (from >= length || from < 0) throw outOfBounds(from, length);
    if (to > length || to < 0) throw outOfBounds(to - 1, length);
    if (from > to) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`);
    const by = step.step ?? 1;
    if (by <= 0) throw new JsonPathError('step must be > 0');
    for (let key = from; key < to; key += by) taken.push({ value: value[key], key, parent });
  }
  return taken;
}

const outOfBounds = (index: number, length: number) =>
  new JsonPathError(`array index out of bounds: index ${index}, length ${length}`);

function filter({ left, operator, right }: Step & { kind: 'filter' }, one: Found): Found[] {
  if (!Array.isArray(one.value))
    throw new JsonPathError(`${goText(one.value)} is not array or slice and cannot be filtered`);
  return childrenOf(one).filter((item) => {
    if (operator === undefined) return has(left, item);
    const a = onlyOne(walk(left, [item]));
    if (!a) return false;
    const b = onlyOne(walk(right, [item]));
    return b !== undefined && compare(a, b, operator);
  });
}

function has(steps: readonly Step[], item: Found): boolean {
  try {
    return walk(steps, [item]).length > 0;
  } catch (error) {
    if (error instanceof JsonPathError) return false;
    throw error;
  }
}

function onlyOne(found: readonly Found[]): Found | undefined {
  if (found.length > 1) throw new JsonPathError('can only compare one element at a time');
  return found[0];
}

function compare(left: Found, right: Found, operator: string): boolean {
  if (!['==', '!=', '<', '<=', '>', '>='].includes(operator))
    throw new JsonPathError(`unrecognized filter operator ${operator}`);
  const kind = kindOf(left);
  if (kind !== kindOf(right)) throw new JsonPathError('incompatible types for comparison');
  const [a, b] = [left.value, right.value];
  if (operator === '==') return a === b;
  if (operator === '!=') return a !== b;
  if (kind === 'bool') throw new JsonPathError('invalid type for comparison');
  const [x, y] = [a as string | number, b as string | number];
  if (operator.startsWith('<')) return x < y || (operator === '<=' && x === y);
  return x > y || (operator === '>=' && x === y);
}

function kindOf({ value, float }: Found): string {
  if (value === null || typeof value === 'object') throw new JsonPathError('invalid type for comparison');
  return float ? 'float64' : typeText(value);
}
