/** Expressions of the Common Expression Language: compiled, with their costs, and run. */
import { type Expr, issuesText } from './ast.ts';
import { check } from './checker.ts';
import { estimateCost } from './cost.ts';
import { CostExceeded, Evaluation, type Variables } from './evaluate.ts';
import { foldConstants } from './fold.ts';
import type { FunctionTable } from './functions.ts';
import { kubernetesFunctions } from './library/index.ts';
import { literalIssues, parts } from './literals.ts';
import { parse } from './parser.ts';
import type { Range, SizeOf } from './ranges.ts';
import { type CelType, dyn } from './types.ts';
import { CelError } from './values.ts';

export interface CompileOptions {
  /** By name, dots included. */
  variables: ReadonlyMap<string, CelType>;
  /** All functions; those of Kubernetes' libraries unless given. */
  functions?: FunctionTable;
}

/**
 * What running a program gave. `cost` counts in cel-go's units and is known for failures, too; `steps` are those of calls, which
 * it leaves out up to a point.
 */
export type Outcome = { cost: number; steps: number } & ({ value: unknown } | { error: string; costExceeded: boolean });

/** A checked expression. */
export class Program {
  readonly type: CelType;
  /** Why the program can't be run, if so: a constant in it has no value. */
  readonly fault: string | undefined;
  readonly #expression: Expr;

  constructor(expression: Expr) {
    this.#expression = expression;
    this.type = expression.type ?? dyn;
    this.fault = faultOf(expression);
  }

  /** Whether the expression refers to a variable. */
  uses(variable: string): boolean {
    for (const part of parts(this.#expression)) {
      if (part.kind === 'ident' && part.name.replace(/^\./, '') === variable) return true;
      if (part.kind === 'select' && part.variable === variable) return true;
    }
    return false;
  }

  /** @param sizeOf how large variables and what is in them can be at most */
  estimate(sizeOf: SizeOf): Range {
    try {
      return estimateCost(this.#expression, sizeOf);
    } catch (error) {
      if (error instanceof RangeError) return { min: 0, max: Number.POSITIVE_INFINITY };
      throw error;
    }
  }

  /** @param limit costs above it end the evaluation */
  run(variables: Variables, limit: number): Outcome {
    const evaluation = new Evaluation(variables, limit);
    try {
      const value = evaluation.run(this.#expression);
      return { value, ...evaluation.spent };
    } catch (error) {
      const { spent } = evaluation;
      if (error instanceof CostExceeded) return { error: error.message, costExceeded: true, ...spent };
      if (error instanceof CelError) return { error: error.message, costExceeded: false, ...spent };
      // An operand deep down in a very long chain.
      if (error instanceof RangeError)
        return { error: 'evaluation is nested too deeply', costExceeded: false, ...spent };
      throw error;
    }
  }
}

function faultOf(expression: Expr): string | undefined {
  try {
    foldConstants(expression);
    return undefined;
  } catch (error) {
    if (error instanceof CelError) return error.message;
    throw error;
  }
}

/** The program, or what is wrong with the expression in cel-go's words: each fault with its line and a caret. */
export function compile(source: string, options: CompileOptions): Program | string {
  try {
    return compiled(source, options);
  } catch (error) {
    // Chains like `a.b.c` are as deep as they are long.
    if (error instanceof RangeError)
      return issuesText(source, [{ at: 0, message: 'expression recursion limit exceeded' }]);
    throw error;
  }
}

function compiled(source: string, { variables, functions = kubernetesFunctions }: CompileOptions): Program | string {
  const { expression, issues } = parse(source);
  if (!expression) return issuesText(source, issues);
  const found = check(expression, { variables, functions });
  const all = found.length > 0 ? found : literalIssues(expression);
  return all.length > 0 ? issuesText(source, all) : new Program(expression);
}
