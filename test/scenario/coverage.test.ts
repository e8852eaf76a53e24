import { expect, it } from 'vitest';
import { coverageOf } from '../../src/scenario/coverage.ts';

it('has all 51 competencies of both exams, in domains that make up each exam', () => {
  const all = coverageOf([]);
  expect([all.filter((c) => c.exam === 'cka').length, all.filter((c) => c.exam === 'ckad').length]).toEqual([27, 24]);
  for (const exam of ['cka', 'ckad']) {
    const weights = new Map(all.filter((c) => c.exam === exam).map((c) => [c.domain, c.weight]));
    expect([...weights.values()].reduce((a, b) => a + b)).toBe(100);
  }
});

it('names the scenarios of each, and nothing where there is none', () => {
  const all = coverageOf([
    { id: 'one', competencies: ['cka/rbac', 'ckad/logs'] },
    { id: 'two', competencies: ['cka/rbac'] },
  ]);
  const scenariosOf = (id: string) => all.find((c) => c.id === id)?.scenarios;
  expect(scenariosOf('cka/rbac')).toEqual(['one', 'two']);
  expect(scenariosOf('ckad/logs')).toEqual(['one']);
  expect(all.filter((c) => c.scenarios.length > 0).map((c) => c.id)).toEqual(['cka/rbac', 'ckad/logs']);
});

it('keeps competencies of the same name in two exams apart', () => {
  const all = coverageOf([{ id: 'one', competencies: ['ckad/ingress'] }]);
  expect(all.filter((c) => c.scenarios.length > 0)).toEqual([
    { id: 'ckad/ingress', exam: 'ckad', domain: 'services-networking', weight: 20, scenarios: ['one'] },
  ]);
});
