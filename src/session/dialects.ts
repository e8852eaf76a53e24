import { basename } from 'node:path';

/** The shells that `env` writes for; `sh` is any other of the Bourne family. */
export const shellNames = ['sh', 'bash', 'zsh', 'fish', 'powershell'] as const;

export type ShellName = (typeof shellNames)[number];

/** What a shell is to be set to: variables, and folders that come first in its PATH, whatever else is in it. */
export interface Settings {
  variables: Readonly<Record<string, string>>;
  path: readonly string[];
}

/** How a shell says things. `prepend` and `remove` change the PATH that the shell has when it runs them. */
interface Dialect {
  set(name: string, value: string): string;
  unset(name: string): string;
  prepend(folder: string): string;
  remove(folder: string): string;
  /** How to run what a command prints. */
  run(command: string): string;
}

const posix: Dialect = {
  // Semicolons: an `eval` that forgets its quotes joins the lines.
  set: (name, value) => `export ${name}=${quote(value)};`,
  unset: (name) => `unset ${name};`,
  prepend: (folder) => `case ":$PATH:" in *:${quote(folder)}:*) ;; *) export PATH=${quote(folder)}":$PATH" ;; esac;`,
  remove: (folder) => {
    const part = `:${quote(folder)}:`;
    // Patterns of the shell cut it out: no program may be missing for that.
    return `case ":$PATH:" in *${part}*) PATH=":$PATH:"; PATH=\${PATH%%${part}*}:\${PATH#*${part}}; PATH=\${PATH#:}; PATH=\${PATH%:} ;; esac;`;
  },
  run: (command) => `eval "$(${command})"`,
};

const fish: Dialect = {
  set: (name, value) => `set -gx ${name} ${quoteFish(value)}`,
  unset: (name) => `set -e ${name}`,
  prepend: (folder) => `contains -- ${quoteFish(folder)} $PATH; or set -gx PATH ${quoteFish(folder)} $PATH`,
  remove: (folder) => `set -gx PATH (string match -v -- ${quoteFish(folder)} $PATH)`,
  run: (command) => `${command} | source`,
};

const separator = '[IO.Path]::PathSeparator';

const powershell: Dialect = {
  set: (name, value) => `$env:${name} = ${quotePowerShell(value)}`,
  unset: (name) => `Remove-Item -ErrorAction SilentlyContinue env:${name}`,
  prepend: (folder) => {
    const quoted = quotePowerShell(folder);
    return `if (($env:PATH -split ${separator}) -cnotcontains ${quoted}) { $env:PATH = ${quoted} + ${separator} + $env:PATH }`;
  },
  remove: (folder) =>
    `$env:PATH = (($env:PATH -split ${separator}) -cne ${quotePowerShell(folder)}) -join ${separator}`,
  run: (command) => `${command} | Out-String | Invoke-Expression`,
};

const dialects: Record<ShellName, Dialect> = { sh: posix, bash: posix, zsh: posix, fish, powershell };

/** The shell of a program's path, as in `$SHELL`: `/usr/bin/fish`. What is not known speaks as `sh`. */
export function shellOf(file: string | undefined): ShellName {
  const name = basename(file ?? '').replace(/\.exe$/i, '');
  if (name === 'pwsh') return 'powershell';
  return shellNames.find((known) => known === name) ?? 'sh';
}

/** The lines that set a shell, to be evaluated by it; running them twice is as good as once. */
export function settingLines(shell: ShellName, { variables, path }: Settings): string[] {
  const { set, prepend } = dialects[shell];
  return [...Object.entries(variables).map(([name, value]) => set(name, value)), ...path.toReversed().map(prepend)];
}

/** The lines that take it back. */
export function unsettingLines(shell: ShellName, variables: readonly string[], path: readonly string[]): string[] {
  const { unset, remove } = dialects[shell];
  return [...variables.map(unset), ...path.map(remove)];
}

/** The comment that says what to do with the lines that a command prints. */
export function runningLine(shell: ShellName, command: string): string {
  return `# to run this: ${dialects[shell].run(command)}`;
}

/** Quotes a word for a POSIX shell. */
export function quote(text: string): string {
  return /^[A-Za-z0-9_/:.=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** In single quotes fish knows two escapes. */
function quoteFish(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

function quotePowerShell(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
