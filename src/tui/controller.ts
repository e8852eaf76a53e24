import type { Key } from 'ink';
import type { LabsAccess, Screen } from './access.ts';
import type { Command } from './bindings.ts';
import { ClusterVerbs } from './cluster/verbs.ts';
import { commandOf, keyOf } from './keys.ts';
import { LabVerbs } from './lab-verbs.ts';
import { isFiltered } from './labs-view.ts';
import { bodyRows, type Look, type Size, scrollMax, smallest } from './layout.ts';
import { PageKeys } from './page-keys.ts';
import { shownLabs } from './pages/labs.ts';
import { type AppState, type Overlay, type PaneName, placeOf, type Question } from './state.ts';
import type { Store } from './store.ts';

/** Turns keys into changes of the state and into calls of the daemon. */
export class Controller {
  readonly #store: Store;
  readonly #screen: Screen;
  readonly #look: Look;
  readonly #labs: LabVerbs;
  readonly #pages: PageKeys;
  readonly #cluster: ClusterVerbs;

  constructor(store: Store, access: LabsAccess, screen: Screen, look: Look) {
    this.#store = store;
    this.#screen = screen;
    this.#look = look;
    this.#labs = new LabVerbs(store, access, screen);
    this.#pages = new PageKeys(store, access, this.#labs);
    this.#cluster = new ClusterVerbs(store, access);
  }

  /** Opens what the app was started with: a scenario, or the list. */
  start(scenario: string | undefined): void {
    if (scenario) this.#labs.open(scenario);
    else this.#labs.toPage();
  }

  stop(): void {
    this.#cluster.close();
    this.#labs.leave();
  }

  /** The key that moves the focus, which is heard before all others. */
  focusKey(at: number): void {
    if (!tooSmall(this.#screen.size())) this.#labs.shells.focusKey(at);
  }

  /** One key, or several that came in one breath. */
  press(input: string, key: Key): void {
    const several = input.length > 1 && !key.ctrl && !key.meta;
    for (const one of several ? input : [input]) this.#one(one, /[\r\n]/.test(one) ? { ...key, return: true } : key);
  }

  paste(): void {
    this.#say(`what is pasted goes nowhere here; ${keyOf('shell')} opens a shell`);
  }

  #one(input: string, key: Key): void {
    const { dispatch } = this.#store;
    const state = this.#store.get();
    const place = placeOf(state);
    const command = commandOf(input, key, place);
    this.#say(undefined);
    if (place === 'waiting' || place === 'preparing') {
      if (!command) return this.#say(`${state.busy ?? 'the lab is being set up'}; ${this.#labs.shells.wayOut()}`);
      if (command === 'quit' || command === 'back') {
        if (this.#labs.shells.cancel()) return;
      }
    }
    if (command === 'quit') return this.#screen.exit();
    if (tooSmall(this.#screen.size())) return;
    if (place === 'waiting' && (command === 'back' || state.screen.name === 'page'))
      return this.#say(`${state.busy}; that cannot be undone half-way`);
    if (place === 'confirm' && state.overlay?.kind === 'confirm') {
      const { question, scenario, check } = state.overlay;
      dispatch({ type: 'close' });
      const yes = command === 'yes' || command === question;
      return yes ? this.#labs.confirmed(question, scenario, check) : this.#say('nothing was done');
    }
    if (place === 'filter' && !command && input) return this.#pages.type(input, key);
    if (command) return this.#run(command, input, state);
    if (input && !key.ctrl && !key.meta) this.#say(`${input} does nothing here; ${keyOf('keys')} shows the keys`);
    else this.#say(`this key does nothing here; ${keyOf('keys')} shows the keys`);
  }

  #run(command: Command, input: string, state: AppState): void {
    const { dispatch } = this.#store;
    const { overlay, screen } = state;
    switch (command) {
      case 'up':
      case 'down':
      case 'pageUp':
      case 'pageDown':
      case 'top':
      case 'bottom':
        return this.#move(command, state);
      case 'keys':
        if (overlay?.kind === 'keys') return dispatch({ type: 'close' });
        return this.#show({ kind: 'keys', scroll: 0 });
      case 'back':
        if (overlay) dispatch({ type: 'close' });
        // Nothing lies under a failure to open a lab.
        if (overlay && (screen.name === 'cluster' || screen.name === 'page')) return;
        if (screen.name === 'cluster') return this.#cluster.close();
        if (screen.name === 'page') return this.#pages.back();
        if (!overlay || !state.lab) this.#labs.toPage();
        return;
      default:
        if (screen.name === 'page') return this.#runOnPage(command, input, state);
        if (screen.name === 'cluster') return this.#cluster.run(command);
        return this.#runInLab(command, state);
    }
  }

  #runOnPage(command: Command, input: string, { overlay, running }: AppState): void {
    if (overlay) return this.#say(`this key does nothing here; ${keyOf('keys')} shows the keys`);
    const target = this.#pages.target();
    if (command === 'open' && target?.open === 'lab') return this.#labs.open(target.scenario, target.review);
    if (command === 'stop') {
      const scenario = target?.open === 'lab' && Object.hasOwn(running, target.scenario) ? target.scenario : undefined;
      return scenario ? this.#ask('stop', scenario) : this.#say('nothing is in progress here');
    }
    this.#pages.run(command, input);
  }

  #runInLab(command: Command, state: AppState): void {
    const { dispatch } = this.#store;
    const { lab, pane, overlay } = state;
    if (command === 'list') return this.#labs.toPage(undefined, 'labs');
    if (command === 'next' || command === 'previous') return this.#neighbour(command, state);
    if (command === 'focus' || command === 'focusBack') {
      const by = command === 'focus' ? 1 : -1;
      if (overlay?.kind === 'explain') return this.#labs.explain(neighbourCheck(state, overlay.check, by));
      return overlay
        ? this.#say(`this key does nothing here; ${keyOf('keys')} shows the keys`)
        : dispatch({ type: 'pane', by });
    }
    if (command === 'shell') return this.#labs.shells.open();
    if (command === 'view') return this.#cluster.open();
    if (command === 'split') return this.#labs.shells.split();
    if (command === 'mouse') return this.#labs.shells.mouse();
    if (!lab) return this.#say('the lab is still being opened');
    switch (command) {
      case 'reset':
        return lab.phase === 'failed' ? this.#labs.open(lab.scenario.id) : this.#ask('reset', lab.scenario.id);
      case 'stop':
        return this.#ask('stop', lab.scenario.id);
      case 'hint':
        return lab.hints.nextPrice ? this.#ask('hint', lab.scenario.id) : this.#labs.hint();
      case 'report':
        return this.#labs.report();
      case 'debrief':
        return this.#labs.debrief();
      case 'solution':
        if (lab.solved || lab.sawSolution) return this.#labs.confirmed('solution', lab.scenario.id);
        return this.#ask('solution', lab.scenario.id);
      case 'explain': {
        const check = overlay?.kind === 'explain' ? overlay.check : checkToExplain(state);
        if (!check) return this.#say('there is no check to explain yet');
        const { next } = lab.verdicts.find((v) => v.id === check) ?? {};
        if (next && next.price > 0) return this.#ask('explain', lab.scenario.id, check);
        return next ? this.#labs.ask(check, 0) : this.#labs.explain(check);
      }
      case 'open':
        return this.#zoom(pane, state);
    }
  }

  #zoom(pane: PaneName, state: AppState): void {
    if (pane === 'task') return this.#show({ kind: 'pane', pane, scroll: 0 });
    // The newest changes are at the end.
    if (pane === 'cluster') return this.#show({ kind: 'pane', pane, scroll: Number.MAX_SAFE_INTEGER });
    return this.#runInLab('explain', state);
  }

