import { isSysError } from '../kernel/errno.ts';
import { TooMuchWork } from '../kernel/work.ts';
import type { Command, Condition } from './ast.ts';
import { specialBuiltins } from './builtins/special.ts';
import { complain } from './complain.ts';
import { runExternal } from './external.ts';
import { errorPrefix } from './messages.ts';
import { matchesPattern } from './pattern.ts';
import { applyRedirects, keepRedirects, RedirectError, type SavedDescriptors, undoRedirects } from './redirect.ts';
import type { RunFlags, Shell } from './shell.ts';
import { LoopControl, ReturnControl, ShellError } from './shell-error.ts';
import type { Variable } from './state.ts';
import { evaluateCondition } from './test-expression.ts';

/** Commands whose `name=value` arguments are assignments: not split, no file names. */
const declarations = new Set(['export', 'readonly', 'local', 'declare', 'typeset']);
const declarationPattern = /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/;

/** Runs one command of any kind; resolves with its status. What takes too much in it ends the command, not the shell. */
export async function commandRunner(shell: Shell, command: Command, flags: RunFlags): Promise<number> {
  try {
    return await runCommand(shell, command, flags);
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error;
    await shell.p.print(2, `${errorPrefix(shell.state)}${error.message}\n`);
    return 2;
  }
}

async function runCommand(shell: Shell, command: Command, flags: RunFlags): Promise<number> {
  if (command.t === 'simple') return simple(shell, command, flags);
  if (command.t === 'function') {
    shell.state.functions.set(command.name, command.body);
    return 0;
  }
  shell.state.line = command.line;
  if (command.redirects.length === 0) return compound(shell, command, flags);
  let saved: SavedDescriptors;
  try {
    saved = await applyRedirects(shell, command.redirects);
  } catch (error) {
    return redirectFailed(shell, error);
  }
  try {
    return await compound(shell, command, flags);
  } finally {
    undoRedirects(shell.p, saved);
  }
}

async function redirectFailed(shell: Shell, error: unknown): Promise<number> {
  if (isSysError(error)) return 1;
  if (!(error instanceof RedirectError)) throw error;
  await shell.p.print(2, error.message);
  return shell.state.flavor === 'dash' ? 2 : 1;
}

async function compound(shell: Shell, command: Command, flags: RunFlags): Promise<number> {
  switch (command.t) {
    case 'group':
      return shell.script(command.body);
    case 'subshell': {
      if (flags.tail && shell.state.traps.size === 0 && command.redirects.length === 0) {
        return shell.script(command.body, flags);
      }
      const child = shell.fork((sub) => sub.script(command.body, { tail: true }));
      const [status] = await shell.children.foreground([child]);
      return status?.code ?? 0;
    }
    case 'if': {
      for (const { condition, body } of command.branches) {
        if ((await tested(shell, () => shell.script(condition))) === 0) return shell.script(body);
      }
      return command.otherwise ? shell.script(command.otherwise) : 0;
    }
    case 'for': {
      const words = command.words ? await shell.expander.fields(command.words) : [...shell.state.positional];
      let status = 0;
      const items = words[Symbol.iterator]();
      await loop(shell, async () => {
        const next = items.next();
        if (next.done) return false;
        shell.variables.set(command.name, next.value);
        status = await shell.script(command.body);
        return true;
      });
      return status;
    }
    case 'forArith': {
      await shell.expander.arithmetic(command.init);
      let status = 0;
      let first = true;
      await loop(shell, async () => {
        if (!first) await shell.expander.arithmetic(command.update);
        first = false;
        if (command.condition.raw.trim() !== '' && (await shell.expander.arithmetic(command.condition)) === 0n)
          return false;
        status = await shell.script(command.body);
        return true;
      });
      return status;
    }
    case 'loop': {
      let status = 0;
      await loop(shell, async () => {
        const condition = await tested(shell, () => shell.script(command.condition));
        if ((condition === 0) === command.until) return false;
        status = await shell.script(command.body);
        return true;
      });
      return status;
    }
    case 'case':
      return caseCommand(shell, command);
    case 'condition':
      return condition(shell, command.condition);
    case 'arith':
      return (await shell.expander.arithmetic(command.expression)) === 0n ? 1 : 0;
    default:
      return 0;
  }
}

