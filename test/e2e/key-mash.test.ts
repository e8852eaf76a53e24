import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oneOf } from '../helpers/share.ts';
import { program, Sandbox } from './sandbox.ts';

const esc = '\u001b';
/** No key here says yes, starts a scenario or leaves: whatever of that happens, nobody has asked for it. */
const keys = [
  ...'abcdefgijklmorstuvwzABCXYZ0123456789?/.,;:!@#$%^&*()[]{}<>"\'\\|`~-_=+ 検é',
  '\t',
  '\u007f',
  '\u0001',
  '\u0004',
  '\u001a',
  esc,
  ...['[A', '[B', '[C', '[D', '[H', '[F', '[5~', '[6~', '[5;2~', '[24~', '[24~', '[24~', '[Z', 'OP', 'x', '[1;5C'].map(
    (k) => esc + k,
  ),
  `${esc}[200~pasted\rtwice${esc}[201~`,
  `${esc}[<0;70;10M`,
  `${esc}[<64;70;10M`,
];

/** The same numbers for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a terminal is left in: each mode as it was set last. */
function modesLeft(raw: string): Record<string, string> {
  const left: Record<string, string> = {};
  for (const [, modes = '', set = ''] of raw.matchAll(new RegExp(`${esc}\\[\\?([\\d;]+)([hl])`, 'g'))) {
    for (const mode of modes.split(';')) left[mode] = set;
  }
  return left;
}

const first = process.env.KUBEDRILL_FUZZ === undefined ? 1 : Math.floor(Math.random() * 1e9);
const seeds = Array.from({ length: Math.ceil(200 / oneOf(40)) }, (_, n) => first + n);
const sizes = [
  { columns: 130, rows: 40 },
  { columns: 80, rows: 24 },
  { columns: 60, rows: 16 },
];

describe.runIf(process.platform === 'linux')('keys pressed at random', () => {
  let user: Sandbox;
  beforeAll(async () => {
    user = await Sandbox.create();
    expect((await user.run(['start', 'forbidden-deployment'])).code).toBe(0);
  });
  afterAll(() => user.dispose());

  it.each(seeds)('do no harm, and leave the terminal as it was (seed %d)', async (seed) => {
    const draw = numbers(seed);
    const script =
      'is=$(stty -g); "$0" "$1" forbidden-deployment; echo "code $?"; [ "$is" = "$(stty -g)" ] && echo as before';
    const terminal = user.open('/bin/sh', ['-c', script, process.execPath, program], sizes[seed % sizes.length]);
    await terminal.until('? keys');
    for (let n = 0; n < 80; n++) {
      terminal.type(keys[Math.floor(draw() * keys.length)] ?? '');
      if (n % 30 === 29) terminal.resize(...((draw() < 0.5 ? [100, 30] : [140, 45]) as [number, number]));
    }
    // None of the keys leaves it, wherever they go.
    const app = Number(readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8').trim());
    process.kill(app, 'SIGTERM');
    await terminal.exited;
    expect(terminal.text()).toMatch(/code 0\nas before$/m);
    expect(modesLeft(terminal.raw())).toMatchObject({ 25: 'h', 1049: 'l', 2004: 'l' });
    expect(modesLeft(terminal.raw())[1006] ?? 'l').toBe('l');
  });

  it('asked for no hint, and started no other scenario', async () => {
    const { attempts } = await user.json<{ attempts: { scenario: string }[] }>(['status']);
    expect(attempts.map((a) => a.scenario)).toEqual(['forbidden-deployment']);
    expect(await user.json(['hint'])).toMatchObject({ left: 2 });
  });
});
