import { describe, expect, it } from 'vitest';
import { bestText, groupTitle, shareBar, shareText } from '../../src/present/progress.ts';
import type { ScenarioEntry } from '../../src/scenario/overview.ts';
import type { Progress, ScenarioProgress } from '../../src/session/progress.ts';
import type { Review } from '../../src/session/review.ts';
import { domainShares, filterRows, groupRows, scenarioRows, sortRows } from '../../src/session/scenario-rows.ts';

function entry(id: string, competencies: string[], difficulty: 'easy' | 'hard', minutes: number): ScenarioEntry {
  const pack = { id: 'p', title: 'A pack', renamed: {} };
  return { id, title: `About ${id}`, pack, exams: ['cka'], competencies, difficulty, minutes };
}

const solved: ScenarioProgress = {
  solved: true,
  best: { score: 95, max: 100 },
  bestTime: 372_000,
  tries: 2,
  lastAt: 5,
};
const achieved: Progress = new Map([
  ['p/claims', solved],
  ['p/roles', { solved: false, tries: 1, lastAt: 1 }],
]);
const reviews: Review[] = [
  {
    ...{ pack: 'p', scenario: 'claims', due: 7, isDue: true, retrievability: 0.5, seeds: [0] },
    last: { at: 5, grade: 'good', why: '' },
  },
];
const rows = scenarioRows(
  [
    entry('roles', ['cka/rbac', 'ckad/authn-authz-admission'], 'hard', 9),
    entry('claims', ['cka/pvcs', 'cka/pvs-and-pvcs'], 'easy', 5),
    entry('accounts', ['ckad/service-accounts'], 'easy', 7),
    entry('odd', ['x/other'], 'easy', 1),
  ],
  achieved,
  reviews,
);
const ids = (found: readonly { id: string }[]) => found.map(({ id }) => id);

describe('the rows of a list', () => {
  it('stand once each under the domains of the curriculum, whose shares count them in each', () => {
    expect(groupRows(rows, 'domain').map(({ id, rows: own, done }) => [id, ids(own), done])).toEqual([
      ['cka/cluster-architecture', ['roles'], { solved: 0, scenarios: 1 }],
      ['cka/storage', ['claims'], { solved: 1, scenarios: 1 }],
      ['ckad/environment-config-security', ['accounts'], { solved: 0, scenarios: 2 }],
      ['elsewhere', ['odd'], { solved: 0, scenarios: 1 }],
    ]);
    expect(groupRows(rows, 'pack')).toMatchObject([{ id: 'p', title: 'A pack', done: { solved: 1, scenarios: 4 } }]);
    // Shares are of all, whatever is shown.
    expect(groupRows(filterRows(rows, { text: 'accounts' }), 'domain', rows)[0]?.done.scenarios).toBe(2);
    expect(domainShares(rows)).toHaveLength(3);
  });

  it('are found by exam, domain, words, and what was done', () => {
    expect(ids(filterRows(rows, { domain: 'storage' }))).toEqual(['claims']);
    expect(ids(filterRows(rows, { domain: 'ckad/environment-config-security' }))).toEqual(['roles', 'accounts']);
    expect(ids(filterRows(rows, { unsolved: true, difficulty: 'easy' }))).toEqual(['accounts', 'odd']);
    expect(ids(filterRows(rows, { due: true }))).toEqual(['claims']);
    expect(ids(filterRows(rows, { text: 'RBAC about' }))).toEqual(['roles']);
    expect(ids(filterRows(rows, { exam: 'ckad' }))).toEqual([]);
  });

  it('are sorted, those alike in their order', () => {
    expect(ids(sortRows(rows, 'difficulty'))).toEqual(['claims', 'accounts', 'odd', 'roles']);
    expect(ids(sortRows(rows, 'minutes'))).toEqual(['odd', 'claims', 'accounts', 'roles']);
    expect(ids(sortRows(rows, 'solved')).at(-1)).toBe('claims');
    expect(ids(sortRows(rows, 'due'))).toEqual(['claims', 'roles', 'accounts', 'odd']);
    expect(ids(sortRows(rows, 'name'))).toEqual(['accounts', 'claims', 'odd', 'roles']);
  });

  it('are marked by what was achieved', () => {
    expect(rows.map(bestText)).toEqual(['…', '✔ ↻ 95 of 100, 06:12', '', '']);
    expect(groupTitle({ exam: 'cka', title: 'storage', weight: 10 })).toBe('CKA  storage  10 %');
  });
});

it('shows a share in full only once nothing is missing', () => {
  const bar = (done: number, of: number) => shareBar({ solved: done, scenarios: of }, 4);
  expect([bar(0, 9), bar(1, 99), bar(98, 99), bar(3, 3)]).toEqual(['░░░░', '█░░░', '███░', '████']);
  expect(shareText({ solved: 2, scenarios: 3 })).toBe('66 %');
});
