import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/checks/types.ts';
import type { Verdict } from '../../src/grading/types.ts';
import { checkView, helpPrice, levelUsed, nextStep } from '../../src/session/coach.ts';
import type { CoachLevel } from '../../src/session/coach-level.ts';
import type { AttemptEvent, AttemptEventBody } from '../../src/session/events.ts';
import { type AttemptFold, foldAttempt } from '../../src/session/fold.ts';

const evidence: Evidence[] = [
  { kind: 'object', text: 'the Pod waits' },
  { kind: 'object', text: 'its claim is not bound' },
  { kind: 'command', text: 'kubectl get pvc', shows: ['Pending'] },
  { kind: 'missing', text: 'there is no class fast' },
  { kind: 'command', text: 'kubectl get storageclass' },
];

const verdict: Verdict = {
  id: 'runs',
  title: 'The Pod runs',
  status: 'fail',
  weight: 25,
  guard: false,
  expected: 'a Pod that runs',
  actual: 'Pending',
  why: 'its claim waits',
  evidence,
  since: 0,
  scored: 'fail',
};

function foldOf(base: CoachLevel | undefined, ...bodies: AttemptEventBody[]): AttemptFold {
  const created = {
    type: 'created',
    version: 1,
    id: 'a',
    scenario: { pack: 'p', id: 's', seed: 0 },
    title: 't',
    minutes: 5,
    ...(base !== undefined && { coach: base }),
  } as const;
  const events = [created, { type: 'activated' } as const, ...bodies].map(
    (body, t) => ({ t, ...body }) as AttemptEvent,
  );
  return foldAttempt(events) as AttemptFold;
}

/** Asks `times` times, paying what each step costs. */
function asked(times: number, base: CoachLevel = 0): AttemptFold {
  const steps: AttemptEventBody[] = [];
  for (let n = 0; n < times; n++) {
    steps.push({ type: 'coach', check: verdict.id, ...nextStep(foldOf(base, ...steps), verdict) });
  }
  return foldOf(base, ...steps);
}

describe('the ladder', () => {
  it('says title and state only, until it is asked', () => {
    const view = checkView(verdict, foldOf(0));
    expect(view).toEqual({
      ...verdict,
      expected: '',
      actual: '',
      why: '',
      evidence: [],
      level: 0,
      next: { level: 1, price: 0 },
    });
    expect(JSON.stringify(view)).not.toMatch(/Pending|claim|kubectl/);
  });

  it('says one thing more at each step: what is, why, then each command before what it shows', () => {
    const views = [1, 2, 3, 4, 5, 6].map((times) => checkView(verdict, asked(times), true));
    expect(views[0]).toMatchObject({ actual: 'Pending', expected: 'a Pod that runs', why: '', evidence: [] });
    expect(views[1]).toMatchObject({ why: 'its claim waits', evidence: [] });
    const [look, waits, claim] = [evidence[2], evidence[0], evidence[1]];
    expect(views.slice(2).map((view) => view.evidence)).toEqual([
      [look],
      [look, waits, claim],
      [look, waits, claim, evidence[4]],
      [look, waits, claim, evidence[4], evidence[3]],
    ]);
    expect(views.map((view) => view.next)).toEqual([
      { level: 2, price: 3 },
      { level: 3, price: 5 },
      { level: 3, price: 0 },
      { level: 3, price: 0 },
      { level: 3, price: 0 },
      undefined,
    ]);
  });

  it('costs what was said, once, and nothing after solving', () => {
    expect(helpPrice(asked(6))).toBe(8);
    const solved = foldOf(
      0,
      { type: 'solved', score: 100, max: 100 },
      { type: 'coach', check: 'runs', level: 1, price: 0 },
    );
    expect(nextStep(solved, verdict)).toEqual({ level: 2, price: 0 });
  });

  it('gives what an attempt began with for nothing, the whole chain too', () => {
    expect(checkView(verdict, foldOf(3))).toEqual({
      ...verdict,
      evidence: [2, 0, 1, 4, 3].map((n) => evidence[n]),
      level: 3,
    });
    expect(nextStep(foldOf(2), verdict)).toEqual({ level: 3, price: 5 });
  });

  it('says what keeps a check from being judged in any case', () => {
    const broken: Verdict = { ...verdict, status: 'error', why: 'the cluster does not answer' };
    expect(checkView(broken, foldOf(0)).why).toBe('the cluster does not answer');
  });

  it('remembers the highest level, hints included; logs of earlier versions said why', () => {
    expect([asked(0), asked(1), asked(3)].map(levelUsed)).toEqual([0, 1, 3]);
    expect(levelUsed(foldOf(0, { type: 'hint', index: 0, price: 5 }))).toBe(2);
    expect(checkView(verdict, foldOf(undefined))).toMatchObject({ level: 2, why: 'its claim waits' });
  });
});
