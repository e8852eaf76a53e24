import { render } from 'ink';
import type { KubectlVersion } from '../cluster/kubectl/version.ts';
import type { Diagnosis } from '../cluster/provider.ts';
import { nextTurn, systemClock } from '../kernel/clock.ts';
import { errorText, exitCodes } from '../kernel/errors.ts';
import type { Paths } from '../kernel/paths.ts';
import { paintFor } from '../present/text.ts';
import type { Catalog } from '../scenario/catalog.ts';
import type { ScenarioEntry } from '../scenario/overview.ts';
import type { CoachLevel } from '../session/coach-level.ts';
import { type Progress, progressKey } from '../session/progress.ts';
import { PromptStatus } from '../session/prompt.ts';
import type { RemoteLabs } from '../session/remote-labs.ts';
import type { Settings } from '../session/settings.ts';
import { labShell } from '../session/shell.ts';
import { openSplit } from '../session/split.ts';
import type { AttemptState } from '../session/types.ts';
import { terminalInput } from '../session/typing.ts';
import type { LabsAccess } from './access.ts';
import { App } from './app.tsx';
import { clusterAccess } from './cluster/access.ts';
import { goodbyeText } from './goodbye.ts';
import { remapped } from './key-map.ts';
import { Keyboard } from './keyboard.ts';
import { setBindings } from './keys.ts';
import { runInherited, runShell } from './lab-terminal.ts';
import { runPlain } from './plain.ts';
import { progressAccess } from './progress-access.ts';
import type { ScenarioRow } from './state.ts';
import type { ShellPane } from './terminal/shell-pane.ts';
import { themeFor } from './theme.ts';

export interface AppOptions {
  version: string;
  plain: boolean;
  /** Open in this scenario. */
  scenario?: string;
  /** What each check of a new attempt says without being asked. */
  coach?: CoachLevel;
  settings: Settings;
  scenarios: readonly ScenarioEntry[];
  paths: Paths;
  labs(): Promise<RemoteLabs>;
  diagnose(): Promise<readonly Diagnosis[]>;
  catalog(): Promise<Catalog>;
  kubectl(progress?: (step: string) => void, signal?: AbortSignal): Promise<KubectlVersion>;
  signal: AbortSignal;
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
}

/** Runs the terminal app until it is left; the exit code. Without a terminal, or with `plain`, as plain lines. */
export async function runApp(options: AppOptions): Promise<number> {
  const { stdin, stdout, signal, scenario, settings } = options;
  setBindings(remapped(settings.keys));
  const keyboard = new Keyboard(stdin, systemClock);
  const connection = new Connection(options.labs);
  const panes = new OpenPanes();
  const access = accessOf(options, connection, keyboard, panes);
  const scenarios = options.scenarios.map(
    (entry): ScenarioRow => ({
      ...entry,
      pack: entry.pack.title,
      packId: entry.pack.id,
      progressKey: progressKey({ pack: entry.pack.id, id: entry.id }),
    }),
  );
  if (options.plain || !stdin.isTTY || !stdout.isTTY) {
    return runPlain({ scenarios, access, stdin, stdout, signal, ...(scenario ? { scenario } : {}) });
  }
  await draw(options, scenarios, access, keyboard, panes);
  if (connection.current && !signal.aborted) stdout.write(await goodbye(connection.current, options.env));
  return exitCodes.ok;
}

/** The app's one connection to the daemon, created when it is first needed and again after it ended. */
class Connection {
  readonly #connect: () => Promise<RemoteLabs>;
  current: Promise<RemoteLabs> | undefined;

  constructor(connect: () => Promise<RemoteLabs>) {
    this.#connect = connect;
  }

  labs(): Promise<RemoteLabs> {
    this.current ??= this.#connect().then((labs) => {
      // A daemon that ended is started again by the next call.
      void labs.closed.then(() => {
        this.current = undefined;
      });
      return labs;
    });
    this.current.catch(() => {
      this.current = undefined;
    });
    return this.current;
  }
}

/** The shells that run in panes: none outlives the app. */
class OpenPanes {
  readonly #panes: ShellPane[] = [];
  #closed = false;

