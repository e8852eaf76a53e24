import { describe, expect, it } from 'vitest';
import type { Activity } from '../../src/grading/types.ts';
import type { AttemptEvent, AttemptEventBody } from '../../src/session/events.ts';
import { statisticsMarkdown, statisticsOf } from '../../src/session/statistics.ts';

const on = (seconds: number, event: AttemptEventBody): AttemptEvent => ({ t: seconds * 1000, ...event });
const scenario = { pack: 'p', id: 's', seed: 0 };
const begin = [
  on(-9, { type: 'created', version: 1, id: 's-abcd', scenario, title: 't', minutes: 8 }),
  on(0, { type: 'activated' }),
];
const verdict = (seconds: number, check: string, status: 'pass' | 'fail' | 'pending') =>
  on(seconds, { type: 'verdict', check, status, actual: '', why: '' });
/** `+ Role a in swan` by a manager, with what the feed tells of it. */
function change(seconds: number, text: string, manager = 'kubectl-create', detail = ''): AttemptEvent {
  const [sign, kind = '', name = '', , namespace] = text.split(' ');
  const activity: Activity = {
    time: seconds * 1000,
    change: sign as Activity['change'],
    kind,
    ...(namespace ? { namespace } : {}),
    name,
    manager: sign === '-' ? '' : manager,
    detail,
  };
  return on(seconds, { type: 'activity', activity });
}
const of = (...events: AttemptEvent[]) => statisticsOf([...begin, ...events]);

describe('times', () => {
  it('count work only', () => {
    const { times } = of(
      verdict(1, 'a', 'fail'),
      on(10, { type: 'suspended' }),
      on(1000, { type: 'resumed' }),
      change(1010, '+ Role a in swan'),
      verdict(1012, 'a', 'pass'),
      on(1020, { type: 'solved', score: 100, max: 100 }),
      change(1030, '- Role a in swan'),
    );
    expect(times).toEqual({ change: 20_000, fix: 22_000, solved: 30_000 });
  });

  it('a fix is a check that had failed, after a change', () => {
    const slow = [verdict(1, 'slow', 'fail'), verdict(5, 'slow', 'pass')];
    expect(of(...slow).times).toEqual({});
    const passed = [change(8, '+ Role a in swan'), verdict(9, 'new', 'pending'), verdict(10, 'new', 'pass')];
    expect(of(...slow, ...passed).times).toEqual({ change: 8_000 });
  });

  it('a log that holds no attempt tells nothing', () => {
    expect(statisticsOf([])).toEqual({ times: {}, detours: [], setbacks: [], losses: [] });
    expect(statisticsMarkdown(statisticsOf(begin))).toBe('');
  });
});

describe('detours', () => {
  it('what was made and deleted again, but not what was there', () => {
    const { detours, losses } = of(
      change(10, '+ Role a in swan'),
      change(20, '- Role old in swan'),
      change(50, '- Role a in swan'),
    );
    expect(detours).toEqual([
      { kind: 'undone', what: 'Role a in swan was made and deleted again', at: 50_000, cost: 40_000 },
    ]);
    expect(losses).toEqual([]);
    expect(of(change(10, '+ Job a in swan'), change(50, '- Job a in swan')).detours).toEqual([]);
  });

  it('rules and subjects that were set back, where the feed tells them', () => {
    const rules = (seconds: number, sign: string, detail: string) =>
      change(seconds, `${sign} Role a in swan`, 'kubectl-edit', detail);
    const { detours } = of(
      rules(10, '+', 'rules: list pods'),
      rules(200, '~', 'rules: * *'),
      rules(230, '~', 'metadata.labels.x'),
      rules(260, '~', 'rules: list pods'),
    );
    expect(detours).toEqual([
      { kind: 'set-back', what: 'Role a in swan was changed and set back', at: 260_000, cost: 60_000 },
    ]);
    const fields = ['spec.replicas', 'template spec.image', 'spec.replicas'];
    expect(of(...fields.map((f, i) => change(i * 300, '~ Deployment d in swan', 'kubectl-edit', f))).detours).toEqual(
      [],
    );
  });

  it('a reset throws away the work before it, and what is told of that', () => {
    const { detours, times, losses } = of(
      change(10, '+ Role a in swan', 'kubectl-client-side-apply'),
      on(100, { type: 'resetting' }),
      change(101, '- Role a in swan'),
      on(110, { type: 'activated' }),
      change(115, '+ Role b in swan'),
    );
    expect(detours).toEqual([{ kind: 'reset', what: 'everything was put back', at: 100_000, cost: 100_000 }]);
    expect(times).toEqual({ change: 5_000 });
    expect(losses).toEqual([]);
  });
});

