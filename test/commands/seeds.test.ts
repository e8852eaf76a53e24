import { describe, expect, it } from 'vitest';
import { otherSeed, parseSeedOrAny, parseSeeds } from '../../src/commands/seeds.ts';

describe('a seed for a second time', () => {
  it('draws other values than the familiar ones, also where most seeds draw those', () => {
    const variables = (seed: number) => ({ namespace: seed % 4 === 0 ? 'project-swan' : 'project-tiger' });
    for (let n = 0; n < 100; n++) expect(variables(otherSeed(variables)).namespace).toBe('project-tiger');
    expect(otherSeed(() => ({}))).toBeGreaterThan(0);
  });

  it('is any, or a number', () => {
    expect([parseSeedOrAny('any'), parseSeedOrAny('7')]).toEqual(['any', 7]);
    expect(() => parseSeedOrAny('many')).toThrow('expected a whole number');
  });
});

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
