import { UserError } from '../kernel/errors.ts';
import { curriculum } from './curriculum.ts';
import { mix } from './mix.ts';
import type { Exam, Scenario } from './types.ts';

/** What a draw looks at. */
type Drawable = Pick<Scenario, 'id' | 'competencies' | 'minutes'>;

/** A heading of an exam's curriculum: `cka/troubleshooting`. */
export function domainsOf({ competencies }: Pick<Scenario, 'competencies'>): string[] {
  return curriculum
    .filter(({ exam, competencies: own }) => own.some((c) => competencies.includes(`${exam}/${c}`)))
    .map(({ exam, id }) => `${exam}/${id}`);
}

/**
 * The scenarios of an exam: for each a domain by its weight, among those that the scenarios left train, and in it one of
 * them. Together they take no longer than the exam. The same seed draws the same ones of the same scenarios, in the same
 * order. A UserError if there are too few, or none that are short enough.
 */
export function drawExam<T extends Drawable>(exam: Exam, scenarios: readonly T[], seed: number): T[] {
  const wrong = whyNotDrawn(exam, scenarios);
  if (wrong)
    throw new UserError({ what: `the exam ${exam.id} cannot be drawn`, why: wrong, next: 'mend its pack.yaml' });
  const drawn: T[] = [];
  let turn = 0;
  const chance = () => mix(seed, turn++) / 2 ** 32;
  while (drawn.length < exam.tasks) {
    const left = scenarios.filter((scenario) => !drawn.includes(scenario));
    const minutes = exam.minutes - minutesOf(drawn);
    // What is taken must leave time for the others.
    const fitting = left.filter((scenario) => {
      const others = left.filter((other) => other !== scenario);
      return scenario.minutes + shortest(others, exam.tasks - drawn.length - 1) <= minutes;
    });
    drawn.push(oneByWeight(fitting, chance));
  }
  // The first ones have the choice of the long ones: in which order they are done is another matter.
  const places = new Map(drawn.map((scenario) => [scenario, chance()]));
  return drawn.toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
}

/** Why an exam can't be drawn from these scenarios; undefined if it can. */
export function whyNotDrawn({ tasks, minutes }: Exam, scenarios: readonly Drawable[]): string | undefined {
  if (scenarios.length < tasks) return `it wants ${tasks} scenarios, and the pack has ${scenarios.length}`;
  const least = shortest(scenarios, tasks);
  return least > minutes ? `the ${tasks} shortest scenarios take ${least} minutes, and it has ${minutes}` : undefined;
}

function oneByWeight<T extends Drawable>(scenarios: readonly T[], chance: () => number): T {
  const domains = curriculum
    .map(({ exam, id, weight }) => ({
      weight,
      scenarios: scenarios.filter((scenario) => domainsOf(scenario).includes(`${exam}/${id}`)),
    }))
    .filter((domain) => domain.scenarios.length > 0);
  let place = chance() * domains.reduce((sum, { weight }) => sum + weight, 0);
  const domain = domains.find(({ weight }) => {
    place -= weight;
    return place < 0;
  });
  const choice = domain?.scenarios ?? scenarios;
  return choice[Math.floor(chance() * choice.length)] as T;
}

function minutesOf(scenarios: readonly Drawable[]): number {
  return scenarios.reduce((sum, { minutes }) => sum + minutes, 0);
}

/** How long so many of them take at least. */
function shortest(scenarios: readonly Drawable[], count: number): number {
  return minutesOf(scenarios.toSorted((a, b) => a.minutes - b.minutes).slice(0, count));
}
