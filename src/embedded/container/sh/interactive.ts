import { isSysError } from '../kernel/errno.ts';
import { ProcessExit } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import { ShellSyntaxError } from './ast.ts';
import { reportJobs } from './builtins/job-control.ts';
import { editLine } from './line-editor.ts';
import { Parser } from './parser.ts';
import type { Shell } from './shell.ts';
import { Interrupted, LoopControl, ReturnControl } from './shell-error.ts';

const MAX_HISTORY = 500;

/** Where an interactive or piped shell gets its lines; undefined at the end, 'interrupt' after Ctrl-C. */
type ReadLine = (prompt: string) => Promise<string | 'interrupt' | undefined>;

/** Runs commands from standard input: with prompts and line editing on a terminal, silently from a pipe. */
export async function runFromInput(shell: Shell): Promise<number> {
  const { p, state } = shell;
  const { tty } = p;
  const terminal = p.fds.get(0)?.isTty === true && tty !== undefined;
  const readLine = terminal ? terminalLines(shell) : pipedLines(shell);
  if (state.interactive) {
    p.dispositions.set(signals.SIGTERM, 'ignore');
    p.dispositions.set(signals.SIGQUIT, 'ignore');
    p.dispositions.set(signals.SIGINT, () => {
      shell.interrupted = true;
    });
  }
  for (;;) {
    if (state.interactive) await reportJobs(shell);
    const text = await readCommand(shell, readLine);
    if (text === undefined) break;
    if (text === 'interrupt') {
      state.status = 130;
      continue;
    }
    await runLine(shell, text);
  }
  if (terminal && state.interactive) await p.print(2, state.flavor === 'bash' ? 'exit\n' : '\n');
  return state.status;
}

async function runLine(shell: Shell, text: string): Promise<void> {
  const { state } = shell;
  shell.interrupted = false;
  try {
    await shell.source(text, {}, state.interactive ? 1 : state.line);
  } catch (error) {
    if (error instanceof ProcessExit) throw error;
    if (error instanceof Interrupted) state.status = 130;
    else if (error instanceof LoopControl || error instanceof ReturnControl) state.status = 0;
    else {
      const status = await shell.report(error);
      if (!state.interactive) throw new ProcessExit(status);
      state.status = status;
    }
    shell.tested = 0;
    shell.loops = 0;
  }
}

/** Lines until they are a complete command. */
async function readCommand(shell: Shell, readLine: ReadLine): Promise<string | 'interrupt' | undefined> {
  let text = '';
  for (;;) {
    const line = await readLine(
      text === ''
        ? expandPrompt(shell, shell.state.get('PS1') ?? defaultPrompt(shell))
        : (shell.state.get('PS2') ?? '> '),
    );
    if (line === 'interrupt') return line;
    if (line === undefined) return text === '' ? undefined : text;
    text += `${line}\n`;
    try {
      new Parser(text, { bash: shell.state.flavor === 'bash', aliases: shell.state.aliases }).all();
    } catch (error) {
      if (error instanceof ShellSyntaxError && error.incomplete) continue;
      if (!(error instanceof ShellSyntaxError)) throw error;
    }
    if (/(^|[^\\])(\\\\)*\\\n$/.test(text) || openHereDocument(text)) continue;
    return text;
  }
}

/** Whether a here-document is still waiting for its end (the parser takes the end of input for it). */
function openHereDocument(text: string): boolean {
  const lines = text.split('\n').slice(0, -1);
  let waiting: { word: string; tabs: boolean }[] = [];
  for (const line of lines) {
    const first = waiting[0];
    if (first) {
      if ((first.tabs ? line.replace(/^\t+/, '') : line) === first.word) waiting = waiting.slice(1);
      continue;
    }
    for (const m of line.matchAll(/(?<![<\d])<<(-?)\s*(?:'([^']+)'|"([^"]+)"|\\?([A-Za-z_][\w.-]*))/g)) {
      waiting.push({ word: m[2] ?? m[3] ?? m[4] ?? '', tabs: m[1] === '-' });
    }
  }
  return waiting.length > 0;
}

