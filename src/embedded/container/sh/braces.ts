import type { Part, Word } from './ast.ts';

/** What a word of a list takes, in bytes. */
const WORD_BYTES = 64;

/**
 * bash's brace expansion: `a{b,c}d`, `{1..5}`, `{a..e..2}`, on unquoted text. Words without braces
 * come back as they are. `charge` gets how many bytes the words will take before they are created.
 */
export function expandBraces(word: Word, charge: (bytes: number) => void): Word[] {
  if (!word.parts.some((p) => p.t === 'lit' && !p.quoted && p.text.includes('{'))) return [word];
  // Every part that is not unquoted text stands as one private character.
  const kept: Part[] = [];
  let text = '';
  for (const part of word.parts) {
    if (part.t === 'lit' && !part.quoted) text += part.text;
    else {
      text += String.fromCharCode(0xe000 + kept.length);
      kept.push(part);
    }
  }
  return expandText(text, charge).map((expanded) => {
    const parts: Part[] = [];
    for (const piece of expanded.split(/([\ue000-\uf8ff])/)) {
      const part = /^[\ue000-\uf8ff]$/.test(piece) ? kept[piece.charCodeAt(0) - 0xe000] : undefined;
      if (part) parts.push(part);
      else if (piece !== '') parts.push({ t: 'lit', text: piece, quoted: false });
    }
    return { parts, raw: expanded };
  });
}

function expandText(text: string, charge: (bytes: number) => void): string[] {
  for (let open = text.indexOf('{'); open >= 0; open = text.indexOf('{', open + 1)) {
    let depth = 0;
    const commas: number[] = [];
    for (let i = open; i < text.length; i++) {
      if (text[i] === '{') depth++;
      else if (text[i] === ',' && depth === 1) commas.push(i);
      else if (text[i] === '}' && --depth === 0) {
        const alternatives =
          commas.length > 0 ? pieces(text, open, commas, i) : sequence(text.slice(open + 1, i), charge);
        if (!alternatives) break;
        const before = text.slice(0, open);
        const after = expandText(text.slice(i + 1), charge);
        const result: string[] = [];
        for (const alternative of alternatives) {
          for (const inner of commas.length > 0 ? expandText(alternative, charge) : [alternative]) {
            charge(after.length * (WORD_BYTES + 2 * text.length));
            for (const rest of after) result.push(before + inner + rest);
          }
        }
        return result;
      }
    }
  }
  return [text];
}

function pieces(text: string, open: number, commas: number[], close: number): string[] {
  const edges = [open, ...commas, close];
  return edges.slice(1).map((end, i) => text.slice((edges[i] ?? 0) + 1, end));
}

function sequence(text: string, charge: (bytes: number) => void): string[] | undefined {
  const match = /^(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.(-?\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, first = '', last = '', by] = match;
  const numeric = /\d/.test(first);
  if (numeric !== /\d/.test(last)) return undefined;
  const from = numeric ? Number(first) : first.charCodeAt(0);
  const to = numeric ? Number(last) : last.charCodeAt(0);
  const step = Math.max(1, Math.abs(Number(by ?? 1))) * (from <= to ? 1 : -1);
  const padded = numeric && /^-?0\d/.test(`${first}`) ? first.length : 0;
  charge(WORD_BYTES * (Math.floor(Math.abs(to - from) / Math.abs(step)) + 1));
  const result: string[] = [];
  for (let n = from; step > 0 ? n <= to : n >= to; n += step) {
    result.push(numeric ? String(n).padStart(padded, '0') : String.fromCharCode(n));
  }
  return result;
}
