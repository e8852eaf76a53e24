/**
 * What text from packs, clusters, files and programs may not do to whoever reads it: control characters and escape sequences
 * move the cursor, name the window, fill the clipboard (ECMA-48, xterm's OSC 52); marks of direction show a text in another
 * order than it has (CVE-2021-42574); what has no width hides, and makes two names look like one. All of it is shown as what
 * it is. The other rooms bring text to a terminal, a log or a report through here only.
 */

/** Joiners of emoji and of scripts that need them stay. */
const scripts =
  'Arabic|Devanagari|Bengali|Gurmukhi|Gujarati|Oriya|Tamil|Telugu|Kannada|Malayalam|Sinhala|Khmer|Mongolian';
const scriptClass = scripts
  .split('|')
  .map((script) => `\\p{Script=${script}}`)
  .join('');
const pictograph = '[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\uFE0F]';
const joiners = [
  `(?<=${pictograph})\\u200D(?=\\p{Extended_Pictographic})`,
  `(?<=[${scriptClass}])[\\u200C\\u200D](?=[${scriptClass}])`,
].join('|');

/** Control characters, what has no width or changes direction, other ends of lines, halves of surrogate pairs. */
const unseen = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu;
/** Variation selectors choose how the character before them is drawn. */
const harmless = /[\n\t]|\uFE0E|\uFE0F/;
/** Colours, as programs write them into their logs (SGR of ECMA-48). */
const colours = /\u001B\[[\d;:]*m/g;

/** Text as it can be shown anywhere: newlines and tabs stay, Windows' ends of lines become newlines, colours go. */
export function visible(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(colours, '')
    .replace(unseen, (character, offset: number, whole: string) =>
      harmless.test(character) || isJoiner(whole, offset) ? character : pictureOf(character),
    );
}

/** Text that has one line only. */
export function visibleLine(text: string): string {
  return visible(text).replace(/[\n\t ]+/g, ' ');
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text that has one line only, in Markdown: no HTML, no link, no cell of its own, no list or heading. */
export function markdownLine(text: string): string {
  return (
    visibleLine(text)
      .trim()
      // A backslash is an escape only to some of the renderers that let HTML through.
      .replace(/[&<>]/g, (character) => entities[character] ?? character)
      .replace(/[\\`*_~|[\]]/g, '\\$&')
      .replace(/^(?:#|[+-](?=\s))|(?<=^\d+)[.)](?=\s)/, '\\$&')
  );
}

/** Whether `visible` would leave the text as it is. */
export function isVisible(text: string): boolean {
  return visible(text) === text;
}

/** JSON that can be shown anywhere, too: as JSON itself writes what is not seen, so that nothing is lost. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(unseen, (characters) =>
    Array.from({ length: characters.length }, (_, index) => escapeOf(characters.charCodeAt(index))).join(''),
  );
}

const joiner = new RegExp(joiners, 'uy');

function isJoiner(whole: string, offset: number): boolean {
  joiner.lastIndex = offset;
  return joiner.test(whole);
}

/** `␛` for ESC, `\x9b` for CSI, `\u202e` for a mark of direction. */
function pictureOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '␡';
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : escapeOf(code);
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
