import { describe, expect, it } from 'vitest';
import type { ScenarioProgress } from '../../src/session/progress.ts';
import type { Review } from '../../src/session/review.ts';
import { allLabs, filterText, type LabsView, nextFilter } from '../../src/tui/labs-view.ts';
import { chosenOf, itemFurther, rowsOf } from '../../src/tui/pages/index.ts';
import { shownLabs } from '../../src/tui/pages/labs.ts';
import { isItem } from '../../src/tui/pages/page.ts';
import {
  type Action,
  type AppState,
  initialState,
  type PageName,
  reduce,
  type ScenarioRow,
} from '../../src/tui/state.ts';
import { labState, scenarioRow } from './fixtures.ts';

const solved: ScenarioProgress = {
  solved: true,
  tries: 2,
  lastAt: 1_000,
  best: { score: 90, max: 100 },
  bestTime: 61_000,
  level: 1,
};

const row = (id: string, more: Partial<ScenarioRow>): ScenarioRow => ({
  ...scenarioRow,
  id,
  title: `About ${id}`,
  packId: 'p',
  progressKey: `${more.packId ?? 'p'}/${id}`,
  ...more,
});
const rows = [
  row('alpha', { competencies: ['cka/rbac'], exams: ['cka'], difficulty: 'hard', minutes: 12 }),
  row('beta', {
    competencies: ['ckad/service-accounts'],
    exams: ['ckad'],
    difficulty: 'easy',
    minutes: 5,
    pack: 'Other',
    packId: 'other',
  }),
  row('gamma', { competencies: ['cka/cluster-components'], exams: ['cka'], difficulty: 'medium', minutes: 8 }),
];
const progress = new Map([['p/alpha', solved]]);

const on = (page: PageName, ...actions: Action[]): AppState =>
  [{ type: 'openPage', page } as const, ...actions].reduce<AppState>(reduce, initialState(rows, { progress }));
const viewed = (view: Partial<LabsView>) => on('labs', { type: 'view', labs: { ...allLabs, ...view } });
const textOf = (state: AppState) =>
  rowsOf(state)
    .map((r) => (isItem(r) ? `${r.left} | ${r.right ?? ''}` : r.text))
    .join('\n');
const ids = (state: AppState) => shownLabs(state).map(({ id }) => id);

describe('home', () => {
  it('proposes what is in progress, then what was not solved yet', () => {
    expect(chosenOf(on('home'))?.key).toBe('beta');
    const attempt = labState({ scenario: { pack: 'p', id: 'gamma', seed: 1 }, score: 40 });
    const state = on('home', { type: 'running', attempts: [attempt] });
    expect(chosenOf(state)).toMatchObject({ key: 'gamma', target: { open: 'lab', scenario: 'gamma' } });
    expect(textOf(state)).toMatch(/Continue\n.*gamma[^\n]*40 of 100[\s\S]*Next\n.*beta/);
  });

  it('has what is to be repeated before what is new, with other names', () => {
    const review: Review = {
      pack: 'p',
      scenario: 'alpha',
      due: 0,
      isDue: true,
      retrievability: 0.5,
      last: { at: 0, grade: 'hard', why: 'solved at level 2' },
      seeds: [1],
    };
    const state = on('home', { type: 'progress', progress, due: [review] });
    expect(textOf(state)).toMatch(/Due for review\n.*alpha[^\n]*last 1970-01-01[\s\S]*Next\n.*beta/);
    expect(chosenOf(state)?.target).toEqual({ open: 'lab', scenario: 'alpha', review });
    const attempt = labState({ scenario: { pack: 'p', id: 'alpha', seed: 1 } });
    const open = reduce(state, { type: 'running', attempts: [attempt] });
    expect(textOf(open)).not.toContain('Due for review');
  });

  it('shows each domain with what is solved and covered, and opens its labs', () => {
    const text = textOf(on('home'));
    expect(text).toContain('CKA   1 of 2 labs solved');
    expect(text).toMatch(/Cluster architecture +25 % +██████████ +1 of 1 \| 1 of \d+ topics/);
    const item = rowsOf(on('home'))
      .filter(isItem)
      .find(({ key }) => key === 'cka/troubleshooting');
    expect(item?.target).toEqual({ open: 'labs', domain: 'cka/troubleshooting' });
    expect(item?.about?.[1]).toMatch(/^No labs yet for: .*clusters and nodes/);
  });
});

