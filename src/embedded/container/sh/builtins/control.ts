import { isSysError } from '../../kernel/errno.ts';
import { execute, findExecutable } from '../../kernel/exec.ts';
import { ProcessExit } from '../../kernel/process.ts';
import { parseSignal, signalName, signals } from '../../kernel/signals.ts';
import { complain } from '../complain.ts';
import { errorPrefix, notFoundText } from '../messages.ts';
import type { Builtin, Shell } from '../shell.ts';
import { LoopControl, ReturnControl, ShellError } from '../shell-error.ts';

function loopControl(kind: 'break' | 'continue'): Builtin {
  return (shell, [levels = '1']) => {
    if (!/^\d+$/.test(levels) || Number(levels) < 1) throw new ShellError(`${kind}: Illegal number: ${levels}`);
    if (shell.loops === 0) return 0;
    throw new LoopControl(kind, Math.min(Number(levels), shell.loops));
  };
}

function status(shell: Shell, name: string, text: string | undefined): number {
  if (text === undefined) return shell.state.status;
  if (!/^-?\d+$/.test(text)) {
    if (shell.state.flavor === 'bash') throw new ShellError(`${name}: ${text}: numeric argument required`, 2);
    throw new ShellError(`${name}: Illegal number: ${text}`);
  }
  return Number(text) & 255;
}

async function source(shell: Shell, args: string[]): Promise<number> {
  const [file, ...rest] = args;
  if (file === undefined) return complain(shell, '.', 'filename argument required', 2);
  const { p, state } = shell;
  let path: string | undefined = file;
  if (!file.includes('/')) {
    const folders = (state.get('PATH') ?? '').split(':');
    const found = folders.map((f) => `${f || '.'}/${file}`).find((c) => p.vfs.find(p, c)?.node.kind === 'file');
    path = found ?? (state.flavor === 'dash' ? undefined : file);
  }
  let text: string;
  try {
    if (path === undefined) throw new ShellError(`.: ${file}: not found`);
    text = p.vfs.readText(p, path);
  } catch (error) {
    if (!isSysError(error)) throw error;
    if (state.flavor === 'bash') return complain(shell, file, error.message, 1);
    throw new ShellError(
      state.flavor === 'dash' ? `.: cannot open ${file}: No such file` : `.: can't open '${file}': ${error.message}`,
    );
  }
  const positional = state.positional;
  if (rest.length > 0) state.positional = rest;
  try {
    return await shell.source(text);
  } catch (error) {
    if (!(error instanceof ReturnControl)) throw error;
    return error.status;
  } finally {
    if (rest.length > 0) state.positional = positional;
  }
}

async function exec(shell: Shell, args: string[]): Promise<number> {
  const { p, state } = shell;
  let argv = args;
  let name: string | undefined;
  if (state.flavor !== 'dash' && argv[0] === '-a') {
    name = argv[1];
    argv = argv.slice(2);
  }
  if (argv[0] === '--') argv = argv.slice(1);
  const command = argv[0];
  if (command === undefined) return 0;
  const env = state.environment();
  const path = state.get('PATH');
  let code: number;
  try {
    const executable = findExecutable(p, argv, path === undefined ? env : new Map(env).set('PATH', path));
    if (name !== undefined) executable.argv = [name, ...executable.argv.slice(1)];
    p.env = env;
    code = await execute(p, executable);
  } catch (error) {
    if (!isSysError(error, 'ENOENT', 'EACCES', 'ENOEXEC')) throw error;
    const missing = error.code === 'ENOENT';
    const text =
      state.flavor === 'bash'
        ? `${errorPrefix(state, 'exec')}${command}: ${missing ? 'not found' : `cannot execute: ${error.message}`}\n`
        : missing
          ? notFoundText(state, state.flavor === 'ash' ? command : `exec: ${command}`)
          : `${errorPrefix(state, 'exec')}${command}: ${error.message}\n`;
    await p.print(2, text);
    if (state.interactive) return missing ? 127 : 126;
    throw new ProcessExit(missing ? 127 : 126);
  }
  // The shell is gone: its traps do not run.
  state.traps.clear();
  throw new ProcessExit(code);
}

async function trap(shell: Shell, args: string[]): Promise<number> {
  const { state } = shell;
  let rest = args;
  if (rest[0] === '--') rest = rest.slice(1);
  if (rest[0] === '-l') {
    const names = Object.keys(signals).map((n, i) => `${i + 1}) ${n}`);
    await shell.p.print(1, `${names.join('\n')}\n`);
    return 0;
  }
  if (rest.length === 0 || rest[0] === '-p') {
    for (const [signal, command] of [...state.traps].sort(([a], [b]) => a - b)) {
      const name = signal === 0 ? 'EXIT' : state.flavor === 'bash' ? `SIG${signalName(signal)}` : signalName(signal);
      await shell.p.print(1, `trap -- '${command.replaceAll("'", "'\\''")}' ${name}\n`);
    }
    return 0;
  }
  const first = rest[0] ?? '';
  const resetAll = rest.length === 1 || /^\d+$/.test(first);
  const command = first === '-' || resetAll ? undefined : first;
  let result = 0;
  for (const name of first === '-' || !resetAll ? rest.slice(1) : rest) {
    const number = /^(EXIT|0)$/i.test(name) ? 0 : parseSignal(name);
    if (number === undefined) {
      if (state.flavor === 'bash' && /^(ERR|DEBUG|RETURN)$/.test(name)) continue;
      result = await complain(
        shell,
        'trap',
        state.flavor === 'bash' ? `${name}: invalid signal specification` : `bad trap: ${name}`,
      );
    } else shell.traps.set(number, command);
  }
  return result;
}

export const controlBuiltins: Record<string, Builtin> = {
  ':': () => 0,
  true: () => 0,
  false: () => 1,
  '.': source,
  source,
  exec,
  trap,
  break: loopControl('break'),
  continue: loopControl('continue'),
  eval: (shell, args) => shell.source(args.join(' ')),
  exit: (shell, [code]) => {
    throw new ProcessExit(status(shell, 'exit', code));
  },
  return: (shell, [code]) => {
    throw new ReturnControl(status(shell, 'return', code));
  },
  shift: (shell, [count = '1']) => {
    const { positional } = shell.state;
    const n = Number(count);
    if (!/^\d+$/.test(count)) throw new ShellError(`shift: Illegal number: ${count}`);
    if (n > positional.length) {
      if (shell.state.flavor === 'dash') throw new ShellError("shift: can't shift that many");
      return 1;
    }
    shell.state.positional = positional.slice(n);
    return 0;
  },
  times: async (shell) => {
    const seconds = shell.p.container.cpu.usedMs / 1000;
    const text = `${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(shell.state.flavor === 'bash' ? 3 : 6)}s`;
    await shell.p.print(1, `${text} ${text}\n${text} ${text}\n`);
    return 0;
  },
};