  keep(pane: ShellPane | undefined): ShellPane | undefined {
    if (pane) this.#panes.push(pane);
    if (this.#closed) void pane?.end();
    return pane;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#panes.map((pane) => pane.end()));
  }
}

function accessOf(options: AppOptions, connection: Connection, keyboard: Keyboard, panes: OpenPanes): LabsAccess {
  const { paths, kubectl, diagnose, coach, settings, stdin, stdout, env } = options;
  const command = (state: AttemptState, kubectl: KubectlVersion) =>
    labShell(state, paths, kubectl, env, settings.shell);
  const prompts = new PromptStatus(paths);
  return {
    labs: () => connection.labs(),
    coach: coach ?? settings.coach,
    ...progressAccess(options),
    diagnose,
    ...clusterAccess(kubectl),
    lastInput: () => terminalInput(stdin),
    kubectl,
    async pane(state, kubectl, place) {
      const { openPane } = await import('./terminal/open.ts');
      return panes.keep(openPane(await command(state, kubectl), place, systemClock));
    },
    split: (state) => openSplit(state.id, env),
    prompt: (state) => prompts.show(state),
    async shell(state, kubectl, typed) {
      const own = await command(state, kubectl);
      stdout.write(`\nA shell on the lab's cluster; leave it (exit, Ctrl-D) to come back.\n\n`);
      if (typed) return runShell(own, typed, { keyboard, stdout });
      await stopReading(stdin);
      await runInherited(own);
    },
  };
}

/** ED and CUP (ECMA-48): nothing is left, and the cursor is where a frame begins. */
const emptyScreen = '\u001b[2J\u001b[H';

/** Draws the app until it is left, the terminal has gone or it is told to end. */
async function draw(
  { version, scenario, settings, stdout, signal }: AppOptions,
  scenarios: readonly ScenarioRow[],
  access: LabsAccess,
  keyboard: Keyboard,
  panes: OpenPanes,
): Promise<void> {
  // A file that can't be read is reported in the list, which reads it again.
  const progress = await access.progress().catch((): Progress => new Map());
  // Before the first frame: keys pressed at once would be echoed into it, and Enter would not be Enter.
  keyboard.setRawMode(true);
  keyboard.open();
  const repaint = () => {
    stdout.write(emptyScreen);
    app.clear();
  };
  let mouse = false;
  const app = render(
    <App
      scenarios={scenarios}
      progress={progress}
      {...(scenario ? { scenario } : {})}
      access={access}
      version={version}
      hold={(onCancel) => keyboard.hold(onCancel)}
      repaint={repaint}
      listenForFocus={(onFocusKey) => keyboard.listenForFocus(onFocusKey)}
      mouse={(on) => {
        mouse = on;
        stdout.write(on ? mouseOn : mouseOff);
      }}
      size={() => ({ columns: stdout.columns, rows: stdout.rows })}
      paint={paintFor(stdout, settings.theme)}
      theme={themeFor(stdout, settings.theme)}
      motion={settings.motion}
    />,
    {
      stdin: keyboard as unknown as NodeJS.ReadStream,
      stdout,
      alternateScreen: true,
      exitOnCtrlC: false,
      incrementalRendering: true,
      // Twice what a pane needs: a key's frame does not wait for the next one of what a program prints.
      maxFps: 60,
      patchConsole: false,
    },
  );
  const onAbort = () => app.unmount();
  // The terminal has gone.
  keyboard.once('end', onAbort);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await app.waitUntilExit();
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (mouse) stdout.write(mouseOff);
    keyboard.setRawMode(false);
    keyboard.close();
    await panes.close();
  }
}

/** Buttons, the wheel and dragging (1002), as SGR (1006). */
const [mouseOn, mouseOff] = ['\u001b[?1002h\u001b[?1006h', '\u001b[?1002l\u001b[?1006l'];

/** What goes on although the app is left, and how to come back to it; a few words at most where nobody answers. */
async function goodbye(connection: Promise<RemoteLabs>, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return goodbyeText(await (await connection).attempts(), env);
  } catch (error) {
    return `The daemon does not answer (${errorText(error).what}).\n`;
  }
}

/**
 * That nobody listens does not end the read that is under way: it would take keys from the shell (or fail, in the
 * background). Only the change from flowing to paused ends it.
 */
async function stopReading(stdin: NodeJS.ReadStream): Promise<void> {
  stdin.resume();
  stdin.pause();
  await nextTurn();
}
