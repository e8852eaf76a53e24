import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Catalog } from '../../src/scenario/catalog.ts';
import { Lab } from './lab.ts';
import { type RedTeamAttempt, readAttempts } from './steps.ts';
import { Turns } from './turns.ts';

const catalog = new Catalog(join(import.meta.dirname, '..', '..', 'scenarios'));
const scenario = catalog.scenario('in-cluster-api-access/forbidden-deployment');
const turns = new Turns(16);

async function attempt({ steps }: RedTeamAttempt) {
  return turns.take(async () => {
    const lab = await Lab.open(scenario);
    try {
      await lab.run(steps);
      const { verdicts, score } = await lab.settled();
      const of = (status: string) => verdicts.filter((v) => v.status === status);
      return { score, failing: of('fail').map((v) => v.id), verdicts, unsettled: [...of('pending'), ...of('error')] };
    } finally {
      await lab.close();
    }
  });
}

const timeout = 600_000;

describe('what only looks like a solution is caught', { concurrent: true, timeout }, () => {
  it.each(readAttempts('forbidden-deployment.attacks.yaml'))('$name', async (given) => {
    const { score, failing, unsettled } = await attempt(given);
    expect(unsettled).toEqual([]);
    expect(failing).toEqual(expect.arrayContaining(given.caught));
    expect(score).toBeLessThan(100);
  });
});

describe('an unusual solution that is right earns 100', { concurrent: true, timeout }, () => {
  it.each(readAttempts('forbidden-deployment.right.yaml'))('$name', async (given) => {
    const { score, verdicts } = await attempt(given);
    expect(verdicts.filter((v) => v.status !== 'pass').map(({ id, status, why }) => ({ id, status, why }))).toEqual([]);
    expect(score).toBe(100);
  });
});
