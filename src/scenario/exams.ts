import { UserError } from '../kernel/errors.ts';
import { curriculum, type Domain } from './curriculum.ts';
import { mix } from './mix.ts';
import type { Exam, Scenario } from './types.ts';

/** What a draw looks at. */
type Drawable = Pick<Scenario, 'id' | 'competencies' | 'minutes'>;

/** Whoever has so much of an exam, in percent, has passed. */
export const passMark = 66;

/** A task of an exam that somebody sits. */
export interface PlannedTask<T> {
  scenario: T;
  /** Of the whole exam, in percent: those of all tasks add up to 100. */
  weight: number;
  /** The one that it counts for: `cka/troubleshooting`; undefined: it trains none of the exam's curriculum. */
  domain: string | undefined;
  /** The machine that it is done on: `ckad1234`. */
  host: string;
}

/** A heading of an exam's curriculum: `cka/troubleshooting`. */
export function domainsOf({ competencies }: Pick<Scenario, 'competencies'>, of?: Exam['curriculum']): string[] {
  return curriculumOf(of)
    .filter(({ exam, competencies: own }) => own.some((c) => competencies.includes(`${exam}/${c}`)))
    .map(nameOf);
}

/**
 * The tasks of an exam in order, those of a mock or those that the seed draws, each with its weight, the domain that it counts
 * for and its host. The same seed gives the same ones. A UserError if the exam cannot be made of these scenarios.
 */
export function planExam<T extends Drawable>(exam: Exam, scenarios: readonly T[], seed: number): PlannedTask<T>[] {
  const tasks = tasksOf(exam, scenarios, seed);
  const domains = tasks.map((scenario) => heaviestDomain(scenario, exam.curriculum));
  const weights = exam.fixed?.map(({ weight }) => weight) ?? weightsOf(domains);
  const numbers = hostNumbers(seed, tasks.length);
  return tasks.map((scenario, index) => {
    const domain = domains[index];
    const prefix = exam.curriculum ?? domain?.exam ?? 'cka';
    return {
      scenario,
      weight: weights[index] ?? 0,
      domain: domain && nameOf(domain),
      host: `${prefix}${numbers[index]}`,
    };
  });
}

/** The scenarios of an exam: those that a mock names, or those that are drawn. */
export function tasksOf<T extends Drawable>(exam: Exam, scenarios: readonly T[], seed: number): T[] {
  if (!exam.fixed) return drawExam(exam, scenarios, seed);
  const wrong = whyNotDrawn(exam, scenarios);
  if (wrong) throw impossible(exam, wrong);
  return exam.fixed.flatMap(({ scenario }) => scenarios.find(({ id }) => id === scenario) ?? []);
}

/**
 * The scenarios of an exam: for each a domain by its weight, among those that the scenarios left train, and in it one of
 * them. Together they take no longer than the exam. The same seed draws the same ones of the same scenarios, in the same
 * order. A UserError if there are too few, or none that are short enough.
 */
export function drawExam<T extends Drawable>(exam: Exam, scenarios: readonly T[], seed: number): T[] {
  const wrong = whyNotDrawn(exam, scenarios);
  if (wrong) throw impossible(exam, wrong);
  const trained = drawable(exam, scenarios);
  const drawn: T[] = [];
  let turn = 0;
  const chance = () => mix(seed, turn++) / 2 ** 32;
  while (drawn.length < exam.tasks) {
    const left = trained.filter((scenario) => !drawn.includes(scenario));
    const minutes = exam.minutes - minutesOf(drawn);
    // What is taken must leave time for the others.
    const fitting = left.filter((scenario) => {
      const others = left.filter((other) => other !== scenario);
      return scenario.minutes + shortest(others, exam.tasks - drawn.length - 1) <= minutes;
    });
    drawn.push(oneByWeight(fitting, curriculumOf(exam.curriculum), chance));
  }
  // The first ones have the choice of the long ones: in which order they are done is another matter.
  const places = new Map(drawn.map((scenario) => [scenario, chance()]));
  return drawn.toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
}

