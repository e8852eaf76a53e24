import { expect, it, vi } from 'vitest';
import { DisconnectedError, EnvironmentError } from '../../src/kernel/errors.ts';
import { LabVerbs } from '../../src/tui/lab-verbs.ts';
import { initialState } from '../../src/tui/state.ts';
import { createStore } from '../../src/tui/store.ts';
import { FakeLabs } from './fake-labs.ts';
import { labState, scenarioRow } from './fixtures.ts';

function verbsOver(labs: FakeLabs) {
  const store = createStore(initialState([scenarioRow]));
  const screen = {
    size: () => ({ columns: 80, rows: 24 }),
    lend: (use: () => Promise<void>) => use(),
    exit: () => undefined,
    hold: labs.hold,
  };
  return { store, verbs: new LabVerbs(store, labs.access, screen) };
}

it('ends the attempt that was asked about', async () => {
  const labs = new FakeLabs(labState());
  const { store, verbs } = verbsOver(labs);
  store.dispatch({ type: 'running', attempts: [labState()] });
  verbs.confirmed('stop', 'forbidden-deployment');
  await vi.waitFor(() => expect(store.get().notice).toContain('its cluster is gone'));
  expect(labs.asked).toContain(`stop ${labState().id}`);
});

it('ends no other attempt if the one that was asked about ended meanwhile', async () => {
  const other = labState({ id: 'other-1', scenario: { pack: 'p', id: 'other', seed: 1 } });
  const labs = new FakeLabs(other);
  const { store, verbs } = verbsOver(labs);
  store.dispatch({ type: 'running', attempts: [other] });
  verbs.confirmed('stop', 'forbidden-deployment');
  await vi.waitFor(() => expect(store.get().notice).toBe('forbidden-deployment has ended already'));
  await vi.waitFor(() => expect(labs.asked).toContain('attempts'));
  expect(labs.asked.filter((call) => call.startsWith('stop'))).toEqual([]);
});

/** Opens a shell in the lab on screen; resolves when what was done in it is being judged. */
async function useShell(labs: FakeLabs) {
  const { store, verbs } = verbsOver(labs);
  store.dispatch({ type: 'openLab', scenario: 'forbidden-deployment' });
  store.dispatch({ type: 'lab', state: labState(), at: 0 });
  verbs.shells.open();
  await vi.waitFor(() => expect(labs.asked).toContain(`check ${labState().id}`));
  return store;
}

it('says why what was done in the shell could not be judged', async () => {
  const labs = new FakeLabs(labState());
  labs.checkFailure = new EnvironmentError({ what: 'the API did not answer' });
  const store = await useShell(labs);
  await vi.waitFor(() => expect(store.get().overlay).toMatchObject({ what: 'the API did not answer' }));
});

it('leaves it to the following that the daemon has gone', async () => {
  const labs = new FakeLabs(labState());
  labs.checkFailure = new DisconnectedError({ what: 'the daemon has gone' });
  const store = await useShell(labs);
  await new Promise(setImmediate);
  expect(store.get().overlay).toBeUndefined();
});

it('judges nothing anew in an attempt that was ended in its shell', async () => {
  const labs = new FakeLabs(labState());
  const { store, verbs } = verbsOver(labs);
  store.dispatch({ type: 'openLab', scenario: 'forbidden-deployment' });
  store.dispatch({ type: 'lab', state: labState(), at: 0 });
  labs.access.shell = async () => store.dispatch({ type: 'lab', state: labState({ phase: 'stopped' }), at: 0 });
  verbs.shells.open();
  await vi.waitFor(() => expect(labs.held).toBe(true));
  await vi.waitFor(() => expect(labs.held).toBe(false));
  expect(labs.asked).toEqual([]);
});

it('does not close the question about the next step when the answer to the last one is late', async () => {
  const labs = new FakeLabs(labState());
  const { store, verbs } = verbsOver(labs);
  store.dispatch({ type: 'openLab', scenario: 'forbidden-deployment' });
  store.dispatch({ type: 'lab', state: labState(), at: 0 });
  const check = labState().verdicts[0]?.id ?? '';
  verbs.ask(check, 0);
  expect(store.get().overlay).toMatchObject({ kind: 'explain', check });
  const question = { kind: 'confirm', question: 'explain', scenario: 'forbidden-deployment', check } as const;
  store.dispatch({ type: 'overlay', overlay: question });
  await vi.waitFor(() => expect(labs.asked).toContain(`ask ${check} 0`));
  await new Promise(setImmediate);
  expect(store.get().overlay).toEqual(question);
});