/** Runs something whose failure is being looked at: `set -e` does not apply. */
async function tested(shell: Shell, run: () => Promise<number>): Promise<number> {
  shell.tested++;
  try {
    return await run();
  } finally {
    shell.tested--;
  }
}

async function loop(shell: Shell, iteration: () => Promise<boolean>): Promise<void> {
  shell.loops++;
  try {
    for (;;) {
      const turn = shell.p.step(2);
      if (turn) await turn;
      try {
        if (!(await iteration())) return;
      } catch (error) {
        if (!(error instanceof LoopControl)) throw error;
        if (error.levels > 1 && shell.loops > 1) {
          error.levels--;
          throw error;
        }
        if (error.kind === 'break') return;
      }
      if (shell.traps.pending.length > 0) await shell.traps.run();
    }
  } finally {
    shell.loops--;
  }
}

async function caseCommand(shell: Shell, command: Extract<Command, { t: 'case' }>): Promise<number> {
  const text = await shell.expander.text(command.word);
  const ignoreCase = shell.state.shopt.has('nocasematch');
  let status = 0;
  let falling = false;
  for (const item of command.items) {
    let matched = falling;
    for (const pattern of matched ? [] : item.patterns) {
      if (!matched) matched = matchesPattern(text, await shell.expander.pattern(pattern), ignoreCase);
    }
    falling = false;
    if (!matched) continue;
    status = await shell.script(item.body);
    if (item.next === ';;') return status;
    falling = item.next === ';&';
  }
  return status;
}

/** The status of a condition; that of a test with a fault is 2, which is as good as false. */
async function condition(shell: Shell, c: Condition): Promise<number> {
  switch (c.t) {
    case 'not':
      return (await condition(shell, c.operand)) === 0 ? 1 : 0;
    case 'and':
      return (await condition(shell, c.left)) || (await condition(shell, c.right));
    case 'or': {
      const left = await condition(shell, c.left);
      return left === 0 ? 0 : condition(shell, c.right);
    }
    default:
      return evaluateCondition(shell, c);
  }
}

type Simple = Extract<Command, { t: 'simple' }>;

async function expandArguments(shell: Shell, command: Simple): Promise<string[]> {
  const first = command.words[0]?.raw;
  if (first === undefined || !declarations.has(first)) return shell.expander.fields(command.words);
  const argv = [first];
  for (const word of command.words.slice(1)) {
    if (declarationPattern.test(word.raw)) argv.push(await shell.expander.text(word, true));
    else argv.push(...(await shell.expander.fields([word])));
  }
  return argv;
}

async function simple(shell: Shell, command: Simple, flags: RunFlags): Promise<number> {
  const { state, p } = shell;
  state.line = command.line;
  shell.substitutions.lastStatus = undefined;
  const argv = await expandArguments(shell, command);
  const name = argv[0];
  if (name === undefined) return assignOnly(shell, command);
  const assigned: [string, string][] = [];
  for (const a of command.assignments) {
    const value = await shell.expander.text(a.value, true);
    assigned.push([a.name, a.append ? (state.get(a.name) ?? '') + value : value]);
  }
  if (state.options.x) {
    const quote = quoteTrace(shell);
    await trace(shell, [...assigned.map(([n, v]) => `${n}=${quote(v)}`), ...argv.map(quote)]);
  }

  const special = specialBuiltins.has(name);
  const body = special ? undefined : state.functions.get(name);
  const builtin = shell.builtins.get(name);
  let saved: SavedDescriptors;
  try {
    saved = await applyRedirects(shell, command.redirects);
  } catch (error) {
    const status = await redirectFailed(shell, error);
    if (special && state.flavor !== 'bash' && !state.interactive) p.exit(status);
    return status;
  }
  let keep = false;
  try {
    if (!body && !builtin) {
      const env = state.environment();
      for (const [n, v] of assigned) env.set(n, v);
      return await runExternal(shell, argv, env, flags);
    }
    const restore = assignTemporarily(shell, assigned, special && name !== 'exec');
    try {
      if (body) return await callFunction(shell, name, body, argv.slice(1));
      keep = name === 'exec' && argv.length === 1;
      return (await builtin?.(shell, argv.slice(1))) ?? 0;
    } catch (error) {
      if (error instanceof TooMuchWork) return await complain(shell, name, error.message);
      // While the redirections hold: `2>/dev/null` silences builtins too.
      if (error instanceof ShellError && saved.length > 0) await shell.tell(error);
      throw error;
    } finally {
      restore();
    }
  } finally {
    if (keep) keepRedirects(saved);
    else if (!p.status) undoRedirects(p, saved);
  }
}

