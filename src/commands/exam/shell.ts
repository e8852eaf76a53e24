import { Command } from 'commander';
import { EnvironmentError, errorText, UserError } from '../../kernel/errors.ts';
import { baseShell, hostShell, hostVariable } from '../../session/exam/shell.ts';
import type { ExamState, ExamTask } from '../../session/exam/types.ts';
import type { RemoteLabs } from '../../session/remote-labs.ts';
import type { ShellCommand } from '../../session/shell.ts';
import type { CommandContext, CommandFactory } from '../command.ts';
import { runOnNode } from '../node.ts';
import { examLabs, type SittingOptions, sittingCommand, sittingId } from './sitting.ts';

export const shell: CommandFactory = (context) =>
  sittingCommand(
    'shell',
    'open the terminal of the exam: without a cluster, with ssh to the hosts of the tasks',
  ).action(async (options: SittingOptions) => {
    const { services, note, exit } = context;
    const state = await (await examLabs(services, options)).exam({ id: sittingId(services, options) });
    const kubectl = await services.kubectl(note);
    exit(await run(await baseShell(state, { paths: services.paths, kubectl, env: services.env })));
  });

/** `ssh` as it is typed in a shell of an exam. */
export const ssh: CommandFactory = (context) =>
  playedCommand('ssh').action(async (words: string[]) => {
    const { services, note, exit } = context;
    const { host, command } = destinationOf(words);
    const labs = await examLabs(services, {});
    const state = await labs.exam({ id: sittingId(services, {}) });
    const here = services.env[hostVariable];
    const task = state.tasks.find((one) => one.host === host);
    if (here) {
      if (task) {
        throw new UserError({
          what: `ssh: from ${here} there is no way to ${host}`,
          next: 'exit, then ssh from the terminal',
        });
      }
      return exit(await onNodeOf(context, labs, { state, here, node: host, command }));
    }
    if (!task) {
      const hosts = state.tasks.map((one) => one.host).join(', ');
      throw new UserError({
        what: `ssh: there is no host ${host} in this exam`,
        why: `there is ${hosts}`,
        next: 'kubedrill exam task',
      });
    }
    const ready = await untilReady(labs, { state, task, note });
    const kubectl = await services.kubectl(note);
    const opened = await hostShell(state, ready, { paths: services.paths, kubectl, env: services.env });
    // A login shell that is given a command runs that, and no prompt.
    exit(await run(command.length > 0 ? { ...opened, args: commandArgs(opened, command) } : opened));
  });

/** `sudo` as it is typed on a host: root on the machine that runs the control plane of the task's cluster. */
export const sudo: CommandFactory = (context) =>
  playedCommand('sudo').action(async (words: string[]) => {
    const { services, exit } = context;
    const here = services.env[hostVariable] ?? '';
    const labs = await examLabs(services, {});
    const state = await labs.exam({ id: sittingId(services, {}) });
    const isShell = words.every((word) => ['-i', '-s', '-', 'su', '--login'].includes(word));
    const command = isShell ? [] : words.filter((word, index) => !(index === 0 && /^-[in]$/.test(word)));
    exit(await onNodeOf(context, labs, { state, here, node: 'control-plane', command }));
  });

function playedCommand(name: string): Command {
  return new Command(name).argument('[words...]');
}

/** Host and command of an ssh command line; its options change nothing here. */
function destinationOf(words: readonly string[]): { host: string; command: string[] } {
  const at = words.findIndex(
    (word, index) => !word.startsWith('-') && !/^-[bcDEeFIiJLlmOopQRSWw]$/.test(words[index - 1] ?? ''),
  );
  const destination = words[at];
  if (destination === undefined)
    throw new UserError({ what: 'ssh: name a host', next: 'ssh <host>, as the task says' });
  return {
    host: destination.replace(/^[^@]*@/, ''),
    command: words.slice(at + 1).filter((word, index) => index > 0 || word !== '--'),
  };
}

/** A task whose cluster is there; waits for it. */
async function untilReady(
  labs: RemoteLabs,
  { state, task, note }: { state: ExamState; task: ExamTask } & Pick<CommandContext, 'note'>,
): Promise<ExamTask> {
  if (task.phase === 'ready') return task;
  note(`${task.host} is being prepared`);
  const done = new AbortController();
  let last = task;
  await labs.examFollow(
    { id: state.id },
    {
      onEvent: ({ tasks }) => {
        last = tasks.find(({ host }) => host === task.host) ?? task;
        if (last.phase !== 'waiting' && last.phase !== 'preparing') done.abort();
      },
      signal: done.signal,
    },
  );
  if (last.phase === 'ready') return last;
  throw new EnvironmentError({
    what: `${task.host} is not there`,
    why: last.failure ? [last.failure.what, last.failure.why].filter(Boolean).join(': ') : 'the exam is over',
    next: last.failure ? `kubedrill exam go ${task.number} tries it again` : 'kubedrill exam report',
  });
}

interface NodeCall {
  state: ExamState;
  /** The host that it is typed on. */
  here: string;
  node: string;
  command: string[];
}

async function onNodeOf(
  { services }: CommandContext,
  labs: RemoteLabs,
  { state, here, node, command }: NodeCall,
): Promise<number> {
  const task = state.tasks.find(({ host }) => host === here);
  if (!task?.cluster) throw new UserError({ what: `${here} has no cluster any more`, next: 'exit' });
  return runOnNode(services, labs, { node, command: command.length > 0 ? command : ['bash'], id: task.cluster.id });
}

/** The arguments by which a shell runs a command with its start-up files and ends. */
function commandArgs({ file, args, env }: ShellCommand, command: readonly string[]): string[] {
  const line = command.join(' ');
  if (args.includes('--rcfile') || env.ZDOTDIR !== undefined || args.length === 1) return [...args, '-c', line];
  return args.includes('-Command') ? ['-NoLogo', '-Command', line] : ['-c', line, file];
}

async function run({ file, args, env }: ShellCommand): Promise<number> {
  const { execa } = await import('execa');
  const result = await execa(file, args, { stdio: 'inherit', env, reject: false });
  if (result.exitCode === undefined && result.failed && !result.signal) {
    throw new EnvironmentError({ what: `${file} did not start`, why: errorText(result).what });
  }
  return result.exitCode ?? 0;
}
