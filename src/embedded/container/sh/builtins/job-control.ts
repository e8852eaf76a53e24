import type { ExitStatus, Process } from '../../kernel/process.ts';
import { parseSignal, signalName, signals } from '../../kernel/signals.ts';
import { complain } from '../complain.ts';
import { type Job, statusText } from '../jobs.ts';
import type { Builtin, Shell } from '../shell.ts';

/** Waits for a job; a trapped signal ends the wait early with 128 + its number. */
async function waitFor(shell: Shell, process: Process): Promise<ExitStatus | 'interrupted'> {
  if (process.status) return process.status;
  if (shell.traps.pending.length > 0) return 'interrupted';
  return shell.p.block((resolve) => {
    const forgetExit = process.onExit((status) => {
      forgetTrap();
      resolve(status);
    });
    const forgetTrap = shell.traps.onSignal(() => {
      forgetExit();
      resolve('interrupted');
    });
    return () => {
      forgetExit();
      forgetTrap();
    };
  });
}

async function interrupted(shell: Shell): Promise<number> {
  const signal = shell.traps.pending[0] ?? signals.SIGINT;
  await shell.traps.run();
  return 128 + signal;
}

const wait: Builtin = async (shell, args) => {
  const targets = args.filter((a) => !a.startsWith('-'));
  if (targets.length === 0) {
    if (args.includes('-n')) {
      const running = shell.jobs.all.filter((j) => !j.process.status);
      const first = running[0];
      if (!first) return 127;
      const status = await Promise.race(running.map((j) => shell.p.wait(j.process)));
      return status.code;
    }
    for (const job of [...shell.jobs.all]) {
      if ((await waitFor(shell, job.process)) === 'interrupted') return interrupted(shell);
      shell.jobs.remove(job);
    }
    return 0;
  }
  let code = 0;
  for (const target of targets) {
    const job = shell.jobs.find(target);
    if (!job) {
      code = 127;
      if (shell.state.flavor === 'bash') {
        await complain(
          shell,
          'wait',
          target.startsWith('%') ? `${target}: no such job` : `pid ${target} is not a child of this shell`,
        );
      }
      continue;
    }
    const status = await waitFor(shell, job.process);
    if (status === 'interrupted') return interrupted(shell);
    if (status.signal !== undefined && shell.state.flavor !== 'bash')
      await shell.children.tellSignal(status.signal, job.process);
    code = status.code;
  }
  return code;
};

/** `kill` as the shell has it: knows jobs. */
const kill: Builtin = async (shell, args) => {
  const { p } = shell;
  let signal: number | undefined = signals.SIGTERM;
  let targets = args;
  const first = args[0] ?? '';
  if (first === '-l' || first === '-L') {
    const [, number] = args;
    if (number !== undefined)
      await p.print(1, `${signalName(Number(number) > 128 ? Number(number) - 128 : Number(number))}\n`);
    else
      await p.print(
        1,
        `${Object.entries(signals)
          .map(([name, n]) => `${String(n).padStart(2)}) ${name}`)
          .join('\n')}\n`,
      );
    return 0;
  }
  if (first === '-s' || first === '-n') {
    signal = parseSignal(args[1] ?? '');
    targets = args.slice(2);
  } else if (first === '--') targets = args.slice(1);
  else if (/^-./.test(first)) {
    signal = parseSignal(first.slice(1));
    targets = args.slice(1);
  }
  if (targets[0] === '--') targets = targets.slice(1);
  if (signal === undefined) return complain(shell, 'kill', `${first.replace(/^-/, '')}: invalid signal specification`);
  if (targets.length === 0) return complain(shell, 'kill', 'usage: kill [-s sigspec | -signum] [pid | job]...', 2);
  let status = 0;
  for (const target of targets) {
    const error = killTarget(shell, target, signal);
    if (error !== undefined) status = await complain(shell, 'kill', error);
  }
  // Signals to the shell itself are handled before the next command.
  const turn = p.step(1);
  if (turn) await turn;
  return status;
};

function killTarget(shell: Shell, target: string, signal: number): string | undefined {
  const { p, state } = shell;
  const label = state.flavor === 'bash' ? `(${target}) - ` : state.flavor === 'ash' ? `can't kill pid ${target}: ` : '';
  if (target.startsWith('%')) {
    const job = shell.jobs.find(target);
    if (!job || job.process.status) return `${target}: no such job`;
    p.container.signalGroup(job.process.pgid === p.pgid ? -1 : job.process.pgid, signal);
    job.process.signal(signal);
    return undefined;
  }
  if (!/^-?\d+$/.test(target))
    return state.flavor === 'bash' ? `${target}: arguments must be process or job IDs` : `Illegal number: ${target}`;
  const pid = Number(target);
  const processes = [...p.container.processes.values()];
  const chosen =
    pid > 0
      ? processes.filter((q) => q.pid === pid)
      : pid === -1
        ? processes.filter((q) => q !== p && q.pid !== 1)
        : processes.filter((q) => q.pgid === (pid === 0 ? p.pgid : -pid));
  if (chosen.length === 0) return `${label}No such process`;
  const allowed = chosen.filter((q) => p.uid === 0 || q.uid === p.uid);
  if (allowed.length === 0) return `${label}Operation not permitted`;
  for (const q of allowed) q.signal(signal);
  return undefined;
}

function line(job: Job, current: boolean): string {
  const { status } = job.process;
  const state = !status ? 'Running' : status.code === 0 ? 'Done' : statusText(status);
  return `[${job.number}]${current ? '+' : ' '}  ${state.padEnd(23)} ${job.text}\n`;
}

/** What an interactive shell tells before its prompt: jobs that have ended. */
export async function reportJobs(shell: Shell): Promise<void> {
  for (const job of [...shell.jobs.all]) {
    if (!job.process.status) continue;
    if (!job.told) await shell.p.print(2, line(job, true));
    shell.jobs.remove(job);
  }
}

export const jobBuiltins: Record<string, Builtin> = {
  wait,
  kill,
  jobs: async (shell, args) => {
    const all = [...shell.jobs.all];
    for (const [i, job] of all.entries()) {
      if (args.includes('-p')) await shell.p.print(1, `${job.process.pid}\n`);
      else await shell.p.print(1, line(job, i === all.length - 1));
      job.told = job.process.status !== undefined;
    }
    for (const job of all) if (job.told) shell.jobs.remove(job);
    return 0;
  },
  fg: async (shell, [spec = '%%']) => {
    const job = shell.jobs.find(spec);
    if (!job) return complain(shell, 'fg', `${spec === '%%' ? 'current' : spec}: no such job`);
    await shell.p.print(1, `${job.text}\n`);
    const [status] = await shell.children.foreground([job.process]);
    shell.jobs.remove(job);
    return status?.code ?? 0;
  },
  bg: async (shell, [spec = '%%']) => (shell.jobs.find(spec) ? 0 : complain(shell, 'bg', 'no current job')),
  disown: (shell, [spec = '%%']) => {
    const job = shell.jobs.find(spec);
    if (job) shell.jobs.remove(job);
    return 0;
  },
};
