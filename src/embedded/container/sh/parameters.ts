import type { Process } from '../kernel/process.ts';
import type { ShellState } from './state.ts';

/** `$?`, `$1`, `$RANDOM` and their like; undefined for ordinary variables. */
export function specialParameter(state: ShellState, p: Process, name: string): string | undefined {
  switch (name) {
    case '?':
      return String(state.status);
    case '$':
      return String(state.shellPid);
    case '!':
      return state.lastBackground === undefined ? undefined : String(state.lastBackground);
    case '#':
      return String(state.positional.length);
    case '0':
      return state.script ?? state.arg0;
    case '@':
    case '*':
      return state.positional.join(' ');
    case '-':
      return (
        (['e', 'u', 'x', 'f', 'n', 'v', 'C', 'a'] as const).filter((o) => state.options[o]).join('') +
        (state.interactive ? 'i' : '')
      );
    case 'LINENO':
      return state.variables.has('LINENO') ? undefined : String(state.line);
    case 'PPID':
      return String(p.parent?.pid ?? 0);
    case 'RANDOM':
      return state.flavor === 'dash' ? undefined : String(Math.floor(Math.random() * 32768));
  }
  if (/^\d+$/.test(name)) return state.positional[Number(name) - 1];
  return state.flavor === 'bash' ? bashParameter(state, p, name) : undefined;
}

function bashParameter(state: ShellState, p: Process, name: string): string | undefined {
  switch (name) {
    case 'SECONDS':
      return String(Math.floor((p.container.clock.now() - state.startedAt) / 1000));
    case 'EPOCHSECONDS':
      return String(Math.floor(p.container.clock.now() / 1000));
    case 'UID':
    case 'EUID':
      return String(p.uid);
    case 'HOSTNAME':
      return state.get('HOSTNAME') ?? p.container.hostname;
    case 'BASHPID':
      return String(p.pid);
    case 'BASH_VERSION':
      return '5.2.15(1)-release';
    case 'BASH':
      return '/bin/bash';
    case 'FUNCNAME':
      return state.functionNames.at(-1);
    case 'OSTYPE':
      return 'linux-gnu';
    case 'HOSTTYPE':
      return 'x86_64';
  }
  return undefined;
}
