import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { addonNames } from '../cluster/addons/names.ts';
import { clusterIds } from '../cluster/record.ts';
import { ownValue } from '../kernel/own.ts';
import { isVisible } from '../kernel/visible.ts';
import { competencies, curriculum } from '../scenario/curriculum.ts';
import { attemptIds, attemptsFolder, newestAttempt, readAttemptLog } from '../session/attempt-logs.ts';
import { sittingIds, sittingsFolder } from '../session/exam/logs.ts';
import { settingTable } from './config.ts';
import type { Services } from './services.ts';

/** What can stand in the place of an option's value or an argument, by the name that it has in every command. */
type Names = Readonly<Record<string, readonly string[]>>;

/** What the script for bash takes from the package bash-completion, which not every system has. */
const bashPrelude = `if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref() {
        cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD
    }
fi
`;

/** Adds `completion <shell>` to the complete program; values are completed by the names of options and arguments. */
export function addCompletion(program: Command, names: Names): void {
  const root = tab(program, { completionCommandName: 'completion' });
  for (const command of [root, ...root.commands.values()]) {
    for (const { value, description, alias } of [...command.options.values()]) {
      const known = ownValue(names, value);
      if (known) command.option(value, description, (complete) => offer(known, complete), alias);
    }
    for (const { name, variadic, handler } of [...command.arguments.values()]) {
      const known = ownValue(names, name);
      // One of fixed choices has its handler already.
      if (known && !handler) command.argument(name, (complete) => offer(known, complete), variadic);
    }
  }
  const words = ['', ...root.commands.keys()].map((path) => path.split(' ')[0] ?? '');
  program.commands
    .find((command) => command.name() === 'completion')
    ?.action((shell: string) => {
      if (shell === 'bash') console.log(bashPrelude);
      root.setup(program.name(), program.name(), shell);
    });
  root.commands
    .get('help')
    ?.argument('command', (complete) => offer([...new Set(words)].filter(Boolean), complete), true);
}

/** The names that the words of a command line may want; what takes its time is read only for commands that have it. */
export async function completionNames(words: readonly string[], services: Services): Promise<Names> {
  const entries = await services.scenarios();
  const { state } = services.paths;
  const folder = attemptsFolder(services.paths);
  return {
    scenario: entries.map((entry) => entry.id),
    pack: [...new Set(entries.map((entry) => entry.pack.id))],
    attempt: attemptIds(folder).sort(),
    cluster: clusterIds(state).sort(),
    addon: addonNames,
    competency: competencies,
    setting: Object.keys(settingTable),
    ...(words.includes('set') && { value: valuesOf(words) }),
    domain: [...new Set(curriculum.map((domain) => domain.id))],
    sitting: sittingIds(sittingsFolder(services.paths)).sort(),
    ...(words.includes('exam') && { exam: await examIds(services) }),
    ...(words.includes('explain') && { check: await checkIds(folder, words, services) }),
  };
}

async function examIds(services: Services): Promise<string[]> {
  return (await services.catalog()).packs().flatMap((pack) => pack.exams.map((exam) => exam.id));
}

/** What the setting that the words name may be. */
function valuesOf(words: readonly string[]): readonly string[] {
  return ownValue(settingTable, words[words.indexOf('set') + 1] ?? '')?.values ?? [];
}

/** The checks of the attempt that the words mean. */
async function checkIds(folder: string, words: readonly string[], services: Services): Promise<string[]> {
  const given = words[words.indexOf('--attempt') + 1];
  const named = words.includes('--attempt') ? given : services.env.KUBEDRILL_ATTEMPT;
  const id = named || (await newestAttempt(folder, { running: true }));
  const [created] = id === undefined ? [] : await readAttemptLog(folder, id);
  if (created?.type !== 'created' || created.exam?.locked) return [];
  const { pack, folder: packFolder, id: scenario, seed } = created.scenario;
  const name = packFolder ? scenario : `${pack}/${scenario}`;
  const catalog = await services.catalog();
  return catalog.scenario(name, { seed, ...(packFolder ? { packFolder } : {}) }).checks.map((check) => check.id);
}

/** Shells read these: what they would not show is no name to complete. */
function offer(names: readonly string[], complete: (value: string, description: string) => void): void {
  for (const name of names.filter(isVisible)) complete(name, '');
}
