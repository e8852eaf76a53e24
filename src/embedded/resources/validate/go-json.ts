/** Why Go's encoding/json refuses a text, in its words; undefined if it is valid JSON. Only the first problem of the scanner is told. */
export function goJsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const at = Number(/position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1] ?? firstBad(text));
    const character = text[at];
    if (character === undefined) return 'unexpected end of JSON input';
    const before = text.slice(0, at).trim();
    if (before === '') return `invalid character ${goRune(character)} looking for beginning of value`;
    const last = before.at(-1) ?? '';
    if (isComplete(before)) return `invalid character ${goRune(character)} after top-level value`;
    if (last === '{' || (last === ',' && openBrace(before) === '{')) {
      return `invalid character ${goRune(character)} looking for beginning of object key string`;
    }
    return `invalid character ${goRune(character)} looking for beginning of value`;
  }
}

const goRune = (c: string) => (c === "'" ? `'\\''` : `'${c}'`);

/** V8 names a position except where the very first token is wrong. */
function firstBad(text: string): number {
  const start = text.search(/\S/);
  return start < 0 ? text.length : start;
}

function isComplete(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The bracket that encloses the end of a prefix of JSON. */
function openBrace(text: string): string | undefined {
  const open: string[] = [];
  for (const c of text.replace(/"(?:[^"\\]|\\.)*"/g, '')) {
    if (c === '{' || c === '[') open.push(c);
    else if (c === '}' || c === ']') open.pop();
  }
  return open.at(-1);
}
