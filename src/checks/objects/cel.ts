import * as z from 'zod';
import { affordable, sizeOf, spend, TooCostly } from '../../kernel/budget.ts';
import { compile } from '../../kube/cel/program.ts';
import { bool, dyn, formatType } from '../../kube/cel/types.ts';
import { fromJson } from '../../kube/cel/values.ts';

/** What one evaluation may cost, in cel-go's units: what kube-apiserver allows an expression of a policy. */
const callLimit = 1_000_000;
/** A unit of cost takes about as long as so many steps of a budget. */
const stepsPerCost = 10;

export interface CelExpression {
  /** Whether it is true of the object; what has no value is not. Throws TooCostly. */
  holds(object: object): boolean;
}

const variables = new Map([['object', dyn]]);

/** Compiled once for each text: the scenarios of a pack are read again and again. */
const compiled = new Map<string, CelExpression>();

/**
 * A CEL expression over `object`, with the functions that Kubernetes has. What it may cost is bounded as in kube-apiserver, and
 * by the budget that it runs within.
 */
export const celExpression = z.string().transform((source, context): CelExpression => {
  const refuse = (message: string) => {
    context.issues.push({ code: 'custom', message, input: source });
    return z.NEVER;
  };
  const known = compiled.get(source);
  if (known) return known;
  const program = compile(source, { variables });
  if (typeof program === 'string') return refuse(`not a CEL expression: ${faultsOf(program)}`);
  if (program.fault !== undefined) return refuse(`not a CEL expression: ${program.fault}`);
  const { type } = program;
  if (type.kind !== bool.kind && type.kind !== dyn.kind)
    return refuse(`not a CEL expression: must evaluate to bool but got ${formatType(type)}`);
  const expression: CelExpression = {
    holds(object) {
      spend(sizeOf(object));
      const limit = Math.min(callLimit, Math.floor(affordable() / stepsPerCost));
      const outcome = program.run(new Map([['object', fromJson(object)]]), limit);
      spend(outcome.cost * stepsPerCost + outcome.steps);
      if ('value' in outcome) return outcome.value === true;
      if (outcome.costExceeded) throw new TooCostly();
      return false;
    },
  };
  compiled.set(source, expression);
  return expression;
});

/** Of what cel-go says of an expression the lines that name a fault and its place; those between them draw it. */
function faultsOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.startsWith('ERROR: '))
    .join('; ');
}
