import { describe, expect, it } from 'vitest';
import { parseSeeds } from '../../src/commands/seeds.ts';

describe('seeds of a command line', () => {
  it('are ranges and single ones, each once and in order', () => {
    expect(parseSeeds('1-4')).toEqual([1, 2, 3, 4]);
    expect(parseSeeds('9, 0,3-5,4')).toEqual([0, 3, 4, 5, 9]);
  });

  it.each(['', 'a', '1-', '-1', '5-1', '1..3', '1,,2', '1.5'])('are not %j', (text) =>
    expect(() => parseSeeds(text)).toThrow('expected seeds as in 1-20 or 0,3,7-9'),
  );

  it('are no more than can be run', () => {
    expect(() => parseSeeds('0-999999999')).toThrow('at most 1000');
    expect(() => parseSeeds('1-600,1000-1600')).toThrow('at most 1000');
  });
});
