import { SelectorError } from './selectors.ts';

/** One term of a field selector. */
export interface FieldRequirement {
  field: string;
  operator: '=' | '!=';
  value: string;
}

/**
 * Parses a field selector (`metadata.name=x,status.phase!=Running`; `\`, `,` and `=` in values are escaped with `\`).
 * `==` becomes `=`. Which fields exist is the resource's business. Throws a SelectorError with the API server's text.
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  const terms: FieldRequirement[] = [];
  for (const part of splitTerms(text).sort()) {
    if (part === '') continue;
    const sign = /!=|==|=/.exec(part);
    if (!sign) throw new SelectorError(`invalid selector: '${text}'; can't understand '${part}'`);
    terms.push({
      field: part.slice(0, sign.index),
      operator: sign[0] === '!=' ? '!=' : '=',
      value: unescapeValue(part.slice(sign.index + sign[0].length)),
    });
  }
  return terms;
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') {
      i++;
    } else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(value: string): string {
  let result = '';
  for (let i = 0; i < value.length; i++) {
    const c = value.charAt(i);
    if (c === '\\') {
      const next = value.charAt(++i);
      if (next !== '\\' && next !== ',' && next !== '=') {
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${next}`);
      }
      result += next;
    } else if (c === '=') {
      // The server prints the character's number.
      throw new SelectorError(`invalid field selector: unescaped character in value: ${c.charCodeAt(0)}`);
    } else {
      result += c;
    }
  }
  return result;
}

/** Writes a value so that `parseFieldSelector` reads it back. */
export function escapeFieldValue(value: string): string {
  return value.replaceAll(/[\\,=]/g, '\\$&');
}

/** Whether the field values that `read` gives satisfy every term. */
export function matchesFields(terms: readonly FieldRequirement[], read: (field: string) => string): boolean {
  return terms.every((t) => (read(t.field) === t.value) === (t.operator === '='));
}
