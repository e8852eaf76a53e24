/** Rules of schemas (x-kubernetes-validations) at work: values are held against them, within a budget. */
import { ownValue } from '../../kernel/own.ts';
import type { ValidationRule } from '../../kube/api.gen.ts';
import type { Program } from '../../kube/cel/program.ts';
import { Optional } from '../../kube/cel/values.ts';
import type { FieldError, FieldPath } from '../errors/field.ts';
import * as field from '../errors/field.ts';
import { escapeName } from './cel-names.ts';
import { type DeclaredType, declaredType, withTypeAndObjectMeta } from './cel-types.ts';
import { celValue } from './cel-values.ts';
import { type CompiledRule, compileRules } from './compiled-rules.ts';
import { byKeys, type Correlation, keyText } from './correlation.ts';
import {
  isEmbedded,
  isMap,
  itemsOf,
  listKeysOf,
  listTypeOf,
  propertyOf,
  rulesOf,
  type Schema,
  schemaHas,
  valuesOf,
} from './schema.ts';

/** What one evaluation may cost, and all of one object together. */
const callLimit = 1_000_000;
const totalBudget = 10_000_000;
const maxMessageBytes = 5 * 1024;

/** Evaluates all rules of a schema. */
export interface RuleValidator {
  /**
   * @param old what it was before; rules that compare with it are for updates only
   * @param correlation what did not change is only warned of
   */
  validate(object: unknown, old: unknown, correlation?: Correlation, warn?: (text: string) => void): FieldError[];
}

/** The rules of a schema, compiled when they are first needed; undefined if it has none. */
export function ruleValidator(schema: Schema): RuleValidator | undefined {
  if (!schemaHas(schema, (part) => rulesOf(part).length > 0)) return undefined;
  let root: RuleNode | undefined;
  return {
    validate(object, old, correlation, warn) {
      root ??= ruleNode(schema, schema, true, declaredType(schema, true));
      const run = new Run(warn);
      run.visit(root, field.path(), object, old, correlation ? { current: correlation } : {});
      return run.errors;
    },
  };
}

/** What the rules of a schema say to a default of it: as a value that stays, and as one that is new. */
export function valueRuleFaults(schema: Schema, value: unknown, at: FieldPath): FieldError[] {
  const root = isEmbedded(schema);
  const node = ruleNode(schema, schema, root, declaredType(schema, root));
  for (const old of [value, undefined]) {
    const run = new Run(undefined);
    run.visit(node, at, value, old, {});
    if (run.errors.length > 0) return run.errors;
  }
  return [];
}

/** The rules at one place of a schema, and those below. */
interface RuleNode {
  schema: Schema;
  rules: readonly CompiledRule[];
  items?: RuleNode;
  values?: RuleNode;
  properties: ReadonlyMap<string, RuleNode>;
  allOf: readonly RuleNode[];
}

/** @param validation that has the rules: the schema itself, or one of its `allOf` @param type of the schema's values */
function ruleNode(
  validation: Schema,
  schema: Schema,
  isRoot: boolean,
  type: DeclaredType | undefined,
): RuleNode | undefined {
  const rules = type
    ? compileRules({ ...schema, 'x-kubernetes-validations': rulesOf(validation) }, type)
    : rulesOf(validation).map((rule) => unusable(rule));
  const nested = (part: Schema | undefined, own: Schema | undefined, partType: DeclaredType | undefined) =>
    part && own && ruleNode(part, own, isEmbedded(own), partType);
  const items = nested(itemsOf(validation), itemsOf(schema), type?.item);
  const values = nested(valuesOf(validation), valuesOf(schema), type?.item);
  const properties = new Map<string, RuleNode>();
  for (const [name, part] of Object.entries(validation.properties ?? {})) {
    const own = propertyOf(schema, name);
    const escaped = escapeName(name);
    const partType = escaped === undefined ? own && declaredType(own, isEmbedded(own)) : type?.fields?.get(escaped);
    const node = partType && nested(part, own, partType);
    if (node) properties.set(name, node);
  }
  const allOf = (validation.allOf ?? []).flatMap((part) => ruleNode(part, schema, isRoot, type) ?? []);
  if (rules.length === 0 && !items && !values && properties.size === 0 && allOf.length === 0) return undefined;
  const node = { schema: isRoot ? withTypeAndObjectMeta(schema) : schema, rules, properties, allOf };
  return { ...node, ...(items && { items }), ...(values && { values }) };
}

