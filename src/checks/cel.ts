import { Environment, serialize } from '@marcbachmann/cel-js';
import * as z from 'zod';
import { sizeOf, spend, TooCostly } from '../kernel/budget.ts';
import { Pattern } from '../kernel/pattern.ts';

/** Nested loops over an object's lists multiply; no assertion about one object needs more. */
const deepest = 2;
/** The loops, and what a round of each is when there are no steps left: what ends it. Without one an error ends it. */
const loops = new Map<string, boolean | undefined>([
  ['all', false],
  ['exists', true],
  ['exists_one', undefined],
  ['filter', undefined],
  ['map', undefined],
]);
/** What depends on how large its operands are. */
const weighty = new Set(['rcall', 'call', 'in', '==', '!=', '+']);
/** Regular expressions of learners' objects run in linear time only here, under a name of our own. */
const ownMatches = 'matchesInLinearTime';
/** Counts a round of a loop. `all` and `exists` go on after an error: for them it says whether to go on. */
const [round, roundLeft] = ['round', 'roundLeft'];

const cel = new Environment({ unlistedVariablesAreDyn: true, limits: { maxAstNodes: 1_000, maxDepth: 60 } });
cel.registerFunction(`string.${ownMatches}(string): bool`, (text: string, pattern: string) =>
  patternOf(pattern).test(text),
);

/** Patterns may stand in the object: there can be any number of them. */
const patterns = new Map<string, Pattern>();
const mostPatterns = 500;
/** What compiling one costs at most. */
const stepsToCompile = 50_000;

function patternOf(source: string): Pattern {
  const known = patterns.get(source);
  if (known) return known;
  spend(stepsToCompile);
  const pattern = new Pattern(source);
  if (patterns.size >= mostPatterns) patterns.clear();
  patterns.set(source, pattern);
  return pattern;
}

/** What a round costs of the expression that runs now: it runs to its end before another one begins. */
let costOfRound = 0;
cel.registerFunction(`${round}(): bool`, () => {
  spend(costOfRound);
  return true;
});
cel.registerFunction(`${roundLeft}(): bool`, () => {
  try {
    spend(costOfRound);
    return true;
  } catch (error) {
    if (error instanceof TooCostly) return false;
    throw error;
  }
});

export interface CelExpression {
  source: string;
  /** The value; a string that says what is wrong where it has none. */
  run(object: object): unknown;
}

/** Compiled once for each text: the scenarios of a pack are read again and again. */
const compiled = new Map<string, CelExpression>();

/**
 * A CEL expression over `object`, whose cost is bounded: by its size, the depth of its loops, RE2, and the budget that it runs
 * within: then running it throws TooCostly.
 */
export const celExpression = z.string().transform((source, context): CelExpression => {
  const refuse = (message: string) => {
    context.issues.push({ code: 'custom', message, input: source });
    return z.NEVER;
  };
  const known = compiled.get(source);
  if (known) return known;
  try {
    const { ast } = cel.parse(source);
    if (depthOf(ast) > deepest)
      return refuse(`not a CEL expression to use here: more than ${deepest} loops inside of each other`);
    const nodes = nodesOf(ast);
    for (const pattern of nodes.flatMap(literalPattern)) new Pattern(pattern);
    const weight = nodes.filter((node) => weighty.has(node.op)).length;
    bound(ast);
    const run = cel.parse(serialize(ast));
    const expression: CelExpression = {
      source,
      run(object) {
        costOfRound = Math.ceil(nodes.length + (weight ** 2 * sizeOf(object)) / 16);
        spend(costOfRound);
        const value = attemptOf(() => run({ object }));
        // Some loops end with a value when there is nothing left.
        spend(0);
        return value;
      },
    };
    compiled.set(source, expression);
    return expression;
  } catch (error) {
    return refuse(`not a CEL expression: ${firstLine(error)}`);
  }
});

function attemptOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof TooCostly || (error as Error).cause instanceof TooCostly) throw new TooCostly();
    return firstLine(error);
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

interface AstNode {
  op: string;
  args: unknown;
}

function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'op' in value;
}

function childrenOf(node: AstNode): unknown[] {
  return Array.isArray(node.args) ? node.args.flat(2) : [node.args];
}

function nodesOf(node: unknown): AstNode[] {
  return isNode(node) ? [node, ...childrenOf(node).flatMap(nodesOf)] : [];
}

/** The pattern of `matches`, if it is written out. */
function literalPattern({ op, args }: AstNode): string[] {
  const [name, , given] = op === 'rcall' && Array.isArray(args) ? args : [];
  const [pattern] = name === 'matches' && Array.isArray(given) ? given : [];
  return isNode(pattern) && pattern.op === 'value' && typeof pattern.args === 'string' ? [pattern.args] : [];
}

/** The name of the loop that a node is. */
function loopOf({ op, args }: AstNode): string | undefined {
  const name = op === 'rcall' && Array.isArray(args) ? String(args[0]) : '';
  return loops.has(name) ? name : undefined;
}

/** How many loops are inside of each other at most. */
function depthOf(node: unknown): number {
  if (!isNode(node)) return 0;
  const inner = Math.max(0, ...childrenOf(node).map(depthOf));
  return inner + (loopOf(node) ? 1 : 0);
}

/** Has each round of a loop counted before it runs, and regular expressions found by our own function. */
function bound(node: unknown): void {
  if (!isNode(node)) return;
  childrenOf(node).forEach(bound);
  if (!Array.isArray(node.args)) return;
  if (node.op === 'rcall' && node.args[0] === 'matches') node.args[0] = ownMatches;
  const loop = loopOf(node);
  const rounds: unknown = node.args[2];
  // The variable, then what is done with it; of a map with a filter that comes first.
  if (loop === undefined || !Array.isArray(rounds) || !isNode(rounds[1])) return;
  const end = loops.get(loop);
  const count = { op: 'call', args: [end === undefined ? round : roundLeft, []] };
  rounds[1] = { op: '?:', args: [count, dynamic(rounds[1]), dynamic({ op: 'value', args: end ?? false })] };
}

/** Both sides of a condition have to be of one type. */
function dynamic(node: AstNode): AstNode {
  return { op: 'call', args: ['dyn', [node]] };
}
