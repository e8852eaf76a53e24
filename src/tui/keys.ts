import type { Key } from 'ink';

/** Everything a key can ask for. */
export type Command =
  | 'up'
  | 'down'
  | 'pageUp'
  | 'pageDown'
  | 'top'
  | 'bottom'
  | 'focus'
  | 'focusBack'
  | 'open'
  | 'yes'
  | 'back'
  | 'shell'
  | 'hint'
  | 'explain'
  | 'reset'
  | 'debrief'
  | 'solution'
  | 'next'
  | 'previous'
  | 'list'
  | 'stop'
  | 'keys'
  | 'quit';

/**
 * Where a key is pressed: what lies on top decides. While a lab is being `preparing`, and while what was asked for is
 * under way (`waiting`), keys may be meant for the shell that comes: nothing is heard then that starts or costs something.
 */
export type Place = 'list' | 'lab' | 'overlay' | 'confirm' | 'preparing' | 'waiting';

/** What is typed after it is the shell's. */
const shellKey = 's';

export interface Binding {
  command: Command;
  /** What is shown for it. */
  label: string;
  /** A word for the bar; without one it stands on the help screen only. */
  short?: string;
  /** For the help screen; bindings with the same text share a line there. */
  help: string;
  places: readonly Place[];
  matches(input: string, key: Key): boolean;
}

const letter = (wanted: string) => (input: string, key: Key) => input === wanted && !key.ctrl && !key.meta;
function isCtrlC(input: string, key: Key): boolean {
  return key.ctrl && input === 'c';
}

const moving: readonly Place[] = ['list', 'lab', 'overlay', 'preparing'];
const inLab: readonly Place[] = ['lab', 'overlay'];

/** The one table of keys: the bar and the help screen are drawn from it, in this order. */
export const bindings: readonly Binding[] = [
  {
    command: 'open',
    label: 'Enter',
    short: 'start',
    help: 'start the scenario, go on with it; in a lab: the pane in full',
    places: ['list', 'lab'],
    matches: (_, key) => key.return,
  },
  {
    command: 'shell',
    label: shellKey,
    short: 'shell',
    help: 'your shell, set to this cluster; leave it to come back',
    places: [...inLab, 'preparing', 'waiting'],
    matches: letter(shellKey),
  },
  {
    command: 'hint',
    label: 'h',
    short: 'hint',
    help: 'the next hint; its price lowers the score, and is asked about',
    places: [...inLab, 'confirm'],
    matches: letter('h'),
  },
  {
    command: 'explain',
    label: 'e',
    short: 'explain',
    help: 'ask about a check, one level more: what is, why, the evidence; what that costs is asked about',
    places: [...inLab, 'confirm'],
    matches: letter('e'),
  },
  {
    command: 'reset',
    label: 'r',
    short: 'reset',
    help: 'put the cluster back as it was at the start',
    places: inLab,
    matches: letter('r'),
  },
  {
    command: 'debrief',
    label: 'd',
    short: 'debrief',
    help: 'after solving: why it broke, and the two-minute way',
    places: inLab,
    matches: letter('d'),
  },
  {
    command: 'next',
    label: 'n',
    short: 'next',
    help: 'the next scenario, the previous one',
    places: inLab,
    matches: letter('n'),
  },
  {
    command: 'previous',
    label: 'p',
    help: 'the next scenario, the previous one',
    places: inLab,
    matches: letter('p'),
  },
  {
    command: 'list',
    label: 'l',
    short: 'list',
    help: 'the list of scenarios; the cluster goes on',
    places: inLab,
    matches: letter('l'),
  },
  {
    command: 'solution',
    label: 'g',
    help: 'give up: show the solutions; the attempt remembers it',
    places: inLab,
    matches: letter('g'),
  },
  {
    command: 'stop',
    label: 'x',
    help: 'end the attempt and delete its cluster',
    places: ['list', 'lab', 'overlay'],
    matches: letter('x'),
  },
  {
    command: 'focus',
    label: 'Tab',
    help: 'the next pane, the one before; the arrows move in it; over a check: the next one',
    places: ['lab', 'overlay', 'preparing'],
    matches: (_, key) => key.tab && !key.shift,
  },
  {
    command: 'focusBack',
    label: 'Shift-Tab',
    help: 'the next pane, the one before; the arrows move in it; over a check: the next one',
    places: ['lab', 'overlay', 'preparing'],
    matches: (_, key) => key.tab && key.shift,
  },
  {
    command: 'up',
    label: '↑ k',
    help: 'up and down',
    places: moving,
    matches: (input, key) => key.upArrow || letter('k')(input, key),
  },
  {
    command: 'down',
    label: '↓ j',
    help: 'up and down',
    places: moving,
    matches: (input, key) => key.downArrow || letter('j')(input, key),
  },
  {
    command: 'pageUp',
    label: 'PgUp',
    help: 'a page up and down',
    places: moving,
    matches: (_, key) => key.pageUp,
  },
  {
    command: 'pageDown',
    label: 'PgDn Space',
    help: 'a page up and down',
    places: moving,
    matches: (input, key) => key.pageDown || letter(' ')(input, key),
  },
  {
    command: 'top',
    label: 'Home',
    help: 'to the first line, to the last',
    places: moving,
    matches: (_, key) => key.home,
  },
  {
    command: 'bottom',
    label: 'End',
    help: 'to the first line, to the last',
    places: moving,
    matches: (_, key) => key.end,
  },
  {
    command: 'yes',
    label: 'y',
    short: 'yes',
    help: 'yes, where something is asked',
    places: ['confirm'],
    matches: letter('y'),
  },
  {
    command: 'back',
    label: 'Esc',
    short: 'back',
    help: 'close what is open; from a lab: back to the list',
    places: ['lab', 'overlay', 'confirm', 'preparing', 'waiting'],
    matches: (_, key) => key.escape,
  },
  {
    command: 'back',
    label: 'Enter',
    help: 'close what is open; from a lab: back to the list',
    places: ['overlay'],
    matches: (_, key) => key.return,
  },
  {
    command: 'keys',
    label: '?',
    short: 'keys',
    help: 'these keys',
    places: ['list', 'lab', 'overlay', 'preparing'],
    matches: letter('?'),
  },
  {
    command: 'quit',
    label: 'q',
    short: 'quit',
    help: 'leave; the cluster goes on and the attempt waits for you',
    places: ['list', 'lab', 'overlay', 'confirm'],
    matches: (input, key) => letter('q')(input, key) || isCtrlC(input, key),
  },
  {
    command: 'quit',
    label: 'Ctrl-C',
    short: 'quit',
    help: 'leave, or end the wait, while something is under way',
    places: ['preparing', 'waiting'],
    matches: isCtrlC,
  },
];

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

/** These stay however narrow the bar is. */
const always: readonly Command[] = ['yes', 'back', 'keys', 'quit'];

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