/** Why an exam can't be made of these scenarios; undefined if it can. */
export function whyNotDrawn(exam: Exam, scenarios: readonly Drawable[]): string | undefined {
  const { tasks, minutes, fixed } = exam;
  if (fixed) {
    const missing = fixed.find(({ scenario }) => !scenarios.some(({ id }) => id === scenario));
    return missing && `there is no scenario ${missing.scenario}`;
  }
  const trained = drawable(exam, scenarios);
  const of = exam.curriculum ? ` for ${exam.curriculum}` : '';
  if (trained.length < tasks) return `it wants ${tasks} scenarios${of}, and the pack has ${trained.length}`;
  const least = shortest(trained, tasks);
  return least > minutes ? `the ${tasks} shortest scenarios take ${least} minutes, and it has ${minutes}` : undefined;
}

function impossible({ id }: Exam, why: string): UserError {
  return new UserError({ what: `the exam ${id} cannot be drawn`, why, next: 'mend its pack.yaml' });
}

/** Those that train something of the exam's curriculum. */
function drawable<T extends Drawable>(exam: Exam, scenarios: readonly T[]): T[] {
  return scenarios.filter((scenario) => !exam.curriculum || domainsOf(scenario, exam.curriculum).length > 0);
}

function curriculumOf(of: Exam['curriculum']): readonly Domain[] {
  return curriculum.filter(({ exam }) => of === undefined || exam === of);
}

function nameOf({ exam, id }: Domain): string {
  return `${exam}/${id}`;
}

/** Of the domains that a scenario trains the one that weighs most: what it is counted for. */
function heaviestDomain(scenario: Drawable, of: Exam['curriculum']): Domain | undefined {
  const own = domainsOf(scenario, of);
  const trained = curriculumOf(of).filter((domain) => own.includes(nameOf(domain)));
  return trained.toSorted((a, b) => b.weight - a.weight)[0];
}

/** Percents of tasks by their domains: a domain's weight is shared by its tasks. */
function weightsOf(domains: readonly (Domain | undefined)[]): number[] {
  const count = (domain: Domain | undefined) => domains.filter((other) => other === domain).length;
  const least = Math.min(...curriculum.map(({ weight }) => weight));
  const shares = domains.map((domain) => (domain?.weight ?? least) / count(domain));
  const sum = shares.reduce((total, own) => total + own, 0);
  const exact = shares.map((own) => (own / sum) * 100);
  // A task that counts nothing is none.
  const weights = exact.map((own) => Math.max(1, Math.floor(own)));
  for (;;) {
    const missing = 100 - weights.reduce((total, own) => total + own, 0);
    if (missing === 0) return weights;
    // Whoever is furthest from what it should have.
    const gaps = exact.map((own, index) => (own - (weights[index] ?? 0)) * Math.sign(missing));
    const place = gaps.indexOf(Math.max(...gaps));
    weights[place] = (weights[place] ?? 0) + Math.sign(missing);
  }
}

/** Four digits each, all different. */
function hostNumbers(seed: number, count: number): number[] {
  const numbers = new Set<number>();
  for (let turn = 0; numbers.size < count; turn++) numbers.add(1000 + (mix(seed ^ 0x5eed, turn) % 9000));
  return [...numbers];
}

function oneByWeight<T extends Drawable>(scenarios: readonly T[], domains: readonly Domain[], chance: () => number): T {
  const trained = domains
    .map((domain) => ({
      weight: domain.weight,
      scenarios: scenarios.filter((scenario) => domainsOf(scenario).includes(nameOf(domain))),
    }))
    .filter((domain) => domain.scenarios.length > 0);
  let place = chance() * trained.reduce((sum, { weight }) => sum + weight, 0);
  const domain = trained.find(({ weight }) => {
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
