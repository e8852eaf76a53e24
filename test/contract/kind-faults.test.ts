import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptState } from '../../src/session/types.ts';
import { Following } from '../e2e/following.ts';
import { type CheckReport, Kubectl, type Started } from '../e2e/lab.ts';
import { docker, KindUser } from './kind-user.ts';

const namespace = ['-n', 'project-swan'];

const isTroubled = ({ verdicts, running }: AttemptState) =>
  verdicts.length > 0 && !running && verdicts.every((verdict) => verdict.status === 'error');
const isJudged = ({ verdicts, running }: AttemptState) =>
  verdicts.length > 0 && running && verdicts.every(({ status }) => status !== 'error' && status !== 'pending');
const reasons = ({ verdicts }: AttemptState) => [...new Set(verdicts.map((verdict) => verdict.why))].join('\n');

/** What an attempt has come to, without what only the moment says. */
function attained({ phase, hints, passedBefore, activities, verdicts, score }: AttemptState) {
  return { phase, hints, passedBefore, activities, score, statuses: verdicts.map(({ id, status }) => [id, status]) };
}

describe('in mid-attempt on a kind cluster', () => {
  let user: KindUser;
  let kubectl: Kubectl;
  let attempt: Following;
  let node: string;
  let before: AttemptState;

  beforeAll(async () => {
    user = await KindUser.create();
    const { kubeconfig } = await user.sandbox.json<Started>(['start', 'forbidden-deployment', '--provider', 'kind']);
    kubectl = new Kubectl(user.sandbox, kubeconfig);
    node = await user.controlPlane();
    expect(await user.sandbox.json(['hint'])).toMatchObject({ left: 2 });
    await kubectl.run(['create', 'role', 'pod-reader', '--verb=list', '--resource=pods', ...namespace]);
    attempt = await Following.newest(user.sandbox);
    before = await attempt.until((s) => isJudged(s) && s.activities.some((a) => a.name === 'pod-reader'));
  }, 180_000);

  afterAll(async () => {
    attempt?.close();
    await user?.dispose();
  }, 120_000);

  async function expectErrors(reason: RegExp) {
    // First it is only seen that nothing answers, then why.
    await attempt.until((state) => isTroubled(state) && reason.test(reasons(state)));
    const { code, stdout } = await user.sandbox.run(['check', '--json']);
    expect(code).toBe(3);
    for (const check of (JSON.parse(stdout) as CheckReport).checks) {
      expect(check).toMatchObject({ status: 'error', why: expect.stringMatching(reason) });
    }
  }

  /** Judging goes on by itself; Pods whose node was away take a moment to be what they were. */
  const untilAsBefore = () =>
    attempt.until((state) => isJudged(state) && isDeepStrictEqual(attained(state), attained(before)), 120_000);

  it('a node that is paused for 20 seconds makes every verdict an error, and nothing is lost', {
    timeout: 120_000,
  }, async () => {
    await docker('pause', node);
    const pause = delay(20_000);
    try {
      await expectErrors(/is paused \(docker unpause\)/);
      await pause;
    } finally {
      await docker('unpause', node);
    }
    await untilAsBefore();
  });

  it('a node that stops is started again', { timeout: 180_000 }, async () => {
    const troubled = attempt.until(isTroubled);
    await docker('stop', node);
    expect(reasons(await troubled)).toMatch(/had stopped and is starting|does not answer/);
    await untilAsBefore();
  });

  it('Docker that stops is told of, and when it is back the attempt goes on to its end', {
    timeout: 240_000,
  }, async () => {
    await user.dockerSwitch.off();
    // Its containers stop with the daemon.
    await docker('stop', node);
    await expectErrors(/Docker is not running/);
    await user.dockerSwitch.on();
    await untilAsBefore();
    const account = '--serviceaccount=project-swan:default';
    await kubectl.run(['create', 'rolebinding', 'pod-reader', '--role=pod-reader', account, ...namespace]);
    expect(await attempt.until((state) => state.solved)).toMatchObject({ score: 95, solved: true });
  });
});
