/** x-kubernetes-validations as programs. */
import type { ValidationRule } from '../../kube/api.gen.ts';
import { compile, type Program } from '../../kube/cel/program.ts';
import { bool, optionalOf, sameType, string } from '../../kube/cel/types.ts';
import { celType, type DeclaredType, sizesOf } from './cel-types.ts';
import { validFieldPath } from './field-path.ts';
import { rulesOf, type Schema } from './schema.ts';

export interface CompiledRule {
  rule: ValidationRule;
  program?: Program;
  /** Why there is no program. */
  error?: string;
  usesOldSelf: boolean;
  /** What evaluating it once costs at most. */
  maxCost: number;
  message?: Program;
  messageError?: string;
  messageCost: number;
  /** Of the field that is wrong, from the value that has the rule: `.spec.size`. */
  fieldPath: string;
}

/** Types of resources have no name that rules could rely on. */
const selfType = 'selfType1';

/** All rules of a schema, those of its parts not among them. */
export function compileRules(schema: Schema, declared: DeclaredType): CompiledRule[] {
  const self = celType(declared, selfType);
  const sizes = sizesOf(declared);
  return rulesOf(schema).map((rule): CompiledRule => {
    const result: CompiledRule = {
      rule,
      usesOldSelf: false,
      maxCost: 0,
      messageCost: 0,
      fieldPath: fieldPathOf(rule, schema),
    };
    if ((rule.rule ?? '').trim() === '') return result;
    const variables = new Map([
      ['self', self],
      ['oldSelf', rule.optionalOldSelf ? optionalOf(self) : self],
    ]);
    const program = compile(rule.rule, { variables });
    if (typeof program === 'string') return { ...result, error: `compilation failed: ${program}` };
    if (!sameType(program.type, bool)) return { ...result, error: 'cel expression must evaluate to a bool' };
    if (program.fault !== undefined)
      return {
        ...result,
        usesOldSelf: program.uses('oldSelf'),
        error: `program instantiation failed: ${program.fault}`,
      };
    result.program = program;
    result.usesOldSelf = program.uses('oldSelf');
    result.maxCost = program.estimate(sizes).max;
    if (!rule.messageExpression) return result;
    const message = compile(rule.messageExpression, { variables });
    if (typeof message === 'string')
      return { ...result, messageError: `messageExpression compilation failed: ${message}` };
    if (!sameType(message.type, string))
      return { ...result, messageError: 'messageExpression must evaluate to a string' };
    if (message.fault !== undefined) {
      return { ...result, messageError: `messageExpression instantiation failed: ${message.fault}` };
    }
    return { ...result, message, messageCost: message.estimate(sizes).max };
  });
}

function fieldPathOf({ fieldPath }: ValidationRule, schema: Schema): string {
  const found = fieldPath ? validFieldPath(fieldPath, schema) : '';
  return typeof found === 'string' ? '' : String(found.path);
}