function terminalLines(shell: Shell): ReadLine {
  return async (prompt) => {
    const { tty } = shell.p;
    if (!tty) return undefined;
    const result = await editLine(shell.p, tty, prompt, {
      history: shell.history,
      complete: (word, first) => completions(shell, word, first),
    });
    if (result.t === 'end') return undefined;
    if (result.t === 'interrupt') return 'interrupt';
    if (result.text.trim() !== '' && shell.history.at(-1) !== result.text) {
      shell.history.push(result.text);
      if (shell.history.length > MAX_HISTORY) shell.history.shift();
    }
    return result.text;
  };
}

/** Lines of a pipe, byte by byte, so that commands find the rest of the input. */
function pipedLines(shell: Shell): ReadLine {
  let ended = false;
  return async (prompt) => {
    if (ended) return undefined;
    if (shell.state.interactive) await shell.p.print(2, prompt);
    const bytes: number[] = [];
    for (;;) {
      const [byte] = await shell.p.read(0, 1);
      if (byte === undefined) {
        ended = true;
        return bytes.length > 0 ? Buffer.from(bytes).toString('utf8') : undefined;
      }
      if (byte === 10) return Buffer.from(bytes).toString('utf8');
      bytes.push(byte);
      if (bytes.length % 4096 === 0) shell.p.charge(4096);
    }
  };
}

function completions(shell: Shell, word: string, first: boolean): string[] {
  const { p, state } = shell;
  const found = new Set<string>();
  if (first && !word.includes('/')) {
    for (const name of [...shell.builtins.keys(), ...state.functions.keys(), ...state.aliases.keys()]) found.add(name);
    for (const folder of (state.get('PATH') ?? '').split(':')) for (const name of list(shell, folder)) found.add(name);
    return [...found].filter((n) => n.startsWith(word)).sort();
  }
  const cut = word.lastIndexOf('/') + 1;
  const base = word.slice(0, cut);
  return list(shell, base === '' ? '.' : base)
    .filter((n) => n.startsWith(word.slice(cut)) && (!n.startsWith('.') || word.slice(cut).startsWith('.')))
    .map((n) => base + n + (p.vfs.find(p, base + n)?.node.kind === 'dir' ? '/' : ''))
    .sort();
}

function list(shell: Shell, folder: string): string[] {
  try {
    return shell.p.vfs.readdir(shell.p, folder);
  } catch (error) {
    if (isSysError(error)) return [];
    throw error;
  }
}

function defaultPrompt(shell: Shell): string {
  switch (shell.state.flavor) {
    case 'ash':
      return '\\w \\$ ';
    case 'bash':
      return '\\u@\\h:\\w\\$ ';
    default:
      return shell.p.uid === 0 ? '# ' : '$ ';
  }
}

function expandPrompt(shell: Shell, text: string): string {
  const { p, state } = shell;
  if (state.flavor === 'dash') return text;
  const home = state.get('HOME') ?? '';
  const folder =
    home !== '' && home !== '/' && (p.cwd === home || p.cwd.startsWith(`${home}/`))
      ? `~${p.cwd.slice(home.length)}`
      : p.cwd;
  return text.replace(/\\([uhHwW$n[\]e\\])/g, (_, c: string) => {
    switch (c) {
      case 'u':
        return userName(shell);
      case 'h':
        return p.container.hostname.split('.')[0] ?? '';
      case 'H':
        return p.container.hostname;
      case 'w':
        return folder;
      case 'W':
        return folder.slice(folder.lastIndexOf('/') + 1) || '/';
      case '$':
        return p.uid === 0 ? '#' : '$';
      case 'n':
        return '\n';
      case 'e':
        return '\x1b';
      case '\\':
        return '\\';
      default:
        return '';
    }
  });
}

function userName(shell: Shell): string {
  const { p } = shell;
  try {
    const lines = p.vfs.readText(p, '/etc/passwd').split('\n');
    const entry = lines.map((l) => l.split(':')).find((fields) => fields[2] === String(p.uid));
    return entry?.[0] ?? 'I have no name!';
  } catch (error) {
    if (isSysError(error)) return 'I have no name!';
    throw error;
  }
}
