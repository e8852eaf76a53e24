import { Command, CommanderError, Option } from 'commander';
import { exitCodes, UserError } from '../kernel/errors.ts';
import { nearest } from '../kernel/nearest.ts';
import { visible, visibleJson } from '../kernel/visible.ts';
import { onlyStyled } from '../present/width.ts';
import type { CoachLevel } from '../session/coach-level.ts';
import { check } from './check.ts';
import { cluster } from './cluster.ts';
import { coachOption } from './coach-option.ts';
import type { CommandContext } from './command.ts';
import { addCompletion, completionNames } from './completion.ts';
import { config } from './config.ts';
import { coverage } from './coverage.ts';
import { daemon } from './daemon.ts';
import { debrief } from './debrief.ts';
import { doctor } from './doctor.ts';
import { env } from './env.ts';
import { exam } from './exam/exam.ts';
import { explain } from './explain.ts';
import { addHelp } from './help.ts';
import { hint } from './hint.ts';
import { images } from './images.ts';
import { list } from './list.ts';
import { node } from './node.ts';
import { pack } from './pack.ts';
import { progress } from './progress.ts';
import { replay, report } from './report.ts';
import { reset } from './reset.ts';
import { review } from './review.ts';
import type { Services } from './services.ts';
import { shell } from './shell.ts';
import { solution } from './solution.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { task } from './task.ts';
import { usageError } from './usage.ts';
import { version } from './version.ts';

const factories = [
  list,
  progress,
  review,
  coverage,
  exam,
  start,
  task,
  status,
  check,
  hint,
  explain,
  solution,
  debrief,
  report,
  replay,
  reset,
  stop,
  shell,
  env,
  cluster,
  images,
  node,
  pack,
  config,
  daemon,
  doctor,
  version,
];

/** Runs a command line (without node and script); resolves with the exit code, rejects with what went wrong. */
export async function runProgram(args: string[], services: Services): Promise<number> {
  let code: number = exitCodes.ok;
  const context: CommandContext = {
    services,
    print: (text) => void services.stdout.write(`${onlyStyled(text)}\n`),
    json: (value) => void services.stdout.write(`${visibleJson(value)}\n`),
    note: (text) => void services.stderr.write(`${visible(text)}\n`),
    exit: (value) => {
      code = value;
    },
  };
  const program = createProgram(context);
  addCompletion(program, args[0] === 'complete' ? await completionNames(args, services) : {});
  configure(program, services);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // What was asked for has been shown; help that was not asked for stands in the place of a missing command.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    throw error;
  }
  return code;
}

/** All commands with their options: what `--help` and the manual page (scripts/manual-page.ts) are made from. */
export function createProgram(context: CommandContext): Command {
  const { services, exit } = context;
  const program = new Command('kubedrill')
    .description('An interactive CKA and CKAD training lab. Without a command: the terminal app.')
    .version(services.version)
    .addOption(coachOption())
    .addOption(new Option('--plain', 'the app as plain lines, for screen readers and pipes'))
    .argument('[scenario]', 'open the app in this scenario')
    .enablePositionalOptions()
    .action(async (scenario: string | undefined, options: { plain?: boolean; coach?: CoachLevel }) => {
      if (scenario) await refuseMistypedCommand(scenario, program, services);
      // A terminal that can't place its cursor shows lines.
      const plain = options.plain || services.env.TERM === 'dumb';
      exit(
        await services.openApp({
          plain,
          ...(scenario ? { scenario } : {}),
          ...(options.coach === undefined ? {} : { coach: options.coach }),
        }),
      );
    });
  for (const factory of factories) program.addCommand(factory(context));
  addHelp(program);
  return program;
}

/** A word that is no scenario, and nearly a command, was meant as one. */
async function refuseMistypedCommand(word: string, program: Command, services: Services): Promise<void> {
  const scenarios = (await services.scenarios()).flatMap(({ id, pack }) => [id, `${pack.id}/${id}`]);
  if (scenarios.includes(word)) return;
  const commands = program.commands.map((c) => c.name());
  const near = nearest(word, [...commands, ...scenarios]);
  // The nearest scenario is suggested by who looks for one.
  if (near !== undefined && !commands.includes(near)) return;
  throw new UserError({
    what: `there is no command or scenario ${word}`,
    ...(near !== undefined && { why: `did you mean ${near}?` }),
    next: near === undefined ? 'kubedrill help, or kubedrill list' : `kubedrill help ${near}`,
  });
}

function configure(command: Command, services: Services): void {
  command.showSuggestionAfterError().exitOverride((error) => {
    throw usageError(error, command);
  });
  command.configureOutput({
    writeOut: (text) => void services.stdout.write(visible(text)),
    writeErr: (text) => void services.stderr.write(visible(text)),
    // Whoever catches it says it, in the words of every other error.
    outputError: () => undefined,
  });
  for (const sub of command.commands) configure(sub, services);
}
