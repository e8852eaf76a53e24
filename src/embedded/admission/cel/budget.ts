import type { Environment } from '@marcbachmann/cel-js';
import { CelFailure } from './failure.ts';

/** How many elements the loops of one expression may visit together. */
export const iterationLimit = 1_000_000;

let left = Number.POSITIVE_INFINITY;

interface LoopContext {
  setIterValue(value: unknown, evaluator: unknown): unknown;
}

/**
 * Counts the steps of all loops: every element that a macro visits is set in a context of this prototype. The library
 * has no limit of its own for the time that an evaluation takes.
 */
export function countIterations(environment: Environment): void {
  const sample = environment.parse('[1].all(x, true)');
  sample.check();
  const loop = (sample.ast as unknown as { meta: { alternate: { args: { iterCtx: LoopContext } } } }).meta.alternate;
  const prototype = Object.getPrototypeOf(loop.args.iterCtx) as LoopContext & { counted?: boolean };
  if (prototype.counted) return;
  const original = prototype.setIterValue;
  prototype.counted = true;
  prototype.setIterValue = function (this: LoopContext, value, evaluator) {
    if (--left < 0) throw new CelFailure('operation cancelled: actual cost limit exceeded');
    return original.call(this, value, evaluator);
  };
}

/** Runs `evaluate` with a limit to its loops; what is evaluated within (variables) shares it. */
export function limited<T>(evaluate: () => T): T {
  const before = left;
  if (before === Number.POSITIVE_INFINITY) left = iterationLimit;
  try {
    return evaluate();
  } finally {
    if (before === Number.POSITIVE_INFINITY) left = before;
  }
}
