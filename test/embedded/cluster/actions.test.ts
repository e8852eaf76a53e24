import { expect, it } from 'vitest';
import { type Action, Actions } from '../../../src/embedded/cluster/actions.ts';

/** Actions that write down what happens to them. */
function recorded(): { log: string[]; action(name: string, more?: Partial<Action>): Action } {
  const log: string[] = [];
  return {
    log,
    action: (name, more) => ({
      name,
      run: () => void log.push(`do ${name}`),
      undo: () => void log.push(`undo ${name}`),
      ...more,
    }),
  };
}

function fail(message: string): () => never {
  return () => {
    throw new Error(message);
  };
}

it('undoes in reverse what was begun, and nothing else', async () => {
  const { log, action } = recorded();
  const actions = new Actions();
  actions.defer('zero', () => void log.push('undo zero'));
  const list = [action('one'), action('two', { run: fail('no room') }), action('three')];
  await expect(actions.run(list)).rejects.toThrow('no room');
  await actions.undo();
  expect(log).toEqual(['do one', 'undo two', 'undo one', 'undo zero']);
  await actions.undo();
  expect(log).toHaveLength(4);
});

it('goes on undoing where one undo fails, and says which', async () => {
  const { log, action } = recorded();
  const actions = new Actions();
  await actions.run([action('one'), action('two', { undo: fail('stuck') }), action('three')]);
  await expect(actions.undo()).rejects.toThrow('undoing two: stuck');
  expect(log).toEqual(['do one', 'do two', 'do three', 'undo three', 'undo one']);
});

it('says its steps, and begins nothing that a step refuses', async () => {
  const { log, action } = recorded();
  const actions = new Actions((step) => (step === 'the last' ? fail('cancelled')() : void log.push(step)));
  const list = [action('one', { step: 'the first' }), action('two', { step: 'the last' })];
  await expect(actions.run(list)).rejects.toThrow('cancelled');
  await actions.undo();
  expect(log).toEqual(['the first', 'do one', 'undo one']);
});
