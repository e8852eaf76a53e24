import { Command, CommanderError, Option } from 'commander';
import { closest, distance } from 'fastest-levenshtein';
import { exitCodes, UserError } from '../kernel/errors.ts';
import { isVisible, visible, visibleJson } from '../kernel/visible.ts';
import { onlyStyled } from '../present/width.ts';
import { check } from './check.ts';
import { cluster } from './cluster.ts';
import type { CommandContext } from './command.ts';
import { addCompletion } from './completion.ts';
import { coverage } from './coverage.ts';
import { debrief } from './debrief.ts';
import { doctor } from './doctor.ts';
import { env } from './env.ts';
import { exam } from './exam.ts';
import { explain } from './explain.ts';
import { hint } from './hint.ts';
import { list } from './list.ts';
import { node } from './node.ts';
import { pack } from './pack.ts';
import { replay, report } from './report.ts';
import { reset } from './reset.ts';
import type { Services } from './services.ts';
import { shell } from './shell.ts';
import { solution } from './solution.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { task } from './task.ts';

const factories = [
  list,
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
  node,
  pack,
  doctor,
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
  const program = new Command('kubedrill')
    .description('An interactive CKA and CKAD training lab. Without a command: the terminal app.')
    .version(services.version)
    .addOption(new Option('--plain', 'the app as plain lines, for screen readers and pipes'))
    .argument('[scenario]', 'open the app in this scenario')
    .enablePositionalOptions()
    .action(async (scenario: string | undefined, options: { plain?: boolean }) => {
      if (scenario) refuseMistypedCommand(scenario, program);
      code = await services.openApp({ plain: options.plain ?? false, ...(scenario ? { scenario } : {}) });
    });
  for (const factory of factories) program.addCommand(factory(context));
  // Shells read these: what they would not show is no name to complete.
  const names = args[0] === 'complete' ? (await services.scenarios()).map((s) => s.id).filter(isVisible) : [];
  addCompletion(program, names);
  configure(program, services);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Help and version are no errors; everything else that commander refuses is usage, and it has told so.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    throw error;
  }
  return code;
}

/** A word that is nearly a command was meant as one, not as a scenario. */
function refuseMistypedCommand(word: string, program: Command): void {
  const near = closest(
    word,
    program.commands.map((c) => c.name()),
  );
  if (distance(word, near) > 2) return;
  throw new UserError({ what: `there is no command ${word}`, why: `did you mean ${near}?`, next: `kubedrill ${near}` });
}

function configure(command: Command, services: Services): void {
  command.exitOverride().showHelpAfterError('(add --help for what it takes)').showSuggestionAfterError();
  command.configureOutput({
    writeOut: (text) => void services.stdout.write(visible(text)),
    writeErr: (text) => void services.stderr.write(visible(text)),
  });
  for (const sub of command.commands) configure(sub, services);
}
