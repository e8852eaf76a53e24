/** awk's functions that only look at values. */

import { formatPrintf } from '../../lib/printf.ts';
import { toNumber, type Value } from './values.ts';

type Plain = (args: readonly Value[], text: (value: Value) => string) => Value;

const numeric =
  (f: (...numbers: number[]) => number): Plain =>
  (args) =>
    f(...args.map(toNumber));

export const plainFunctions: Readonly<Record<string, Plain>> = {
  substr: ([value = '', from = 1, length], text) => {
    const characters = [...text(value)];
    const first = Math.round(toNumber(from));
    const count = length === undefined ? Number.POSITIVE_INFINITY : Math.round(toNumber(length));
    const start = Math.max(1, first);
    return characters.slice(start - 1, Math.max(start - 1, first + count - 1)).join('');
  },
  index: ([value = '', wanted = ''], text) => text(value).indexOf(text(wanted)) + 1,
  tolower: ([value = ''], text) => text(value).toLowerCase(),
  toupper: ([value = ''], text) => text(value).toUpperCase(),
  int: numeric((n = 0) => Math.trunc(n)),
  sqrt: numeric((n = 0) => Math.sqrt(n)),
  exp: numeric((n = 0) => Math.exp(n)),
  log: numeric((n = 0) => Math.log(n)),
  sin: numeric((n = 0) => Math.sin(n)),
  cos: numeric((n = 0) => Math.cos(n)),
  atan2: numeric((y = 0, x = 0) => Math.atan2(y, x)),
};

/** `printf` and `sprintf`: the first value is the format; arguments that are missing are empty. */
export function formatValues(values: readonly Value[], text: (value: Value) => string): string {
  const [format = '', ...rest] = values;
  let used = 0;
  return text(format).replace(/%(%|[-+ 0#]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[a-zA-Z])/g, (spec, body: string) => {
    if (body === '%') return '%';
    const stars: string[] = [];
    for (const _ of body.match(/\*/g) ?? []) stars.push(text(rest[used++] ?? ''));
    const value = rest[used++] ?? '';
    const kind = body.at(-1) ?? 's';
    let shown = text(value);
    if (/[dixXou]/.test(kind)) shown = String(Math.trunc(toNumber(value)));
    else if (/[eEfFgG]/.test(kind)) shown = String(toNumber(value));
    else if (kind === 'c' && typeof value === 'number') shown = String.fromCodePoint(value);
    return formatPrintf(spec.replaceAll('\\', '\\\\'), [...stars, shown]).text;
  });
}
