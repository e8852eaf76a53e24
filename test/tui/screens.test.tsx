import { describe, expect, it } from 'vitest';
import type { Activity } from '../../src/grading/types.ts';
import type { ScenarioProgress } from '../../src/session/progress.ts';
import {
  type Action,
  type AppState,
  initialState,
  type Overlay,
  pageNames,
  placeOf,
  reduce,
} from '../../src/tui/state.ts';
import {
  activities,
  forbiddenVerdicts,
  labState,
  look,
  manyScenarios,
  plainLines,
  plainLook,
  scenarioRow,
  solvedState,
  verdict,
  widest,
} from './fixtures.ts';
import { frameOf } from './render.tsx';

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 60, rows: 16 },
  { columns: 100, rows: 30 },
  { columns: 220, rows: 60 },
];

const inLab = (lab = labState(), ...actions: Action[]): AppState =>
  [
    { type: 'openLab', scenario: 'forbidden-deployment' } as const,
    { type: 'lab', state: lab, at: 0 } as const,
    ...actions,
  ].reduce<AppState>(reduce, initialState([scenarioRow]));

const over = (overlay: Overlay, lab = labState()) => inLab(lab, { type: 'overlay', overlay });
const manyActivities: Activity[] = Array.from({ length: 200 }, (_, index) => ({
  time: index * 1000,
  change: '~',
  kind: 'Deployment',
  namespace: 'project-swan',
  name: `deployment-with-a-long-name-${index}`.repeat(3),
  manager: 'a-manager-with-a-name-longer-than-most',
  detail: `spec.template.spec.containers[0].image: ${'x'.repeat(300)}`,
}));
const wideTexts = labState({
  task: '日本語'.repeat(80),
  verdicts: forbiddenVerdicts.map((v) => ({
    ...v,
    title: '検査'.repeat(60),
    actual: '👩‍💻 '.repeat(90),
    why: 'x'.repeat(500),
  })),
});

const triedProgress = new Map([
  [
    scenarioRow.progressKey,
    { solved: true, tries: 3, lastAt: 0, best: { score: 95, max: 100 }, bestTime: 400_000, level: 1 } as const,
  ],
]);

const states: Record<string, AppState> = {
  'an empty home': initialState([]),
  'a home': initialState([scenarioRow]),
  ...Object.fromEntries(
    pageNames.flatMap((page) =>
      [[], [scenarioRow], manyScenarios(50)].map((rows) => [
        `the page ${page} of ${rows.length} scenarios`,
        reduce(initialState(rows, { progress: triedProgress }), { type: 'openPage', page }),
      ]),
    ),
  ),
  'a list of fifty': reduce(initialState(manyScenarios(50)), { type: 'choose', key: 'scenario-31' }),
  'a list with trouble': reduce(initialState([scenarioRow]), {
    type: 'trouble',
    trouble: { what: 'the daemon did not start', why: 'a long reason '.repeat(12), next: 'kubedrill doctor' },
  }),
  'a lab that is being opened': reduce(initialState([scenarioRow]), { type: 'openLab', scenario: scenarioRow.id }),
  'set-up': inLab(labState({ phase: 'preparing', step: 'waiting for the workloads '.repeat(9), verdicts: [] })),
  'a failed set-up': inLab(
    labState({ phase: 'failed', failure: { what: 'it broke', why: 'y '.repeat(400) }, verdicts: [] }),
  ),
  'a fresh lab': inLab(),
  'a lab with changes': inLab(labState({ activities })),
  'a lab with too many changes': inLab(labState({ activities: manyActivities }), { type: 'pane', by: -1 }),
  'wide characters and long words': inLab(wideTexts),
  'a chosen check': inLab(labState(), { type: 'pane', by: 1 }, { type: 'check', by: 9 }),
  'twenty checks': inLab(labState({ verdicts: Array.from({ length: 20 }, (_, n) => verdict(`c${n}`, 'fail')) })),
  'a solved lab': inLab(solvedState()),
  'a reset': inLab(labState({ phase: 'resetting', verdicts: [] }), { type: 'busy', text: 'resetting '.repeat(20) }),
  'a notice': inLab(labState(), { type: 'notice', text: 'z does nothing here; ? shows the keys '.repeat(5) }),
  keys: over({ kind: 'keys', scroll: 0 }),
  hints: over(
    { kind: 'hints', scroll: 0 },
    labState({ hints: { taken: [{ text: 'a '.repeat(900), price: 5 }], paid: 5, total: 1 } }),
  ),
  'an explanation': over({ kind: 'explain', check: 'may-list', scroll: 0 }),
  'the changes in full': over({ kind: 'pane', pane: 'cluster', scroll: 1e9 }, labState({ activities: manyActivities })),
  'a question': over({ kind: 'confirm', question: 'reset', scenario: 'x' }),
  'a hint that costs': over({ kind: 'confirm', question: 'hint', scenario: 'x' }),
  'a problem': over({ kind: 'problem', what: 'z'.repeat(400), next: 'n', scroll: 0 }),
};

