import { curriculum } from './curriculum.ts';
import type { Scenario } from './types.ts';

/** A competency of an exam and the scenarios that train it, by id. */
export interface Coverage {
  /** `cka/rbac` */
  id: string;
  exam: string;
  domain: string;
  /** Of its domain in the exam, percent. */
  weight: number;
  scenarios: string[];
}

/** Every competency of both exams in the order of the curricula, those that nothing trains yet included. */
export function coverageOf(scenarios: readonly Pick<Scenario, 'id' | 'competencies'>[]): Coverage[] {
  return curriculum.flatMap(({ exam, id: domain, weight, competencies }) =>
    competencies.map((name) => {
      const id = `${exam}/${name}`;
      const training = scenarios.filter((scenario) => scenario.competencies.includes(id));
      return { id, exam, domain, weight, scenarios: training.map((scenario) => scenario.id) };
    }),
  );
}
