const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Text as Markdown that shows just that text, on one line and in its cell of a table. HTML's characters become entities: a
 * backslash is an escape only to some of the renderers that let HTML through.
 */
export function asMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[&<>]/g, (character) => entities[character] ?? character)
    .replace(/[\\`*_|[\]~]/g, '\\$&');
}
