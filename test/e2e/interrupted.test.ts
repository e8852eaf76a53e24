/** Ctrl-C at any moment of a command that makes things of its own: it says so, and leaves nothing. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { program, Sandbox } from './sandbox.ts';

let user: Sandbox;
beforeAll(async () => {
  user = await Sandbox.create();
});
afterAll(() => user.dispose());
afterEach(() => {
  for (const run of runs.splice(0)) run.end();
});

/** Everything below the folder for temporary files. */
const temporary = () => readdirSync(user.env.TMPDIR as string, { recursive: true }).map(String);

/** Processes of a session that have not ended, from /proc; none elsewhere. */
function processesOf(session: number): string[] {
  if (!existsSync('/proc/self/stat')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [state, , , own] = readFileSync(join('/proc', pid, 'stat'), 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return Number(own) === session && state !== 'Z';
      } catch {
        return false;
      }
    });
}

interface Run {
  /** What was printed so far. */
  text(): string;
  /** As a terminal sends it: to all processes of the command. */
  interrupt(): void;
  /** Resolves with the exit code. */
  ended: Promise<number | null>;
  left(): string[];
  /** Ends it the hard way, if it has not ended. */
  end(): void;
}

const runs: Run[] = [];

function verify(...args: string[]): Run {
  const child = spawn(process.execPath, [program, 'pack', 'verify', ...args], {
    env: user.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A session of its own, so that what it leaves can be found.
    detached: true,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += String(data)));
  const session = child.pid ?? 0;
  const run: Run = {
    text: () => text,
    interrupt: () => void process.kill(-session, 'SIGINT'),
    ended: new Promise((resolve) => child.once('close', resolve)),
    left: () => processesOf(session),
    end: () => {
      for (const pid of processesOf(session)) process.kill(Number(pid), 'SIGKILL');
    },
  };
  runs.push(run);
  return run;
}

const scenarios = 'first-call-from-a-pod,who-am-i';

describe('kubedrill pack verify', () => {
  it.each<[string, (run: Run) => boolean]>([
    ['it has a folder', () => temporary().length > 0],
    ['clusters are being made', () => temporary().some((name) => name.endsWith('/events.jsonl'))],
    ['a cluster is there', () => temporary().some((name) => name.endsWith('/kubeconfig'))],
    ['an attempt is set up', () => temporary().some((name) => name.endsWith('/baseline.json'))],
    ['a first proof is made', (run) => /^✔ /m.test(run.text())],
  ])('leaves nothing when it is interrupted as %s', async (_, reached) => {
    const run = verify('--scenario', scenarios);
    await vi.waitFor(() => expect(reached(run)).toBe(true), { timeout: 60_000, interval: 20 });
    run.interrupt();
    expect(await run.ended).toBe(130);
    expect(run.text().replace(/^✔ .*\n/gm, '')).toBe('cleaning up\n');
    expect(temporary()).toEqual([]);
    await vi.waitFor(() => expect(run.left()).toEqual([]), { timeout: 10_000 });
  });

  it('takes a Ctrl-C that comes by two ways for one', async () => {
    const run = verify('--scenario', scenarios);
    await vi.waitFor(() => expect(temporary().some((name) => name.endsWith('/kubeconfig'))).toBe(true), {
      timeout: 60_000,
      interval: 20,
    });
    run.interrupt();
    run.interrupt();
    expect(await run.ended).toBe(130);
    expect(temporary()).toEqual([]);
  });
});
