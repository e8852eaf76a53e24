import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Catalog } from '../../src/scenario/catalog.ts';
import { oneOf, share } from '../helpers/share.ts';
import { Lab } from './lab.ts';
import { type RedTeamAttempt, readAttempts } from './steps.ts';
import { Turns } from './turns.ts';

// Beside other tests fewer at once: what they wait for must not wait for them.
const turns = new Turns(8 / oneOf(2));
const timeout = 600_000;

/**
 * The tests of one scenario: what `<scenario>.attacks.yaml` does only looks like a solution and is caught by the checks it
 * names, what `<scenario>.right.yaml` does is unusual and earns 100.
 */
export function redTeam(packs: string, id: string): void {
  const scenario = new Catalog(join(import.meta.dirname, '..', '..', packs)).scenario(id);
  const name = basename(id);

  const attempts = (kind: string) => share(readAttempts(`${name}.${kind}.yaml`), 10);

  async function attempt({ steps }: RedTeamAttempt) {
    return turns.take(async () => {
      const lab = await Lab.open(scenario);
      try {
        await lab.run(steps);
        return await lab.settled();
      } finally {
        await lab.close();
      }
    });
  }

  describe(`${name}: what only looks like a solution is caught`, { concurrent: true, timeout }, () => {
    it.each(attempts('attacks'))('$name', async (given) => {
      const { score, verdicts } = await attempt(given);
      const of = (status: string) => verdicts.filter((v) => v.status === status).map((v) => v.id);
      expect([...of('pending'), ...of('error')]).toEqual([]);
      expect(of('fail')).toEqual(expect.arrayContaining(given.caught));
      expect(score).toBeLessThan(100);
    });
  });

  describe(`${name}: an unusual solution that is right earns 100`, { concurrent: true, timeout }, () => {
    it.each(attempts('right'))('$name', async (given) => {
      const { score, verdicts } = await attempt(given);
      expect(verdicts.filter((v) => v.status !== 'pass').map(({ id, status, why }) => ({ id, status, why }))).toEqual(
        [],
      );
      expect(score).toBe(100);
    });
  });
}
