import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Catalog } from '../../src/scenario/catalog.ts';
import { domainsOf, drawExam, planExam } from '../../src/scenario/exams.ts';

const catalog = new Catalog(join(import.meta.dirname, '..', '..', 'scenarios'));
const seeds = Array.from({ length: 100 }, (_, seed) => seed);
const exam = { id: 'short', title: 'Short', minutes: 10, tasks: 2 };
const scenario = (id: string, minutes: number, ...competencies: string[]) => ({ id, minutes, competencies });

describe('an exam', () => {
  it('draws so many different scenarios that fit into its time, the same by the same seed', () => {
    const pack = catalog.pack('in-cluster-api-access');
    const scenarios = catalog.scenarios();
    const [wanted] = pack.exams;
    if (!wanted) throw new Error('the pack has no exam');
    expect(wanted).toMatchObject({ minutes: 45, tasks: 8 });
    const draws = seeds.map((seed) => drawExam(wanted, scenarios, seed));
    for (const [seed, drawn] of draws.entries()) {
      expect(new Set(drawn).size, `seed ${seed}`).toBe(8);
      expect(drawn.reduce((sum, { minutes }) => sum + minutes, 0)).toBeLessThanOrEqual(45);
      expect(drawExam(wanted, scenarios, seed)).toEqual(drawn);
    }
    expect(new Set(draws.map((drawn) => drawn.map((s) => s.id).join())).size).toBeGreaterThan(90);
    // All that fits beside the seven shortest others comes up now and then.
    expect(new Set(draws.flat().map((s) => s.id)).size).toBeGreaterThan(18);
  });

  it('draws domains by their weights', () => {
    const scenarios = [
      scenario('a', 4, 'cka/rbac'),
      scenario('b', 4, 'cka/pvs-and-pvcs'),
      scenario('c', 4, 'cka/container-output-streams', 'ckad/logs'),
    ];
    expect(domainsOf(scenarios[2] ?? scenario('', 0))).toEqual([
      'cka/troubleshooting',
      'ckad/observability-maintenance',
    ]);
    const one = { ...exam, tasks: 1 };
    const times = (id: string) => seeds.filter((seed) => drawExam(one, scenarios, seed)[0]?.id === id).length;
    // 45, 25 and 10 of 80.
    expect(times('c')).toBeGreaterThan(times('a'));
    expect(times('a')).toBeGreaterThan(times('b'));
    expect(times('b')).toBeGreaterThan(0);
  });

  it('says why it cannot be drawn', () => {
    const few = [scenario('a', 4, 'cka/rbac')];
    expect(() => drawExam(exam, few, 1)).toThrow('it wants 2 scenarios, and the pack has 1');
    const long = [...few, scenario('b', 7, 'cka/rbac'), scenario('c', 9, 'cka/rbac')];
    expect(() => drawExam(exam, long, 1)).toThrow('the 2 shortest scenarios take 11 minutes, and it has 10');
  });
});

describe('the plan of an exam', () => {
  const of = [
    scenario('a', 4, 'cka/rbac'),
    scenario('b', 4, 'cka/container-output-streams', 'ckad/logs'),
    scenario('c', 4, 'ckad/configmaps'),
    scenario('d', 4, 'cka/rbac'),
  ];

  it.each([1, 2, 3, 17, 30])('gives %i tasks weights that add up to 100, and hosts of their own', (tasks) => {
    const many = Array.from({ length: tasks }, (_, n) => scenario(`s${n}`, 1, n % 3 ? 'cka/rbac' : 'ckad/logs'));
    for (const seed of [0, 1, 99]) {
      const plan = planExam({ ...exam, tasks, minutes: 200 }, many, seed);
      expect(plan.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
      expect(Math.min(...plan.map(({ weight }) => weight))).toBeGreaterThan(0);
      expect(new Set(plan.map(({ host }) => host)).size).toBe(tasks);
      for (const { host } of plan) expect(host).toMatch(/^ckad?[1-9]\d{3}$/);
    }
  });

  it('shares the weight of a domain among its tasks', () => {
    const plan = planExam({ ...exam, tasks: 3, minutes: 60, curriculum: 'cka' }, of, 1);
    const weights = new Map(plan.map((task) => [task.scenario.id, task]));
    expect(weights.get('b')).toMatchObject({ weight: 54, domain: 'cka/troubleshooting' });
    expect([weights.get('a')?.weight, weights.get('d')?.weight]).toEqual([23, 23]);
    expect(plan.every(({ host }) => /^cka\d{4}$/.test(host))).toBe(true);
  });

  it('takes the tasks of a mock as they are, in order', () => {
    const fixed = [
      { scenario: 'c', weight: 90 },
      { scenario: 'a', weight: 10 },
    ];
    const mock = { ...exam, tasks: 2, fixed };
    const plan = planExam(mock, of, 3);
    expect(plan.map((task) => [task.scenario.id, task.weight])).toEqual([
      ['c', 90],
      ['a', 10],
    ]);
    expect(() => planExam(mock, of.slice(1), 3)).toThrow('there is no scenario a');
  });

  it('draws for one curriculum only what trains it', () => {
    const one = { ...exam, tasks: 3, minutes: 60, curriculum: 'ckad' as const };
    expect(() => planExam(one, of, 1)).toThrow('it wants 3 scenarios for ckad, and the pack has 2');
  });
});
