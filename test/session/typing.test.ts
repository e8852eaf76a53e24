import { afterEach, expect, it } from 'vitest';
import { ManualClock } from '../../src/kernel/clock.ts';
import { TypingWatch, terminalInput } from '../../src/session/typing.ts';

let watch: TypingWatch | undefined;
afterEach(() => watch?.stop());

function watched() {
  const clock = new ManualClock(0);
  const terminal = { input: 0 as number | undefined, stands: false, signs: [] as number[] };
  watch = new TypingWatch({
    clock,
    lastInput: () => terminal.input,
    isStanding: () => terminal.stands,
    onTyping: () => terminal.signs.push(clock.now() / 1_000),
  });
  /** Seconds go by, in each of which something is typed, or nothing. */
  const pass = async (seconds: number, types: boolean) => {
    for (let n = 0; n < seconds; n++) {
      if (types) terminal.input = clock.now();
      await clock.advance(1_000);
    }
  };
  return { terminal, pass };
}

it('gives a sign about once a minute while something is typed, and none while nothing is', async () => {
  const { terminal, pass } = watched();
  await pass(180, true);
  expect(terminal.signs.length).toBeGreaterThanOrEqual(2);
  expect(terminal.signs.length).toBeLessThanOrEqual(3);
  const before = terminal.signs.length;
  await pass(60, false);
  expect(terminal.signs.length - before).toBeLessThanOrEqual(1);
  const after = terminal.signs.length;
  await pass(600, false);
  expect(terminal.signs).toHaveLength(after);
});

it('starts a clock that stands within seconds of a key', async () => {
  const { terminal, pass } = watched();
  terminal.stands = true;
  await pass(5, true);
  expect(terminal.signs).toHaveLength(1);
});

it('sees nothing where there is no terminal', () => {
  expect(terminalInput({ isTTY: false })).toBeUndefined();
});
