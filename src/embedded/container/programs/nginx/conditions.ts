import { configError, type Directive } from './parse.ts';

export interface Condition {
  value: string;
  operator: string;
  operand: string;
  directive: Directive;
}

/** Takes `($a = b)` apart. Throws ConfigError. */
export function conditionOf(d: Directive): Condition {
  const words = [...d.args];
  const first = words[0] ?? '';
  const last = words[words.length - 1] ?? '';
  if (!first.startsWith('(')) throw configError(`invalid condition "${first}"`, d);
  if (!last.endsWith(')')) throw configError(`invalid condition "${last}"`, d);
  words[words.length - 1] = last.slice(0, -1);
  words[0] = (words[0] ?? '').slice(1);
  const [value = '', operator = '', ...rest] = words.filter((w, i) => w !== '' || (i > 1 && i < words.length));
  if (/^!?-[fdex]$/.test(value)) return { value: operator, operator: value, operand: '', directive: d };
  if (!value.startsWith('$')) throw configError(`invalid condition "${value}"`, d);
  if (operator !== '' && !/^(!?=|!?~\*?)$/.test(operator))
    throw configError(`unexpected "${operator}" in condition`, d);
  if (operator !== '' && rest.length === 0) throw configError(`invalid condition "${value}"`, d);
  return { value, operator, operand: rest[0] ?? '', directive: d };
}
