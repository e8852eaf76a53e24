/** Parsed expressions; macros are expanded already. */

import type { Overload } from './functions.ts';
import type { CelType } from './types.ts';

interface Node {
  readonly id: number;
  /** Offset in characters, of what stands for the expression in messages: the operator of a call, the dot of a selection. */
  readonly at: number;
  /** Set by the checker. */
  type?: CelType;
  /** Set once its value is known beforehand. */
  constant?: { value: unknown };
}

export interface Literal extends Node {
  kind: 'literal';
  value: unknown;
  of: 'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes';
}

export interface Ident extends Node {
  kind: 'ident';
  name: string;
}

export interface Select extends Node {
  kind: 'select';
  operand: Expr;
  field: string;
  /** `has(a.b)`. */
  test: boolean;
  /** Set by the checker where the whole is the name of a variable: `a.b`. */
  variable?: string;
}

export interface Call extends Node {
  kind: 'call';
  name: string;
  target: Expr | undefined;
  args: readonly Expr[];
  /** Set by the checker: those that may be meant. */
  overloads?: readonly Overload[];
  /** Set by the checker where the target is a part of the name: `ip.isCanonical(x)`. */
  qualified?: string;
}

export interface ListExpr extends Node {
  kind: 'list';
  items: readonly Expr[];
  /** Indexes of items written with `?`. */
  optional: ReadonlySet<number>;
}

export interface MapExpr extends Node {
  kind: 'map';
  entries: readonly { key: Expr; value: Expr; optional: boolean }[];
}

export interface StructExpr extends Node {
  kind: 'struct';
  name: string;
  fields: readonly { name: string; value: Expr; optional: boolean; at: number }[];
}

export interface Comprehension extends Node {
  kind: 'comprehension';
  range: Expr;
  variable: string;
  second: string | undefined;
  accumulator: string;
  init: Expr;
  condition: Expr;
  step: Expr;
  result: Expr;
}

export type Expr = Literal | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Comprehension;

/** A fault found before evaluation. */
export interface Issue {
  at: number;
  message: string;
}

/** Issues as cel-go shows them: each with its line and a caret. */
export function issuesText(source: string, issues: readonly Issue[]): string {
  const sorted = issues.toSorted((a, b) => a.at - b.at);
  return sorted.map((issue) => issueText(source, issue)).join('\n');
}

function issueText(source: string, { at, message }: Issue): string {
  const before = source.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  const characters = [...source.slice(lineStart).split('\n', 1).join('')];
  const column = [...source.slice(lineStart, at)].length;
  const wide = (c: string | undefined) => c !== undefined && c.charCodeAt(0) >= 0x80;
  const dots = characters.slice(0, column).map((c) => (wide(c) ? '\uff0e' : '.'));
  const caret = wide(characters[column]) ? '\uff3e' : '^';
  const shown = characters.join('').replaceAll('\t', ' ');
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${shown}\n | ${dots.join('')}${caret}`;
}
