import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { ManualClock, nextTurn } from '../../src/kernel/clock.ts';
import { Keyboard, type KeyboardSource } from '../../src/tui/keyboard.ts';
import { runShell } from '../../src/tui/lab-terminal.ts';

it('gives the app what is typed as soon as the shell has ended, and says what was typed too early', async () => {
  const source = Object.assign(new EventEmitter(), { resume: () => undefined, pause: () => undefined });
  const keyboard = new Keyboard(source as unknown as KeyboardSource, new ManualClock());
  const app: string[] = [];
  keyboard.on('data', (bytes) => app.push(String(bytes)));
  keyboard.open();
  const typed = keyboard.hold(() => expect.unreachable());
  source.emit('data', Buffer.from('early'));
  const said: string[] = [];
  const stdout = { write: (text: string) => said.push(text) } as unknown as NodeJS.WriteStream;
  await runShell({ file: process.execPath, args: ['--version'], env: {} }, typed, { keyboard, stdout });
  // Whoever has lent the terminal is still on the way back.
  source.emit('data', Buffer.from('q'));
  await nextTurn();
  expect(app).toEqual(['q']);
  expect(said.join('')).toContain('is not kept');
});
