import { Command } from 'commander';
import type { RemoteLabs } from '../session/remote-labs.ts';
import type { AttemptState } from '../session/types.ts';
import type { Services } from './services.ts';

/** What one command file makes: the command, given the services and a way to say the exit code. */
export type CommandFactory = (context: CommandContext) => Command;

export interface CommandContext {
  services: Services;
  /** Prints a line on stdout. */
  print(text: string): void;
  /** Prints one JSON document on stdout. */
  json(value: unknown): void;
  /** Progress for people: stderr, never mixed into output. */
  note(text: string): void;
  /** Sets the exit code of the process. */
  exit(code: number): void;
}

/** A command on the current attempt: has --attempt and --json. */
export function attemptCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--attempt <id>', 'the attempt (default: $KUBEDRILL_ATTEMPT, else the one started last)')
    .option('--json', 'print one JSON document');
}

/** The attempt that a command means: --attempt, else the shell's own, else (undefined) the one started last. */
export function attemptId(services: Services, options: { attempt?: string }): string | undefined {
  return options.attempt ?? (services.env.KUBEDRILL_ATTEMPT || undefined);
}

/** The daemon if it runs; else the same errors as if it ran and knew no attempt. */
export async function labsOf(services: Services): Promise<RemoteLabs> {
  return (await services.runningLabs()) ?? services.labs();
}

/** Says that Ctrl-C was heard: what is being made goes first, which takes a moment. */
export function tellOfCleanup({ services, note }: Pick<CommandContext, 'services' | 'note'>): void {
  services.signal.addEventListener('abort', () => note('cleaning up'), { once: true });
}

/** The `check --json` document. */
export function checkDocument(state: AttemptState) {
  const { pack, id } = state.scenario;
  return {
    attempt: state.id,
    scenario: id,
    pack,
    score: state.score,
    max: state.max,
    solved: state.solved,
    checks: state.verdicts.map(({ id: check, title, status, weight, level, expected, actual, why, evidence }) => ({
      id: check,
      title,
      status,
      weight,
      level,
      expected,
      actual,
      why,
      evidence,
    })),
  };
}