it('setbacks are checks that passed and failed, until they pass again', () => {
  const { setbacks } = of(
    verdict(1, 'a', 'fail'),
    verdict(10, 'a', 'pass'),
    verdict(20, 'a', 'pending'),
    verdict(21, 'a', 'fail'),
    verdict(22, 'a', 'pending'),
    verdict(23, 'a', 'fail'),
    verdict(30, 'a', 'pass'),
    verdict(40, 'a', 'fail'),
  );
  expect(setbacks).toEqual([
    { check: 'a', at: 21_000, lasted: 9_000 },
    { check: 'a', at: 40_000 },
  ]);
});

describe('losses', () => {
  const kinds = (...events: AttemptEvent[]) => of(...events).losses.map((l) => [l.kind, l.cost]);

  it('wrong namespace first: told once, not as a detour as well', () => {
    const one = [change(10, '+ Role a in swan'), change(20, '- Role a in swan'), change(40, '+ Role a in lake')];
    const { detours, losses } = of(...one);
    expect(detours).toEqual([]);
    expect(losses).toMatchObject([
      { kind: 'wrong-namespace', what: 'Role a was made in swan first, then in lake', at: 40_000, cost: 30_000 },
    ]);
    expect(kinds(...([one[0], change(20, '+ Role a in lake')] as AttemptEvent[]))).toEqual([]);
    expect(
      kinds(change(5, '+ Role a in lake'), change(10, '+ Role a in swan'), change(20, '- Role a in swan')),
    ).toEqual([]);
  });

  it('files applied for what a command makes', () => {
    const { losses } = of(
      change(10, '+ Role a in swan', 'kubectl-client-side-apply'),
      change(11, '+ RoleBinding a in swan', 'kubectl'),
      change(12, '+ ServiceAccount b in swan', 'kubectl-create'),
      change(13, '+ DaemonSet d in swan', 'kubectl-client-side-apply'),
      change(14, '~ Deployment e in swan', 'kubectl-client-side-apply', 'spec.replicas'),
    );
    expect(losses).toMatchObject([
      { kind: 'applied-file', what: 'applied from files: Role a in swan, RoleBinding a in swan', at: 10_000 },
    ]);
    expect(losses[0]?.faster).toContain('there is kubectl create role, kubectl create rolebinding;');
    expect(losses[0]).not.toHaveProperty('cost');
  });

  it('an object changed in many steps', () => {
    const edits = (...seconds: number[]) =>
      seconds.map((s) => change(s, '~ Deployment d in swan', 'kubectl-edit', 'f'));
    expect(kinds(...edits(10, 40, 100))).toEqual([['many-edits', 90_000]]);
    expect(kinds(...edits(10, 100))).toEqual([]);
    expect(kinds(...edits(10, 100, 200))).toEqual([]);
    const restart = change(50, '~ Deployment d in swan', 'kubectl-rollout', 'f');
    expect(kinds(...([...edits(10, 40), restart] as AttemptEvent[]))).toEqual([]);
  });

  it('deleted and made again, where a change would have done', () => {
    const again = (kind: string, before: string, after: string) =>
      kinds(
        change(10, `+ ${kind} x in swan`, 'kubectl-create', before),
        change(30, `- ${kind} x in swan`),
        change(45, `+ ${kind} x in swan`, 'kubectl-create', after),
      );
    expect(again('Role', 'rules: list pods', 'rules: get pods')).toEqual([['made-again', 15_000]]);
    expect(again('RoleBinding', 'Role a → User x', 'Role a → User y')).toEqual([['made-again', 15_000]]);
    expect(again('RoleBinding', 'Role a → User x', 'Role b → User x')).toEqual([]);
    expect(again('Deployment', '', '')).toEqual([]);
    expect(kinds(change(30, '- RoleBinding x in swan'), change(45, '+ RoleBinding x in swan'))).toEqual([]);
  });

  it('longer than the minutes of the scenario, by its clock', () => {
    expect(kinds(on(500, { type: 'solved', score: 1, max: 1 }))).toEqual([['overtime', 20_000]]);
    expect(kinds(on(10, { type: 'suspended' }), on(900, { type: 'resumed' }), verdict(905, 'a', 'fail'))).toEqual([]);
  });
});

it('a debrief has the times, and the worst loss and detour', () => {
  const text = statisticsMarkdown(
    of(
      verdict(1, 'a', 'fail'),
      change(10, '+ Role a_b in swan', 'kubectl-client-side-apply'),
      change(20, '+ Role c in swan'),
      change(90, '- Role c in swan'),
      verdict(92, 'a', 'pass'),
      on(500, { type: 'solved', score: 1, max: 1 }),
    ),
  );
  expect(text.trimEnd().split('\n')).toEqual([
    '## How it went',
    '',
    '- First change after 10 s, first fix after 1 min 32 s, solved in 8 min 20 s.',
    '- Over the 8 min of the scenario: 20 s. Mark a task that takes longer and go on: another one may be quick. (1 more: kubedrill report)',
    '- Detour: Role c in swan was made and deleted again: 1 min 10 s.',
  ]);
});
