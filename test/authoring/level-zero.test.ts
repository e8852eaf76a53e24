import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { telltaleFinder } from '../../src/authoring/lint-spoilers.ts';
import { verdictLines } from '../../src/present/text.ts';
import { Catalog } from '../../src/scenario/catalog.ts';
import { entryOf } from '../../src/scenario/overview.ts';
import { defaultSeed } from '../../src/scenario/seed-list.ts';
import type { Scenario } from '../../src/scenario/types.ts';
import { describeAttempt } from '../../src/session/attempt-state.ts';
import { checkView } from '../../src/session/coach.ts';
import { foldAttempt } from '../../src/session/fold.ts';
import { scenarioRows } from '../../src/session/scenario-rows.ts';
import { taskLines } from '../../src/tui/content.ts';
import { plainLook } from '../tui/fixtures.ts';

const scenarios = new Catalog(join(import.meta.dirname, '..', '..', 'scenarios')).scenarios();
const { paint, theme } = plainLook;

/** Wide enough that no word is broken. */
const width = 400;

/** What somebody sees who has just begun and asked for nothing: the row of the list, the task, the checks at level 0. */
function firstSight(scenario: Scenario): string {
  const ref = { pack: scenario.pack.id, id: scenario.id, seed: defaultSeed };
  const { title, minutes } = scenario;
  const created = { t: 0, type: 'created', version: 1, id: 'a', scenario: ref, title, minutes, coach: 0 } as const;
  const fold = foldAttempt([created, { t: 1, type: 'activated' }]);
  if (!fold) throw new Error('no attempt');
  const checks = scenario.checks.map(({ id, title: text, weight, guard }) => {
    // Verdicts that say everything: what is left of them at level 0 is what is shown.
    const told = scenario.mistakes.map((mistake) => `${mistake.name} ${mistake.text}`).join('\n');
    const verdict = { id, title: text, weight, guard, expected: told, actual: told, why: told, since: 0 };
    const evidence = [{ kind: 'missing', text: told }] as const;
    return checkView({ ...verdict, status: 'fail', scored: 'fail', evidence: [...evidence] }, fold);
  });
  const state = {
    ...describeAttempt(scenario, fold, 2),
    phase: 'active',
    running: true,
    verdicts: checks,
    ...{ score: 0, max: 100, solved: false, wasSolved: false },
  } as const;
  const rows = scenarioRows([entryOf(scenario)], new Map()).map(({ id, title: text, exams, difficulty }) =>
    [id, text, exams.join(), difficulty].join('\n'),
  );
  return [...rows, ...taskLines(state, width, paint, theme), ...checks.flatMap((c) => verdictLines(c, paint))].join(
    '\n',
  );
}

describe('at first sight', () => {
  it.each(scenarios.map((scenario) => [scenario.id, scenario] as const))(
    '%s says nothing by which its mistakes differ from its solutions',
    (_, scenario) => {
      const seen = firstSight(scenario);
      expect(seen).toContain(scenario.title);
      expect(telltaleFinder(scenario)(seen)).toEqual([]);
    },
  );

  it('would be found out if it did', () => {
    const find = telltaleFinder({
      task: 'Let `web` run.',
      setup: [],
      solutions: [{ text: 'kubectl create role pod-reader --verb=list --resource=pods/log' }],
      mistakes: [{ text: 'kubectl create role everything --verb=* # automountServiceAccountToken' }],
    } as unknown as Scenario);
    expect(find('A Role may read pods/log')).toEqual(['pods/log', 'pod', 'log']);
    expect(find('It sets automountServiceAccountToken')).toContain('automountserviceaccounttoken');
    expect(find('web runs, by any role')).toEqual([]);
  });
});