const unusable = (rule: ValidationRule): CompiledRule => ({
  rule,
  error: 'failed to convert to declType for CEL validation rules',
  usesOldSelf: false,
  maxCost: 0,
  messageCost: 0,
  fieldPath: '',
});

/** What a value was before, as far as one can tell. */
interface Ratchet {
  current?: Correlation;
  /** Of the closest value further up for which one can tell, if one can't for this one. */
  parent?: Correlation;
}

function ratchetKey({ current, parent }: Ratchet, name: string): Ratchet {
  if (!current) return parent ? { parent } : {};
  // Both are of the same version by now: what changed of these can't be seen.
  if (!parent && (name === 'apiVersion' || name === 'kind')) return {};
  return { parent: current, current: current.key(name) } as Ratchet;
}

function ratchetIndex(ratchet: Ratchet, i: number): Ratchet {
  const { current } = ratchet;
  return current ? ({ parent: current, current: current.index(i) } as Ratchet) : ratchet;
}

const isUnchanged = ({ current, parent }: Ratchet) => (current ?? parent)?.unchanged === true;

/** One pass over an object: stops where the budget is used up. */
class Run {
  readonly errors: FieldError[] = [];
  readonly #warn: ((text: string) => void) | undefined;
  #budget = totalBudget;

  constructor(warn: ((text: string) => void) | undefined) {
    this.#warn = warn;
  }