describe('labs', () => {
  it('come by domain, each once, with a bar', () => {
    const text = textOf(on('labs'));
    expect(text).toMatch(/CKA Troubleshooting {2}░{10} {2}0 of 1\n.*gamma/);
    expect(text).toMatch(/CKA Cluster architecture {2}█{10} {2}1 of 1\n.*alpha.*✔ solved/);
    expect(ids(on('labs')).toSorted()).toEqual(['alpha', 'beta', 'gamma']);
  });

  it('come by pack', () => {
    expect(textOf(viewed({ group: 'pack' }))).toMatch(
      /In-cluster API access.*\n.*alpha[\s\S]*gamma[\s\S]*Other.*\n.*beta/,
    );
  });

  it.each([
    ['words', { words: 'ABOUT gam' }, ['gamma']],
    ['a topic', { words: 'rbac' }, ['alpha']],
    ['an exam', { exam: 'ckad' }, ['beta']],
    ['a difficulty', { difficulty: 'hard' }, ['alpha']],
    ['unsolved', { unsolved: true }, ['gamma', 'beta']],
    ['a domain', { domain: 'cka/troubleshooting' }, ['gamma']],
    ['a pack', { pack: 'other' }, ['beta']],
  ] as const)('are filtered by %s', (_, view, wanted) => {
    expect(ids(viewed(view))).toEqual(wanted);
    expect(filterText({ ...allLabs, ...view })).not.toBe('');
  });

  it('say that there is none, and how to see all', () => {
    expect(textOf(viewed({ words: 'zzz' }))).toContain('No lab is like that; Esc shows all.');
  });

  it('are sorted within their groups', () => {
    expect(ids(viewed({ group: 'pack', sort: 'minutes' }))).toEqual(['gamma', 'alpha', 'beta']);
    expect(ids(viewed({ group: 'pack', sort: 'difficulty' }))).toEqual(['gamma', 'alpha', 'beta']);
    expect(ids(viewed({ group: 'pack', sort: 'solved' }))).toEqual(['gamma', 'alpha', 'beta']);
  });

  it('take each exam in turn, then all', () => {
    const turns = [1, 2, 3].reduce<LabsView[]>((all) => [...all, nextFilter(all.at(-1) ?? allLabs, 'exam')], []);
    expect(turns.map(({ exam }) => exam)).toEqual(['cka', 'ckad', undefined]);
  });
});

it('shows what was tried with best score, time, level and tries', () => {
  expect(textOf(on('progress'))).toMatch(/✔ alpha +90 of 100 +01:01 +level 1 +2 tries \| 1970-01-01/);
  expect(textOf(initialStateOn('progress'))).toContain('Nothing was tried yet');
});

it('shows what is solved of each pack', () => {
  expect(textOf(on('packs'))).toMatch(/In-cluster API access \| 1 of 2 solved[\s\S]*Other \| 0 of 1 solved/);
});

it('shows what was found on this machine, and what to do about it', () => {
  expect(textOf(on('doctor'))).toContain('looking');
  const findings = [
    { subject: 'kubectl', ok: true, text: '1.35.2' },
    { subject: 'docker', ok: false, text: 'does not answer', fix: 'start it', onlyFor: '--provider kind' },
    { subject: 'disk', ok: false, text: 'full', fix: 'free some space' },
  ];
  const state = on('doctor', { type: 'findings', findings });
  expect(textOf(state)).toMatch(/✔ kubectl[\s\S]*– docker.*only for --provider kind[\s\S]*✘ disk .*to mend/);
  expect(itemFurther(state, 9)?.about?.[1]).toBe('what to do: free some space');
});

function initialStateOn(page: PageName): AppState {
  return reduce(initialState(rows), { type: 'openPage', page });
}
