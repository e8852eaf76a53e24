import { ownValue } from '../../../../kernel/own.ts';
import { complain } from '../complain.ts';
import type { Builtin, Shell } from '../shell.ts';
import { ShellError } from '../shell-error.ts';
import { type Options, optionNames } from '../state.ts';
import { shellQuote } from './variables.ts';

/** Options without an effect here, accepted as every shell does. */
const accepted = new Set([
  ...'bhkmptBEHPT',
  'i',
  'posix',
  'vi',
  'emacs',
  'monitor',
  'notify',
  'ignoreeof',
  'nolog',
  'errtrace',
  'functrace',
]);

/** Sets one option by letter or long name; false if there is none such. */
export function setOption(shell: Shell, name: string, on: boolean): boolean {
  const key = Object.hasOwn(shell.state.options, name) ? (name as keyof Options) : ownValue(optionNames, name);
  if (key === undefined) return accepted.has(name);
  if (key === 'pipefail' && shell.state.flavor === 'dash') return false;
  shell.state.options[key] = on;
  return true;
}

const set: Builtin = async (shell, args) => {
  const { state, p } = shell;
  if (args.length === 0) {
    for (const [name, v] of [...state.variables].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (v.value !== undefined) await p.print(1, `${name}=${shellQuote(v.value)}\n`);
    }
    return 0;
  }
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      state.positional = args.slice(i + 1);
      return 0;
    }
    if (!/^[-+]./.test(arg)) {
      state.positional = args.slice(i);
      return 0;
    }
    const on = arg[0] === '-';
    for (const letter of arg.slice(1)) {
      if (letter !== 'o') {
        if (!setOption(shell, letter, on)) return illegal(shell, `${arg[0]}${letter}`);
        continue;
      }
      const name = args[++i];
      if (name === undefined) {
        await listOptions(shell, on);
        return 0;
      }
      if (!setOption(shell, name, on)) return illegal(shell, `${arg[0]}o ${name}`);
    }
  }
  return 0;
};

async function illegal(shell: Shell, option: string): Promise<number> {
  if (shell.state.flavor === 'bash') return complain(shell, 'set', `${option}: invalid option`, 2);
  throw new ShellError(`set: ${shell.state.flavor === 'dash' ? 'Illegal' : 'illegal'} option ${option}`);
}

async function listOptions(shell: Shell, table: boolean): Promise<void> {
  for (const [name, key] of Object.entries(optionNames)) {
    const on = shell.state.options[key];
    await shell.p.print(1, table ? `${name.padEnd(15)}\t${on ? 'on' : 'off'}\n` : `set ${on ? '-' : '+'}o ${name}\n`);
  }
}

const getopts: Builtin = async (shell, args) => {
  const { state } = shell;
  const [optstring = '', name = '', ...given] = args;
  const words = args.length > 2 ? given : state.positional;
  const silent = optstring.startsWith(':');
  let index = Number(state.get('OPTIND') ?? '1') || 1;
  const word = words[index - 1];
  const position = state.optionPosition || 1;
  const finish = (next: number, at: number) => {
    shell.variables.set('OPTIND', String(next));
    state.optionPosition = at;
  };
  if (word === undefined || !word.startsWith('-') || word === '-' || (word === '--' && position === 1)) {
    if (word === '--') index++;
    shell.variables.set(name, '?');
    finish(index, 0);
    return 1;
  }
  const letter = word[position] ?? '';
  const known = letter === ':' ? -1 : optstring.indexOf(letter, silent ? 1 : 0);
  const atEnd = position + 1 >= word.length;
  if (known < 0) {
    shell.variables.set(name, '?');
    if (silent) shell.variables.set('OPTARG', letter);
    else {
      shell.variables.unset('OPTARG');
      await complain(shell, state.flavor === 'bash' ? '' : 'getopts', `Illegal option -${letter}`);
    }
    finish(atEnd ? index + 1 : index, atEnd ? 0 : position + 1);
    return 0;
  }
  if (optstring[known + 1] !== ':') {
    shell.variables.set(name, letter);
    shell.variables.unset('OPTARG');
    finish(atEnd ? index + 1 : index, atEnd ? 0 : position + 1);
    return 0;
  }
  const value = atEnd ? words[index] : word.slice(position + 1);
  finish(atEnd ? index + 2 : index + 1, 0);
  if (value === undefined) {
    shell.variables.set(name, silent ? ':' : '?');
    if (silent) shell.variables.set('OPTARG', letter);
    else {
      shell.variables.unset('OPTARG');
      await complain(shell, 'getopts', `No arg for -${letter} option`);
    }
    return 0;
  }
  shell.variables.set(name, letter);
  shell.variables.set('OPTARG', value);
  return 0;
};

export const optionBuiltins: Record<string, Builtin> = {
  set,
  getopts,
  shopt: (shell, args) => {
    const names = args.filter((a) => !a.startsWith('-'));
    for (const name of names) {
      if (args.includes('-s')) shell.state.shopt.add(name);
      if (args.includes('-u')) shell.state.shopt.delete(name);
    }
    return args.some((a) => a.startsWith('-q')) && !names.every((n) => shell.state.shopt.has(n)) ? 1 : 0;
  },
  alias: async (shell, args) => {
    const { aliases } = shell.state;
    const bash = shell.state.flavor === 'bash' ? 'alias ' : '';
    let status = 0;
    for (const arg of args.length > 0 ? args : aliases.keys()) {
      const at = arg.indexOf('=');
      if (at > 0) aliases.set(arg.slice(0, at), arg.slice(at + 1));
      else if (aliases.has(arg)) await shell.p.print(1, `${bash}${arg}=${shellQuote(aliases.get(arg) ?? '')}\n`);
      else status = await complain(shell, 'alias', `${arg} not found`);
    }
    return status;
  },
  unalias: (shell, args) => {
    const { aliases } = shell.state;
    if (args[0] === '-a') {
      aliases.clear();
      return 0;
    }
    return args.map((name) => aliases.delete(name)).every(Boolean) ? 0 : 1;
  },
};
