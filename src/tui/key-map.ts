import type { Key } from 'ink';
import { ownValue } from '../kernel/own.ts';
import { type Binding, bindings } from './bindings.ts';

/** A key that is pressed alone. */
const noKey = {} as Key;

/** What a key may be called: one character that can be seen. */
const visibleKeys = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));

/** Characters that a binding is heard for; Enter, Tab, Esc, the arrows and the like are none, and are never taken away. */
function charactersOf(binding: Binding): string[] {
  return [...visibleKeys, ' '].filter((character) => binding.matches(character, noKey));
}

/** What can be given another key, with the character that it has: all that is asked for by one. */
export const defaultKeys: Readonly<Record<string, string>> = Object.fromEntries(
  bindings.flatMap((binding) => {
    const [character, ...others] = charactersOf(binding);
    return character === undefined || others.length > 0 ? [] : [[binding.command, character]];
  }),
);

/** Whether this can be a key of the map. */
export function isKeyName(text: string): boolean {
  return visibleKeys.includes(text);
}

/** Whether a character was typed, and nothing else. */
function isCharacter(input: string, { shift: _, capsLock: _c, numLock: _n, ...key }: Key): boolean {
  return input !== '' && !Object.values(key).some((pressed) => pressed === true);
}

/** The table of keys with those of the map in the places of theirs. */
export function remapped(map: Readonly<Record<string, string>>): Binding[] {
  return bindings.map((binding) => {
    const wanted = ownValue(map, binding.command);
    const before = charactersOf(binding);
    if (wanted === undefined || before.length !== 1) return binding;
    const named = before.map((character) => (character === ' ' ? 'Space' : character));
    const labels = binding.label.split(' ').map((label) => (named.includes(label) ? wanted : label));
    return {
      ...binding,
      label: labels.join(' '),
      matches: (input, key) => (isCharacter(input, key) ? input === wanted : binding.matches(input, key)),
    };
  });
}

/** What two things of a map would ask for with one key somewhere; undefined: every key means one thing. */
export function conflictOf(
  map: Readonly<Record<string, string>>,
): { key: string; commands: [string, string] } | undefined {
  const table = remapped(map);
  for (const command of Object.keys(map)) {
    const key = ownValue(map, command) ?? '';
    for (const own of table.filter((binding) => binding.command === command && binding.matches(key, noKey))) {
      const other = table.find(
        (binding) =>
          binding.command !== command &&
          binding.matches(key, noKey) &&
          binding.places.some((place) => own.places.includes(place)),
      );
      if (other) return { key, commands: [command, other.command] };
    }
  }
  return undefined;
}
