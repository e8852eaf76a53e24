import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import type { Terminal } from './terminal.ts';

const f12 = '\u001b[24~';
const esc = '\u001b';

/** What the pane shows, without what stands beside it. */
function paneOf(terminal: Terminal): string[] {
  const lines = terminal.screen();
  const at = lines[1]?.search(/(▸ )?Shell ─/) ?? -1;
  return at < 0 ? [] : lines.slice(2, -1).map((line) => line.slice(at).trimEnd());
}

/** Resolves when a line of the pane is as wanted. */
function shows(terminal: Terminal, wanted: RegExp): Promise<void> {
  return terminal.until(() => paneOf(terminal).some((line) => wanted.test(line)));
}

/** Two presses of one key are another key if they come too close: the clock in the header tells that they do not. */
async function aSecond(terminal: Terminal): Promise<void> {
  const clock = () => terminal.screen()[0]?.slice(-6);
  for (const at of [clock(), clock()]) await terminal.until(() => clock() !== at);
}

/** Processes that have this in their environment. */
function processesWith(variable: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(variable);
      } catch {
        return false;
      }
    });
}

describe.runIf(process.platform === 'linux')("the shell's pane in the lab", () => {
  let user: Sandbox;
  let terminal: Terminal;
  beforeAll(async () => {
    user = await Sandbox.create();
    terminal = user.terminal(['forbidden-deployment'], { columns: 130, rows: 40, env: { KUBE_EDITOR: 'vi' } });
    await terminal.until(/✘ The Pods' logs show the list/);
  });
  afterAll(() => user.dispose());

  const run = (command: string) => terminal.type(`${command}\r`);

  it('opens beside task and checks, with what was typed ahead, and a prompt of score and time', async () => {
    terminal.type('secho ahead-$((1 + 2))\r');
    await shows(terminal, /^ahead-3$/);
    await shows(terminal, /^\(forbidden-deployment\) 0\/100 00:\d\d .*[$#]$/);
    expect(terminal.alternate).toBe(true);
    expect(terminal.text()).toMatch(/The Deployment api-client in namespace/);
    expect(terminal.text()).toContain("✘ The Pods' logs show the list");
    expect(terminal.screen().at(-1)).toContain('F12 back to the lab');
  });

  it("knows the lab's words, and the keys of the app are the shell's", async () => {
    run('clear; task | head -1; basename "$(type -p explain)"; echo quit-$(hint --help | wc -l)');
    await shows(terminal, /^A Deployment that may not list Pods$/);
    await shows(terminal, /^explain$/);
    await shows(terminal, /^quit-\d\d?$/);
    run('clear; sh -c "echo fell-""asleep; exec sleep 60"');
    await shows(terminal, /^fell-asleep$/);
    terminal.type('\u0003');
    await shows(terminal, /^\^C$/);
  });

  it('goes in and out by F12, twice quickly: in full; the shell follows the size', async () => {
    run('clear; stty size');
    await shows(terminal, /^37 79$/);
    terminal.type(f12);
    await terminal.until('▸ Task');
    terminal.type('?');
    await terminal.until('▸ Keys');
    terminal.type(esc);
    await terminal.until('▸ Task');
    await aSecond(terminal);
    terminal.type(f12);
    await terminal.until('▸ Shell');
    await aSecond(terminal);
    terminal.type(f12 + f12);
    await terminal.until((text) => text.includes('▸ Shell') && !text.includes('Checks'));
    run('clear; stty size');
    await shows(terminal, /^37 128$/);
    await aSecond(terminal);
    terminal.type(f12 + f12);
    await terminal.until((text) => text.includes('▸ Shell') && text.includes('Checks'));
    // Too narrow for two: in full.
    terminal.resize(90, 30);
    await terminal.until((text) => text.includes('▸ Shell') && !text.includes('Checks'));
    run('clear; stty size');
    await shows(terminal, /^27 88$/);
    expect(terminal.wrapped()).toEqual([]);
    terminal.resize(130, 40);
    await terminal.until('Checks');
    run('clear; stty size');
    await shows(terminal, /^37 79$/);
  });

  it('scrolls back, and forth again as soon as something is typed', async () => {
    run('clear; seq 1000 1200');
    await shows(terminal, /^1200$/);
    terminal.type('\u001b[5;2~');
    await terminal.until('lines back');
    await terminal.until(() => !paneOf(terminal).includes('1200'));
    run('clear');
    await terminal.until((text) => !text.includes('lines back'));
  });

  it('lets nothing but cells through to the terminal around', async () => {
    run(
      `clear; printf '\\033]52;c;aGFja2Vk\\a\\033]0;hacked\\a\\033]8;;http://hacked\\alink\\033]8;;\\a\\033[?1049h\\033[?1049l\\033[?1000h\\033[?2004l\\033[>1u\\033P+q\\033\\\\\\033c\\033[5n'; printf '\\033[31mr\\033[38;5;200me\\033[48;2;1;2;3md\\033[0m-\\346\\244\\234-done\\n'`,
    );
    await shows(terminal, /red-検-done/);
    const raw = terminal.raw();
    expect(raw).not.toMatch(/\u001b\]|\u001bP|\u001bc|\u001b\[\?1000h|\u001b\[>1u/);
    expect(raw).toContain('\u001b[38;5;200m');
    expect(raw).toContain('\u001b[48;2;1;2;3m');
    run('\u0015clear; reset -Q 2>/dev/null; clear');
  });

  it.runIf(hasVi())('solves the lab in it, an edit with vi included (needs vi)', async () => {
    run('clear; k create role pod-reader --verb=get --resource=pods -n project-swan');
    await shows(terminal, /pod-reader created/);
    run('clear; k edit role pod-reader -n project-swan');
    await shows(terminal, /^- apiGroups:|^rules:$/);
    terminal.type(':%s/- get/- list/\r');
    await shows(terminal, /^ +- list$/);
    terminal.type(':wq\r');
    await shows(terminal, /pod-reader edited/);
    run('k create rolebinding pod-reader --role=pod-reader --serviceaccount=project-swan:default -n project-swan');
    await terminal.until('✔ solved');
    run('clear; until read -r score rest < ~+/state/kubedrill/attempts/*/shell/status && [ $score = 100 ]; do :; done');
    await shows(terminal, /^\(forbidden-deployment\) 100\/100 /);
  });

  it('lives on while the list is shown', async () => {
    run('kept=still-here; clear');
    await terminal.until(() => paneOf(terminal).filter(Boolean).length === 1);
    terminal.type(f12);
    await terminal.until('▸ Task');
    terminal.type('l');
    await terminal.until('❯ forbidden-deployment');
    terminal.type('\r');
    await terminal.until(/Shell ─/);
    terminal.type('s');
    await terminal.until('▸ Shell');
    run('clear; echo $kept');
    await shows(terminal, /^still-here$/);
  });

  it('says that the shell has ended, and opens another', async () => {
    run('exit');
    await terminal.until('the shell has ended; s opens a new one');
    terminal.type('s');
    await terminal.until('▸ Shell');
    run('clear; echo kept=$kept=');
    await shows(terminal, /^kept==$/);
  });

  it('leaves no process behind when the app is left with programs in it', async () => {
    run("clear; sleep 1000 & sh -c 'trap \"\" HUP; echo dea''f; exec sleep 1000'");
    await shows(terminal, /^deaf$/);
    const own = `KUBEDRILL_ANSWERS=${user.paths.state}`;
    expect(processesWith(own).length).toBeGreaterThanOrEqual(3);
    terminal.type(f12);
    await terminal.until('▸ Task');
    terminal.type('q');
    expect(await terminal.exited).toBe(0);
    expect(terminal.alternate).toBe(false);
    expect(processesWith(own)).toEqual([]);
  });
});

function hasVi(): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => {
    try {
      return readdirSync(folder).includes('vi');
    } catch {
      return false;
    }
  });
}
