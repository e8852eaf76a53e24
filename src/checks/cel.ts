import { Environment, serialize } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import * as z from 'zod';

/** Nested loops over an object's lists multiply; no assertion about one object needs more. */
const deepest = 2;
const loops = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);
/** Regular expressions of learners' objects run in linear time only here, under a name of our own. */
const ownMatches = 'matchesInLinearTime';

const cel = new Environment({ unlistedVariablesAreDyn: true, limits: { maxAstNodes: 1_000, maxDepth: 60 } });
cel.registerFunction(`string.${ownMatches}(string): bool`, (text: string, pattern: string) =>
  RE2JS.compile(pattern).matcher(text).find(),
);

export interface CelExpression {
  source: string;
  /** The value; a string that says what is wrong where it has none. */
  run(object: object): unknown;
}

/** Compiled once for each text: the scenarios of a pack are read again and again. */
const compiled = new Map<string, CelExpression>();

/** A CEL expression over `object`, whose cost is bounded: by its size, the depth of its loops, and RE2. */
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
    renameMatches(ast);
    const run = cel.parse(serialize(ast));
    const expression: CelExpression = { source, run: (object) => attemptOf(() => run({ object })) };
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

/** How many loops are inside of each other at most. */
function depthOf(node: unknown): number {
  if (!isNode(node)) return 0;
  const inner = Math.max(0, ...childrenOf(node).map(depthOf));
  const loop = node.op === 'rcall' && Array.isArray(node.args) && loops.has(String(node.args[0]));
  return inner + (loop ? 1 : 0);
}

function renameMatches(node: unknown): void {
  if (!isNode(node)) return;
  if (node.op === 'rcall' && Array.isArray(node.args) && node.args[0] === 'matches') node.args[0] = ownMatches;
  childrenOf(node).forEach(renameMatches);
}
