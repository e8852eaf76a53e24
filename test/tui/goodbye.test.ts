import { expect, it } from 'vitest';
import { goodbyeText } from '../../src/tui/goodbye.ts';
import { labState, solvedState } from './fixtures.ts';

it('says which labs go on, how their clocks are, and how to come back the way one came', () => {
  const labs = [
    labState({ running: false }),
    labState({ running: true, scenario: { pack: 'p', id: 'shared', seed: 1 } }),
    solvedState({ scenario: { pack: 'p', id: 'done', seed: 1 } }),
    labState({ phase: 'failed', scenario: { pack: 'p', id: 'broken', seed: 1 } }),
  ];
  const lines = [
    'forbidden-deployment goes on, its clock stands at 06:12.',
    'shared goes on, its clock runs on: somebody else is at it.',
    'done goes on, solved.',
  ].join('\n');
  expect(goodbyeText(labs, {})).toBe(`${lines}\nCome back with: kubedrill\n`);
  const [first = labState()] = labs;
  expect(goodbyeText([first], { npm_lifecycle_event: 'start' })).toContain('Come back with: npm start\n');
  expect(goodbyeText([first], { npm_command: 'exec', npm_lifecycle_event: 'npx' })).toContain('npx kubedrill');
  expect(goodbyeText([], {})).toBe('');
});
