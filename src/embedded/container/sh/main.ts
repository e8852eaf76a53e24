import { isSysError } from '../kernel/errno.ts';
import type { Process, Program } from '../kernel/process.ts';
import { toolVersion } from '../lib/versions.ts';
import { builtins } from './builtins/index.ts';
import { setOption } from './builtins/options.ts';
import { commandRunner } from './commands.ts';
import { runFromInput } from './interactive.ts';
import { Shell } from './shell.ts';
import { type Flavor, ShellState } from './state.ts';

/** The shell as a program: `sh [-c command] [-eux...] [script] [args]`. */
export function shellProgram(flavor: Flavor): Program {
  return { name: flavor, run: (p) => runShell(p, flavor) };
}

async function runShell(p: Process, flavor: Flavor): Promise<number> {
  const arg0 = (p.argv[0] ?? 'sh').replace(/^-/, '');
  const state = new ShellState(flavor, arg0, p.pid, p.container.clock.now());
  for (const [name, value] of p.env) {
    if (/^[A-Za-z_]\w*$/.test(name)) state.variables.set(name, { value, exported: true, readonly: false });
  }
  const shell = new Shell(p, state, { builtins, run: commandRunner });
  defaults(shell);
  let command: string | undefined;
  let takesCommand = false;
  let stdin = false;
  let rest = p.args;
  while (rest[0] !== undefined && /^[-+]./.test(rest[0])) {
    const option = rest[0];
    rest = rest.slice(1);
    if (option === '--') break;
    if (option.startsWith('--')) {
      if (option === '--version' && flavor === 'bash') {
        await p.print(1, `GNU bash, version ${toolVersion(p, 'bash') || '5.2.15'}(1)-release (x86_64-pc-linux-gnu)\n`);
        return 0;
      }
      continue;
    }
    for (const letter of option.slice(1)) {
      if (letter === 'c') takesCommand = true;
      else if (letter === 's') stdin = true;
      else if (letter === 'i') state.interactive = true;
      else if (letter === 'l') continue;
      else if (letter === 'o') {
        setOption(shell, rest[0] ?? '', option[0] === '-');
        rest = rest.slice(1);
      } else if (!setOption(shell, letter, option[0] === '-')) {
        await p.print(
          2,
          `${arg0}: ${flavor === 'dash' ? '0: Illegal option' : flavor === 'bash' ? '' : 'illegal option'} -${letter}${flavor === 'bash' ? ': invalid option' : ''}\n`,
        );
        return 2;
      }
    }
  }
  if (takesCommand) {
    command = rest[0];
    if (command === undefined) {
      await p.print(2, `${arg0}: ${flavor === 'dash' ? '0: ' : ''}-c requires an argument\n`);
      return 2;
    }
    if (rest[1] !== undefined) state.arg0 = rest[1];
    state.positional = rest.slice(2);
    const text = command;
    return shell.finish(() => shell.source(text, { tail: true }));
  }
  const [script] = rest;
  if (script !== undefined && !stdin) return runScript(shell, script, rest.slice(1));
  state.positional = rest;
  if (p.fds.get(0)?.isTty) state.interactive = true;
  return shell.finish(() => runFromInput(shell));
}

async function runScript(shell: Shell, script: string, args: string[]): Promise<number> {
  const { p, state } = shell;
  let text: string;
  try {
    text = p.vfs.readText(p, script);
  } catch (error) {
    if (!isSysError(error)) throw error;
    const { flavor, arg0 } = state;
    if (flavor === 'ash') await p.print(2, `${arg0}: can't open '${script}': ${error.message}\n`);
    else if (flavor === 'dash')
      await p.print(
        2,
        `${arg0}: 0: cannot open ${script}: ${error.code === 'ENOENT' ? 'No such file' : error.message}\n`,
      );
    else await p.print(2, `${arg0}: ${script}: ${error.message}\n`);
    return flavor === 'dash' || flavor === 'ash' ? 2 : 127;
  }
  state.script = script;
  state.positional = args;
  return shell.finish(() => shell.source(text));
}

function defaults(shell: Shell): void {
  const { state, p } = shell;
  const own = (name: string, value: string, exported = false) => {
    if (!state.variables.has(name)) state.variables.set(name, { value, exported, readonly: false });
  };
  own('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
  state.variables.set('IFS', { value: ' \t\n', exported: false, readonly: false });
  state.variables.set('PWD', { value: p.cwd, exported: true, readonly: false });
  own('OPTIND', '1');
  own('PS2', '> ');
  own('PS4', '+ ');
  if (state.flavor === 'bash') {
    const level = Number(state.get('SHLVL') ?? '0') + 1;
    state.variables.set('SHLVL', { value: String(level), exported: true, readonly: false });
  }
}
