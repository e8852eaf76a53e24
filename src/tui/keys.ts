import type { Key } from 'ink';

/** Everything a key can ask for. */
export type Command =
  | 'up'
  | 'down'
  | 'pageUp'
  | 'pageDown'
  | 'open'
  | 'back'
  | 'shell'
  | 'hint'
  | 'explain'
  | 'reset'
  | 'debrief'
  | 'next'
  | 'previous'
  | 'list'
  | 'keys'
  | 'quit';

export type Place = 'list' | 'lab' | 'overlay' | 'confirm';

interface Binding {
  command: Command;
  /** What is shown for it. */
  label: string;
  /** Short words for the bar, longer ones for the help screen. */
  short?: string;
  help: string;
  places: readonly Place[];
  matches(input: string, key: Key): boolean;
}

const letter = (wanted: string) => (input: string, key: Key) => input === wanted && !key.ctrl && !key.meta;

/** The one table of keys: the bar and the help screen are drawn from it. Order is the bar's order. */
export const bindings: readonly Binding[] = [
  {
    command: 'open',
    label: 'Enter',
    short: 'start',
    help: 'start the scenario, or go on with it',
    places: ['list'],
    matches: (_, key) => key.return,
  },
  {
    command: 'shell',
    label: 's',
    short: 'shell',
    help: 'your shell with kubectl set to this cluster; leave it to come back',
    places: ['lab'],
    matches: letter('s'),
  },
  {
    command: 'hint',
    label: 'h',
    short: 'hint',
    help: 'the next hint; its price lowers the score',
    places: ['lab'],
    matches: letter('h'),
  },
  {
    command: 'explain',
    label: 'e',
    short: 'explain',
    help: 'the evidence behind a check; again for the next one',
    places: ['lab', 'overlay'],
    matches: letter('e'),
  },
  {
    command: 'reset',
    label: 'r',
    short: 'reset',
    help: 'put the cluster back as it was at the start',
    places: ['lab'],
    matches: letter('r'),
  },
  {
    command: 'debrief',
    label: 'd',
    short: 'debrief',
    help: 'after solving: why it broke, and the two-minute way',
    places: ['lab'],
    matches: letter('d'),
  },
  { command: 'next', label: 'n', short: 'next', help: 'the next scenario', places: ['lab'], matches: letter('n') },
  { command: 'previous', label: 'p', help: 'the previous scenario', places: ['lab'], matches: letter('p') },
  {
    command: 'list',
    label: 'l',
    short: 'list',
    help: 'back to the list; the cluster goes on',
    places: ['lab'],
    matches: letter('l'),
  },
  {
    command: 'up',
    label: '↑ k',
    help: 'up',
    places: ['list', 'overlay', 'lab'],
    matches: (input, key) => key.upArrow || input === 'k',
  },
  {
    command: 'down',
    label: '↓ j',
    help: 'down',
    places: ['list', 'overlay', 'lab'],
    matches: (input, key) => key.downArrow || input === 'j',
  },
  { command: 'pageUp', label: 'PgUp', help: 'a page up', places: ['overlay'], matches: (_, key) => key.pageUp },
  {
    command: 'pageDown',
    label: 'PgDn',
    help: 'a page down',
    places: ['overlay'],
    matches: (input, key) => key.pageDown || input === ' ',
  },
  {
    command: 'open',
    label: 'y',
    short: 'yes',
    help: 'yes',
    places: ['confirm'],
    matches: (input, key) => input === 'y' || key.return,
  },
  {
    command: 'back',
    label: 'Esc',
    short: 'back',
    help: 'close what is open',
    places: ['overlay', 'confirm', 'lab'],
    matches: (input, key) => key.escape || input === '\u001b',
  },
  { command: 'keys', label: '?', short: 'keys', help: 'these keys', places: ['list', 'lab'], matches: letter('?') },
  {
    command: 'quit',
    label: 'q',
    short: 'quit',
    help: 'leave; the cluster goes on and the attempt waits for you',
    places: ['list', 'lab', 'overlay', 'confirm'],
    matches: (input, key) => input === 'q' || (key.ctrl && input === 'c'),
  },
];

/** What a key press asks for in this place; undefined: nothing. */
export function commandOf(input: string, key: Key, place: Place): Command | undefined {
  return bindings.find((b) => b.places.includes(place) && b.matches(input, key))?.command;
}

/** `s shell`, `h hint (-5)`, ... for the bar of a place. */
export function barItems(
  place: Place,
  notes: Partial<Record<Command, string>> = {},
): { label: string; text: string }[] {
  return bindings
    .filter((b) => b.short && b.places.includes(place))
    .map((b) => ({ label: b.label, text: `${b.short}${notes[b.command] ? ` ${notes[b.command]}` : ''}` }));
}
