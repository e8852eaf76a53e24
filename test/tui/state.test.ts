import { describe, expect, it } from 'vitest';
import type { AttemptState } from '../../src/session/types.ts';
import { type Action, type AppState, initialState, placeOf, reduce } from '../../src/tui/state.ts';
import { activities, labState, scenarioRow } from './fixtures.ts';

const run = (state: AppState, ...actions: Action[]) => actions.reduce(reduce, state);
const openLab: Action = { type: 'openLab', scenario: 'forbidden-deployment' };
const inLab = (...actions: Action[]) =>
  run(initialState([scenarioRow]), openLab, { type: 'lab', state: labState(), at: 5 }, ...actions);

describe('the pages', () => {
  it('forgets its trouble once the daemon answers', () => {
    const troubled = run(initialState([scenarioRow]), { type: 'trouble', trouble: { what: 'no daemon' } });
    expect(troubled.trouble).toEqual({ what: 'no daemon' });
    expect(run(troubled, { type: 'running', attempts: [] }).trouble).toBeUndefined();
  });
});

describe('a lab', () => {
  it('takes only states of the scenario on screen', () => {
    const other = labState({ scenario: { pack: 'p', id: 'another', seed: 1 } });
    const state = inLab();
    expect(reduce(state, { type: 'lab', state: other, at: 6 })).toBe(state);
    expect(reduce(run(state, { type: 'openPage' }), { type: 'lab', state: labState(), at: 6 }).lab).toBeUndefined();
  });

  it('starts afresh when another is opened', () => {
    const state = inLab(
      { type: 'pane', by: 1 },
      { type: 'check', by: 1 },
      { type: 'busy', text: 'resetting' },
      openLab,
    );
    expect(state).toMatchObject({ pane: 'task', scroll: { task: 0, cluster: 0 }, screen: { name: 'lab' } });
    expect([state.lab, state.check, state.busy]).toEqual([undefined, undefined, undefined]);
  });

  it('is no longer busy once a reset lab is ready, and else stays so until it is told', () => {
    const shown = (phase: 'resetting' | 'active'): Action => ({ type: 'lab', at: 0, state: labState({ phase }) });
    const asked = inLab({ type: 'busy', text: 'resetting' });
    expect(run(asked, shown('active')).busy).toBe('resetting');
    expect(run(asked, shown('resetting')).busy).toBe('resetting');
    expect(run(asked, shown('resetting'), shown('active')).busy).toBeUndefined();
  });

  it('remembers the steps of set-up, each once', () => {
    const step = (text: string): Action => ({
      type: 'lab',
      at: 0,
      state: labState({ phase: 'preparing', step: text }),
    });
    const state = run(initialState([scenarioRow]), openLab, step('a'), step('a'), step('b'));
    expect(state.steps).toEqual(['a', 'b']);
    expect(run(state, { type: 'lab', state: labState(), at: 1 }).steps).toEqual([]);
  });

  it('goes round the panes in both directions', () => {
    expect(inLab({ type: 'pane', by: 1 }).pane).toBe('checks');
    expect(inLab({ type: 'pane', by: -1 }).pane).toBe('cluster');
    expect(inLab({ type: 'pane', by: 3 }).pane).toBe('task');
  });

  it('chooses checks within their ends', () => {
    expect(inLab({ type: 'check', by: 1 }).check).toBe('may-list');
    expect(inLab({ type: 'check', by: 1 }, { type: 'check', by: 1 }).check).toBe('logs-show-list');
    expect(inLab({ type: 'check', by: 1 }, { type: 'check', by: 99 }).check).toBe('rolled-out');
  });

  it('scrolls no further than there is something to see', () => {
    expect(inLab({ type: 'scroll', by: 99, max: 4 }).scroll.task).toBe(4);
    expect(inLab({ type: 'scroll', by: 99, max: 4 }, { type: 'scroll', by: -1, max: 4 }).scroll.task).toBe(3);
    // The terminal grew in between: what was scrolled too far counts from the end.
    expect(inLab({ type: 'scroll', by: 9, max: 9 }, { type: 'scroll', by: -1, max: 2 }).scroll.task).toBe(1);
  });

  it('keeps older changes in sight while new ones arrive', () => {
    const cluster: Action[] = [
      { type: 'pane', by: -1 },
      { type: 'scroll', by: -2, max: 5 },
    ];
    expect(inLab(...cluster).scroll.cluster).toBe(2);
    const news: Action = { type: 'lab', at: 9, state: labState({ activities }) };
    expect(inLab(...cluster, news).scroll.cluster).toBe(6);
    expect(inLab(news).scroll.cluster).toBe(0);
  });
});

describe('what lies over a screen', () => {
  it('decides where keys go', () => {
    expect(placeOf(initialState([]))).toBe('page');
    expect(placeOf(reduce(initialState([]), { type: 'openPage', page: 'labs' }))).toBe('labs');
    expect(placeOf(inLab())).toBe('lab');
    expect(placeOf(inLab({ type: 'overlay', overlay: { kind: 'keys', scroll: 0 } }))).toBe('overlay');
    const question = { kind: 'confirm', question: 'reset', scenario: 'x' } as const;
    expect(placeOf(inLab({ type: 'overlay', overlay: question }))).toBe('confirm');
  });

  it('scrolls itself, not what is below', () => {
    const state = inLab({ type: 'overlay', overlay: { kind: 'keys', scroll: 0 } }, { type: 'scroll', by: 2, max: 9 });
    expect(state.overlay).toEqual({ kind: 'keys', scroll: 2 });
    expect(state.scroll.task).toBe(0);
  });

  it('is the same state if nothing changes, so that nothing is drawn', () => {
    const state = inLab();
    for (const action of [
      { type: 'scroll', by: 1, max: 0 },
      { type: 'notice', text: undefined },
      { type: 'choose', key: 'forbidden-deployment' },
    ] as const)
      expect(reduce(state, action)).toBe(state);
  });
});

it('forgets the answer to a key that came too early as soon as the key would be heard', () => {
  const lab = (phase: AttemptState['phase']): Action => ({ type: 'lab', state: labState({ phase }), at: 1 });
  const early = run(inLab(), lab('resetting'), { type: 'notice', text: 'the lab is being set up' });
  expect(run(early, lab('resetting')).notice).toBe('the lab is being set up');
  expect(run(early, lab('active')).notice).toBeUndefined();
  expect(run(inLab(), { type: 'notice', text: 'kept' }, lab('active')).notice).toBe('kept');
});