async function assignOnly(shell: Shell, command: Simple): Promise<number> {
  const { state } = shell;
  const traced: string[] = [];
  for (const a of command.assignments) {
    if (a.elements) {
      const old = state.variables.get(a.name);
      const values = await shell.expander.fields(a.elements);
      const array = new Map(a.append ? old?.array : []);
      const made = state.set(a.name, '');
      if (old?.associative) {
        for (const e of a.elements) {
          const m = /^\[(.*?)\]=([\s\S]*)$/.exec(await shell.expander.text(e));
          if (m) array.set((m[1] ?? '').replace(/^(['"])(.*)\1$/, '$2'), m[2] ?? '');
        }
      } else for (const value of values) array.set(String(array.size), value);
      shell.p.charge(values.reduce((sum, v) => sum + 2 * v.length + 32, 0));
      made.array = array;
      continue;
    }
    const value = await shell.expander.text(a.value, true);
    if (a.index) {
      const associative = state.variables.get(a.name)?.associative;
      const index = associative ? await shell.expander.text(a.index) : String(await shell.expander.arithmetic(a.index));
      shell.variables.setElement(a.name, index.replace(/^(['"])(.*)\1$/, '$2'), value);
    } else if (state.variables.get(a.name)?.integer) {
      shell.variables.set(a.name, String(await shell.expander.arithmetic(a.value)));
    } else shell.variables.set(a.name, a.append ? (state.get(a.name) ?? '') + value : value);
    traced.push(`${a.name}=${quoteTrace(shell)(value)}`);
  }
  if (state.options.x && traced.length > 0) await trace(shell, traced);
  if (command.redirects.length > 0) {
    try {
      undoRedirects(shell.p, await applyRedirects(shell, command.redirects));
    } catch (error) {
      return redirectFailed(shell, error);
    }
  }
  return shell.substitutions.lastStatus ?? 0;
}

/** Assignments before a builtin or function hold while it runs; before a special builtin they stay. */
function assignTemporarily(shell: Shell, assigned: [string, string][], stay: boolean): () => void {
  const { variables } = shell.state;
  const before = new Map<string, Variable | undefined>();
  for (const [name, value] of assigned) {
    const old = variables.get(name);
    if (!stay && !before.has(name)) before.set(name, old ? { ...old } : undefined);
    shell.variables.set(name, value);
    if (!stay) {
      const now = variables.get(name);
      if (now) now.exported = true;
    }
  }
  return () => {
    for (const [name, variable] of before) {
      if (variable) variables.set(name, variable);
      else variables.delete(name);
    }
  };
}

async function callFunction(shell: Shell, name: string, body: Command, args: string[]): Promise<number> {
  const { state } = shell;
  const { positional } = state;
  const { loops } = shell;
  if (state.functionNames.length > 500) throw new ShellError(`${name}: maximum function nesting level exceeded`);
  state.positional = args;
  state.locals.push(new Map());
  state.functionNames.push(name);
  shell.loops = 0;
  try {
    return await shell.command(body);
  } catch (error) {
    if (!(error instanceof ReturnControl)) throw error;
    return error.status;
  } finally {
    state.popLocals();
    state.functionNames.pop();
    state.positional = positional;
    shell.loops = loops;
  }
}

/** dash shows words as they are, the others quote them. */
function quoteTrace(shell: Shell): (text: string) => string {
  if (shell.state.flavor === 'dash') return (text) => text;
  return (text) => (text !== '' && /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
}

async function trace(shell: Shell, words: string[]): Promise<void> {
  const prefix = shell.state.get('PS4') ?? '+ ';
  await shell.p.print(2, `${prefix}${words.join(' ')}\n`);
}
