import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Paths } from '../kernel/paths.ts';
import { platform } from '../kernel/platform.ts';
import type { Diagnosis } from './provider.ts';

const mebi = 2 ** 20;
const neededMemory = 200 * mebi;
/** A lab's log grows by some MiB; below this the first thing that fails is somebody else's. */
const neededDisk = 200 * mebi;

export interface TerminalAbilities {
  isTTY: boolean;
  columns: number;
  rows: number;
  /** Bits a colour takes: 1 means none (`tty.getColorDepth`). */
  colourDepth: number;
}

/** Whether what kubedrill keeps can be written, and for how long. */
export function checkFolders(paths: Paths): Diagnosis[] {
  return (['state', 'cache'] as const).map((name) => {
    const folder = paths[name];
    const subject = `${name} folder`;
    const variable = `XDG_${name.toUpperCase()}_HOME`;
    const fix = `set ${variable} to a folder that you may write to`;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, constants.W_OK);
    } catch (error) {
      return { subject, ok: false, text: `${folder} cannot be written: ${(error as Error).message}`, fix };
    }
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    const text = `${folder}, ${sizeText(free)} free`;
    if (free >= neededDisk) return { subject, ok: true, text };
    const more = `free some space: a lab wants about ${sizeText(neededDisk)}, or set ${variable} to another disk`;
    return { subject, ok: false, text, fix: more };
  });
}

/** Whether a server may listen on the loopback interface. */
export function checkPorts(): Promise<Diagnosis> {
  const subject = 'ports';
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) =>
      resolve({
        subject,
        ok: false,
        text: `127.0.0.1 cannot be listened on: ${error.message}`,
        fix: 'allow servers on the loopback interface',
      }),
    );
    server.listen(0, '127.0.0.1', () =>
      server.close(() => resolve({ subject, ok: true, text: 'free ports on 127.0.0.1' })),
    );
  });
}

export function checkMemory(): Diagnosis {
  const free = platform.availableMemory();
  if (free === undefined) return { subject: 'memory', ok: true, text: `${sizeText(platform.totalMemory())} in all` };
  const text = `${sizeText(free)} free`;
  if (free >= neededMemory) return { subject: 'memory', ok: true, text };
  return { subject: 'memory', ok: false, text, fix: `close something: a lab wants about ${sizeText(neededMemory)}` };
}

/** What the app can draw with. Less than that is no fault: there are plain lines. */
export function checkTerminal(terminal: TerminalAbilities, env: NodeJS.ProcessEnv): Diagnosis {
  const subject = 'terminal';
  const { isTTY, columns, rows, colourDepth } = terminal;
  if (!isTTY) return { subject, ok: true, text: 'none: plain lines' };
  const wished = env.NO_COLOR
    ? 'no colours (NO_COLOR)'
    : colourDepth > 1
      ? `${2 ** colourDepth} colours`
      : 'no colours';
  const text = `${columns}x${rows}, ${wished}, ${env.TERM ?? 'TERM is not set'}`;
  if (env.TERM === 'dumb') {
    return { subject, ok: false, text, fix: 'use another terminal, or --plain' };
  }
  if (columns >= 80 && rows >= 24) return { subject, ok: true, text };
  return { subject, ok: false, text, fix: 'make the window at least 80 columns by 24 rows, or use --plain' };
}

/** The symbols of the app are beyond ASCII; POSIX takes the first variable that is set. */
export function checkLocale(env: NodeJS.ProcessEnv): Diagnosis {
  const subject = 'locale';
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  const isUtf8 = /utf-?8/i.test(locale) || platform.isUtf8ByDefault;
  if (isUtf8) return { subject, ok: true, text: locale || 'UTF-8' };
  const text = `${locale || 'not set'}: symbols may come out wrong`;
  return { subject, ok: false, text, fix: 'export LANG=C.UTF-8' };
}

function sizeText(bytes: number): string {
  return bytes >= 10 * 1024 * mebi ? `${Math.round(bytes / 1024 / mebi)} GiB` : `${Math.round(bytes / mebi)} MiB`;
}