  #neighbour(command: 'next' | 'previous', state: AppState): void {
    const { screen } = state;
    // As the packs order them, unless some were asked for.
    const shown = isFiltered(state.labs) ? shownLabs(state) : state.scenarios;
    const at = shown.findIndex((s) => screen.name === 'lab' && s.id === screen.scenario);
    const scenario = shown[at + (command === 'next' ? 1 : -1)]?.id;
    if (scenario) return this.#labs.open(scenario);
    this.#say(
      command === 'next'
        ? `this is the last lab; ${keyOf('list')} shows all`
        : `this is the first lab; ${keyOf('list')} shows all`,
    );
  }

  #move(command: 'up' | 'down' | 'pageUp' | 'pageDown' | 'top' | 'bottom', state: AppState): void {
    const { dispatch } = this.#store;
    const size = this.#screen.size();
    const page = Math.max(1, bodyRows(size.rows) - 3);
    const far = 1_000_000;
    const by = { up: -1, down: 1, pageUp: -page, pageDown: page, top: -far, bottom: far }[command];
    if (!state.overlay && state.screen.name === 'page') return this.#pages.move(by);
    if (!state.overlay && state.screen.name === 'cluster') return this.#cluster.move(by);
    if (!state.overlay && state.pane === 'checks') return dispatch({ type: 'check', by });
    const max = scrollMax(state, size, Date.now(), this.#look);
    if (max === 0) return this.#say('everything is in sight');
    dispatch({ type: 'scroll', by, max });
  }

  #ask(question: Question, scenario: string, check?: string): void {
    this.#show({ kind: 'confirm', question, scenario, ...(check !== undefined && { check }) });
  }

  #show(overlay: Overlay): void {
    this.#store.dispatch({ type: 'overlay', overlay });
  }

  #say(text: string | undefined): void {
    this.#store.dispatch({ type: 'notice', text });
  }
}

export function tooSmall({ columns, rows }: Size): boolean {
  return columns < smallest.columns || rows < smallest.rows;
}

/** The check that is chosen, else the first that does not pass. */
function checkToExplain({ lab, pane, check }: AppState): string | undefined {
  const verdicts = lab?.verdicts ?? [];
  if (pane === 'checks' && check) return check;
  return (verdicts.find((v) => v.status !== 'pass') ?? verdicts[0])?.id;
}

/** The check after this one, or before it; after the last comes the first. */
function neighbourCheck({ lab }: AppState, check: string, by: 1 | -1): string {
  const ids = lab?.verdicts.map((v) => v.id) ?? [];
  return ids.at((ids.indexOf(check) + by) % ids.length) ?? check;
}
