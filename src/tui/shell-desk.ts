import type { KubectlVersion } from '../cluster/kubectl/version.ts';
import type { AttemptState } from '../session/types.ts';
import type { LabsAccess, Screen } from './access.ts';
import type { TypeAhead } from './keyboard.ts';
import { paneFrom, terminalPlace } from './layout.ts';
import type { TerminalView } from './state.ts';
import type { Store } from './store.ts';
import type { ShellPane } from './terminal/shell-pane.ts';

/** Two presses within so many milliseconds are one of another kind. */
const doublePress = 400;

/** What happens to a pane that others have to know of. */
export interface DeskEvents {
  /** Its keys are the lab's again, or it was left: what was done in it may have changed what checks see. */
  onLeft(attempt: string): void;
}

/** The shells' panes, one a lab: which is shown, which has the focus. A pane lives as long as its lab, or the app. */
export class ShellDesk {
  readonly #store: Store;
  readonly #access: LabsAccess;
  readonly #screen: Screen;
  readonly #events: DeskEvents;
  readonly #panes = new Map<string, { pane: ShellPane; ended: boolean }>();
  readonly #unsubscribe: () => void;
  /** Whoever has the focus takes what is typed. */
  #typed: TypeAhead | undefined;
  #closed = false;
  #zoomed = false;
  #mouse = false;
  #pressedAt = Number.NEGATIVE_INFINITY;

  constructor(store: Store, access: LabsAccess, screen: Screen, events: DeskEvents) {
    this.#store = store;
    this.#access = access;
    this.#screen = screen;
    this.#events = events;
    this.#unsubscribe = store.subscribe(() => this.#follow());
  }

  /** Whether the lab has a pane whose shell lives. */
  has(attempt: string): boolean {
    return this.#panes.get(attempt)?.ended === false;
  }

  /** Opens the lab's pane and hands it what is `typed`; false: there can be none here. */
  async open(lab: AttemptState, kubectl: KubectlVersion, typed: TypeAhead): Promise<boolean> {
    const size = this.#screen.size();
    const pane = await this.#access.pane?.(lab, kubectl, terminalPlace(size, this.#isFull()));
    if (!pane) return false;
    if (this.#closed) {
      await pane.end();
      return true;
    }
    const known = { pane, ended: false };
    await this.#panes.get(lab.id)?.pane.end();
    this.#panes.set(lab.id, known);
    void pane.ended.then(() => this.#left(lab.id, known));
    this.#store.dispatch({ type: 'close' });
    this.#show({ pane, focused: true, zoomed: this.#isFull(), ended: false });
    this.#focus(typed);
    return true;
  }

  /** Keys go to the pane on screen. */
  enter(): void {
    const { terminal } = this.#store.get();
    if (!terminal || terminal.ended || terminal.focused) return;
    this.#store.dispatch({ type: 'close' });
    this.#show({ ...terminal, focused: true, zoomed: this.#isFull() });
    this.#focus(this.#screen.hold(() => undefined));
  }

  /** The key of the focus, pressed `at` (milliseconds since 1970), where there is a pane; false: there is none that it could mean. */
  press(at: number): boolean {
    const { terminal, lab, screen, overlay } = this.#store.get();
    if (!terminal || screen.name !== 'lab' || overlay) return false;
    const isDouble = at - this.#pressedAt < doublePress;
    this.#pressedAt = isDouble ? Number.NEGATIVE_INFINITY : at;
    if (terminal.ended) {
      if (lab) this.#remove(lab.id);
      return true;
    }
    if (isDouble) {
      this.#zoomed = !this.#zoomed;
      if (terminal.focused) this.#show({ ...terminal, zoomed: this.#isFull() });
      else this.enter();
      return true;
    }
    if (terminal.focused) this.#leave();
    else this.enter();
    return true;
  }

  /** Whether the terminal sends what the mouse does, from now on. */
  switchMouse(): boolean {
    this.#mouse = !this.#mouse;
    this.#screen.mouse?.(this.#mouse);
    return this.#mouse;
  }

  /** Ends all shells. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#typed?.end();
    for (const attempt of [...this.#panes.keys()]) this.#remove(attempt);
  }

  /** A terminal that is too narrow for two shows the pane in full. */
  #isFull(): boolean {
    return this.#zoomed || this.#screen.size().columns < paneFrom;
  }

  #focus(typed: TypeAhead): void {
    this.#typed = typed;
    const pane = this.#store.get().terminal?.pane;
    typed.forward((bytes) => pane?.take(bytes));
    pane?.focus(true);
  }

  #leave(): void {
    const { terminal, lab } = this.#store.get();
    this.#typed?.end();
    this.#typed = undefined;
    if (!terminal?.focused) return;
    terminal.pane.focus(false);
    this.#show({ ...terminal, focused: false });
    if (lab) this.#events.onLeft(lab.id);
  }

  #left(attempt: string, known: { pane: ShellPane; ended: boolean }): void {
    known.ended = true;
    const { terminal } = this.#store.get();
    if (terminal?.pane !== known.pane) return;
    if (terminal.focused) {
      this.#typed?.end();
      this.#typed = undefined;
      this.#events.onLeft(attempt);
    }
    this.#show({ ...terminal, focused: false, ended: true });
    this.#store.dispatch({ type: 'notice', text: 'the shell has ended; s opens a new one' });
  }

  /** What else is shown takes the focus; each lab has its own pane; that of a lab that ended goes with it. */
  #follow(): void {
    const { terminal, lab, screen, overlay, running } = this.#store.get();
    if (terminal?.focused && (overlay || screen.name !== 'lab')) this.#leave();
    if (lab?.phase === 'stopped') this.#remove(lab.id);
    if (screen.name === 'page' && this.#panes.size > 0) {
      const ids = new Set(Object.values(running).map(({ id }) => id));
      for (const attempt of this.#panes.keys()) if (!ids.has(attempt)) this.#remove(attempt);
    }
    const known = lab && screen.name === 'lab' ? this.#panes.get(lab.id) : undefined;
    if (known?.pane === this.#store.get().terminal?.pane) return;
    this.#show(known && { pane: known.pane, focused: false, zoomed: false, ended: known.ended });
  }

  #remove(attempt: string): void {
    const known = this.#panes.get(attempt);
    if (!known) return;
    this.#panes.delete(attempt);
    const { terminal } = this.#store.get();
    if (terminal?.pane === known.pane) {
      this.#typed?.end();
      this.#typed = undefined;
      this.#show(undefined);
    }
    void known.pane.end();
  }

  #show(terminal: TerminalView | undefined): void {
    this.#store.dispatch({ type: 'terminal', terminal });
  }
}
