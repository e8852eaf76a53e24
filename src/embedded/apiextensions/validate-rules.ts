/** What the rules (x-kubernetes-validations) of a CustomResourceDefinition get wrong: what does not compile, what may cost too much. */
import type { FieldError, FieldPath } from '../errors/field.ts';
import * as field from '../errors/field.ts';
import { escapeName } from './cel-names.ts';
import { type DeclaredType, declaredType, elementsOf, maxRequestSize } from './cel-types.ts';
import { type CompiledRule, compileRules } from './compiled-rules.ts';
import { goRule } from './internal-form.ts';
import { isEmbedded, itemsOf, listTypeOf, rulesOf, type Schema, valuesOf } from './schema.ts';

/** Of one rule, wherever its values can be. */
const ruleLimit = 10_000_000;
/** Of all rules of a schema. */
const schemaLimit = 100_000_000;
/** Numbers are 64 bits wide. */
const largest = 2 ** 64;

/** How a schema lies within the whole. */
interface Place {
  at: FieldPath;
  /** Undefined until a schema further up has rules, or if expressions can't see it. */
  type: DeclaredType | undefined;
  /** How many values there can be; undefined: as many as fit into a request. */
  cardinality: number | undefined;
  /** The outermost list whose items can't be found again after an update. */
  uncorrelatable: FieldPath | undefined;
  isRoot: boolean;
}

/**
 * All faults of all rules.
 * @param found faults of the schema: rules at and above them are not looked at
 * @param unchanged the schema is as it was: what its rules cost has been accepted before
 */
export function validateRules(
  schema: Schema,
  at: FieldPath,
  found: readonly FieldError[],
  unchanged: boolean,
): FieldError[] {
  const validation = new RuleValidation(
    found.map((error) => error.field),
    unchanged,
  );
  validation.visit(schema, { at, type: undefined, cardinality: 1, uncorrelatable: undefined, isRoot: true });
  return [...validation.errors, ...validation.totalFaults(at)];
}

class RuleValidation {
  readonly errors: FieldError[] = [];
  readonly #faulty: readonly string[];
  readonly #unchanged: boolean;
  #total = 0;
  #expensive: { at: FieldPath; cost: number }[] = [];

  constructor(faulty: readonly string[], unchanged: boolean) {
    this.#faulty = faulty;
    this.#unchanged = unchanged;
  }

  visit(schema: Schema, place: Place): void {
    const rules = rulesOf(schema);
    const type =
      place.type ?? (rules.length > 0 ? declaredType(schema, place.isRoot || isEmbedded(schema)) : undefined);
    const factor = elementsOf(schema);
    const cardinality =
      place.cardinality === undefined || factor === undefined
        ? undefined
        : Math.min(largest, place.cardinality * factor);
    const below = (
      part: Schema | undefined,
      at: FieldPath,
      partType: DeclaredType | undefined,
      uncorrelatable = place.uncorrelatable,
    ) => {
      if (part) this.visit(part, { at, type: partType, cardinality, uncorrelatable, isRoot: false });
    };
    below(valuesOf(schema), place.at.child('additionalProperties'), type?.item);
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      below(property, place.at.child('properties').key(name), type?.fields?.get(escapeName(name) ?? ''));
    }
    const uncorrelatable = listTypeOf(schema) === 'map' ? place.uncorrelatable : (place.uncorrelatable ?? place.at);
    below(itemsOf(schema), place.at.child('items'), type?.item, uncorrelatable);
    if (rules.length > 0 && !this.#isFaulty(place.at)) this.#rules(schema, type, place);
  }

  /** Whether the schema itself is wrong here, or further down. */
  #isFaulty(at: FieldPath): boolean {
    const own = String(at);
    return this.#faulty.some((one) => one === own || one.startsWith(`${own}.`) || one.startsWith(`${own}[`));
  }

  #rules(schema: Schema, type: DeclaredType | undefined, { at, cardinality, uncorrelatable }: Place): void {
    const all = at.child('x-kubernetes-validations');
    if (!type) {
      const why = 'internal error: failed to construct type information for x-kubernetes-validations rules';
      this.errors.push(field.internal(all, `${why}: unable to convert structural schema to CEL declarations`));
      return;
    }
    const times = cardinality ?? Math.floor(maxRequestSize / (type.minSize + 1));
    compileRules(schema, type).forEach((compiled, i) => {
      const where = all.index(i);
      const ruleAt = where.child('rule');
      this.#cost(ruleAt, compiled.maxCost === 0 ? 0 : compiled.maxCost * times, 'estimated rule cost');
      if (compiled.error !== undefined) this.errors.push(field.invalid(ruleAt, goRule(compiled.rule), compiled.error));
      this.#message(compiled, where.child('messageExpression'));
      if (compiled.usesOldSelf && uncorrelatable) {
        const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`;
        this.errors.push(field.invalid(ruleAt, compiled.rule.rule, why));
      } else if (!compiled.usesOldSelf && typeof compiled.rule.optionalOldSelf === 'boolean') {
        const why = 'may not be set if oldSelf is not used in rule';
        this.errors.push(field.invalid(where.child('optionalOldSelf'), compiled.rule.optionalOldSelf, why));
      }
    });
  }

  #message({ rule, message, messageError, messageCost }: CompiledRule, at: FieldPath): void {
    if (messageError !== undefined) this.errors.push(field.invalid(at, goRule(rule), messageError));
    else if (message) this.#cost(at, messageCost, 'estimated messageExpression cost');
  }

  #cost(at: FieldPath, given: number, name: string): void {
    const cost = Math.min(given, largest);
    if (cost > ruleLimit && !this.#unchanged) this.errors.push(field.forbidden(at, overBudget(name, cost, ruleLimit)));
    this.#total = Math.min(this.#total + cost, largest);
    if (cost < schemaLimit / 100) return;
    this.#expensive.push({ at, cost });
    this.#expensive = this.#expensive.toSorted((a, b) => b.cost - a.cost).slice(0, 4);
  }

  totalFaults(at: FieldPath): FieldError[] {
    if (this.#total <= schemaLimit) return [];
    const part = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    const name = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    return [
      ...this.#expensive.map((one) => field.forbidden(one.at, part)),
      field.forbidden(at, overBudget(name, this.#total, schemaLimit)),
    ];
  }
}

function overBudget(name: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const shown = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  const how =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared';
  return `${name} exceeds budget by factor of ${shown} (${how})`;
}
