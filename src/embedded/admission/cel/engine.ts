/** Kubernetes' CEL: the library with Kubernetes' functions, bounded, and with the messages of cel-go. */
import { type ASTNode, type TypeError as CelTypeError, Environment, type ParseError } from '@marcbachmann/cel-js';
import { countIterations, limited } from './budget.ts';
import { CelFailure } from './failure.ts';
import { registerAuthorizer } from './library/authorizer.ts';
import { registerLists } from './library/lists.ts';
import { registerNetwork } from './library/network.ts';
import { registerQuantities } from './library/quantities.ts';
import { registerStrings } from './library/strings.ts';
import { evaluationMessage, syntaxProblems, typeProblem } from './problems.ts';

export { CelFailure } from './failure.ts';
export { AuthorizerValue } from './library/authorizer.ts';

/** A compiled expression. */
export interface Program {
  /** Of its result: `bool`, `string`, `int`, `dyn`, `list`, ... */
  readonly type: string;
  /** @throws CelFailure with cel-go's message */
  run(values: Readonly<Record<string, unknown>>): unknown;
}

export type Compiled = { program: Program } | { problem: string };

/** The variables of an expression and their types: `dyn`, `kubernetes.authorization.Authorizer`, ... */
export type Variables = Readonly<Record<string, string>>;

const base = (() => {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 20_000, maxDepth: 150 },
  });
  registerStrings(environment);
  registerLists(environment);
  registerQuantities(environment);
  registerNetwork(environment);
  registerAuthorizer(environment);
  countIterations(environment);
  return environment;
})();

const functions: ReadonlySet<string> = new Set(
  base.getDefinitions().functions.flatMap(({ signature }) => /(\w+)\(/.exec(signature)?.[1] ?? []),
);

const environments = new Map<string, Environment>();

function environmentOf(variables: Variables): Environment {
  const key = JSON.stringify(Object.entries(variables).sort());
  let environment = environments.get(key);
  if (!environment) {
    environment = base.clone();
    for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
    environments.set(key, environment);
  }
  return environment;
}

/** `matches` of the library could take for ever: all calls go to Kubernetes' (linear) regular expressions. */
function makeMatchesLinear(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const { op, args } = node as ASTNode;
  if ((op === 'rcall' || op === 'call') && (args as unknown[])[0] === 'matches') (args as unknown[])[0] = 'matchesRe2';
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (typeof value === 'object' && value !== null && 'op' in value) makeMatchesLinear(value);
  };
  visit(args);
}

const compiled = new Map<string, Compiled>();
const capacity = 1000;

/** Compiles an expression; what it gets wrong is told as `compilation failed: ERROR: <input>:1:2: ...`. */
export function compile(source: string, variables: Variables): Compiled {
  const key = `${JSON.stringify(Object.entries(variables).sort())} ${source}`;
  let known = compiled.get(key);
  if (!known) {
    known = compileNew(source, variables);
    if (compiled.size >= capacity) compiled.clear();
    compiled.set(key, known);
  }
  return known;
}

function compileNew(source: string, variables: Variables): Compiled {
  const environment = environmentOf(variables);
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = environment.parse(source);
  } catch (error) {
    const problem = syntaxProblems(source, error as ParseError, (text) => environment.parse(text));
    return { problem: `compilation failed: ${problem}` };
  }
  makeMatchesLinear(parsed.ast);
  const checked = parsed.check();
  if (!checked.valid) {
    const problem = typeProblem(source, checked.error as CelTypeError, functions);
    return { problem: `compilation failed: ${problem}` };
  }
  const run = (values: Readonly<Record<string, unknown>>) => {
    try {
      return limited(() => parsed({ ...values }) as unknown);
    } catch (error) {
      if (error instanceof CelFailure) throw error;
      const inner = error instanceof Error && error.cause instanceof CelFailure ? error.cause : undefined;
      throw inner ?? new CelFailure(evaluationMessage(error as Error));
    }
  };
  return { program: { type: checked.type ?? 'dyn', run } };
}
