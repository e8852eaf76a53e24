import type { Key } from 'ink';
import { afterEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/kernel/errors.ts';
import { styleIn } from '../../src/present/palette.ts';
import { defaultSettings, themeNames } from '../../src/session/settings.ts';
import { bindings } from '../../src/tui/bindings.ts';
import { conflictOf, defaultKeys, remapped } from '../../src/tui/key-map.ts';
import { barItems, commandOf, helpRows, keyOf, setBindings } from '../../src/tui/keys.ts';
import { settingsOf } from '../../src/tui/settings.ts';

function wrong(text: string): string {
  try {
    settingsOf('config.yaml', text);
  } catch (error) {
    if (error instanceof UserError) return error.text.what;
  }
  throw new Error(`accepted: ${text}`);
}

describe('config.yaml', () => {
  it('chooses what it names, and leaves the rest', () => {
    expect(settingsOf('config.yaml', '')).toEqual(defaultSettings);
    expect(settingsOf('config.yaml', 'coach: 2 # why\nclock: { idle: 3 }\nkeys: { shell: t }\n')).toEqual({
      ...defaultSettings,
      coach: 2,
      clock: { idle: 3 },
      keys: { shell: 't' },
    });
  });

  it.each([
    ['coach: 7', '1:8: expected 0 or 1 or 2 or 3'],
    ['coach: 1\nteme: dark', '2:1: unknown field "teme"; did you mean theme?'],
    ['clock:\n  idel: 3', '2:3: unknown field "idel"; did you mean idle?'],
    ['keys: { shel: t }', '1:9: unknown field "shel"; did you mean shell?'],
    ['keys: { constructor: t }', '1:9: unknown field "constructor"'],
    ['keys: { shell: tt }', '1:16: expected one character that can be seen'],
    ['keys: { shell: h }', '1:16: h is the key of hint, too'],
    ['shell: fish', '1:8: expected the whole path of a shell'],
    ['coach: [', '1:9: '],
  ])('refuses %j by its place', (text, problem) => {
    expect(wrong(text)).toContain(`config.yaml:${problem}`);
  });
});

describe('the map of keys', () => {
  afterEach(() => setBindings(bindings));
  const press = (input: string, key: Partial<Key> = {}) => commandOf(input, key as Key, 'lab');

  it('names what has a character, once', () => {
    expect(defaultKeys).toMatchObject({ shell: 's', hint: 'h', up: 'k', quit: 'q' });
    expect(Object.keys(defaultKeys)).not.toContain('back');
    // Which of its digits was pressed says which page: none stands for all.
    expect(Object.keys(defaultKeys)).not.toContain('page');
    expect(conflictOf(defaultKeys)).toBeUndefined();
  });

  it('puts a key in the place of the one that was there, on the screen too', () => {
    setBindings(remapped({ shell: 't', quit: 'Q', up: 'z' }));
    expect([press('t'), press('s'), press('Q'), press('q')]).toEqual(['shell', undefined, 'quit', undefined]);
    // What is no character stays.
    expect([press('z'), press('k'), press('', { upArrow: true })]).toEqual(['up', undefined, 'up']);
    expect(press('c', { ctrl: true })).toBe('quit');
    expect(keyOf('shell')).toBe('t');
    expect(barItems('lab', 200)).toContainEqual({ label: 't', text: 'shell' });
    expect(helpRows().some((row) => row.label === '↑ z ↓ j')).toBe(true);
  });

  it('refuses a key that means something else in the same place, and lets two be exchanged', () => {
    expect(conflictOf({ shell: 'h' })).toEqual({ key: 'h', commands: ['shell', 'hint'] });
    expect(conflictOf({ shell: 'h', hint: 's' })).toBeUndefined();
    // Asked in a question only, where the shell is not.
    expect(conflictOf({ shell: 'y' })).toBeUndefined();
  });
});

it('has no hue in themes for whom hues are in the way', () => {
  expect(styleIn('auto', ['cyan', 'bold'])).toEqual(['cyan', 'bold']);
  expect(styleIn('light', 'yellow')).toEqual(['magenta']);
  expect(styleIn('high-contrast', ['cyan', 'bold'])).toEqual(['bold']);
  expect(themeNames.map((name) => styleIn(name, 'dim').length)).toEqual([1, 1, 1, 0, 0]);
  expect(styleIn('none', ['bold', 'inverse'])).toEqual([]);
});
