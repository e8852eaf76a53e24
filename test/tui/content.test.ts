import { describe, expect, it } from 'vitest';
import { widthOf } from '../../src/present/width.ts';
import { checkLines } from '../../src/tui/checks.ts';
import { activityLines, errorLines, hang, overlayContent, setUpLines, taskLines } from '../../src/tui/content.ts';
import { initialState, reduce } from '../../src/tui/state.ts';
import fc from '../helpers/fast-check.ts';
import { activities, forbiddenVerdicts, labState, plainLook, scenarioRow, verdict } from './fixtures.ts';

const { paint, theme } = plainLook;
const checks = (height: number, more: { chosen?: string; width?: number; passedBefore?: string[] } = {}) =>
  checkLines(forbiddenVerdicts, { width: 78, height, passedBefore: [], paint, theme, ...more });

describe('checkLines', () => {
  it('shows every check, whatever the height', () => {
    expect(checks(1).lines.map((line) => line[0])).toEqual(['✘', '✘', '✘', '✔', '✔']);
  });

  it('gives each failing check its cause first, then all details as far as they fit', () => {
    expect(checks(8).lines).toHaveLength(8);
    expect(checks(8).lines[1]).toBe('  no Role or ClusterRole is bound to the ServiceAccount');
    expect(checks(40).lines.filter((line) => line.startsWith('  expected'))).toHaveLength(3);
    for (let height = 5; height < 40; height++) expect(checks(height).lines.length).toBeLessThanOrEqual(height);
  });

  it('shows the chosen one whole, and says where it is', () => {
    const { lines, from, to } = checks(5, { chosen: 'logs-show-list' });
    expect(lines.slice(from, to)[0]).toContain("The Pods' logs show the list");
    expect(lines.slice(from, to).some((line) => line.includes('Forbidden, 2 s ago'))).toBe(true);
  });

  it('marks what passed before', () => {
    expect(
      checks(5, { passedBefore: ['may-list', 'rolled-out'] }).lines.filter((l) => l.includes('passed before')),
    ).toHaveLength(1);
  });

  it('tells statuses apart without colours', () => {
    const all = (['pass', 'fail', 'pending', 'error'] as const).map((status) => verdict(status, status));
    const { lines } = checkLines(all, { width: 40, height: 4, passedBefore: [], paint, theme });
    expect(new Set(lines.map((line) => line[0])).size).toBe(4);
  });

  it('is never wider than the pane, with wide characters and control characters too', () => {
    const nasty = fc.string({ unit: 'grapheme', maxLength: 80 });
    fc.assert(
      fc.property(nasty, nasty, nasty, fc.integer({ min: 28, max: 90 }), (title, actual, why, width) => {
        const verdicts = [verdict('a', 'fail', { title, actual, why }), verdict('b', 'pass', { title })];
        const { lines } = checkLines(verdicts, { width, height: 30, passedBefore: ['a'], paint, theme });
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('activityLines', () => {
  it('stands in columns', () => {
    const lines = activityLines(labState({ activities }), 118, theme);
    expect(lines).toHaveLength(4);
    expect(new Set(lines.slice(0, 3).map((line) => line.indexOf('kubectl-'))).size).toBe(1);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d \+ Role pod-admin +kubectl-create +rules: get, list, delete pods$/);
    expect(lines[3]).toMatch(/ - ClusterRoleBinding x$/);
  });

  it('names the namespace only where it is not the lab’s own', () => {
    const lines = activityLines(labState({ activities }), 118, theme);
    expect(lines[0]).not.toContain('project-swan/pod-admin');
    expect(lines[1]).toContain('RoleBinding project-tiger/pod-admin');
  });

  it('leaves the manager out where the room is short', () => {
    expect(activityLines(labState({ activities }), 78, theme).join()).not.toContain('kubectl-create');
  });

  it('wraps details in full, below themselves', () => {
    const long = [
      {
        ...activities[0],
        time: 0,
        change: '~' as const,
        kind: 'Pod',
        name: 'p',
        manager: 'm',
        detail: 'word '.repeat(60),
      },
    ];
    const lines = activityLines(labState({ activities: long }), 78, theme, true);
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(78);
  });

  it('says what to do while there is nothing', () => {
    expect(activityLines(labState(), 78, theme)).toEqual(['Nothing has been changed yet; s opens a shell.']);
    expect(activityLines(labState({ phase: 'preparing' }), 78, theme)).toEqual([]);
  });
});

describe('taskLines', () => {
  it('keeps the hints that were taken below the task', () => {
    const hints = { taken: [{ text: 'Look at `logs`.', price: 5 }], paid: 5, total: 3, nextPrice: 10 };
    const lines = taskLines(labState({ hints }), 78, paint, theme);
    expect(lines.slice(-2)).toEqual(['Hint 1 of 3  -5 points', 'Look at logs.']);
  });
});

it('tells hints on what was there from those in turn', () => {
  const taken = [
    { text: 'one', price: 5 },
    { text: 'about that', price: 0, observed: true as const },
    { text: 'two', price: 5 },
  ];
  const hints = { taken, paid: 10, total: 2 };
  expect(taskLines(labState({ task: 't', hints }), 78, paint, theme).filter((line) => line.startsWith('Hint'))).toEqual(
    ['Hint 1 of 2  -5 points', 'Hint on what was there  free', 'Hint 2 of 2  -5 points'],
  );
  const more = { ...hints, nextPrice: 2 };
  const { lines } = overlayContent({ kind: 'hints', scroll: 0 }, labState({ hints: more }), 78, paint, theme);
  expect(lines.at(-1)).toBe('h shows one more (-2 points).');
});

describe('setUpLines', () => {
  it('ticks off what is done and shows what is being done', () => {
    const step = (text?: string) =>
      ({ type: 'lab', at: 0, state: labState({ phase: 'preparing', step: text }) }) as const;
    const opened = reduce(initialState([scenarioRow]), { type: 'openLab', scenario: scenarioRow.id });
    expect(setUpLines(opened, 40, theme)).toEqual(['… starting']);
    const created = reduce(opened, step());
    expect(setUpLines(created, 40, theme)).toEqual(['… making the cluster']);
    expect(setUpLines(reduce(reduce(created, step('one')), step('two')), 40, theme)).toEqual([
      '✔ cluster',
      '✔ one',
      '… two',
    ]);
  });
});

describe('errorLines', () => {
  it('says what, why and what to do next', () => {
    expect(errorLines({ what: 'it broke', why: 'a reason', next: 'kubedrill doctor' }, 40, theme)).toEqual([
      '✘ it broke',
      '  why   a reason',
      '  next  kubedrill doctor',
    ]);
  });
});

describe('overlayContent', () => {
  const over = (overlay: Parameters<typeof overlayContent>[0], lab = labState(), width = 78) =>
    overlayContent(overlay, lab, width, paint, theme);

  it('explains a check with its chain of evidence', () => {
    const { title, note, lines } = over({ kind: 'explain', check: 'may-list', scroll: 0 });
    expect([title, note]).toEqual(['Explain', 'check 1 of 5']);
    expect(lines.join('\n')).toContain('  cause   no RoleBinding in project-swan names ServiceAccount default');
  });

  it('shows the newest hint first, and what the next one costs', () => {
    const taken = [1, 2].map((n) => ({ text: `hint text ${n}`, price: 5 * n }));
    const { lines } = over(
      { kind: 'hints', scroll: 0 },
      labState({ hints: { taken, paid: 15, total: 3, nextPrice: 15 } }),
    );
    expect(lines[0]).toBe('Hint 2 of 3  -10 points');
    expect(lines.at(-1)).toBe('h shows the last one (-15 points).');
    const last = over({ kind: 'hints', scroll: 0 }, labState({ hints: { taken, paid: 15, total: 2 } })).lines.at(-1);
    expect(last).toBe('That was the last hint; g shows the solutions.');
  });

  it('shows solutions as they are written', () => {
    const solutions = [{ name: 'reference', text: 'kubectl create role x\nkubectl get role\n' }];
    expect(over({ kind: 'solution', solutions, scroll: 0 }).lines).toEqual([
      'reference',
      '  kubectl create role x',
      '  kubectl get role',
    ]);
  });
});

describe('hang', () => {
  it('wraps below where the text begins', () => {
    expect(hang('  look    kubectl get pods', 20)).toEqual(['  look    kubectl', '          get pods']);
  });

  it('is never wider than asked', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 120 }), fc.integer({ min: 20, max: 80 }), (text, width) => {
        for (const line of hang(text, width)) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
