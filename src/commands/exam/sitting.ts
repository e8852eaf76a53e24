import { Command } from 'commander';
import { UserError } from '../../kernel/errors.ts';
import { runningSitting, sittingsFolder } from '../../session/exam/logs.ts';
import { sittingVariable } from '../../session/exam/shell.ts';
import type { ExamState, ExamTask } from '../../session/exam/types.ts';
import type { RemoteLabs } from '../../session/remote-labs.ts';
import type { Services } from '../services.ts';

export interface SittingOptions {
  sitting?: string;
  json?: boolean;
}

/** A command on the exam that is being sat: has --sitting and --json. */
export function sittingCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--sitting <id>', 'which, as in kubedrill exam sittings (default: the one that goes on)')
    .option('--json', 'print one JSON document');
}

/** The sitting that a command means: --sitting, else the shell's own, else (undefined) the one that goes on. */
export function sittingId({ env }: Pick<Services, 'env'>, { sitting }: SittingOptions): string | undefined {
  return sitting ?? (env[sittingVariable] || undefined);
}

/** The daemon, which is started for an exam only if there is one. */
export async function examLabs(services: Services, options: SittingOptions): Promise<RemoteLabs> {
  const isNamed = sittingId(services, options) !== undefined;
  if (isNamed || (await runningSitting(sittingsFolder(services.paths)))) return services.labs();
  throw new UserError({ what: 'no exam goes on', next: 'kubedrill exam start <exam>, or kubedrill exam list' });
}

/** A task by its number, or the current one. */
export function taskOf(state: ExamState, number = state.current): ExamTask {
  const task = state.tasks[number - 1];
  if (task) return task;
  throw new UserError({ what: `there is no task ${number}`, next: `name one from 1 to ${state.tasks.length}` });
}
