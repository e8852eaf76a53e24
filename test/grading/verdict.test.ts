import { describe, expect, it } from 'vitest';
import type { Check, Outcome, VerdictStatus } from '../../src/checks/types.ts';
import type { GraderMemory } from '../../src/grading/types.ts';
import { applyGates, applyMode, initialVerdict, nextVerdict } from '../../src/grading/verdict.ts';

const outcome = (status: VerdictStatus): Outcome => ({ status, expected: 'e', actual: 'a', evidence: [] });
const nothing: GraderMemory = { latched: [], heldSince: {} };

describe('gates', () => {
  const check = { after: ['first'] };
  const first = (status: VerdictStatus) => [{ id: 'first', title: 'The first', status }];

  it.each<VerdictStatus>(['fail', 'pending', 'error'])(
    'keep a check from passing while what it comes after is %s',
    (status) => {
      expect(applyGates(check, outcome('pass'), first(status))).toMatchObject({
        ...{ status: 'fail', actual: 'comes after "The first"', why: 'it is judged once "The first" passes' },
      });
    },
  );

  it('are open once that passes, and of no concern to others and to errors', () => {
    const passed = outcome('pass');
    expect(applyGates(check, passed, first('pass'))).toBe(passed);
    expect(applyGates({ after: [] }, passed, first('fail'))).toBe(passed);
    const error = outcome('error');
    expect(applyGates(check, error, first('fail'))).toBe(error);
  });
});

describe('the mode', () => {
  it('level takes an outcome as it is and remembers nothing', () => {
    const failed = outcome('fail');
    expect(applyMode({ id: 'c', mode: 'level' }, failed, nothing, 0)).toEqual({ outcome: failed });
  });

  it('latch remembers the first pass, and passes from then on whatever comes', () => {
    const check = { id: 'c', mode: 'latch' } as const;
    expect(applyMode(check, outcome('fail'), nothing, 0)).toEqual({ outcome: outcome('fail') });
    const { memory } = applyMode(check, outcome('pass'), nothing, 0);
    expect(memory).toEqual({ latched: ['c'], heldSince: {} });
    for (const status of ['fail', 'error', 'pending', 'pass'] as const) {
      expect(applyMode(check, outcome(status), memory ?? nothing, 1)).toEqual({ outcome: outcome('pass') });
    }
    expect(nothing.latched).toEqual([]);
  });

  describe('hold', () => {
    const check = { id: 'c', mode: { hold: 5_000 } };
    const held: GraderMemory = { latched: [], heldSince: { c: 1_000, other: 0 } };

    it('begins to count with a pass, and says how long is left', () => {
      const { memory, wakeIn, outcome: counted } = applyMode(check, outcome('pass'), nothing, 1_000);
      expect(memory).toEqual({ latched: [], heldSince: { c: 1_000 } });
      expect(counted).toMatchObject({ status: 'pending', why: 'it must stay so for 5 s more' });
      expect(wakeIn).toBe(5_000);
    });

    it('passes once it has passed for so long, and not a millisecond before', () => {
      expect(applyMode(check, outcome('pass'), held, 5_999)).toMatchObject({
        outcome: { status: 'pending' },
        wakeIn: 1,
      });
      expect(applyMode(check, outcome('pass'), held, 6_000)).toEqual({ outcome: outcome('pass') });
    });

    it('counts anew after a failure', () => {
      expect(applyMode(check, outcome('fail'), held, 2_000)).toEqual({
        outcome: outcome('fail'),
        memory: { latched: [], heldSince: { other: 0 } },
      });
      expect(applyMode(check, outcome('fail'), nothing, 2_000)).toEqual({ outcome: outcome('fail') });
    });

    it('goes on over an error: that is not the learner’s doing', () => {
      expect(applyMode(check, outcome('error'), held, 2_000)).toEqual({ outcome: outcome('error') });
    });

    it('knows only what it remembers by its own name', () => {
      const inherited = { id: 'constructor', mode: { hold: 5_000 } };
      expect(applyMode(inherited, outcome('fail'), nothing, 0)).toEqual({ outcome: outcome('fail') });
    });
  });
});

describe('the next verdict', () => {
  const check = { id: 'c', title: 'C', weight: 1, guard: false, why: 'the author knows' } as Check;
  const first = initialVerdict(check, 100);

  it('puts the author’s words before ours, only where it fails', () => {
    expect(nextVerdict(check, { ...outcome('fail'), why: 'ours' }, first, 200).why).toBe('the author knows; ours');
    expect(nextVerdict(check, { ...outcome('pending'), why: 'ours' }, first, 200).why).toBe('ours');
  });

  it('keeps since when it is so, and the score over an error', () => {
    const passed = nextVerdict(check, outcome('pass'), first, 200);
    expect(passed).toMatchObject({ status: 'pass', since: 200, scored: 'pass' });
    expect(nextVerdict(check, outcome('pass'), passed, 300).since).toBe(200);
    const error = nextVerdict(check, outcome('error'), passed, 300);
    expect(error).toMatchObject({ status: 'error', since: 300, scored: 'pass' });
    expect(nextVerdict(check, outcome('fail'), error, 400).scored).toBe('fail');
  });
});
