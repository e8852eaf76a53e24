import { isSysError } from '../../kernel/errno.ts';
import { complain } from '../complain.ts';
import type { Builtin, Shell } from '../shell.ts';
import { ShellError } from '../shell-error.ts';
import type { Variable } from '../state.ts';

export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function split(argument: string): { name: string; value: string | undefined; append: boolean } {
  const match = /^([A-Za-z_]\w*)(\+?)=([\s\S]*)$/.exec(argument);
  if (match) return { name: match[1] ?? '', value: match[3] ?? '', append: match[2] === '+' };
  return { name: argument, value: undefined, append: false };
}

/** The variable, made if it is not there (without a value). */
function variable(shell: Shell, name: string): Variable {
  let found = shell.state.variables.get(name);
  if (!found) {
    found = { value: undefined, exported: false, readonly: false };
    shell.state.variables.set(name, found);
  }
  return found;
}

async function badName(shell: Shell, builtin: string, name: string): Promise<number> {
  if (shell.state.flavor === 'bash') return complain(shell, builtin, `\`${name}': not a valid identifier`);
  throw new ShellError(`${builtin}: ${name}: bad variable name`);
}

function attribute(builtin: 'export' | 'readonly'): Builtin {
  return async (shell, args) => {
    const { state } = shell;
    let names = args;
    let off = false;
    while (names[0]?.startsWith('-') && names[0] !== '-') {
      if (names[0].includes('n')) off = true;
      names = names.slice(1);
    }
    if (names.length === 0) {
      const prefix = state.flavor === 'bash' ? (builtin === 'export' ? 'declare -x' : 'declare -r') : builtin;
      for (const [name, v] of [...state.variables].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (!(builtin === 'export' ? v.exported : v.readonly)) continue;
        const quoted =
          v.value === undefined
            ? ''
            : state.flavor === 'bash'
              ? `="${v.value.replace(/["\\$`]/g, '\\$&')}"`
              : `=${shellQuote(v.value)}`;
        await shell.p.print(1, `${prefix} ${name}${quoted}\n`);
      }
      return 0;
    }
    let status = 0;
    for (const argument of names) {
      const { name, value, append } = split(argument);
      if (!/^[A-Za-z_]\w*$/.test(name)) {
        status = await badName(shell, builtin, argument);
        continue;
      }
      if (value !== undefined) shell.variables.set(name, append ? (state.get(name) ?? '') + value : value);
      const v = variable(shell, name);
      if (builtin === 'export') v.exported = !off;
      else v.readonly = true;
    }
    return status;
  };
}

const declare: Builtin = async (shell, args) => {
  const { state } = shell;
  const flags = new Set<string>();
  let names = args;
  while (names[0] && /^[-+][a-zA-Z]+$/.test(names[0])) {
    for (const c of names[0].slice(1)) flags.add(names[0][0] === '+' ? `+${c}` : c);
    names = names.slice(1);
  }
  if (flags.has('f') || flags.has('F')) {
    for (const name of names.length > 0 ? names : state.functions.keys()) {
      if (!state.functions.has(name)) return 1;
      await shell.p.print(1, flags.has('F') && names.length === 0 ? `declare -f ${name}\n` : `${name}\n`);
    }
    return 0;
  }
  if (names.length === 0 || flags.has('p')) {
    for (const [name, v] of state.variables) {
      if (names.length > 0 && !names.includes(name)) continue;
      if (v.value !== undefined) await shell.p.print(1, `declare -${v.exported ? 'x' : '-'} ${name}="${v.value}"\n`);
    }
    return 0;
  }
  for (const argument of names) {
    const { name, value, append } = split(argument);
    if (!/^[A-Za-z_]\w*$/.test(name)) return badName(shell, 'declare', argument);
    if (state.locals.length > 0 && !flags.has('g')) state.makeLocal(name);
    const v = variable(shell, name);
    if (flags.has('a') || flags.has('A')) {
      v.array ??= new Map();
      v.associative = flags.has('A');
    }
    if (flags.has('i')) v.integer = true;
    if (value !== undefined) {
      const text = value.startsWith('(') ? '' : value;
      shell.variables.set(name, append ? (state.get(name) ?? '') + text : text);
    }
    if (flags.has('x')) v.exported = true;
    if (flags.has('r')) v.readonly = true;
  }
  return 0;
};

