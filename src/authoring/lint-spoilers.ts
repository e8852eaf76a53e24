import type { Scenario } from '../scenario/types.ts';

/** Words of a text as they are compared: lower-case, parts of camelCase apart, without the plural's s. */
function wordsOf(text: string): Set<string> {
  const words = text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .matchAll(/[a-z][a-z0-9]{2,}/g);
  return new Set([...words].map(([word]) => word.replace(/(?<=[a-z]{3})s$/, '')));
}

/** Words that stand in every text and every script. */
const common = wordsOf(
  'the and not all one are for with from that this has have its may can what who now only more none nothing name kubectl get create delete',
);

/** Words that say that something is wrong, or how: the learner is to find that out. */
const judging = wordsOf(
  'wrong missing lacking mistake trap typo misspelled invalid immutable mismatch forgotten instead',
);

/** A text that the learner sees before anything is asked for. */
interface ShownText {
  text: string;
  /** Where in scenario.yaml it stands; of the scenario's id there is no place. */
  path: (string | number)[];
}

/** What a list, a task's checks and their expected values show of a scenario. */
export function shownTexts({ id, title, checks }: Pick<Scenario, 'id' | 'title' | 'checks'>): ShownText[] {
  return [
    { text: id, path: [] },
    { text: title, path: ['title'] },
    ...checks.flatMap((check, index) => {
      const { shows } = check.spec as { shows?: string };
      return [
        { text: check.title, path: ['checks', index, 'title'] },
        ...(shows === undefined ? [] : [{ text: shows, path: ['checks', index, check.type, 'shows'] }]),
      ];
    }),
  ];
}

/** What is written like nothing but a name or a path of the API: `pod-reader`, `pods/log`, `serviceAccountName`. */
function namesIn(text: string): Set<string> {
  const names = text.matchAll(/[A-Za-z][A-Za-z0-9]*(?:[-./_:]+[A-Za-z0-9]+)+|\b[a-z]+[A-Z][A-Za-z]+/g);
  return new Set([...names].map(([name]) => name.toLowerCase()));
}

/**
 * Finds in a text what tells the mistakes of a scenario from its solutions: names and words that only the ones or only the
 * others have. Names that the task gives, in backquotes, are none of them; nor are words of the task and of what is there
 * from the start.
 */
export function telltaleFinder({
  task,
  setup,
  solutions,
  mistakes,
}: Pick<Scenario, 'task' | 'setup' | 'solutions' | 'mistakes'>): (text: string) => string[] {
  const textOf = (scripts: readonly { text: string }[]) => scripts.map(({ text }) => text).join('\n');
  const [right, wrong] = [textOf(solutions), textOf(mistakes)];
  const given = [...task.matchAll(/`[^`]+`/g)].join('\n');
  const names = namesIn(right).symmetricDifference(namesIn(wrong)).difference(namesIn(given));
  const there = [task, textOf(setup)].join('\n');
  // `DaemonSet` of a manifest is the `daemonset` of a command.
  const known = wordsOf(there).union(wordsOf(there.toLowerCase())).union(common);
  const words = wordsOf(right).symmetricDifference(wordsOf(wrong)).difference(known);
  return (text) => [...namesIn(text).intersection(names), ...wordsOf(text).intersection(words)];
}

/**
 * Finds the words of a text that give something of a scenario away: those that only solutions bring (neither the task nor
 * set-up nor any mistake has them), and those that judge although the task does not.
 */
export function spoilerFinder(
  scenario: Pick<Scenario, 'task' | 'setup' | 'solutions' | 'mistakes'>,
): (text: string) => string[] {
  const { task, setup, solutions, mistakes } = scenario;
  const known = wordsOf([task, ...[...setup, ...mistakes].map((script) => script.text)].join('\n'));
  const brought = wordsOf(solutions.map((script) => script.text).join('\n'));
  const asked = wordsOf(task);
  return (text) =>
    [...wordsOf(text)].filter(
      (word) => (brought.has(word) && !known.has(word) && !common.has(word)) || (judging.has(word) && !asked.has(word)),
    );
}
