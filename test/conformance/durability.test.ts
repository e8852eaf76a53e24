import { describe, expect, it } from 'vitest';
import { killRepeatedly } from '../../scripts/conformance/durability/index.ts';
import { Ledger } from '../../scripts/conformance/durability/ledger.ts';
import { oneOf } from '../helpers/share.ts';

const found = (...objects: [name: string, value: string, resourceVersion: string][]) =>
  new Map(objects.map(([name, value, resourceVersion]) => [name, { value, resourceVersion }]));

describe('a ledger of what writers were told', () => {
  const reported = () => {
    const ledger = new Ledger();
    ledger.acknowledge('a', { value: 'one', resourceVersion: '5' });
    ledger.acknowledge('b', undefined);
    return ledger;
  };

  it('finds nothing to complain of where all is as told', () => {
    expect(reported().audit(found(['a', 'one', '5']))).toEqual([]);
  });

  it('misses what was acknowledged, and sees what was deleted', () => {
    expect(reported().audit(found())).toEqual(['a: told one at 5, found none']);
    expect(reported().audit(found(['a', 'one', '5'], ['b', 'x', '4']))).toEqual(['b: told none, found x at 4']);
    expect(reported().audit(found(['a', 'one', '6']))).toEqual(['a: told one at 5, found one at 6']);
    expect(reported().audit(found(['a', 'one', '5'], ['c', 'x', '4']))).toEqual(['c: told none, found x at 4']);
  });

  it('takes a write without an answer for done or not done, and for nothing else', () => {
    const asked = () => {
      const ledger = reported();
      ledger.ask('a', 'two');
      return ledger;
    };
    expect(asked().audit(found(['a', 'one', '5']))).toEqual([]);
    expect(asked().audit(found(['a', 'two', '7']))).toEqual([]);
    expect(asked().audit(found(['a', 'three', '7']))).toHaveLength(1);
    expect(asked().audit(found())).toHaveLength(1);
    const deleting = reported();
    deleting.ask('a', undefined);
    expect(deleting.audit(found())).toEqual([]);
  });
});

describe('a cluster that is killed under load', () => {
  it('keeps what it acknowledged, and its versions and watches go on', async () => {
    const kills = 12 / oneOf(3);
    const report = await killRepeatedly(kills);
    expect(report.faults).toEqual([]);
    expect(report.kills).toBe(kills);
    expect(report.writes).toBeGreaterThan(5 * kills);
    expect(report.watches.resumed + report.watches.expired).toBe(kills);
  });
});
