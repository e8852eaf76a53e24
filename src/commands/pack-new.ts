import { relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { NewScenario } from '../authoring/new.ts';
import { errorLines, type UserError } from '../kernel/errors.ts';
import { asking } from './ask.ts';
import type { CommandContext } from './command.ts';

interface NewFlags extends Record<'pack' | 'title' | 'competency' | 'namespace', string> {
  json?: boolean;
}

/** What is asked for, in this order, when no name is given; a flag that is given is not. */
const questions: { part: keyof NewScenario; flag?: keyof NewFlags; text: string }[] = [
  { part: 'id', text: 'Name of the scenario, lower-case words joined by -' },
  { part: 'folder', flag: 'pack', text: 'Folder of the pack it belongs to; made if it is not there' },
  { part: 'title', flag: 'title', text: 'Title, one line for lists' },
  { part: 'competency', flag: 'competency', text: "Competency, an exam and one of its curriculum's items" },
  { part: 'namespace', flag: 'namespace', text: 'Namespace where the learner works' },
];

/** `pack new`: takes flags, or asks. */
export function addNewCommand(pack: Command, { services, print, note, json }: CommandContext): void {
  const command = pack
    .command('new')
    .description('write a small scenario that verifies, to be changed piece by piece; asks if no name is given')
    .argument('[scenario]', 'its name: lower-case words joined by -')
    .option('--pack <pack>', 'the folder of the pack it belongs to; made if it is not there', '.')
    .option('--title <text>', 'one line for lists', 'A ConfigMap beside another')
    .option('--competency <id>', "an exam and one of its curriculum's items", 'ckad/configmaps')
    .option('--namespace <name>', 'where the learner works', 'project-new')
    .option('--json', 'print one JSON document')
    .action(async (name: string | undefined, options: NewFlags) => {
      const { newScenario, problemWith } = await import('../authoring/new.ts');
      const flags = wantedOf(name ?? '', options);
      const asked = name === undefined && services.stdin.isTTY && !options.json;
      const wanted = asked ? await ask(flags, problemWith) : flags;
      const files = newScenario(wanted);
      if (options.json) return json({ files });
      for (const file of files) print(relative('', file));
      print(`next: kubedrill pack verify ${relative('', wanted.folder) || '.'} --scenario ${wanted.id}`);
    });

  const given = (flag: keyof NewFlags) => command.getOptionValueSource(flag) === 'cli';

  /** Asks until each answer will do; an empty one stands for what is offered. */
  function ask(
    wanted: NewScenario,
    problemWith: (part: keyof NewScenario, wanted: NewScenario) => UserError['text'] | undefined,
  ): Promise<NewScenario> {
    return asking(services, async (put) => {
      for (const { part, flag, text } of questions) {
        if (flag && given(flag) && !problemWith(part, wanted)) continue;
        const offered = flag ? (relativeFolder(part, wanted[part]) ?? wanted[part]) : '';
        for (;;) {
          const answer = (await put(offered ? `${text} [${offered}]: ` : `${text}: `)) || offered;
          wanted = { ...wanted, [part]: part === 'folder' ? resolve(answer) : answer };
          const problem = problemWith(part, wanted);
          if (!problem) break;
          note(errorLines({ what: problem.what, ...(problem.why && { why: problem.why }) }).join('\n'));
        }
      }
      return wanted;
    });
  }
}

function wantedOf(id: string, { pack, title, competency, namespace }: NewFlags): NewScenario {
  return { folder: resolve(pack), id, title, competency, namespace };
}

function relativeFolder(part: keyof NewScenario, value: string): string | undefined {
  return part === 'folder' ? relative('', value) || '.' : undefined;
}
