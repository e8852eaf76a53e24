import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicySpec, Variable } from '../../../kube/api.gen.ts';
import { policyVariables } from '../../resources/admission/policy-variables.ts';
import { CelFailure } from '../cel/failure.ts';
import { cel } from '../cel/load.ts';

/** A validation that did not hold. */
export interface Denial {
  message: string;
  /** Of the Status: `Invalid` unless the policy says otherwise. */
  reason: string | undefined;
}

/** The text of a message expression may be so long. */
const messageLimit = 5 * 1024;

type Values = Readonly<Record<string, unknown>>;

function run(source: string, types: Readonly<Record<string, string>>, values: Values): unknown {
  const compiled = cel().compile(source.trim(), types);
  if ('problem' in compiled) throw new CelFailure(compiled.problem);
  return compiled.program.run(Object.fromEntries(Object.keys(types).map((name) => [name, values[name] ?? null])));
}

const text = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** `variables`: each is computed when it is first asked for, once. */
function lazyVariables(
  variables: readonly Variable[],
  types: Readonly<Record<string, string>>,
  values: Values,
): object {
  const result = {};
  const own: Values = { ...values, variables: result };
  for (const { name, expression } of variables) {
    let known: { value: unknown } | { failure: CelFailure } | undefined;
    Object.defineProperty(result, name, {
      enumerable: true,
      get() {
        if (!known) {
          try {
            known = { value: run(expression, types, own) };
          } catch (error) {
            known = {
              failure: new CelFailure(`composited variable ${JSON.stringify(name)} fails to evaluate: ${text(error)}`),
            };
          }
        }
        if ('failure' in known) throw known.failure;
        return known.value;
      },
    });
  }
  return result;
}

/** Whether the conditions let the request through to the policy. A failure counts as the policy's failure. */
function conditionsHold(
  spec: ValidatingAdmissionPolicySpec,
  types: Readonly<Record<string, string>>,
  values: Values,
): boolean {
  const failures: string[] = [];
  for (const { name, expression } of spec.matchConditions ?? []) {
    try {
      if (run(expression, types, values) === false) return false;
    } catch (error) {
      failures.push(`match condition '${name}' resulted in error: ${text(error)}`);
    }
  }
  if (failures.length > 0) throw new CelFailure(failures.join(', '));
  return true;
}

/** Evaluates a policy for one request and one parameter; nothing if all holds or the policy doesn't apply. */
export function evaluatePolicy(policy: ValidatingAdmissionPolicy, request: Values, params: unknown): Denial[] {
  const spec = policy.spec ?? {};
  const types = policyVariables(spec, { authorizer: true });
  const values: Record<string, unknown> = { ...request, params };
  values.variables = lazyVariables(spec.variables ?? [], types, values);
  const ignoreFailures = spec.failurePolicy === 'Ignore';
  const failed = (message: string): Denial[] => (ignoreFailures ? [] : [{ message, reason: undefined }]);
  try {
    if (!conditionsHold(spec, types, values)) return [];
  } catch (error) {
    return failed(text(error));
  }
  return (spec.validations ?? []).flatMap((validation) => {
    const { expression } = validation;
    try {
      if (run(expression, types, values) === true) return [];
    } catch (error) {
      return failed(`expression '${expression}' resulted in error: ${text(error)}`);
    }
    const computed = messageOf(validation.messageExpression, spec, values);
    const message = computed ?? (validation.message?.trim() || `failed expression: ${expression.trim()}`);
    return [{ message, reason: validation.reason }];
  });
}

/** The computed message; undefined where it is unusable: then the plain one is shown. */
function messageOf(
  source: string | undefined,
  spec: ValidatingAdmissionPolicySpec,
  values: Values,
): string | undefined {
  if (source === undefined) return undefined;
  try {
    const message = run(source, policyVariables(spec, { authorizer: false }), values);
    if (typeof message !== 'string') return undefined;
    const trimmed = message.trim();
    return trimmed === '' || trimmed.includes('\n') || trimmed.length > messageLimit ? undefined : trimmed;
  } catch {
    return undefined;
  }
}
