/** Why an expression does not compile, as cel-go tells it. */
import type { ASTNode, TypeError as CelTypeError, ParseError } from '@marcbachmann/cel-js';

/** What may begin an operand, as its grammar lists it. */
const operandStarts =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/** `ERROR: <input>:1:5: text`, the line, and a caret below the place. `offset` counts characters of the source. */
export function problemAt(source: string, offset: number, text: string): string {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  const column = offset - (before.lastIndexOf('\n') + 1);
  const code = source.split('\n')[line - 1] ?? '';
  return `ERROR: <input>:${line}:${column + 1}: ${text}\n | ${code}\n | ${'.'.repeat(column)}^`;
}

/** One character that no token begins with; the parser goes on without it. */
const unknownCharacter = /^Unexpected character: '?([^'])'?$/;

/** All syntax errors: after a character that is no token, those of the rest. `parse` throws ParseErrors. */
export function syntaxProblems(source: string, error: ParseError, parse: (text: string) => unknown): string {
  const start = error.range?.start ?? source.length;
  const character = unknownCharacter.exec(error.summary)?.[1];
  if (character !== undefined && !/[\w'"]/.test(character)) {
    const first = problemAt(source, start, `Syntax error: token recognition error at: '${character}'`);
    const rest = `${source.slice(0, start)} ${source.slice(start + 1)}`;
    try {
      parse(rest);
      return first;
    } catch (next) {
      const more = syntaxProblems(rest, next as ParseError, parse).replaceAll(`\n | ${rest}`, `\n | ${source}`);
      return `${first}\n${more}`;
    }
  }
  const token = start >= source.length ? '<EOF>' : (/^(\w+|[^\w\s]+|\s)/.exec(source.slice(start))?.[0] ?? '<EOF>');
  if (/^(Unexpected token|Expected IDENTIFIER)/.test(error.summary)) {
    return problemAt(source, start, `Syntax error: mismatched input '${token}' expecting ${operandStarts}`);
  }
  if (/^Unexpected character/.test(error.summary)) {
    return problemAt(source, start, `Syntax error: extraneous input '${token}' expecting <EOF>`);
  }
  return problemAt(source, start, `Syntax error: ${error.summary}`);
}

/** Where cel-go sees an operation: at its operator, a call at its parenthesis. */
function placeOf(source: string, node: ASTNode | undefined, fallback: number): number {
  if (!node) return fallback;
  if (node.op === 'rcall' || node.op === 'call') {
    const from = node.op === 'rcall' ? node.args[1].range.end : node.range.start;
    const open = source.indexOf('(', from);
    return open < 0 ? fallback : open;
  }
  const args: unknown = node.args;
  if (Array.isArray(args) && args.length >= 2 && typeof args[0] === 'object') {
    const operand = args[0] as ASTNode;
    const operator = /\S/.exec(source.slice(operand.range.end));
    return operand.range.end + (operator?.index ?? 0);
  }
  return node.range.start;
}

/** A type error in cel-go's words. `functions`: the names that are known at all. */
export function typeProblem(source: string, error: CelTypeError, functions: ReadonlySet<string>): string {
  const node = error.node as ASTNode | undefined;
  const at = placeOf(source, node, error.range?.start ?? 0);
  const { summary } = error;
  const variable = /^Unknown variable: (.+)$/.exec(summary)?.[1];
  if (variable !== undefined) {
    return problemAt(source, error.range?.start ?? 0, `undeclared reference to '${variable}' (in container '')`);
  }
  const binary = /^no such overload: (\S+(?:<.*>)?) (\S+) (\S+(?:<.*>)?)$/.exec(summary);
  if (binary) {
    const [, left, operator, right] = binary;
    const name = operator === 'in' ? '@in' : operator === '[]' ? '_[_]' : `_${operator}_`;
    return problemAt(source, at, `found no matching overload for '${name}' applied to '(${left}, ${right})'`);
  }
  const unary = /^no such overload: ([!-])(.+)$/.exec(summary);
  if (unary) {
    return problemAt(source, at, `found no matching overload for '${unary[1]}_' applied to '(${unary[2]})'`);
  }
  const call = /^found no matching overload for '(?:(.+)\.)?(\w+)\((.*)\)'$/.exec(summary);
  if (call) {
    const [, receiver, name = '', parameters] = call;
    if (!functions.has(name)) return problemAt(source, at, `undeclared reference to '${name}' (in container '')`);
    const applied = receiver === undefined ? `(${parameters})` : `${receiver}.(${parameters})`;
    return problemAt(source, at, `found no matching overload for '${name}' applied to '${applied}'`);
  }
  const branches = /^Ternary branches must have the same type, got '(.+)' and '(.+)'$/.exec(summary);
  if (branches) {
    const types = `(bool, ${branches[1]}, ${branches[2]})`;
    return problemAt(source, at, `found no matching overload for '_?_:_' applied to '${types}'`);
  }
  return problemAt(source, error.range?.start ?? 0, summary);
}

/** An error of evaluation in cel-go's words. */
export function evaluationMessage(error: { code?: string; summary?: string; message: string }): string {
  const summary = error.summary ?? error.message;
  switch (error.code) {
    case 'no_such_key':
      return summary.replace(/^No such key/, 'no such key');
    case 'index_out_of_bounds':
      return summary.replace(/^.*index (-?\d+) .*$/, 'index out of bounds: $1');
    case 'no_such_overload':
    case 'no_matching_overload':
      return 'no such overload';
    default:
      return summary;
  }
}
