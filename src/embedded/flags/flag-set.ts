/** The flags that the programs of the control plane and of nodes know. */
import { flagLists } from '../generated/flags.gen.ts';

/** Programs whose flags are recorded. */
export type FlaggedProgram =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-proxy'
  | 'kube-scheduler'
  | 'kubelet';

export interface Flag {
  name: string;
  shorthand?: string;
  /** Go's name of what it takes; `values.ts` knows what each may be. */
  type: string;
  /** What it is set to where it stands alone; undefined: it needs a value. */
  alone?: string;
}

export interface FlagSet {
  flags: ReadonlyMap<string, Flag>;
  /** Names of flags by their shorthands. */
  shorthands: ReadonlyMap<string, string>;
  /** What `--help` shows, in its order. */
  sections: readonly { title: string; flags: readonly Flag[] }[];
}

/** What values of flags are made of, and the fields of a file that stands for flags. */
export type NameList =
  | 'admission-plugins'
  | 'controller-aliases'
  | 'controllers'
  | 'etcd-feature-gates'
  | 'feature-gates'
  | 'kubelet-configuration';

const hiddenSection = 'hidden';
const known = new Map<FlaggedProgram, FlagSet>();

const lines = (list: string) => (JSON.parse(flagLists[list] ?? '""') as string).split(',');

export const namesOf = (list: NameList): readonly string[] => lines(list);

/** The flags of a program. */
export function flagSetOf(program: FlaggedProgram): FlagSet {
  let set = known.get(program);
  if (!set) {
    set = read(lines(program));
    known.set(program, set);
  }
  return set;
}

function read(list: readonly string[]): FlagSet {
  const flags = new Map<string, Flag>();
  const shorthands = new Map<string, string>();
  const sections: { title: string; flags: Flag[] }[] = [];
  for (const line of list) {
    if (line.startsWith('# ')) {
      sections.push({ title: line.slice(2), flags: [] });
      continue;
    }
    const words = line.split(' ');
    const [type = '', alone = type === 'bool' ? 'true' : undefined] = (words.pop() ?? '').split('=');
    const name = words.pop() ?? '';
    const [shorthand] = words;
    const flag = { name, type, ...(shorthand && { shorthand }), ...(alone !== undefined && { alone }) };
    flags.set(name, flag);
    if (shorthand) shorthands.set(shorthand, name);
    sections.at(-1)?.flags.push(flag);
  }
  return { flags, shorthands, sections: sections.filter(({ title }) => title !== hiddenSection) };
}

/** How the types that are told apart here are called in a usage. */
const shownTypes: Readonly<Record<string, string>> = {
  bool: '',
  featureGates: 'colonSeparatedMultimapStringString',
  ipVar: 'ip',
  langleSeparatedMapStringString: 'mapStringString',
  vmodule: 'pattern=N,...',
};

/** `Usage:` and the flags with their types, as cobra lays them out; what they mean is left out. */
export function usageText(program: FlaggedProgram): string {
  const sections = flagSetOf(program).sections.map(({ title, flags }) => {
    const rows = flags.map(({ name, shorthand, type, alone }) => {
      const shown = shownTypes[type] ?? type;
      const start = shorthand ? `  -${shorthand}, ` : '      ';
      return `${start}--${name}${shown && ` ${shown}`}${alone && type !== 'bool' ? `[=${alone}]` : ''}\n`;
    });
    return `${title}:\n\n${rows.join('')}\n`;
  });
  return `Usage:\n  ${program} [flags]\n\n${sections.join('')}`;
}
