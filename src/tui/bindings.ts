/**
 * What keys ask for, and where.
 *
 * Large because it is the one table of keys: a key means one thing, and what it means elsewhere is seen beside it.
 */
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
  | 'terminal'
  | 'zoom'
  | 'scrollBack'
  | 'split'
  | 'mouse'
  | 'hint'
  | 'explain'
  | 'reset'
  | 'debrief'
  | 'report'
  | 'solution'
  | 'next'
  | 'previous'
  | 'list'
  | 'page'
  | 'filter'
  | 'sort'
  | 'group'
  | 'exam'
  | 'difficulty'
  | 'unsolved'
  | 'again'
  | 'view'
  | 'describe'
  | 'logs'
  | 'events'
  | 'yaml'
  | 'all'
  | 'erase'
  | 'accept'
  | 'stop'
  | 'keys'
  | 'quit';

/**
 * Where a key is pressed: what lies on top decides. While a lab is being `preparing`, and while what was asked for is
 * under way (`waiting`), keys may be meant for the shell that comes: nothing is heard then that starts or costs something.
 * In the shell's pane (`terminal`) all keys are the shell's but those that the keyboard itself hears.
 */
export type Place =
  | 'page'
  | 'labs'
  | 'filter'
  | 'lab'
  | 'cluster'
  | 'overlay'
  | 'confirm'
  | 'preparing'
  | 'waiting'
  | 'terminal';

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

const onPages: readonly Place[] = ['page', 'labs'];
const moving: readonly Place[] = [...onPages, 'lab', 'cluster', 'overlay', 'preparing'];
const inLab: readonly Place[] = ['lab', 'overlay'];

/** These the keyboard hears itself (`keyboard.ts`, `terminal/input.ts`), before anybody parses keys. */
const heardBefore = () => false;

const paneBindings: readonly Binding[] = [
  {
    command: 'terminal',
    label: 'F12',
    short: 'back to the lab',
    help: "into the shell's pane and out of it; the shell goes on meanwhile",
    places: ['terminal'],
    matches: heardBefore,
  },
  {
    command: 'zoom',
    label: 'F12 F12',
    short: 'full screen',
    help: 'the pane in full, and beside the task again',
    places: ['terminal'],
    matches: heardBefore,
  },
  {
    command: 'scrollBack',
    label: 'Shift-PgUp',
    short: 'scroll back',
    help: 'in the pane: what has scrolled away (PgDn: forth); Alt does it too',
    places: ['terminal'],
    matches: heardBefore,
  },
  {
    command: 'split',
    label: 'S',
    help: 'a shell in a split of its own, in tmux, zellij and WezTerm',
    places: inLab,
    matches: letter('S'),
  },
  {
    command: 'mouse',
    label: 'm',
    help: 'the mouse for programs in the pane (off: the terminal selects with it)',
    places: inLab,
    matches: letter('m'),
  },
];

