import { describe, expect, it } from 'vitest';
import { type Bindings, compare, fill } from '../../scripts/conformance/placeholders.ts';

function differences(expected: unknown, got: unknown, bindings: Bindings = new Map()): string[] {
  const found: string[] = [];
  compare(expected, got, bindings, '', found);
  return found;
}

describe('placeholders', () => {
  it('bind where they first appear and mean the same from then on', () => {
    const bindings: Bindings = new Map();
    expect(differences({ a: '{{uid:1}}', b: 'x-{{suffix:1}}-y' }, { a: 'u1', b: 'x-abcde-y' }, bindings)).toEqual([]);
    expect(fill({ path: '/pods/p-{{suffix:1}}', n: '{{uid:1}}' }, bindings)).toEqual({
      path: '/pods/p-abcde',
      n: 'u1',
    });
    expect(differences('{{uid:1}}', 'u2', bindings)).toHaveLength(1);
  });

  it('without a number match anything', () => {
    expect(differences({ t: '{{time}}', m: 'current: {{number}}.' }, { t: 'now', m: 'current: 7.' })).toEqual([]);
  });

  it('keep numbers numbers', () => {
    const bindings: Bindings = new Map();
    compare({ port: '{{nodePort:1}}' }, { port: 30123 }, bindings, '', []);
    expect(fill('{{nodePort:1}}', bindings)).toBe(30123);
  });

  it('of a list version move on with it', () => {
    const bindings: Bindings = new Map([['{{rv:1}}', '5']]);
    const list = (resourceVersion: string) => ({ metadata: { resourceVersion }, items: [] });
    expect(differences(list('{{rv:1}}'), list('9'), bindings)).toEqual([]);
    expect(bindings.get('{{rv:1}}')).toBe('9');
  });
});

describe('compare', () => {
  it('names what is missing, what is too much, and what is other', () => {
    expect(differences({ a: 1, b: [1, 2] }, { b: [1], c: true })).toEqual([
      '.a: only expected',
      '.b: 2 expected, 1 got',
      '.c: only got',
    ]);
    expect(differences({ a: 'x' }, { a: 'y' })).toEqual(['.a: expected "x", got "y"']);
  });

  it('takes one age in a cell for the other, and nothing else', () => {
    const row = (...cells: unknown[]) => ({ rows: [{ cells }] });
    expect(differences(row('p', '3s'), row('p', '1m2s'))).toEqual([]);
    expect(differences(row('p', '3s'), row('p', '<unknown>'))).toHaveLength(1);
  });

  it('takes managers in the order that their times ask for, whichever second was recorded', () => {
    const entry = (manager: string, time: string) => ({ manager, operation: 'Update', apiVersion: 'v1', time });
    const object = (...managedFields: object[]) => ({ managedFields });
    const recorded = object(entry('a', '{{time}}'), entry('b', '{{time}}'));
    const [first, second] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'];
    expect(differences(recorded, object(entry('a', first), entry('b', first)))).toEqual([]);
    expect(differences(recorded, object(entry('b', first), entry('a', second)))).toEqual([]);
    expect(differences(recorded, object(entry('b', first), entry('a', first)))).toEqual([
      '.managedFields: not in the order of its times',
    ]);
    expect(differences(recorded, object(entry('a', first), entry('c', first)))).toHaveLength(1);
    expect(differences(recorded, object(entry('a', first)))).toHaveLength(1);
  });
});