  get #isOver(): boolean {
    return this.#budget < 0;
  }

  visit(node: RuleNode | undefined, at: FieldPath, value: unknown, old: unknown, ratchet: Ratchet): void {
    if (!node || value === null || value === undefined || this.#isOver) return;
    this.#rules(node, at, value, old ?? undefined, ratchet);
    for (const part of node.allOf) this.visit(part, at, value, old, ratchet.parent ? { parent: ratchet.parent } : {});
    if (Array.isArray(value)) this.#items(node, at, value, old, ratchet);
    else if (isMap(value)) {
      for (const [name, item] of Object.entries(value)) {
        const before = isMap(old) ? ownValue(old, name) : undefined;
        this.visit(node.values, at.key(name), item, before, ratchetKey(ratchet, name));
        this.visit(node.properties.get(name), at.child(name), item, before, ratchetKey(ratchet, name));
      }
    }
  }

  #items(node: RuleNode, at: FieldPath, value: readonly unknown[], old: unknown, ratchet: Ratchet): void {
    if (!node.items) return;
    const keys = listKeysOf(node.schema);
    const before = listTypeOf(node.schema) === 'map' && Array.isArray(old) ? byKeys(old, keys) : undefined;
    value.forEach((item, i) => {
      const was = before && isMap(item) ? before.get(keyText(item, keys)) : undefined;
      this.visit(node.items, at.index(i), item, was, ratchetIndex(ratchet, i));
    });
  }

  #rules({ schema, rules }: RuleNode, at: FieldPath, value: unknown, old: unknown, ratchet: Ratchet): void {
    if (rules.length === 0) return;
    const type = field.raw(JSON.stringify(schema.type ?? ''));
    const refuse = (why: string) => void this.errors.push(field.invalid(at, type, why));
    if (this.#budget === 0) {
      this.#stop(() => refuse(outOfBudget));
      return;
    }
    const values = memoized(schema, value, rules.some((one) => one.usesOldSelf) ? old : undefined);
    for (const compiled of rules) {
      const { rule, program, error, usesOldSelf } = compiled;
      if (error !== undefined) refuse(`rule compile error: ${error}`);
      if (!program || (usesOldSelf && old === undefined && !rule.optionalOldSelf)) continue;
      const outcome = program.run(values(rule.optionalOldSelf === true), callLimit);
      if (outcome.cost > this.#budget) {
        this.#stop(() => refuse(outOfBudget));
        return;
      }
      this.#budget -= outcome.cost;
      if ('error' in outcome) {
        refuse(failure(outcome.error, outcome.costExceeded, rule));
        if (outcome.costExceeded) this.#budget = -1;
        if (this.#isOver) return;
      } else if (outcome.value !== true) {
        const detail = this.#detail(compiled, values(false), at, type);
        if (this.#isOver || detail === undefined) return;
        const shown = schema.type === 'object' || schema.type === 'array' ? undefined : value;
        const fault = reasoned(compiled, at, shown, detail);
        if (!usesOldSelf && isUnchanged(ratchet)) this.#warn?.(`${fault.field}: ${fault.message}`);
        else this.errors.push(fault);
      }
    }
  }

  #stop(tell: () => void): void {
    tell();
    this.#budget = -1;
  }

  /** What the fault is; undefined where finding it out has used up the budget. */
  #detail({ rule, message }: CompiledRule, values: Variables, at: FieldPath, type: field.Raw): string | undefined {
    const otherwise = rule.message ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`;
    if (!message) return otherwise;
    const quoted = field.quote(rule.messageExpression ?? '');
    const { cost, ...outcome } = runMessage(message, values);
    const exhausted = cost > this.#budget;
    if (exhausted || outcome.exceeded) {
      const why = exhausted
        ? 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run'
        : `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${quoted}`;
      this.#stop(() => this.errors.push(field.invalid(at, type, why)));
      return undefined;
    }
    this.#budget -= cost;
    return outcome.text ?? otherwise;
  }
}

type Variables = ReadonlyMap<string, unknown>;
const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** The variables of rules; values are made only once. A value that is none of its schema fails where it is read. */
function memoized(schema: Schema, value: unknown, old: unknown): (optional: boolean) => Variables {
  const self = celValue(value, schema);
  const before = old === undefined ? undefined : celValue(old, schema);
  return (optional) => {
    const variables = new Map([['self', self]]);
    if (optional) variables.set('oldSelf', before === undefined ? Optional.none : new Optional(before));
    else if (before !== undefined) variables.set('oldSelf', before);
    return variables;
  };
}

function failure(error: string, costExceeded: boolean, rule: ValidationRule): string {
  const text = rule.message ? rule.message.trim() : rule.rule.trim();
  if (costExceeded)
    return `'${error}': no further validation rules will be run due to call cost exceeds limit for rule: ${text}`;
  if (!error.startsWith('no such overload')) return `${error} evaluating rule: ${text}`;
  return `'${error}': call arguments did not match a supported operator, function or macro signature for rule: ${text}`;
}

function reasoned({ rule, fieldPath }: CompiledRule, at: FieldPath, shown: unknown, detail: string): FieldError {
  const where = fieldPath === '' ? at : at.child(fieldPath);
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return field.forbidden(where, detail);
    case 'FieldValueRequired':
      return field.required(where, detail);
    case 'FieldValueDuplicate':
      return shown === undefined ? field.duplicateOmitted(where) : field.duplicate(where, shown);
    default:
      return shown === undefined ? field.invalidOmitted(where, detail) : field.invalid(where, shown, detail);
  }
}

/** The message that an expression gives; no text if it is of no use. */
function runMessage(message: Program, values: Variables): { cost: number; exceeded: boolean; text?: string } {
  const outcome = message.run(values, callLimit);
  if ('error' in outcome) return { cost: outcome.cost, exceeded: outcome.costExceeded };
  const text = typeof outcome.value === 'string' ? outcome.value.trim() : '';
  const useless = text === '' || text.includes('\n') || Buffer.byteLength(text) > maxMessageBytes;
  return { cost: outcome.cost, exceeded: false, ...(useless ? {} : { text }) };
}
