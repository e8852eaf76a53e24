import type { AttemptState } from '../session/types.ts';

/** A scenario as the list shows it. */
export interface ScenarioRow {
  id: string;
  title: string;
  pack: string;
  exams: string[];
  competencies: string[];
  difficulty: string;
  minutes: number;
}

export type Overlay =
  | { kind: 'keys'; scroll: number }
  | { kind: 'hint'; text: string; price: number; left: number; scroll: number }
  /** Index into the verdicts. */
  | { kind: 'explain'; index: number; scroll: number }
  | { kind: 'debrief'; text: string; scroll: number }
  | { kind: 'confirm'; question: string; action: 'reset' }
  | { kind: 'problem'; what: string; why?: string; next?: string; scroll: number };

export type Screen = { name: 'list' } | { name: 'lab'; scenario: string };

/** All that the app shows; only `reduce` makes a new one. */
export interface AppState {
  scenarios: readonly ScenarioRow[];
  selected: number;
  screen: Screen;
  overlay?: Overlay;
  /** Attempts in progress by scenario id. */
  running: Readonly<Record<string, AttemptState>>;
  /** The lab on screen, and when its state arrived (milliseconds): its clock runs on from there. */
  lab?: AttemptState;
  labAt: number;
  taskScroll: number;
  /** What is going on, in a word or two. */
  busy?: string;
}

export type Action =
  | { type: 'running'; attempts: readonly AttemptState[] }
  | { type: 'move'; by: number }
  | { type: 'openLab'; scenario: string }
  | { type: 'lab'; state: AttemptState; at: number }
  | { type: 'openList' }
  | { type: 'overlay'; overlay: Overlay }
  | { type: 'close' }
  | { type: 'scroll'; by: number }
  | { type: 'busy'; text: string | undefined };

export function initialState(scenarios: readonly ScenarioRow[], scenario?: string): AppState {
  const selected = Math.max(
    0,
    scenarios.findIndex((s) => s.id === scenario),
  );
  return { scenarios, selected, screen: { name: 'list' }, running: {}, labAt: 0, taskScroll: 0 };
}

/** Takes an action into a state; pure. */
export function reduce(state: AppState, action: Action): AppState {
  switch (action.type) {
    case 'running': {
      const running = Object.fromEntries(action.attempts.map((attempt) => [attempt.scenario.id, attempt]));
      // What is in progress is what one most likely comes back for.
      const untouched = state.selected === 0 && Object.keys(state.running).length === 0;
      const index = state.scenarios.findIndex((s) => running[s.id]);
      return { ...state, running, selected: untouched && index >= 0 ? index : state.selected };
    }
    case 'move': {
      const last = Math.max(0, state.scenarios.length - 1);
      return { ...state, selected: Math.min(last, Math.max(0, state.selected + action.by)) };
    }
    case 'openLab': {
      const selected = Math.max(
        0,
        state.scenarios.findIndex((s) => s.id === action.scenario),
      );
      const { lab: _, overlay: _o, ...rest } = state;
      return { ...rest, selected, screen: { name: 'lab', scenario: action.scenario }, taskScroll: 0 };
    }
    case 'lab': {
      if (state.screen.name !== 'lab' || state.screen.scenario !== action.state.scenario.id) return state;
      const running = { ...state.running, [action.state.scenario.id]: action.state };
      return { ...state, lab: action.state, labAt: action.at, running };
    }
    case 'openList': {
      const { overlay: _, lab: _l, busy: _b, ...rest } = state;
      return { ...rest, screen: { name: 'list' } };
    }
    case 'overlay':
      return { ...state, overlay: action.overlay };
    case 'close': {
      const { overlay: _, ...rest } = state;
      return rest;
    }
    case 'scroll': {
      const { overlay } = state;
      if (!overlay) return { ...state, taskScroll: Math.max(0, state.taskScroll + action.by) };
      if (overlay.kind === 'confirm') return state;
      return { ...state, overlay: { ...overlay, scroll: Math.max(0, overlay.scroll + action.by) } };
    }
    case 'busy': {
      const { busy: _, ...rest } = state;
      return action.text === undefined ? rest : { ...rest, busy: action.text };
    }
  }
}
