import type { Key } from 'ink';
import { expect, it } from 'vitest';
import { nextTurn } from '../../src/kernel/clock.ts';
import { Controller } from '../../src/tui/controller.ts';
import { initialState, placeOf } from '../../src/tui/state.ts';
import { createStore } from '../../src/tui/store.ts';
import fc from '../helpers/fast-check.ts';
import { FakeLabs } from './fake-labs.ts';
import { manyScenarios, plainLook } from './fixtures.ts';

const none = {} as Key;
const special: Partial<Key>[] = [
  { return: true },
  { escape: true },
  { tab: true },
  { tab: true, shift: true },
  { upArrow: true },
  { downArrow: true },
  { pageUp: true },
  { home: true },
  { ctrl: true },
];

/** A key of any kind; F12 is undefined. */
const anyKey = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'hejkrdnplgxyqsSm? '.split('')) },
  { weight: 3, arbitrary: fc.constantFrom(...special) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);

it('asks for nothing that costs, and starts nothing, that a key did not ask for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyKey, { minLength: 10, maxLength: 60 }), async (keys) => {
      const labs = new FakeLabs();
      const store = createStore(initialState(manyScenarios(3)));
      const size = () => ({ columns: 120, rows: 40 });
      const screen = { size, lend: (use: () => Promise<void>) => use(), exit: () => undefined, hold: labs.hold };
      const controller = new Controller(store, labs.access, screen, plainLook);
      controller.start(undefined);
      const allowed = { hint: 0, start: 0, stop: 0, reset: 0, solution: 0 };
      for (const key of keys) {
        const before = store.get();
        const { overlay } = before;
        const place = placeOf(before);
        const input = typeof key === 'string' ? key : '';
        const isYes = place === 'confirm' && /^[yhe]/.test(input);
        if (isYes && overlay?.kind === 'confirm' && overlay.question !== 'explain') allowed[overlay.question]++;
        // Several characters in one breath are several keys.
        if (input.length > 1) for (const kind of Object.keys(allowed) as (keyof typeof allowed)[]) allowed[kind] += 3;
        if (typeof key === 'object' && key.return && (place === 'page' || place === 'labs')) allowed.start++;
        if (/^[npr]/.test(input)) allowed.start++;
        if (input === 'g') allowed.solution++;
        if (key === undefined) controller.focusKey(Date.now());
        else controller.press(input, typeof key === 'object' ? ({ ...none, ...key } as Key) : none);
        if (Math.abs(keys.indexOf(key)) % 3 === 0) await nextTurn();
      }
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      const asked = (kind: string) => labs.asked.filter((call) => call.split(' ')[0] === kind).length;
      for (const [kind, most] of Object.entries(allowed)) expect([kind, asked(kind) <= most]).toEqual([kind, true]);
      controller.stop();
    }),
    { numRuns: 200 },
  );
});
