import type { Key } from 'ink';
import { describe, expect, it } from 'vitest';
import { bindings, type Command, type Place } from '../../src/tui/bindings.ts';
import { barItems, commandOf, helpRows } from '../../src/tui/keys.ts';

const none: Key = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
  super: false,
  hyper: false,
  capsLock: false,
  numLock: false,
};

/** What a terminal sends for each label of the table. */
const presses: Record<string, [string, Partial<Key>]> = {
  Enter: ['', { return: true }],
  Esc: ['', { escape: true }],
  Tab: ['', { tab: true }],
  'Shift-Tab': ['', { tab: true, shift: true }],
  '↑': ['', { upArrow: true }],
  '↓': ['', { downArrow: true }],
  PgUp: ['', { pageUp: true }],
  PgDn: ['', { pageDown: true }],
  Home: ['', { home: true }],
  End: ['', { end: true }],
  Space: [' ', {}],
  Backspace: ['', { backspace: true }],
  'Ctrl-C': ['c', { ctrl: true }],
};

function press(label: string, place: Place): Command | undefined {
  const [input, key] = presses[label] ?? [label, {}];
  return commandOf(input, { ...none, ...key }, place);
}

describe('the table of keys', () => {
  it('reaches every binding by each of its labels, in each of its places', () => {
    // Those of the shell's pane the keyboard hears itself: keyboard.test.ts, terminal/input.test.ts.
    for (const { label, places, command } of bindings.filter((b) => !b.places.includes('terminal'))) {
      for (const one of label.split(' '))
        for (const place of places) expect([one, place, press(one, place)]).toEqual([one, place, command]);
    }
  });

  it('shows every label on the help screen', () => {
    const shown = helpRows().flatMap((row) => row.label.split(' '));
    for (const { label } of bindings) for (const one of label.split(' ')) expect(shown).toContain(one);
  });

  it('leaves by q and by Ctrl-C everywhere', () => {
    for (const place of ['page', 'labs', 'lab', 'overlay', 'confirm'] as const) {
      expect(commandOf('q', none, place)).toBe('quit');
      expect(commandOf('c', { ...none, ctrl: true }, place)).toBe('quit');
    }
  });

  it('takes every letter for the words of a filter, and Esc, Enter and Ctrl-C for itself', () => {
    for (const letter of 'abcdefghijklmnopqrstuvwxyz /?123') expect(commandOf(letter, none, 'filter')).toBeUndefined();
    expect(commandOf('', { ...none, escape: true }, 'filter')).toBe('back');
    expect(commandOf('', { ...none, return: true }, 'filter')).toBe('accept');
    expect(commandOf('c', { ...none, ctrl: true }, 'filter')).toBe('quit');
  });

  it('takes letters with Ctrl or Alt for nothing', () => {
    expect(commandOf('r', { ...none, ctrl: true }, 'lab')).toBeUndefined();
    expect(commandOf('s', { ...none, meta: true }, 'lab')).toBeUndefined();
  });
});

describe('barItems', () => {
  const labels = (place: Place, width: number) => barItems(place, width).map((item) => item.label);

  it('keeps the way out and the help however narrow it is', () => {
    expect(labels('lab', 20)).toEqual(['Esc', '?', 'q']);
    expect(labels('page', 0)).toEqual(['?', 'q']);
  });

  it('fits what it shows', () => {
    for (let width = 40; width < 140; width++) {
      const text = barItems('lab', width)
        .map((item) => `${item.label} ${item.text}`)
        .join('  ');
      expect(text.length).toBeLessThanOrEqual(width);
    }
  });

  it('puts first what is asked for, and other words where given', () => {
    const items = barItems('lab', 120, { first: ['debrief'], words: { hint: 'hint -5' }, hidden: ['reset'] });
    expect(items[0]).toEqual({ label: 'd', text: 'debrief' });
    expect(items).toContainEqual({ label: 'h', text: 'hint -5' });
    expect(items.map((item) => item.label)).not.toContain('r');
  });
});
