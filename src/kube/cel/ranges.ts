/** From the least to the most that something costs, or how large it is. */
import type { Expr } from './ast.ts';
import type { CelType } from './types.ts';

export interface Range {
  min: number;
  max: number;
}

export const fixed = (value: number): Range => ({ min: value, max: value });
export const add = (a: Range, b: Range): Range => ({ min: a.min + b.min, max: a.max + b.max });
export const multiply = (a: Range, b: Range): Range => ({ min: times(a.min, b.min), max: times(a.max, b.max) });
export const scale = (a: Range, factor: number): Range => ({
  min: Math.ceil(a.min * factor),
  max: Math.ceil(a.max * factor),
});
export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });
export const unknownSize: Range = { min: 0, max: Number.POSITIVE_INFINITY };

/** 0 times infinity is 0 here. */
const times = (a: number, b: number) => (a === 0 || b === 0 ? 0 : a * b);

/** Cost of looking at each character of a string, and of each character of a regular expression. */
export const traversal = 0.1;
export const regexFactor = 0.25;

/** Something that a function is called with. */
export interface Operand {
  expression: Expr;
  type: CelType;
  /** From a variable down: `['self', 'items', '@items', 'name']`. */
  path: readonly string[];
  size: Range;
}

export interface CallCost {
  cost: Range;
  size?: Range;
}

/** How large the value at a path can be; undefined: nothing is known. */
export type SizeOf = (path: readonly string[]) => number | undefined;
