import { type Condition, plainText, type Word } from './ast.ts';

/** What the parser of `[[ ]]` needs of the shell's. Operators come as strings, words as words. */
export interface ConditionSource {
  peek(): Word | string | undefined;
  take(): void;
  /** Reads the regular expression after `=~`. */
  regex(): Word;
  fail(): never;
}

/** Operators between two words, of `[[ ]]` as of `test`. */
export const binaryOperators: ReadonlySet<string> = new Set([
  '=',
  '==',
  '!=',
  '=~',
  '<',
  '>',
  '-eq',
  '-ne',
  '-lt',
  '-le',
  '-gt',
  '-ge',
  '-nt',
  '-ot',
  '-ef',
]);

/** bash's `[[ ... ]]`, after the opening and with the closing brackets. */
export function parseCondition(source: ConditionSource): Condition {
  const condition = or(source);
  if (text(source) !== ']]') source.fail();
  source.take();
  return condition;
}

function text(source: ConditionSource): string | undefined {
  const next = source.peek();
  return typeof next === 'object' ? plainText(next) : next;
}

function or(source: ConditionSource): Condition {
  let left = and(source);
  while (source.peek() === '||') {
    source.take();
    left = { t: 'or', left, right: and(source) };
  }
  return left;
}

function and(source: ConditionSource): Condition {
  let left = not(source);
  while (source.peek() === '&&') {
    source.take();
    left = { t: 'and', left, right: not(source) };
  }
  return left;
}

function not(source: ConditionSource): Condition {
  if (text(source) === '!') {
    source.take();
    return { t: 'not', operand: not(source) };
  }
  if (source.peek() === '(') {
    source.take();
    const inner = or(source);
    if (source.peek() !== ')') source.fail();
    source.take();
    return inner;
  }
  return primary(source);
}

function word(source: ConditionSource): Word {
  const next = source.peek();
  if (typeof next !== 'object') source.fail();
  source.take();
  return next;
}

function primary(source: ConditionSource): Condition {
  const first = word(source);
  const name = plainText(first);
  if (name !== undefined && /^-[a-zA-Z]$/.test(name) && text(source) !== ']]') {
    const next = text(source);
    if (next === undefined || !binaryOperators.has(next)) return { t: 'unary', op: name, operand: word(source) };
  }
  const op = text(source);
  if (op === undefined || !binaryOperators.has(op)) return { t: 'word', word: first };
  source.take();
  if (op === '=~') return { t: 'binary', op, left: first, right: source.regex() };
  return { t: 'binary', op, left: first, right: word(source) };
}
