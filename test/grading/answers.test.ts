import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Answers } from '../../src/grading/answers.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

function open(onChange: () => void = () => undefined) {
  const outside = temporaryFolder();
  const folder = join(outside, 'answers');
  mkdirSync(folder);
  const answers = new Answers(folder, systemClock, onChange);
  onTestFinished(() => answers.stop());
  return { answers, folder, outside };
}

describe('the answers folder', () => {
  it('gives the text of its files', async () => {
    const { answers, folder } = open();
    mkdirSync(join(folder, 'one'));
    writeFileSync(join(folder, 'one', 'two.txt'), 'three');
    expect(await answers.read('one/two.txt')).toEqual({ text: 'three' });
    expect(await answers.read('one')).toEqual({ missing: 'one is no file' });
    expect(await answers.read('none')).toEqual({ missing: 'there is no file none in the answers folder' });
    expect(await answers.read('one/two.txt/four')).toEqual({
      missing: 'there is no file one/two.txt/four in the answers folder',
    });
  });

  it('never reads anything outside of it', async () => {
    const { answers, folder, outside } = open();
    writeFileSync(join(outside, 'secret'), 'secret');
    writeFileSync(join(outside, 'answers-2'), 'secret');
    symlinkSync(join(outside, 'secret'), join(folder, 'link'));
    symlinkSync(outside, join(folder, 'up'));
    for (const name of ['../secret', 'link', 'up/secret', '../answers-2', 'x/../../secret', join(outside, 'secret')]) {
      expect(await answers.read(name), name).not.toHaveProperty('text');
    }
  });

  it('does not read what is far too large for an answer', async () => {
    const { answers, folder } = open();
    writeFileSync(join(folder, 'a'), 'x'.repeat(65 * 1024));
    expect(await answers.read('a')).toEqual({ missing: 'a is larger than an answer can be' });
  });

  it('tells when one changes', async () => {
    const changed = Promise.withResolvers<void>();
    let count = 0;
    const { answers, folder } = open(() => {
      if (++count === 2) changed.resolve();
    });
    answers.follow(['a']);
    writeFileSync(join(folder, 'b'), 'not asked for');
    writeFileSync(join(folder, 'a'), 'one');
    await changed.promise;
    expect(await answers.read('a')).toEqual({ text: 'one' });
  });

  it('has nothing where there is no folder', async () => {
    const answers = new Answers(undefined, systemClock, () => undefined);
    expect(await answers.read('a')).toEqual({ missing: 'this attempt has no answers folder' });
  });
});
