import { cleanup, render } from 'ink-testing-library';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { DisconnectedError, EnvironmentError } from '../../src/kernel/errors.ts';
import type { Resource } from '../../src/kube/meta.ts';
import * as resources from '../../src/kube/resources.ts';
import type { CheckView } from '../../src/session/types.ts';
import { App } from '../../src/tui/app.tsx';
import { FakeLabs } from './fake-labs.ts';
import {
  activities,
  labState,
  manyScenarios,
  plainLook,
  scenarioRow,
  solvedState,
  unasked,
  verdict,
  widest,
} from './fixtures.ts';

const keys = {
  enter: '\r',
  escape: '\u001b',
  up: '\u001b[A',
  down: '\u001b[B',
  pageDown: '\u001b[6~',
  tab: '\t',
  ctrlC: '\u0003',
};

/** A busy machine takes its time; what comes is seen at once all the same. */
const patience = { timeout: 15_000, interval: 10 };

/** The app at a size, and a way to wait for what it shows. */
function open(
  labs: FakeLabs,
  {
    columns = 80,
    rows = 24,
    scenario,
    scenarios = [scenarioRow],
  }: { columns?: number; rows?: number; scenario?: string; scenarios?: (typeof scenarioRow)[] } = {},
) {
  const size = { columns, rows };
  const app = render(
    <App
      scenarios={scenarios}
      {...(scenario ? { scenario } : {})}
      progress={labs.progress}
      access={labs.access}
      hold={labs.hold}
      repaint={() => undefined}
      mouse={() => undefined}
      listenForFocus={() => undefined}
      version="1.2.3"
      size={() => size}
      {...plainLook}
    />,
  );
  const resize = (to: { columns: number; rows: number }) => {
    Object.assign(size, to);
    Object.defineProperties(app.stdout, {
      columns: { value: to.columns, configurable: true },
      rows: { value: to.rows, configurable: true },
    });
    app.stdout.emit('resize');
  };
  resize(size);
  const frame = () => app.lastFrame() ?? '';
  return {
    type: (text: string) => app.stdin.write(text),
    resize,
    frame,
    frames: app.frames,
    shows: (text: string) => vi.waitFor(() => expect(frame()).toContain(text), patience),
    shuns: (text: string) => vi.waitFor(() => expect(frame()).not.toContain(text), patience),
  };
}

const threeRows = [scenarioRow, ...manyScenarios(2)];

afterEach(cleanup);

