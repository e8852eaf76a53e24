import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicySpec, Validation } from '../../../kube/api.gen.ts';
import { CelError, CelObject } from '../../../kube/cel/values.ts';
import { compileExpression, type Expression, policyScopes } from '../../resources/admission/expressions.ts';

/** A validation that did not hold. */
export interface Denial {
  message: string;
  /** Of the Status: `Invalid` unless the policy says otherwise. */
  reason: string | undefined;
}

type Values = ReadonlyMap<string, unknown>;

/** The text of a message expression may be so long. */
const messageLimit = 5 * 1024;

/** What one expression may cost, and all of one policy together (celconfig of kube-apiserver). */
const callLimit = 1_000_000;
const totalBudget = 10_000_000;
const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run';

interface CompiledPolicy {
  conditions: readonly { name: string; expression: Expression }[];
  variables: readonly { name: string; expression: Expression }[];
  validations: readonly { validation: Validation; expression: Expression; message: Expression | undefined }[];
}

/** Stored policies stay the same objects until they change. */
const compiled = new WeakMap<ValidatingAdmissionPolicySpec, CompiledPolicy>();

function compiledPolicy(spec: ValidatingAdmissionPolicySpec): CompiledPolicy {
  let known = compiled.get(spec);
  if (!known) {
    const scopes = policyScopes(spec);
    known = {
      conditions: (spec.matchConditions ?? []).map(({ name, expression }) => ({
        name,
        expression: compileExpression(expression, scopes.conditions),
      })),
      variables: scopes.variables.map(({ variable, expression }) => ({ name: variable.name, expression })),
      validations: (spec.validations ?? []).map((validation) => ({
        validation,
        expression: compileExpression(validation.expression, scopes.validations),
        message:
          validation.messageExpression === undefined
            ? undefined
            : compileExpression(validation.messageExpression, scopes.messages),
      })),
    };
    compiled.set(spec, known);
  }
  return known;
}

/** Runs expressions of one policy with one budget. */
class Run {
  #left = totalBudget;

  /** @throws CelError with cel-go's message */
  run(expression: Expression, values: Values): unknown {
    if ('problem' in expression) throw new CelError(expression.problem);
    if (this.#left <= 0) throw new CelError(outOfBudget);
    const outcome = expression.program.run(values, Math.min(callLimit, this.#left));
    this.#left -= outcome.cost;
    if ('error' in outcome) throw new CelError(outcome.error);
    return outcome.value;
  }
}

/** `variables`: each is computed when it is first asked for, once. */
class LazyVariables extends CelObject {
  readonly typeName = 'kubernetes.variables';
  readonly #expressions: ReadonlyMap<string, Expression>;
  readonly #known = new Map<string, { value: unknown } | { failure: string }>();
  readonly #run: Run;
  #values: Values = new Map();

  constructor(policy: CompiledPolicy, run: Run) {
    super();
    this.#expressions = new Map(policy.variables.map(({ name, expression }) => [name, expression]));
    this.#run = run;
  }

  /** What the variables are computed from, themselves among it. */
  use(values: Values): void {
    this.#values = values;
  }

  get(name: string): unknown {
    let known = this.#known.get(name);
    if (!known) {
      const expression = this.#expressions.get(name);
      if (!expression) return undefined;
      try {
        known = { value: this.#run.run(expression, this.#values) };
      } catch (error) {
        known = { failure: `composited variable ${JSON.stringify(name)} fails to evaluate: ${text(error)}` };
      }
      this.#known.set(name, known);
    }
    if ('failure' in known) throw new CelError(known.failure);
    return known.value;
  }

  fields(): Iterable<string> {
    return this.#expressions.keys();
  }
}

const text = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Whether the conditions let the request through to the policy. A failure counts as the policy's failure. */
function conditionsHold({ conditions }: CompiledPolicy, run: Run, values: Values): boolean {
  const failures: string[] = [];
  for (const { name, expression } of conditions) {
    try {
      if (run.run(expression, values) === false) return false;
    } catch (error) {
      failures.push(`match condition '${name}' resulted in error: ${text(error)}`);
    }
  }
  if (failures.length > 0) throw new CelError(failures.join(', '));
  return true;
}

/** Evaluates a policy for one request and one parameter; nothing if all holds or the policy doesn't apply. */
export function evaluatePolicy(policy: ValidatingAdmissionPolicy, request: Values, params: unknown): Denial[] {
  const spec = policy.spec ?? {};
  const programs = compiledPolicy(spec);
  const run = new Run();
  const variables = new LazyVariables(programs, run);
  const values = new Map([...request, ['params', params], ['variables', variables]]);
  variables.use(values);
  const failed = (message: string): Denial[] =>
    spec.failurePolicy === 'Ignore' ? [] : [{ message, reason: undefined }];
  try {
    if (!conditionsHold(programs, run, values)) return [];
  } catch (error) {
    return failed(text(error));
  }
  return programs.validations.flatMap(({ validation, expression, message }) => {
    const source = validation.expression;
    try {
      if (run.run(expression, values) === true) return [];
    } catch (error) {
      return failed(`expression '${source}' resulted in error: ${text(error)}`);
    }
    const plain = validation.message?.trim() || `failed expression: ${source.trim()}`;
    return [{ message: messageOf(message, run, values) ?? plain, reason: validation.reason }];
  });
}

/** The computed message; undefined where it is unusable: then the plain one is shown. */
function messageOf(expression: Expression | undefined, run: Run, values: Values): string | undefined {
  if (!expression) return undefined;
  try {
    const message = run.run(expression, values);
    if (typeof message !== 'string') return undefined;
    const trimmed = message.trim();
    return trimmed === '' || trimmed.includes('\n') || trimmed.length > messageLimit ? undefined : trimmed;
  } catch {
    return undefined;
  }
}
