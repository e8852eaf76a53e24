/** The rules of schemas (x-kubernetes-validations), written in CEL. */
import type { FieldError, FieldPath } from '../registry/field.ts';
import type { Correlation } from './correlation.ts';
import type { Schema } from './schema.ts';

/** What a definition's rules get wrong: what does not compile, what may cost too much. */
export function validateRules(
  _schema: Schema,
  _at: FieldPath,
  _found: readonly FieldError[],
  _before: readonly Schema[],
): FieldError[] {
  return [];
}

/** What the rules of a schema say to a default of it. */
export function valueRuleFaults(_schema: Schema, _value: unknown, _at: FieldPath): FieldError[] {
  return [];
}

/** Evaluates all rules of a schema. */
export interface RuleValidator {
  /** @param correlation what did not change is only warned of */
  validate(object: unknown, old: unknown, correlation?: Correlation, warn?: (text: string) => void): FieldError[];
}

/** The rules of a schema, compiled; undefined if it has none. */
export function ruleValidator(_schema: Schema): RuleValidator | undefined {
  return undefined;
}