/** The one table of keys: the bar and the help screen are drawn from it, in this order. */
export const bindings: readonly Binding[] = [
  {
    command: 'open',
    label: 'Enter',
    short: 'start',
    help: 'start the scenario, go on with it; in a lab: the pane in full',
    places: [...onPages, 'lab'],
    matches: (_, key) => key.return,
  },
  {
    command: 'shell',
    label: shellKey,
    short: 'shell',
    help: 'your shell, set to this cluster',
    places: [...inLab, 'preparing', 'waiting'],
    matches: letter(shellKey),
  },
  ...paneBindings,
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
    command: 'report',
    label: 'w',
    short: 'report',
    help: 'how it went: time, what cost some, your changes beside those of the reference',
    places: inLab,
    matches: letter('w'),
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
    short: 'labs',
    help: 'the list of labs; the cluster goes on',
    places: inLab,
    matches: letter('l'),
  },
  {
    command: 'view',
    label: 'v',
    short: 'cluster',
    help: 'what is in the cluster, as it changes',
    places: ['lab'],
    matches: letter('v'),
  },
  {
    command: 'describe',
    label: 'Enter',
    short: 'describe',
    help: 'in the cluster: describe the chosen object',
    places: ['cluster'],
    matches: (_, key) => key.return,
  },
  {
    command: 'logs',
    label: 'l',
    short: 'logs',
    help: 'in the cluster: the last lines that a Pod has written',
    places: ['cluster'],
    matches: letter('l'),
  },
  {
    command: 'events',
    label: 'v',
    short: 'events',
    help: 'in the cluster: the events of the chosen object',
    places: ['cluster'],
    matches: letter('v'),
  },
  {
    command: 'yaml',
    label: 'y',
    short: 'yaml',
    help: 'in the cluster: the chosen object as YAML',
    places: ['cluster'],
    matches: letter('y'),
  },
  {
    command: 'all',
    label: 'a',
    short: 'all',
    help: 'in the cluster: also what belongs to the system, or not',
    places: ['cluster'],
    matches: letter('a'),
  },
  {
    command: 'solution',
    label: 'g',
    help: 'give up: show the solutions; the attempt remembers it',
    places: inLab,
    matches: letter('g'),
  },
  {
    command: 'page',
    label: '1 2 3 4 5 6 7',
    help: 'home, labs, progress and the other pages',
    places: onPages,
    matches: (input, key) => /^[1-7]$/.test(input) && !key.ctrl && !key.meta,
  },
  {
    command: 'filter',
    label: '/',
    short: 'filter',
    help: 'type words that the labs to show have in common',
    places: onPages,
    matches: letter('/'),
  },
  {
    command: 'sort',
    label: 'o',
    short: 'order',
    help: 'the order of the labs',
    places: ['labs'],
    matches: letter('o'),
  },
  {
    command: 'group',
    label: 'b',
    short: 'by pack',
    help: 'the labs by domain, or by pack',
    places: ['labs'],
    matches: letter('b'),
  },
  {
    command: 'exam',
    label: 'f',
    short: 'exam',
    help: 'the labs of one exam only',
    places: ['labs'],
    matches: letter('f'),
  },
  {
    command: 'difficulty',
    label: 'v',
    short: 'difficulty',
    help: 'the labs of one difficulty only',
    places: ['labs'],
    matches: letter('v'),
  },
  {
    command: 'unsolved',
    label: 'u',
    short: 'unsolved',
    help: 'the labs that you have not solved only',
    places: ['labs'],
    matches: letter('u'),
  },
  {
    command: 'again',
    label: 'r',
    help: 'look at the machine again',
    places: ['page'],
    matches: letter('r'),
  },
  {
    command: 'erase',
    label: 'Backspace',
    help: 'take a letter of the words back',
    places: ['filter'],
    matches: (_, key) => key.backspace || key.delete,
  },
  {
    command: 'accept',
    label: 'Enter',
    short: 'done',
    help: 'choose among the labs that are left',
    places: ['filter'],
    matches: (_, key) => key.return,
  },
  {
    command: 'stop',
    label: 'x',
    help: 'end the attempt and delete its cluster',
    places: [...onPages, 'lab', 'overlay'],
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
    help: 'close what is open; from a lab: back to where it was opened; in the list: show all labs',
    places: ['labs', 'filter', 'lab', 'cluster', 'overlay', 'confirm', 'preparing', 'waiting'],
    matches: (_, key) => key.escape,
  },
  {
    command: 'back',
    label: 'Enter',
    help: 'close what is open; from a lab: back to where it was opened; in the list: show all labs',
    places: ['overlay'],
    matches: (_, key) => key.return,
  },
  {
    command: 'keys',
    label: '?',
    short: 'keys',
    help: 'these keys',
    places: [...onPages, 'lab', 'cluster', 'overlay', 'preparing'],
    matches: letter('?'),
  },
  {
    command: 'quit',
    label: 'q',
    short: 'quit',
    help: 'leave; the cluster goes on and the attempt waits for you',
    places: [...onPages, 'lab', 'cluster', 'overlay', 'confirm'],
    matches: (input, key) => letter('q')(input, key) || isCtrlC(input, key),
  },
  {
    command: 'quit',
    label: 'Ctrl-C',
    short: 'quit',
    help: 'leave, or end the wait, while something is under way',
    places: ['filter', 'preparing', 'waiting'],
    matches: isCtrlC,
  },
];
