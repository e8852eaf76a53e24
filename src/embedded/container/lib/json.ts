/** JSON whose objects keep the order of their keys, with numbers as jq writes them. */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

export function sortedKeys(object: JsonObject): string[] {
  return [...object.keys()].sort(compareText);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A number as jq prints it: the shortest digits, with an exponent where it would be much longer without. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'null';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const finite = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  const [mantissa = '', exponent = '0'] = Math.abs(finite).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const point = Number(exponent) + 1;
  const sign = finite < 0 ? '-' : '';
  if (point <= -4 || point > digits.length + 15) {
    const power = String(Math.abs(point - 1)).padStart(2, '0');
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0]}${fraction}e${point - 1 < 0 ? '-' : '+'}${power}`;
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

export function formatString(text: string): string {
  return JSON.stringify(text).replaceAll('\x7f', '\\u007f');
}

/** The value on one line, keys in their order. */
export function toJson(value: Json): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'string') return formatString(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  if (value instanceof Map) return `{${[...value].map(([k, v]) => `${formatString(k)}:${toJson(v)}`).join(',')}}`;
  return String(value);
}
