/** What a message or a line of a log has to say stands within so many characters. */
const longest = 4_096;

/**
 * The beginning and the end of a message, a line or an output: who speaks, and what was said last. Whatever takes it apart
 * is bounded by that, however much somebody wrote.
 */
export function readable(text: string): string {
  const half = longest / 2;
  return text.length > longest ? `${text.slice(0, half)}\n…\n${text.slice(-half)}` : text;
}
