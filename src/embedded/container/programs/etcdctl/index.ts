import { ownValue } from '../../../../kernel/own.ts';
import type { Process } from '../../kernel/process.ts';
import { program } from '../../lib/program.ts';
import { microTime, ShadowedVariable } from './client.ts';
import { CommandError, FlagError, type Flags, flag, parseFlags } from './flags.ts';
import { compaction, del, get, put, watch } from './keys.ts';
import {
  alarm,
  defrag,
  endpointHash,
  endpointHealth,
  endpointStatus,
  memberList,
  snapshotSave,
} from './maintenance.ts';
import { commandHelp, flagsOf, globalFlags, groupHelp, helpOf, isElsewhere, isGroup, rootHelp } from './usage.ts';

type Command = (p: Process, flags: Flags) => Promise<unknown>;

const commands: Readonly<Record<string, Command>> = {
  ...{ get, put, del, watch, compaction, defrag, 'alarm list': alarm, 'alarm disarm': alarm },
  ...{ 'endpoint health': endpointHealth, 'endpoint status': endpointStatus, 'endpoint hashkv': endpointHash },
  ...{ 'member list': memberList, 'snapshot save': snapshotSave },
  version: (p) => p.print(1, 'etcdctl version: 3.6.6\nAPI version: 3.6\n'),
};

const help = flag('help', 'bool', 'false', '', 'h');
/** Flags without a value that may stand before the command's words; cobra takes any other one to have a value. */
const switches = new Set([
  ...globalFlags.filter(({ type }) => type === 'bool').map(({ name }) => `--${name}`),
  '--help',
  '-h',
  '--cluster',
]);
const aliases: Readonly<Record<string, string>> = { compact: 'compaction' };

/** The first words that are no flags, where each of them is. */
function commandWords(args: readonly string[]): { index: number; word: string }[] {
  const words: { index: number; word: string }[] = [];
  for (let i = 0; i < args.length && words.length < 2; i++) {
    const word = args[i] ?? '';
    if (!word.startsWith('-')) words.push({ index: i, word });
    else if (!switches.has(word) && !word.includes('=')) i++;
  }
  return words;
}

export { etcdutl } from './etcdutl.ts';

/** etcd's client, with the words of v3.6.6. */
export const etcdctl = program(
  'etcdctl',
  async (p) => {
    const asksHelp = p.args[0] === 'help';
    const args = asksHelp ? p.args.slice(1) : p.args;
    const [first, second] = commandWords(args);
    const group = first !== undefined && isGroup(first.word);
    const used = group ? [first, second].filter((word) => word !== undefined) : first ? [first] : [];
    const words = used.map(({ word }) => word).join(' ');
    const name = ownValue(aliases, words) ?? words;
    const known = Object.hasOwn(commandHelp, name);
    const rest = known || isElsewhere(name) ? args.filter((_, i) => !used.some(({ index }) => index === i)) : args;
    const complain = async (message: string, code: number) => {
      await p.print(2, `Error: ${message}\n`);
      return code;
    };
    let flags: Flags;
    try {
      flags = parseFlags(rest, [...globalFlags, ...flagsOf(known ? name : (first?.word ?? '')), help]);
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      await p.print(1, known ? helpOf(name) : rootHelp());
      return complain(`${error.message}\n`, 1);
    }
    if (name === '') return say(p, rootHelp());
    if (isElsewhere(name)) {
      const there = Object.keys(commands).join(', ');
      return complain(`"${name}" is not simulated; there are ${there}`, 1);
    }
    if (known) {
      if (asksHelp || flags.is('help')) return say(p, helpOf(name));
    } else if (group) return say(p, groupHelp(first.word));
    else {
      await p.print(2, `Error: unknown command "${first?.word}" for "etcdctl"\nRun 'etcdctl --help' for usage.\n`);
      return 1;
    }
    try {
      const code = await ownValue(commands, name)?.(p, flags);
      return typeof code === 'number' ? code : 0;
    } catch (error) {
      if (error instanceof CommandError) return complain(error.message, error.code);
      if (!(error instanceof ShadowedVariable)) throw error;
      const line = { level: 'fatal', ts: microTime(p), caller: 'flags/flag.go:86', msg: error.message };
      await p.print(2, `${JSON.stringify({ ...line, 'environment-variable': error.variable })}\n`);
      return 1;
    }
  },
  { go: true },
);

async function say(p: Process, text: string): Promise<number> {
  await p.print(1, text);
  return 0;
}
