import { isSysError } from '../../kernel/errno.ts';
import { findInPath } from '../../kernel/exec.ts';
import { runExternal } from '../external.ts';
import type { Builtin, Shell } from '../shell.ts';
import { specialBuiltins } from './special.ts';

const keywords = new Set('if then else elif fi do done case esac while until for in { } !'.split(' '));

function pathOf(shell: Shell, name: string): string | undefined {
  const path = shell.state.get('PATH');
  const env = path === undefined ? shell.state.environment() : new Map([['PATH', path]]);
  try {
    const found = findInPath(shell.p, name, env);
    if (found === undefined) return undefined;
    const place = shell.p.vfs.find(shell.p, found);
    return place && place.node.kind !== 'dir' && shell.p.vfs.may(shell.p, place.node, 1) ? found : undefined;
  } catch (error) {
    if (isSysError(error)) return undefined;
    throw error;
  }
}

/** `command -v`: what a name would run, as one word. */
function describe(shell: Shell, name: string): { short: string; long: string } | undefined {
  const { state } = shell;
  const alias = state.aliases.get(name);
  if (alias !== undefined) return { short: `alias ${name}='${alias}'`, long: `${name} is an alias for ${alias}` };
  if (keywords.has(name)) return { short: name, long: `${name} is a shell keyword` };
  if (state.functions.has(name))
    return { short: name, long: state.flavor === 'dash' ? `${name} is a shell function` : `${name} is a function` };
  if (shell.builtins.has(name)) {
    const special = specialBuiltins.has(name) && state.flavor !== 'bash' ? 'special ' : '';
    return { short: name, long: `${name} is a ${special}shell builtin` };
  }
  const path = pathOf(shell, name);
  return path === undefined ? undefined : { short: path, long: `${name} is ${path}` };
}

const type: Builtin = async (shell, args) => {
  let status = 0;
  const kinds = args.includes('-t');
  for (const name of args.filter((a) => !a.startsWith('-'))) {
    const found = describe(shell, name);
    if (!found) {
      status = shell.state.flavor === 'bash' ? 1 : 127;
      const text =
        shell.state.flavor === 'bash'
          ? `bash: line ${shell.state.line}: type: ${name}: not found`
          : `${name}: not found`;
      if (!kinds) await shell.p.print(shell.state.flavor === 'bash' ? 2 : 1, `${text}\n`);
    } else if (kinds) {
      const kind = / (alias|keyword|function|builtin)\b/.exec(found.long)?.[1] ?? 'file';
      await shell.p.print(1, `${kind}\n`);
    } else await shell.p.print(1, `${found.long}\n`);
  }
  return status;
};

const command: Builtin = async (shell, args) => {
  const [option] = args;
  if (option === '-v' || option === '-V') {
    let status = 0;
    for (const name of args.slice(1)) {
      const found = describe(shell, name);
      if (found) await shell.p.print(1, `${option === '-v' ? found.short : found.long}\n`);
      else {
        status = shell.state.flavor === 'bash' ? 1 : 127;
        if (option === '-V') await shell.p.print(2, `${name}: not found\n`);
      }
    }
    return status;
  }
  const argv = option === '-p' || option === '--' ? args.slice(1) : args;
  const [name] = argv;
  if (name === undefined) return 0;
  const builtin = shell.builtins.get(name);
  if (builtin) return builtin(shell, argv.slice(1));
  return runExternal(shell, argv, shell.state.environment(), {});
};

export const lookupBuiltins: Record<string, Builtin> = {
  type,
  command,
  builtin: (shell, [name = '', ...args]) => shell.builtins.get(name)?.(shell, args) ?? 1,
  hash: () => 0,
  ulimit: async (shell, args) => {
    if (args.includes('-a'))
      await shell.p.print(
        1,
        'core file size (blocks)         (-c) unlimited\nopen files                      (-n) 1024\nprocesses                       (-u) 128\n',
      );
    else if (!args.some((a) => /^\d/.test(a)))
      await shell.p.print(1, args.includes('-n') ? '1024\n' : args.includes('-u') ? '128\n' : 'unlimited\n');
    return 0;
  },
  history: async (shell) => {
    const lines = shell.history;
    for (const [i, line] of lines.entries()) await shell.p.print(1, `${String(i + 1).padStart(4)} ${line}\n`);
    return 0;
  },
  help: async (shell) => {
    await shell.p.print(
      1,
      `Built-in commands:\n------------------\n\t${[...shell.builtins.keys()].sort().join(' ')}\n`,
    );
    return 0;
  },
  time: async (shell, args) => {
    const { clock, cpu } = shell.p.container;
    const [from, used] = [clock.now(), cpu.usedMs];
    const words = args.map((text) => ({ parts: [{ t: 'lit' as const, text, quoted: true }], raw: '' }));
    const status = await shell.command({ t: 'simple', line: shell.state.line, redirects: [], assignments: [], words });
    const text = (ms: number) => `${Math.floor(ms / 60000)}m${((ms % 60000) / 1000).toFixed(3)}s`;
    await shell.p.print(2, `\nreal\t${text(clock.now() - from)}\nuser\t${text(cpu.usedMs - used)}\nsys\t${text(0)}\n`);
    return status;
  },
};
