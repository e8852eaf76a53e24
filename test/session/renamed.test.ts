import { expect, it } from 'vitest';
import { foldProgress, type ProgressRecord, renamedKeys } from '../../src/session/progress.ts';

const record = (scenario: string, more: object): ProgressRecord =>
  ({ version: 1, t: 1, pack: 'p', scenario, seed: 0, attempt: scenario, ...more }) as ProgressRecord;
const solved = { type: 'solved', max: 100, worked: 1_000, hints: 0, sawSolution: false };

it('keeps what was achieved at a scenario under its former id', () => {
  const records = [
    record('wrong-subject', { type: 'began' }),
    record('wrong-subject', { ...solved, t: 2, score: 90 }),
    record('two-programs', { type: 'began', t: 3 }),
  ];
  const renamed = renamedKeys([{ id: 'p', renamed: { 'wrong-subject': 'two-programs' } }]);
  expect([...foldProgress(records, renamed)]).toEqual([
    ['p/two-programs', { solved: true, best: { score: 90, max: 100 }, bestTime: 1_000, hints: 0, tries: 2, lastAt: 3 }],
  ]);
});