const local: Builtin = async (shell, args) => {
  const { state } = shell;
  if (state.locals.length === 0) {
    if (state.flavor === 'bash') return complain(shell, 'local', 'can only be used in a function');
    throw new ShellError('local: not in a function');
  }
  if (args.some((a) => a.startsWith('-'))) return declare(shell, args);
  for (const argument of args) {
    const { name, value } = split(argument);
    if (!/^[A-Za-z_]\w*$/.test(name)) return badName(shell, 'local', argument);
    state.makeLocal(name);
    const before = state.variables.get(name);
    if (value !== undefined) {
      if (before) state.variables.set(name, { ...before, readonly: false });
      shell.variables.set(name, value);
    } else if (!before) state.variables.delete(name);
  }
  return 0;
};

const unset: Builtin = async (shell, args) => {
  let functions = false;
  for (const name of args) {
    if (name === '-f') functions = true;
    else if (name === '-v') functions = false;
    else if (functions) shell.state.functions.delete(name);
    else {
      const element = /^(\w+)\[(.*)\]$/.exec(name);
      if (element) shell.state.variables.get(element[1] ?? '')?.array?.delete(element[2] ?? '');
      else if (shell.state.variables.has(name)) shell.variables.unset(name);
      else if (shell.state.flavor === 'bash') shell.state.functions.delete(name);
    }
  }
  return 0;
};

const cd: Builtin = async (shell, args) => {
  const { state, p } = shell;
  const target = args.find((a) => a === '-' || !a.startsWith('-'));
  let path = target ?? state.get('HOME') ?? '';
  if (path === '' && target === undefined) return state.flavor === 'bash' ? complain(shell, 'cd', 'HOME not set') : 0;
  let tell = false;
  if (path === '-') {
    const old = state.get('OLDPWD');
    if (old === undefined) return complain(shell, 'cd', 'OLDPWD not set', 2);
    path = old;
    tell = true;
  }
  const logical = path.startsWith('/') ? path : `${p.cwd}/${path}`;
  try {
    const place = p.vfs.resolve(p, logical);
    if (place.node.kind !== 'dir') {
      return await cannotChange(shell, target ?? path, 'Not a directory');
    }
    p.vfs.check(p, place.node, 1);
  } catch (error) {
    if (!isSysError(error)) throw error;
    return cannotChange(shell, target ?? path, error.message);
  }
  const parts: string[] = [];
  for (const part of logical.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const old = p.cwd;
  p.cwd = args.includes('-P') ? p.vfs.realpath(p, logical) : `/${parts.join('/')}`;
  shell.variables.set('OLDPWD', old);
  shell.variables.set('PWD', p.cwd);
  if (tell) await p.print(1, `${p.cwd}\n`);
  return 0;
};

function cannotChange(shell: Shell, path: string, reason: string): Promise<number> {
  const { flavor } = shell.state;
  if (flavor === 'bash') return complain(shell, 'cd', `${path}: ${reason}`);
  if (flavor === 'dash') return complain(shell, 'cd', `can't cd to ${path}`, 2);
  return complain(shell, 'cd', `can't cd to ${path}: ${reason}`, 2);
}

export const variableBuiltins: Record<string, Builtin> = {
  export: attribute('export'),
  readonly: attribute('readonly'),
  declare,
  typeset: declare,
  local,
  unset,
  cd,
  pwd: async (shell, args) => {
    const { p } = shell;
    await p.print(1, `${args.includes('-P') ? p.vfs.realpath(p, p.cwd) : p.cwd}\n`);
    return 0;
  },
  umask: async (shell, [mask]) => {
    const { p } = shell;
    if (mask === undefined) {
      await p.print(1, `${p.umask.toString(8).padStart(4, '0')}\n`);
      return 0;
    }
    if (mask === '-S') {
      const bits = (shift: number) => {
        const allowed = (~p.umask >> shift) & 7;
        return `${allowed & 4 ? 'r' : ''}${allowed & 2 ? 'w' : ''}${allowed & 1 ? 'x' : ''}`;
      };
      await p.print(1, `u=${bits(6)},g=${bits(3)},o=${bits(0)}\n`);
      return 0;
    }
    if (!/^[0-7]{1,4}$/.test(mask)) return complain(shell, 'umask', `Illegal number: ${mask}`, 2);
    p.umask = Number.parseInt(mask, 8) & 0o777;
    return 0;
  },
  let: async (shell, args) => {
    let value = 0n;
    for (const text of args)
      value = await shell.expander.arithmetic({ parts: [{ t: 'lit', text, quoted: true }], raw: text });
    return value === 0n ? 1 : 0;
  },
};
