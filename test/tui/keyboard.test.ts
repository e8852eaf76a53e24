import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { ManualClock, nextTurn } from '../../src/kernel/clock.ts';
import { Keyboard, type KeyboardSource } from '../../src/tui/keyboard.ts';

/** A terminal's input that a test types on. */
class FakeSource extends EventEmitter {
  isTTY = true;
  flowing = false;
  raw = false;
  resume = () => this.#flow(true);
  pause = () => this.#flow(false);
  ref = () => this;
  unref = () => this;

  setRawMode = (raw: boolean) => {
    this.raw = raw;
    return this;
  };

  #flow(flowing: boolean): this {
    this.flowing = flowing;
    return this;
  }
}

function opened() {
  const source = new FakeSource();
  const clock = new ManualClock();
  const keyboard = new Keyboard(source as unknown as KeyboardSource, clock);
  keyboard.setEncoding('utf8');
  keyboard.open();
  const app: string[] = [];
  const seen = { onKeys: (_: string): void => undefined };
  keyboard.on('readable', () => {
    for (let text = keyboard.read(); text !== null; text = keyboard.read()) {
      app.push(text as string);
      seen.onKeys(text as string);
    }
  });
  const type = async (text: string) => {
    source.emit('data', Buffer.from(text));
    for (let n = 0; n < 10; n++) await nextTurn();
  };
  return { source, clock, keyboard, app, seen, type };
}

it('gives the app what is typed, whole characters and whole keys', async () => {
  const { app, type, source } = opened();
  await type('né\u001b[A\u001b');
  const [first, second] = [Buffer.from('検').subarray(0, 1), Buffer.from('検').subarray(1)];
  source.emit('data', first);
  source.emit('data', second);
  await nextTurn();
  expect(app.join('')).toBe('né\u001b[A\u001b検');
});

it('keeps what comes right behind the key of the shell for the shell, in the same breath too', async () => {
  const { app, type, keyboard, seen } = opened();
  const shell: string[] = [];
  let typed: ReturnType<Keyboard['hold']> | undefined;
  seen.onKeys = (text) => {
    if (text.endsWith('s')) typed ??= keyboard.hold(() => expect.unreachable());
  };
  await type('jsecho n\r');
  await type('\u001b[A検');
  expect(app.join('')).toBe('js');
  typed?.forward((bytes) => shell.push(bytes.toString()));
  await type('ls\u001b');
  expect(shell.join('')).toBe('echo n\r\u001b[A検ls\u001b');
  typed?.end();
  await type('q');
  expect(app.join('')).toBe('jsq');
});

it('cancels by Esc by itself and by Ctrl-C, and then drops what was typed', async () => {
  const { app, type, keyboard, clock } = opened();
  let cancelled = 0;
  const hold = () => keyboard.hold(() => cancelled++);
  const typed = hold();
  await type('n\r\u001b[A\u001bOA');
  await clock.advance(1_000);
  expect(cancelled).toBe(0);
  // A key that arrives in two pieces is no Esc.
  await type('\u001b');
  await type('[B');
  await clock.advance(1_000);
  expect(cancelled).toBe(0);
  await type('\u001b');
  await clock.advance(50);
  expect(cancelled).toBe(1);
  typed.end();
  const second = hold();
  await type('k\u0003');
  expect(cancelled).toBe(2);
  second.end();
  await type('x');
  expect(app.join('')).toBe('x');
});

it('leaves the terminal to others, and takes it back', async () => {
  const { app, type, keyboard, source } = opened();
  keyboard.close();
  expect(source.flowing).toBe(false);
  await type('theirs');
  keyboard.open();
  expect(source.flowing).toBe(true);
  await type('ours');
  expect(app.join('')).toBe('ours');
});

const f12 = '\u001b[24~';

it('keeps the key that moves the focus from the app and from the shell, and acts on it in its turn', async () => {
  const { app, type, keyboard, clock, seen } = opened();
  const heard: string[] = [];
  seen.onKeys = (text) => heard.push(text);
  let typed: ReturnType<Keyboard['hold']> | undefined;
  keyboard.listenForFocus(() => {
    heard.push('F12');
    if (typed) {
      typed.end();
      typed = undefined;
    } else {
      typed = keyboard.hold(() => expect.unreachable());
      typed.forward((bytes) => heard.push(`shell:${bytes}`));
    }
  });
  await type(`ab${f12}cd${f12}e`);
  expect(heard).toEqual(['ab', 'F12', 'shell:cd', 'F12', 'e']);
  // In two pieces; what only begins like it goes on its way.
  await type('\u001b[2');
  await type('4~f');
  await type(`${f12}\u001b[24`);
  await clock.advance(20);
  expect(heard.slice(5)).toEqual(['F12', 'shell:f', 'F12', '\u001b[24']);
  expect(app.join('')).toBe('abe\u001b[24');
});

it('takes no key out of what is pasted', async () => {
  const { type, keyboard } = opened();
  keyboard.listenForFocus(() => expect.unreachable());
  const shell: string[] = [];
  keyboard.hold(() => undefined).forward((bytes) => shell.push(bytes.toString()));
  await type(`\u001b[200~a${f12}b\u001b[201~`);
  expect(shell.join('')).toBe(`\u001b[200~a${f12}b\u001b[201~`);
});

it('says of the key that moves the focus when it came, not when the app got to it', async () => {
  const { type, keyboard, clock } = opened();
  const heard: number[] = [];
  const begin = clock.now();
  keyboard.listenForFocus((at) => {
    heard.push(at - begin);
    // The app draws meanwhile.
    void clock.advance(1_000);
  });
  await type(f12 + f12);
  expect(heard).toEqual([0, 0]);
});
