import { describe, expect, it } from 'vitest';
import { ownValue, setOwn } from '../../src/kernel/own.ts';

describe('tables with keys from outside', () => {
  it('hold what was put into them, and nothing that objects inherit', () => {
    const table: Record<string, number> = { a: 1 };
    for (const word of ['constructor', 'toString', '__proto__']) {
      expect(ownValue(table, word)).toBeUndefined();
      setOwn(table, word, 2);
      expect(ownValue(table, word)).toBe(2);
    }
    expect(Object.keys(table)).toEqual(['a', 'constructor', 'toString', '__proto__']);
    expect(Object.getPrototypeOf(table)).toBe(Object.prototype);
    expect(ownValue(undefined, 'a')).toBeUndefined();
  });
});
