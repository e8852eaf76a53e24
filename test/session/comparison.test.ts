import { expect, it } from 'vitest';
import { comparisonItems } from '../../src/present/comparison.ts';
import { Catalog } from '../../src/scenario/catalog.ts';
import { comparisonOf, referenceOf } from '../../src/session/comparison.ts';
import type { AttemptEvent, AttemptEventBody } from '../../src/session/events.ts';
import { statisticsOf } from '../../src/session/statistics.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const on = (seconds: number, event: AttemptEventBody): AttemptEvent => ({ t: seconds * 1000, ...event });
function change(seconds: number, text: string): AttemptEvent {
  const [sign, kind = '', name = ''] = text.split(' ');
  const common = { time: seconds * 1000, namespace: 'swan', manager: 'kubectl-edit', detail: 'spec' };
  return on(seconds, { type: 'activity', activity: { ...common, change: sign as '+', kind, name } });
}
const verdict = (seconds: number, status: 'pass' | 'fail') =>
  on(seconds, { type: 'verdict', check: 'may-list', status, actual: '', why: '' });
const events: AttemptEvent[] = [
  on(0, { type: 'created', version: 1, id: 'a', scenario: { pack: 'p', id: 's', seed: 0 }, title: 't', minutes: 10 }),
  on(0, { type: 'activated' }),
  change(10, '+ Service other'),
  on(20, { type: 'resetting' }),
  on(30, { type: 'activated' }),
  change(120, '~ Role a'),
  verdict(121, 'pass'),
  change(130, '~ Role a'),
  verdict(131, 'fail'),
  change(230, '+ ConfigMap b'),
  verdict(231, 'pass'),
  on(240, { type: 'solved', score: 100, max: 100 }),
];
const compare = (known: Parameters<typeof comparisonOf>[3] = {}, log = events) =>
  comparisonOf(log, 10, statisticsOf(log), known);

it('sets the last try beside the time of an exam, the best one and the reference', () => {
  const comparison = compare({ best: 90_000, reference: ['~ Role', '+ RoleBinding'] });
  expect(comparison).toMatchObject({
    time: { worked: 210_000, exam: 600_000, best: 90_000 },
    changes: { own: { '~ Role': 2, '+ ConfigMap': 1 }, reference: { '~ Role': 1, '+ RoleBinding': 1 } },
    elsewhere: ['ConfigMap'],
    costs: [
      { what: 'nothing was changed after Role a', cost: 100_000 },
      { what: 'may-list was lost again', cost: 100_000 },
      { what: 'until the first change', cost: 90_000 },
    ].sort((a, b) => b.cost - a.cost || 0),
  });
  expect(comparisonItems(comparison as NonNullable<typeof comparison>)).toEqual([
    'Time: 03:30 of the 10:00 that an exam gives (35 %); your best is 01:30',
    'You changed: 2 × Role changed, 1 × ConfigMap new',
    'The reference changes: 1 × Role changed, 1 × RoleBinding new',
    'The reference leaves alone: ConfigMap',
    expect.stringContaining('Took time: '),
    expect.stringContaining('Took time: '),
    'Took time: until the first change, 01:30',
    'What was only looked at is not recorded.',
  ]);
});

it('claims nothing about a reference that is not known, and tells of none before the lab is solved', () => {
  expect(compare()).toMatchObject({ time: { best: 210_000 }, changes: { own: {} }, elsewhere: [] });
  expect(compare()?.changes.reference).toBeUndefined();
  expect(compare({ reference: ['~ Role'] }, events.slice(0, -1))).toBeUndefined();
});

it('knows what the reference of every built-in scenario changes', () => {
  const scenarios = new Catalog('scenarios').scenarios();
  for (const scenario of scenarios)
    expect([scenario.id, Array.isArray(referenceOf(scenario))]).toEqual([scenario.id, true]);
  const [scenario] = scenarios;
  if (!scenario) throw new Error('no scenario');
  // Beside packs of others nothing need lie.
  expect(referenceOf({ ...scenario, pack: { ...scenario.pack, folder: temporaryFolder() } })).toBeUndefined();
});
