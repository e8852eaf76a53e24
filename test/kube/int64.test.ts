import { describe, expect, it } from 'vitest';
import {
  newSetAnnotations,
  nextRevision,
  revisionOf,
} from '../../src/embedded/controllers/workloads/deployment-revisions.ts';
import { parseInt64 } from '../../src/kube/int64.ts';
import { matchesTerm, tolerates } from '../../src/kube/placement.ts';
import { matchesLabels, parseLabelSelector } from '../../src/kube/selectors.ts';

const key = 'deployment.kubernetes.io/revision';
const set = (revision: string) => ({
  metadata: { name: 's', uid: 'u', resourceVersion: '1', creationTimestamp: '', annotations: { [key]: revision } },
});

describe('numbers of 64 bits', () => {
  it('are whole, and no longer', () => {
    expect(['1', '-1', '+7', '9223372036854775807', '-9223372036854775808'].map(parseInt64)).toEqual([
      ...[1n, -1n, 7n, 9223372036854775807n, -9223372036854775808n],
    ]);
    for (const text of [undefined, '', '1.5', '1e3', '0x1', ' 1', '9223372036854775808']) {
      expect(parseInt64(text), text).toBeUndefined();
    }
  });

  it('count a Deployment’s revisions to the last digit', () => {
    expect(nextRevision([set('9007199254740993'), set('7'), set('x')])).toBe(9007199254740994n);
    expect(revisionOf(set('9007199254740993'))).toBe(9007199254740993n);
    const annotations = newSetAnnotations(
      { ...set('1'), spec: undefined },
      set('9007199254740992').metadata.annotations,
      9007199254740993n,
      true,
    );
    expect(annotations[key]).toBe('9007199254740993');
  });

  it('are compared to the last digit in selectors, affinities and tolerations', () => {
    const labels = { size: '9007199254740993' };
    const node = { ...set('1'), metadata: { ...set('1').metadata, labels } };
    const matches = (text: string) => matchesLabels(parseLabelSelector(text), labels);
    expect([matches('size>9007199254740992'), matches('size>9007199254740993')]).toEqual([true, false]);
    const term = (value: string) => ({ matchExpressions: [{ key: 'size', operator: 'Gt' as const, values: [value] }] });
    expect(['9007199254740992', '9007199254740993', 'x'].map((value) => matchesTerm(term(value), node))).toEqual([
      ...[true, false, false],
    ]);
    const taint = { key: 'size', value: '9007199254740993', effect: 'NoSchedule' as const };
    expect(tolerates([{ key: 'size', operator: 'Lt', value: '9007199254740994' }], taint)).toBe(true);
    expect(tolerates([{ key: 'size', operator: 'Lt', value: '9007199254740993' }], taint)).toBe(false);
  });
});
