import type { Key } from 'ink';
import { type Binding, bindings, type Command, type Place } from './bindings.ts';

/** The table as it is now: with the keys that the user has chosen. */
let table = bindings;

/** From now on these are the keys: `bindings`, some with other characters. */
export function setBindings(chosen: readonly Binding[]): void {
  table = chosen;
}

/** The key of a command, as people read it. */
export function keyOf(command: Command): string {
  return table.find((b) => b.command === command)?.label ?? '';
}

/** What a key press asks for in this place; undefined: nothing. */
export function commandOf(input: string, key: Key, place: Place): Command | undefined {
  return table.find((b) => b.places.includes(place) && b.matches(input, key))?.command;
}

/** What stands in the bar of a place beside its table: words that differ, a price, what does not apply now. */
export interface BarNotes {
  /** Other words for a command. */
  words?: Partial<Record<Command, string>>;
  /** Not shown, because they would do nothing. */
  hidden?: readonly Command[];
  /** Shown before all others. */
  first?: readonly Command[];
}

/** What only a lab on screen can do: over what lies on another screen it is not shown. */
export const labOnly = [
  'shell',
  'hint',
  'explain',
  'reset',
  'debrief',
  'report',
  'next',
  'list',
  'focus',
] as const satisfies readonly Command[];

/** These stay however narrow the bar is. */
const always: readonly Command[] = ['yes', 'back', 'terminal', 'keys', 'quit'];

/** `s shell`, `h hint -5`, ...: the keys for the bar of a place, those that matter most if `width` can't hold all. */
export function barItems(place: Place, width: number, notes: BarNotes = {}): { label: string; text: string }[] {
  const { words = {}, hidden = [], first = [] } = notes;
  const found = table
    .filter((b) => b.places.includes(place) && (b.short || words[b.command]) && !hidden.includes(b.command))
    .filter((b, index, all) => all.findIndex((other) => other.command === b.command) === index)
    .map((b) => ({ command: b.command, label: b.label, text: words[b.command] ?? b.short ?? '' }));
  const order = [...found.filter((b) => first.includes(b.command)), ...found.filter((b) => !first.includes(b.command))];
  const size = (item: { label: string; text: string }) => item.label.length + item.text.length + 3;
  let left = width - order.filter((b) => always.includes(b.command)).reduce((sum, b) => sum + size(b), 0);
  const shown = order.filter((b) => {
    if (always.includes(b.command)) return true;
    left -= size(b);
    return left >= 0;
  });
  return shown.map(({ label, text }) => ({ label, text }));
}

/** The lines of the help screen: keys and what they do. */
export function helpRows(): { label: string; help: string }[] {
  const rows = new Map<string, string[]>();
  for (const { label, help } of table) rows.set(help, [...(rows.get(help) ?? []), label]);
  return [...rows].map(([help, labels]) => ({ label: labels.join(' '), help }));
}
