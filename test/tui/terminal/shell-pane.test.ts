import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/kernel/clock.ts';
import { openPane } from '../../../src/tui/terminal/open.ts';
import type { ShellPane } from '../../../src/tui/terminal/shell-pane.ts';

const place = { x: 0, y: 0, columns: 40, rows: 6 };
const open: ShellPane[] = [];

function shell(script: string): ShellPane {
  const pane = openPane({ file: '/bin/sh', args: ['-c', script], env: { PS1: '$ ' } }, place, systemClock);
  if (!pane) throw new Error('there are no pseudo-terminals here');
  open.push(pane);
  return pane;
}

/** Resolves as soon as the pane shows it. */
function shows(pane: ShellPane, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!pane.frame().lines.some((line) => line.includes(wanted))) return;
      stop();
      resolve();
    };
    const stop = pane.subscribe(look);
    look();
  });
}

describe.skipIf(process.platform === 'win32')("the shell's pane", () => {
  afterEach(async () => {
    for (const pane of open.splice(0)) await pane.end();
  });

  it('runs a program in a terminal of its own, and takes keys', async () => {
    const pane = shell('echo "$TERM=$COLUMNS="; read line; echo "got $line"');
    await shows(pane, 'xterm-256color==');
    for (const byte of Buffer.from('検\r')) pane.take(Buffer.from([byte]));
    await shows(pane, 'got 検');
    await pane.ended;
    expect(pane.frame()).toMatchObject({ ended: true });
    pane.take(Buffer.from('x'));
  });

  it('tells the program of another size', async () => {
    const pane = shell('trap "stty size; exit" WINCH; echo ready; while :; do sleep 0.01; done');
    await shows(pane, 'ready');
    pane.place({ ...place, columns: 50, rows: 8 });
    await shows(pane, '8 50');
    expect(pane.frame().lines).toHaveLength(8);
  });

  it('holds up a program that prints without end, and shows the key that ends it', async () => {
    const pane = shell(
      'trap "echo; echo over; exit" INT; while :; do echo 0123456789012345678901234567890123456789; done',
    );
    await shows(pane, '0123456789');
    let frames = 0;
    pane.subscribe(() => frames++);
    pane.take(Buffer.from('\u0003'));
    await shows(pane, 'over');
    await pane.ended;
    expect(frames).toBeLessThan(200);
  });

  it.runIf(process.platform === 'linux')(
    'leaves nothing behind, who does not hear that the terminal went included',
    async () => {
      const mark = `pane-${process.pid}-${Math.random()}`;
      const pane = shell(
        `export MARK=${mark}; set -m; sleep 1000 & sh -c 'trap "" HUP TERM; exec sleep 1000' & echo $((40 + 2)); exec sleep 1000`,
      );
      await shows(pane, '42');
      await pane.end();
      const left = readdirSync('/proc').filter((pid) => {
        try {
          return Number(pid) > 0 && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark);
        } catch {
          return false;
        }
      });
      expect(left).toEqual([]);
    },
  );
});