describe('the app', () => {
  it('starts a scenario from the list and follows it without a key pressed', async () => {
    const labs = new FakeLabs();
    const app = open(labs);
    await app.shows('❯ forbidden-deployment');
    app.type(keys.enter);
    await app.shows("✘ The Pods' logs show the list");
    labs.show(solvedState());
    await app.shows("✔ The Pods' logs show the list");
    await app.shows('solved · 100 of 100');
    expect(labs.asked).toEqual(['attempts', 'start forbidden-deployment', 'follow']);
  });

  it('opens a named scenario at once', async () => {
    const app = open(new FakeLabs(), { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
  });

  it('answers every key, bound or not', async () => {
    const app = open(new FakeLabs(labState()), { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('z');
    await app.shows('z does nothing here; ? shows the keys');
    app.type('d');
    await app.shows('the debrief comes after solving');
    app.type('n');
    await app.shows('this is the last lab');
    app.type('p');
    await app.shows('this is the first lab');
    app.type('?');
    await app.shows('Keys');
    app.type('\u001b[20~');
    await app.shows('this key does nothing here');
  });

  it('shows what is in the cluster, and what kubectl says of it', async () => {
    const labs = new FakeLabs(labState());
    const object = (name: string, resource: Resource) => ({ resource, name, namespace: 'project-swan', uid: name });
    labs.objects = [
      { ...object('api', resources.deployments), cells: { READY: '0/1' } },
      { ...object('api-1', resources.pods), owner: 'api', cells: { STATUS: 'Running' } },
    ];
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('v');
    await app.shows('❯ Deployment api');
    await app.shows('└ Pod api-1');
    app.type('l');
    await app.shows('only Pods have logs');
    app.type(`${keys.down}`);
    await app.shows('❯ └ Pod api-1');
    app.type('l');
    await app.shows('kubectl printed logs api-1 -n project-swan');
    app.type(keys.escape);
    await app.shows('└ Pod api-1');
    app.type(keys.enter);
    await app.shows('kubectl printed describe pods api-1 -n project-swan');
    app.type(keys.escape);
    await app.shows('└ Pod api-1');
    app.type(keys.escape);
    await app.shows('Checks');
  });

  it('says how it went', async () => {
    const app = open(new FakeLabs(solvedState()), { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('w');
    await app.shows('▸ Report');
    await app.shows(`How ${labState().id} went`);
  });

  it('repeats what is due with other names', async () => {
    const labs = new FakeLabs();
    const last = { at: 0, grade: 'hard', why: 'solved at level 2' } as const;
    const [pack = '', scenario = ''] = scenarioRow.progressKey.split('/');
    labs.due = [{ pack, scenario, due: 0, isDue: true, retrievability: 0.5, last, seeds: [1] }];
    const app = open(labs);
    await app.shows('Due for review');
    app.type(keys.enter);
    await app.shows('Checks');
    expect(labs.asked).toContain('start forbidden-deployment seed 7');
  });

  it('takes hints one by one, keeps them in sight, and says when there are no more', async () => {
    const labs = new FakeLabs(labState({ hints: { taken: [], paid: 0, total: 2, nextPrice: 5 } }));
    const app = open(labs, { scenario: 'forbidden-deployment', rows: 40, columns: 120 });
    await app.shows('Checks');
    app.type('h');
    await app.shows('The next hint costs 5 points. Take it?');
    app.type(keys.escape);
    await app.shows('nothing was done');
    expect(labs.asked).not.toContain('hint');
    app.type('h');
    await app.shows('Take it?');
    app.type('h');
    await app.shows('first hint');
    app.type('h');
    await app.shows('Take it?');
    app.type('y');
    await app.shows('second hint');
    app.type('h');
    await app.shows('That was the last hint');
    app.type(keys.escape);
    await app.shows('Hint 2 of 2');
    expect(labs.asked.filter((call) => call === 'hint')).toHaveLength(2);
  });

  it('takes a hint that costs nothing without a question', async () => {
    const labs = new FakeLabs(labState({ hints: { taken: [], paid: 0, total: 2, nextPrice: 0 } }));
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('h');
    await app.shows('first hint');
  });

  it('hears nothing but Esc while the shell comes: what is typed is for the shell', async () => {
    const labs = new FakeLabs(labState());
    const fetched = Promise.withResolvers<void>();
    labs.kubectlAnswer = fetched.promise;
    const app = open(labs, { scenarios: threeRows, scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('s');
    await app.shows('getting kubectl ready');
    await app.shows('Esc cancel');
    const before = [...labs.asked];
    for (const key of ['n', 'p', keys.enter, 'h', 'h', 'r', 'y', 'x', 'y', 'l', 'g', 'q', 's']) app.type(key);
    await app.shows('getting kubectl ready; Esc cancels');
    expect(labs.asked).toEqual(before);
    app.type(keys.escape);
    await app.shows('no shell was opened');
    expect(labs.held).toBe(false);
    app.type('s');
    await app.shows('getting kubectl ready');
    expect(labs.held).toBe(true);
    fetched.resolve();
    await vi.waitFor(() => expect(labs.asked).toContain('shell forbidden-deployment-ab12'), patience);
  });

  it('hears no key that starts, costs or ends something while a lab is being prepared', async () => {
    const labs = new FakeLabs(labState({ phase: 'preparing', step: 'pulling', verdicts: [] }));
    const app = open(labs, { scenarios: threeRows, scenario: 'forbidden-deployment' });
    await app.shows('pulling');
    const before = [...labs.asked];
    for (const key of ['n', 'p', keys.enter, 'h', 'r', 'y', 'x', 'y', 'l', 'g', 'q']) app.type(key);
    await app.shows('the lab is being set up; Esc goes back');
    expect(labs.asked).toEqual(before);
    app.type('s');
    await app.shows('the shell opens once the lab is ready');
    app.type('n');
    labs.show({ phase: 'active' });
    await vi.waitFor(() => expect(labs.asked).toContain('shell forbidden-deployment-ab12'), patience);
    expect(labs.asked).not.toContain('start scenario-1');
  });

  it('asks before a reset, and does nothing unless the answer is y', async () => {
    const labs = new FakeLabs(labState());
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('r');
    await app.shows('Reset the cluster?');
    app.type('n');
    await app.shows('nothing was done');
    expect(labs.asked).not.toContain('reset');
    app.type('r');
    await app.shows('Reset the cluster?');
    app.type('y');
    await vi.waitFor(() => expect(labs.asked).toContain('reset'), patience);
  });

  it('opens a shell as soon as a reset lab is shown as ready, whenever the reset is answered', async () => {
    const labs = new FakeLabs(labState());
    const answered = Promise.withResolvers<void>();
    labs.resetAnswer = answered.promise;
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('ry');
    await vi.waitFor(() => expect(labs.asked).toContain('reset'), patience);
    app.type('s');
    await app.shows('the shell opens once the lab is ready');
    labs.show({ phase: 'resetting' });
    expect(labs.asked).not.toContain('shell forbidden-deployment-ab12');
    labs.show({ phase: 'active' });
    await vi.waitFor(() => expect(labs.asked).toContain('shell forbidden-deployment-ab12'), patience);
    answered.resolve();
  });

  it('sees each of several keys that come in one breath', async () => {
    const labs = new FakeLabs(labState());
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('ry');
    await vi.waitFor(() => expect(labs.asked).toContain('reset'), patience);
  });

  it('explains one check after the other', async () => {
    const app = open(new FakeLabs(labState()), { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('e');
    await app.shows('check 1 of 5');
    for (const check of ['check 2 of 5', 'check 3 of 5', 'check 4 of 5', 'check 5 of 5', 'check 1 of 5']) {
      app.type(keys.tab);
      await app.shows(check);
    }
    app.type(keys.enter);
    await app.shuns('Explain');
  });

  it('says nothing of a check before it is asked, and asks before help costs', async () => {
    const labs = new FakeLabs(labState({ verdicts: [verdict('may-list', 'fail', { ...unasked, weight: 30 })] }));
    labs.full = verdict('may-list', 'fail', { weight: 30, actual: 'it may not', why: 'nothing binds it' });
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Title of may-list');
    await app.shuns('it may not');
    app.type('e');
    await app.shows('it may not');
    await app.shuns('nothing binds it');
    app.type('e');
    await app.shows('To be shown why costs 3 points. Go on?');
    app.type('n');
    await app.shows('nothing was done');
    await app.shuns('nothing binds it');
    app.type('e');
    await app.shows('Go on?');
    app.type('e');
    await app.shows('nothing binds it');
    expect(labs.asked.filter((what) => what.startsWith('ask'))).toEqual(['ask may-list 0', 'ask may-list 3']);
  });

  it('shows the chain of evidence that the daemon reads, and reads it anew when the verdict changes', async () => {
    const labs = new FakeLabs(labState());
    labs.chain = [{ kind: 'missing', text: 'there is no Secret team-registry' }];
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('e');
    await app.shows('there is no Secret team-registry');
    labs.chain = [{ kind: 'object', text: 'Secret team-registry is of type Opaque' }];
    const [first, ...others] = labState().verdicts;
    labs.show({ verdicts: [{ ...(first as CheckView), why: 'another reason' }, ...others] });
    await app.shows('Secret team-registry is of type Opaque');
    await app.shuns('there is no Secret team-registry');
  });

  it('shows what the verdict brings where the daemon cannot say more', async () => {
    const labs = new FakeLabs(labState());
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    labs.failure = new DisconnectedError({ what: 'the socket is gone' });
    app.type('e');
    await app.shows('check 1 of 5');
    await app.shuns('looking for the cause');
    expect(app.frame()).not.toContain('the socket is gone');
  });

  it('says why the daemon found no cause if it is still there', async () => {
    const labs = new FakeLabs(labState());
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    labs.failure = new EnvironmentError({ what: 'the API did not answer' });
    app.type('e');
    await app.shows('its cause could not be read: the API did not answer');
    expect(app.frame()).toContain('check 1 of 5');
  });

  it('explains the check that was chosen', async () => {
    const app = open(new FakeLabs(labState()), { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type(keys.tab);
    await app.shows('▸ Checks');
    app.type(keys.down);
    app.type(keys.down);
    app.type(keys.enter);
    await app.shows('check 2 of 5');
  });

  it('opens the shell of the lab and comes back', async () => {
    const labs = new FakeLabs(labState());
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('s');
    await vi.waitFor(() => expect(labs.asked).toContain('shell forbidden-deployment-ab12'), patience);
    await app.shows('Checks');
    // What was done there may show in nothing that is watched.
    await vi.waitFor(() => expect(labs.asked.at(-1)).toBe('check forbidden-deployment-ab12'), patience);
  });

  it('gives up only after a question, and then has the debrief', async () => {
    const labs = new FakeLabs(labState());
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    app.type('g');
    await app.shows('Show the solutions?');
    app.type('y');
    await app.shows('kubectl create role');
    app.type('d');
    await app.shows('why it broke');
  });

  it('ends an attempt from the lab and from the list', async () => {
    const labs = new FakeLabs(labState());
    const app = open(labs);
    await app.shows('▶ 0 of 100');
    app.type('x');
    await app.shows('End it and delete its cluster?');
    app.type('y');
    await app.shows('its cluster is gone');
    await app.shuns('▶');
    app.type('x');
    await app.shows('nothing is in progress here');
  });

  it('goes to the next scenario and back', async () => {
    const labs = new FakeLabs();
    const app = open(labs, { scenarios: manyScenarios(3), scenario: 'scenario-1' });
    await app.shows('Checks');
    labs.state = undefined;
    app.type('n');
    await vi.waitFor(() => expect(labs.asked).toContain('start scenario-2'), patience);
    labs.state = undefined;
    app.type('p');
    await vi.waitFor(() => expect(labs.asked.filter((call) => call === 'start scenario-1')).toHaveLength(2), patience);
  });

  it('follows again when the daemon was killed', async () => {
    const labs = new FakeLabs(labState());
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    labs.disconnect(new DisconnectedError({ what: 'the connection to the daemon ended' }));
    await vi.waitFor(() => expect(labs.asked.filter((call) => call === 'follow')).toHaveLength(2), patience);
    labs.show(solvedState());
    await app.shows('✔ solved');
  });

  it('says what failed and what to do, and tries again', async () => {
    const labs = new FakeLabs();
    labs.failure = new EnvironmentError({ what: 'the daemon did not start', why: 'no room', next: 'kubedrill doctor' });
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('the daemon did not start');
    await app.shows('next  kubedrill doctor');
    app.type(keys.escape);
    await app.shows('❯ forbidden-deployment');
    app.type(keys.enter);
    await app.shows('Checks');
  });

  it('shows a failed set-up with its way out', async () => {
    const labs = new FakeLabs(labState({ phase: 'failed', failure: { what: 'it did not get ready' }, verdicts: [] }));
    const app = open(labs, { scenario: 'forbidden-deployment' });
    await app.shows('r tries again');
    app.type('r');
    await vi.waitFor(() => expect(labs.asked.filter((call) => call.startsWith('start'))).toHaveLength(2), patience);
  });

  it('keeps the list usable while the daemon cannot be reached', async () => {
    const labs = new FakeLabs();
    labs.failure = new EnvironmentError({ what: 'the daemon does not answer', next: 'kubedrill doctor' });
    const app = open(labs);
    await app.shows('✘ the daemon does not answer');
    await app.shows('Enter start');
  });

  it('fits every size while it is resized, and says so when it can’t', async () => {
    const app = open(new FakeLabs(labState({ activities })), { scenario: 'forbidden-deployment' });
    await app.shows('Checks');
    for (const size of [
      { columns: 120, rows: 40 },
      { columns: 60, rows: 16 },
      { columns: 200, rows: 50 },
    ]) {
      app.resize(size);
      await vi.waitFor(() => expect(app.frame().split('\n')).toHaveLength(size.rows), patience);
      expect(widest(app.frame())).toBeLessThanOrEqual(size.columns);
    }
    app.resize({ columns: 59, rows: 16 });
    await app.shows('kubedrill needs 60x16');
    app.resize({ columns: 80, rows: 24 });
    await app.shows('Checks');
  });

  it('scrolls what does not fit, and no further', async () => {
    const app = open(new FakeLabs(labState()), { scenario: 'forbidden-deployment', columns: 60, rows: 16 });
    await app.shows('Checks');
    for (let n = 0; n < 30; n++) app.type(keys.down);
    await app.shows('look at it if you like');
    app.type(keys.up);
    app.type(keys.up);
    await app.shuns('look at it if you like');
  });
});
