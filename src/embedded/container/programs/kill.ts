import type { Process } from '../kernel/process.ts';
import { parseSignal, signalName, signals } from '../kernel/signals.ts';
import { isBusybox, program, UsageError } from '../lib/program.ts';
import { regexFault, safeRegExp } from '../lib/regex.ts';

/** Splits `-9`, `-s TERM`, `-TERM` off. */
function signalOption(args: readonly string[]): { signal: number; rest: string[] } {
  const [first = '', second = ''] = args;
  if (first === '-s' || first === '--signal') {
    const signal = parseSignal(second);
    if (signal === undefined) throw new UsageError(`bad signal name '${second}'`);
    return { signal, rest: args.slice(2) };
  }
  if (/^-[0-9A-Z]/.test(first) && parseSignal(first.slice(1)) !== undefined) {
    return { signal: parseSignal(first.slice(1)) ?? signals.SIGTERM, rest: args.slice(1) };
  }
  return { signal: signals.SIGTERM, rest: [...args] };
}

export const kill = program('kill', async (p) => {
  if (p.args[0] === '-l') {
    const [, number] = p.args;
    await p.print(
      1,
      number === undefined
        ? `${Object.values(signals).map(signalName).join(' ')}\n`
        : `${signalName(Number(number))}\n`,
    );
    return 0;
  }
  const { signal, rest } = signalOption(p.args);
  const targets = rest.filter((r) => r !== '--');
  if (targets.length === 0) throw new UsageError('you need to specify whom to kill');
  let status = 0;
  for (const target of targets) {
    const pid = Number(target);
    if (!Number.isInteger(pid)) throw new UsageError(`invalid number '${target}'`);
    const all = [...p.container.processes.values()];
    const chosen =
      pid > 0
        ? all.filter((q) => q.pid === pid)
        : pid === -1
          ? all.filter((q) => q.pid !== 1 && q !== p)
          : all.filter((q) => q.pgid === (pid === 0 ? p.pgid : -pid));
    const allowed = chosen.filter((q) => p.uid === 0 || q.uid === p.uid);
    if (allowed.length === 0) {
      status = 1;
      await p.print(
        2,
        `kill: can't kill pid ${target}: ${chosen.length === 0 ? 'No such process' : 'Operation not permitted'}\n`,
      );
    }
    for (const q of allowed) q.signal(signal);
  }
  return status;
});

function matching(p: Process, pattern: string, options: { full: boolean; exact: boolean }): Process[] {
  let regex: RegExp;
  try {
    regex = safeRegExp(options.exact ? `^(?:${pattern})$` : pattern);
  } catch (error) {
    const fault = regexFault(error);
    throw isBusybox(p) ? new UsageError(`bad regex '${pattern}': ${fault}`) : new UsageError(fault, 2);
  }
  return [...p.container.processes.values()].filter(
    (q) => q !== p && regex.test(options.full ? q.argv.join(' ') : q.name),
  );
}

export const pidof = program('pidof', async (p) => {
  const names = p.args.filter((a) => !a.startsWith('-'));
  const pids = [...p.container.processes.values()].filter((q) => names.includes(q.name)).map((q) => q.pid);
  if (pids.length > 0) await p.print(1, `${pids.reverse().join(' ')}\n`);
  return pids.length > 0 ? 0 : 1;
});

export const pgrep = program('pgrep', async (p) => {
  const flags = p.args.filter((a) => a.startsWith('-')).join('');
  const [pattern = ''] = p.args.filter((a) => !a.startsWith('-'));
  const found = matching(p, pattern, { full: flags.includes('f'), exact: flags.includes('x') });
  for (const q of found)
    await p.print(
      1,
      `${q.pid}${flags.includes('l') || flags.includes('a') ? ` ${flags.includes('a') ? q.argv.join(' ') : q.name}` : ''}\n`,
    );
  return found.length > 0 ? 0 : 1;
});

export const pkill = program('pkill', (p) => {
  const { signal, rest } = signalOption(p.args);
  const flags = rest.filter((a) => a.startsWith('-')).join('');
  const [pattern = ''] = rest.filter((a) => !a.startsWith('-'));
  const found = matching(p, pattern, { full: flags.includes('f'), exact: flags.includes('x') });
  for (const q of found) q.signal(signal);
  return found.length > 0 ? 0 : 1;
});

export const killall = program('killall', async (p) => {
  const { signal, rest } = signalOption(p.args);
  let status = 0;
  for (const name of rest.filter((a) => !a.startsWith('-'))) {
    const found = [...p.container.processes.values()].filter((q) => q.name === name && q !== p);
    if (found.length === 0) {
      status = 1;
      await p.print(2, `killall: ${name}: no process killed\n`);
    }
    for (const q of found) q.signal(signal);
  }
  return status;
});
