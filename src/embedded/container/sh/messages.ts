import type { ShellSyntaxError } from './ast.ts';
import type { ShellState } from './state.ts';

/** The beginning of a shell's own messages: each flavour has its way of naming the place. */
export function errorPrefix(state: ShellState, builtin?: string): string {
  const { flavor, arg0, script, line, interactive } = state;
  const within = builtin === undefined ? '' : `${builtin}: `;
  if (flavor === 'dash') return interactive ? `${arg0}: ${line}: ${within}` : `${script ?? arg0}: ${line}: ${within}`;
  if (flavor === 'bash') return interactive ? `${arg0}: ${within}` : `${script ?? arg0}: line ${line}: ${within}`;
  // busybox names the line when a builtin or a script file complains.
  const place = (script !== undefined || builtin !== undefined) && !interactive ? `line ${line}: ` : '';
  return `${script ?? arg0}: ${within}${place}`;
}

/** `sh: foo: not found` and the like. */
export function notFoundText(state: ShellState, name: string): string {
  const text =
    state.flavor === 'bash' ? (name.includes('/') ? 'No such file or directory' : 'command not found') : 'not found';
  return `${errorPrefix(state)}${name}: ${text}\n`;
}

/** Wording of a syntax error. */
export function syntaxErrorText(state: ShellState, error: ShellSyntaxError): string {
  const { flavor } = state;
  const ended = error.token === undefined;
  if (flavor === 'bash') {
    const place = `${state.script ?? state.arg0}: ${state.script === undefined && !state.interactive ? '-c: ' : ''}line ${error.line}: `;
    if (error.message !== 'unexpected') return `${place}syntax error: ${error.message}\n`;
    if (ended) return `${place}syntax error: unexpected end of file\n`;
    return `${place}syntax error near unexpected token \`${error.token}'\n`;
  }
  const own = error.message !== 'unexpected';
  const expecting = error.expecting && error.expecting !== 'word' ? ` (expecting "${error.expecting}")` : '';
  const token = ended
    ? 'end of file'
    : error.token === 'newline'
      ? 'newline'
      : flavor === 'dash'
        ? `"${error.token}"`
        : `"${error.token}"`;
  if (flavor === 'dash') {
    const text = own
      ? error.message
      : error.expecting === 'word' && !ended
        ? `${token} unexpected`
        : `${token} unexpected${expecting}`;
    return `${state.script ?? state.arg0}: ${error.line}: Syntax error: ${text}\n`;
  }
  const lower = error.message.charAt(0).toLowerCase() + error.message.slice(1);
  const place = state.script !== undefined ? `line ${error.line}: ` : '';
  return `${state.script ?? state.arg0}: ${place}syntax error: ${own ? lower : `unexpected ${token}${expecting}`}\n`;
}

/** A redirection that could not be created; `creating`: it was for writing. */
export function openErrorText(state: ShellState, path: string, code: string, text: string, creating: boolean): string {
  if (state.flavor === 'bash') return `${errorPrefix(state)}${path}: ${text}\n`;
  const missing = code === 'ENOENT';
  if (state.flavor === 'dash') {
    const reason = missing ? (creating ? 'Directory nonexistent' : 'No such file') : text;
    return `${errorPrefix(state)}cannot ${creating ? 'create' : 'open'} ${path}: ${reason}\n`;
  }
  const reason = missing ? (creating ? 'nonexistent directory' : 'no such file') : text;
  return `${errorPrefix(state)}can't ${creating ? 'create' : 'open'} ${path}: ${reason}\n`;
}