describe.each(sizes)('at $columns x $rows', (size) => {
  it.each(Object.entries(states))('%s fills the screen exactly', (_, state) => {
    for (const use of [look, plainLook]) {
      const frame = frameOf(state, size, { use });
      expect(frame.split('\n')).toHaveLength(size.rows);
      expect(widest(frame)).toBeLessThanOrEqual(size.columns);
    }
  });

  it('always shows the way out and the help', () => {
    for (const state of Object.values(states)) {
      const bar = plainLines(frameOf(state, size)).at(-1) ?? '';
      const place = placeOf(state);
      const [help, out] = { confirm: ['Esc no', 'y yes'], waiting: ['Ctrl-C quit', ''] }[place as string] ?? [
        '? keys',
        'q quit',
      ];
      expect(bar).toContain(help);
      expect(bar).toContain(place === 'preparing' ? 'Ctrl-C quit' : out);
    }
  });

  it('shows every check of a lab at once', () => {
    const text = plainLines(frameOf(inLab(), size)).join('\n');
    for (const { title } of forbiddenVerdicts) expect(text).toContain(title);
  });

  it('invites to the debrief and to the next one once solved', () => {
    const lines = plainLines(frameOf(inLab(solvedState()), size));
    expect(lines[0]).toContain('✔ solved');
    expect(lines.at(-1)).toMatch(/^ d debrief {2}n next/);
    expect(lines.filter((line) => line.includes('✘'))).toEqual([]);
  });
});

describe('the lab screen', () => {
  it('uses no colour where there is none', () => {
    for (const state of Object.values(states)) {
      expect(frameOf(state, { columns: 80, rows: 24 }, { use: plainLook })).not.toContain('\u001b');
    }
  });

  it('lets the clock run on from the last state, and stops it when solved', () => {
    const clock = (state: AppState, now: number) => plainLines(frameOf(state, { columns: 80, rows: 24 }, { now }))[0];
    expect(clock(inLab(), 65_000)).toMatch(/07:17 *$/);
    expect(clock(inLab(solvedState()), 65_000)).toMatch(/06:12 *$/);
  });

  it('shows score and what help took', () => {
    const hints = { taken: [{ text: 'h', price: 5 }], paid: 5, total: 3, nextPrice: 10 };
    const text = plainLines(frameOf(inLab(labState({ hints, score: 35 })), { columns: 80, rows: 24 })).join('\n');
    expect(text).toContain('35 of 100 · help -5');
    expect(text).toContain('h hint -10');
  });

  it('puts task and checks side by side only where both have room', () => {
    const titles = (columns: number) =>
      plainLines(frameOf(inLab(), { columns, rows: 30 })).filter((line) => /(Task|Checks) ─/.test(line));
    expect(titles(100)).toHaveLength(1);
    expect(titles(99)).toHaveLength(2);
  });

  it('keeps a question beside what it is about', () => {
    const lines = plainLines(frameOf(states['a question'] ?? inLab(), { columns: 80, rows: 24 }));
    expect(lines.at(-1)).toBe(' Reset the cluster? Your changes are lost.   Esc no  y yes');
    expect(lines.join('\n')).toContain("✘ The Pods' logs show the list");
  });

  it('keeps the chosen check in sight among many', () => {
    const state = inLab(labState({ verdicts: Array.from({ length: 40 }, (_, n) => verdict(`c${n}`, 'pass')) }), {
      type: 'pane',
      by: 1,
    });
    for (const by of [1, 20, 20]) {
      const chosen = reduce(reduce(state, { type: 'check', by: 0 }), { type: 'check', by });
      const text = plainLines(frameOf(chosen, { columns: 80, rows: 24 })).join('\n');
      expect(text).toContain(`Title of ${chosen.check}`);
    }
  });
});

describe('the list screen', () => {
  it('shows what is in progress and where more is', () => {
    const attempts = [
      labState({ scenario: { pack: 'p', id: 'scenario-2', seed: 1 }, score: 40 }),
      solvedState({ scenario: { pack: 'p', id: 'scenario-1', seed: 1 } }),
    ];
    const state = reduce(initialState(manyScenarios(50)), { type: 'running', attempts });
    const text = plainLines(frameOf(state, { columns: 80, rows: 24 })).join('\n');
    expect(text).toMatch(/scenario-1 .*✔ solved/);
    expect(text).toMatch(/scenario-2 .*▶ 40 of 100/);
    expect(text).toMatch(/↓ \d+ more/);
    expect(text).toContain('Enter go on');
  });

  it('keeps the mark of what was solved before, beside what is in progress', () => {
    const before: ScenarioProgress = { solved: true, tries: 1, lastAt: 0 };
    const progress = new Map([
      ['p/scenario-1', before],
      ['p/scenario-2', before],
      ['p/scenario-3', { ...before, solved: false }],
    ]);
    const attempts = [labState({ scenario: { pack: 'p', id: 'scenario-2', seed: 1 }, score: 40 })];
    const actions: Action[] = [
      { type: 'openPage', page: 'labs' },
      { type: 'running', attempts },
    ];
    const state = actions.reduce(reduce, initialState(manyScenarios(3), { progress }));
    const text = plainLines(frameOf(state, { columns: 80, rows: 24 })).join('\n');
    expect(text).toMatch(/scenario-1 .*✔ solved/);
    expect(text).toMatch(/scenario-2 .*✔ ▶ 40 of 100/);
    expect(text).toMatch(/scenario-3 .*easy, 8 min/);
  });

  it('keeps the selected one in sight', () => {
    for (let index = 0; index < 50; index++) {
      const list = reduce(initialState(manyScenarios(50)), { type: 'openPage', page: 'labs' });
      const state = reduce(list, { type: 'choose', key: `scenario-${index + 1}` });
      expect(frameOf(state, { columns: 60, rows: 16 }, { use: plainLook })).toContain(`❯ scenario-${index + 1} `);
    }
  });
});
