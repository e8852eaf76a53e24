import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/kernel/clock.ts';
import {
  type AttendanceInput,
  AttendanceKeeper,
  asleepAfter,
  attend,
  defaultIdle,
  firstAttendance,
  tickEvery,
} from '../../src/session/attendance.ts';
import type { AttemptEvent } from '../../src/session/events.ts';
import { foldAttempt, workedTime } from '../../src/session/fold.ts';

const minute = 60_000;

/** What the log is told of these inputs, each at its minute; time is looked at in between unless the machine sleeps. */
function reported(
  inputs: [minutes: number, input: AttendanceInput][],
  { begun = false, asleep = false, idle = defaultIdle } = {},
): string[] {
  let attendance = firstAttendance(0, begun);
  let now = 0;
  const events: string[] = [];
  const take = (input: AttendanceInput) => {
    const next = attend(attendance, input, now, idle);
    attendance = next.attendance;
    for (const { t, body } of next.events) {
      const why = body.type === 'paused' ? ` ${body.why} since ${(body.since ?? -1) / minute}` : '';
      if (body.type !== 'beat') events.push(`${body.type} ${t / minute}${why}`);
    }
  };
  for (const [at, input] of inputs) {
    while (!asleep && now + tickEvery < at * minute) {
      now += tickEvery;
      take('tick');
    }
    now = at * minute;
    take(input);
  }
  return events;
}

describe('the clock of an attempt', () => {
  it('runs for a while after each sign of work: somebody who came, a key, a command, a change', () => {
    const idle = defaultIdle / minute;
    expect(
      reported([
        [1, 'came'],
        [idle, 'sign'],
        [60, 'tick'],
      ]),
    ).toEqual(['working 1', `paused ${2 * idle} idle since ${idle}`]);
    expect(reported([[60, 'tick']], { begun: true })).toEqual([`paused ${idle} idle since 0`]);
    expect(
      reported([
        [1, 'came'],
        [90, 'sign'],
        [91, 'tick'],
      ]),
    ).toEqual(['working 1', `paused ${1 + idle} idle since 1`, 'working 90']);
  });

  it('runs for as long as was chosen', () => {
    const inputs: Parameters<typeof reported>[0] = [
      [1, 'came'],
      [60, 'tick'],
    ];
    expect(reported(inputs, { idle: 2 * minute })).toEqual(['working 1', 'paused 3 idle since 1']);
  });

  it('stands as soon as the last one has left, however lately there was a sign of work', () => {
    expect(
      reported([
        [1, 'came'],
        [2, 'came'],
        [3, 'left'],
        [4, 'sign'],
        [4, 'left'],
        [9, 'tick'],
        [10, 'sign'],
      ]),
    ).toEqual(['working 1', 'paused 4 left since 4', 'working 10']);
  });

  it('stands while the machine sleeps, and runs on with the next sign', () => {
    const hour = 60;
    const slept: Parameters<typeof reported>[0] = [
      [1, 'came'],
      [hour, 'tick'],
    ];
    expect(reported(slept, { asleep: true })).toEqual(['working 1', 'paused 1 asleep since 1']);
    expect(reported([...slept, [hour, 'sign']], { asleep: true })).toEqual([
      'working 1',
      'paused 1 asleep since 1',
      `working ${hour}`,
    ]);
    const busy = asleepAfter / minute / 2;
    expect(
      reported(
        [
          [1, 'came'],
          [1 + busy, 'tick'],
        ],
        { asleep: true },
      ),
    ).toEqual(['working 1']);
  });
});

const created: AttemptEvent[] = [
  {
    t: 0,
    type: 'created',
    version: 1,
    id: 'a-1',
    scenario: { pack: 'p', id: 'a', seed: 0 },
    title: 'A',
    minutes: 5,
  },
  { t: 0, type: 'activated' },
];

const workedAt = (now: number, ...events: AttemptEvent[]) => {
  const fold = foldAttempt([...created, ...events]);
  return fold && workedTime(fold, now);
};

describe('the work in a log', () => {
  const cluster = { provider: 'embedded', id: 'a', kubeconfig: '', context: '', server: '' };

  it('is what somebody was there for, while the cluster was', () => {
    const away: AttemptEvent[] = [
      { t: 10, type: 'paused' },
      { t: 90, type: 'working' },
    ];
    expect(workedAt(100, ...away)).toBe(20);
    const both: AttemptEvent[] = [
      { t: 10, type: 'paused' },
      { t: 20, type: 'suspended' },
      { t: 30, type: 'working' },
      { t: 40, type: 'resumed' },
    ];
    expect(workedAt(100, ...both)).toBe(70);
    expect(workedAt(100, { t: 10, type: 'suspended' }, { t: 20, type: 'paused' }, { t: 30, type: 'resumed' })).toBe(10);
    expect(workedAt(100, { t: 10, type: 'paused' }, { t: 20, type: 'resetting' }, { t: 30, type: 'activated' })).toBe(
      0,
    );
  });

  it('ends with the last sign of life when the daemon was killed', () => {
    const killed: AttemptEvent[] = [{ t: 50, type: 'beat' }];
    expect(workedAt(9_000, ...killed, { t: 50, type: 'paused' }, { t: 8_000, type: 'resumed' })).toBe(50);
    // Logs of earlier versions told of the cluster before they told of the return.
    expect(workedAt(9_000, ...killed, { t: 8_000, type: 'cluster', cluster }, { t: 8_000, type: 'resumed' })).toBe(
      1_050,
    );
  });

  it('says why it stands until somebody works again', () => {
    const paused: AttemptEvent = { t: 10, type: 'paused', why: 'idle', since: 4 };
    expect(foldAttempt([...created, paused])?.standing).toEqual({ why: 'idle', since: 4 });
    expect(foldAttempt([...created, paused, { t: 20, type: 'working' }])?.standing).toBeUndefined();
    // Logs of earlier versions did not say.
    expect(foldAttempt([...created, { t: 10, type: 'paused' }])?.standing).toBeUndefined();
  });

  it('is noted each minute, so that a crash loses no more', async () => {
    const clock = new ManualClock(0);
    const events: AttemptEvent[] = [...created];
    const keeper = new AttendanceKeeper({
      clock,
      begun: true,
      idleAfter: () => defaultIdle,
      onEvent: ({ t, body }) => events.push({ t, ...body } as AttemptEvent),
    });
    keeper.take('came');
    for (let n = 0; n < 30; n++) await clock.advance(tickEvery);
    keeper.stop();
    const last = events.at(-1)?.t ?? 0;
    expect(last).toBeGreaterThanOrEqual(4 * minute);
    expect(events.length).toBeLessThan(10);
  });
});
