import type { ErrorText } from '../kernel/errors.ts';
import { ownValue } from '../kernel/own.ts';
import type { Progress } from '../session/progress.ts';
import type { AttemptState, CheckView } from '../session/types.ts';
import type { Place } from './keys.ts';
import type { ShellPane } from './terminal/shell-pane.ts';

/** A scenario as the list shows it. */
export interface ScenarioRow {
  id: string;
  title: string;
  pack: string;
  /** What its progress is found by. */
  progressKey: string;
  exams: string[];
  competencies: string[];
  difficulty: string;
  minutes: number;
}

/** The panes of a lab, in the order of Tab. */
export const panes = ['task', 'checks', 'cluster'] as const;
export type PaneName = (typeof panes)[number];

/** What can be asked before it is done. */
export type Question = 'hint' | 'explain' | 'reset' | 'solution' | 'stop';

/** What lies over a screen. */
export type Overlay =
  | { kind: 'keys'; scroll: number }
  /** A pane in full. */
  | { kind: 'pane'; pane: 'task' | 'cluster'; scroll: number }
  /** The hints taken so far, the newest first. */
  | { kind: 'hints'; scroll: number }
  /** `traced`: with as much of the chain of evidence as was asked for, once it has been read. */
  | { kind: 'explain'; check: string; scroll: number; traced?: CheckView }
  | { kind: 'debrief'; text: string; scroll: number }
  | { kind: 'solution'; solutions: readonly { name: string; text: string }[]; scroll: number }
  /** `check`: the one that is asked about. */
  | { kind: 'confirm'; question: Question; scenario: string; check?: string }
  | ({ kind: 'problem'; scroll: number } & ErrorText);

export type Screen = { name: 'list' } | { name: 'lab'; scenario: string };

/** All that the app shows; only `reduce` makes a new one. */
export interface AppState {
  scenarios: readonly ScenarioRow[];
  selected: number;
  screen: Screen;
  overlay?: Overlay;
  /** What was achieved so far, whatever is in progress. */
  progress: Progress;
  /** Attempts in progress by scenario id. */
  running: Readonly<Record<string, AttemptState>>;
  /** The lab on screen, and when its state arrived (milliseconds): its clock runs on from there. */
  lab?: AttemptState;
  labAt: number;
  /** Steps of set-up that were seen, the present one last. */
  steps: readonly string[];
  /** The pane that the arrows move. */
  pane: PaneName;
  /** Lines scrolled: of the task from its first line, of the cluster's changes from the newest. */
  scroll: Readonly<Record<'task' | 'cluster', number>>;
  /** The check that was chosen, by id. */
  check?: string;
  /** What is going on, in a word or two. */
  busy?: string;
  /** What is going on can be cancelled. */
  cancellable?: true;
  /** An answer to the last key, gone with the next one. */
  notice?: string;
  /** Why the list can't say what is in progress. */
  trouble?: ErrorText;
  /** The shell's pane of the lab on screen. */
  terminal?: TerminalView;
}

/** A shell's pane, as the lab screen shows it. */
export interface TerminalView {
  pane: ShellPane;
  /** Keys go to it. */
  focused: boolean;
  /** In full while it has the focus. */
  zoomed: boolean;
  /** The shell was left. */
  ended: boolean;
}

export type Action =
  | { type: 'running'; attempts: readonly AttemptState[] }
  | { type: 'trouble'; trouble: ErrorText }
  | { type: 'progress'; progress: Progress }
  | { type: 'select'; by: number }
  | { type: 'openLab'; scenario: string }
  | { type: 'lab'; state: AttemptState; at: number }
  | { type: 'openList' }
  | { type: 'overlay'; overlay: Overlay }
  | { type: 'explained'; verdict: CheckView }
  | { type: 'close' }
  | { type: 'pane'; by: number }
  | { type: 'check'; by: number }
  /** `max`: the most that there is to scroll. */
  | { type: 'scroll'; by: number; max: number }
  | { type: 'busy'; text: string | undefined; cancellable?: boolean }
  | { type: 'terminal'; terminal: TerminalView | undefined }
  | { type: 'notice'; text: string | undefined };

export function initialState(
  scenarios: readonly ScenarioRow[],
  { progress = new Map(), scenario }: { progress?: Progress; scenario?: string } = {},
): AppState {
  const selected = Math.max(
    0,
    scenarios.findIndex((s) => s.id === scenario),
  );
  return { scenarios, selected, screen: { name: 'list' }, progress, running: {}, labAt: 0, ...freshLab };
}

/** Of a lab that was just opened. */
const freshLab = { steps: [], pane: 'task', scroll: { task: 0, cluster: 0 } } as const satisfies Partial<AppState>;

/** Where a key goes: to what lies on top. */
export function placeOf({ overlay, screen, busy, lab, terminal }: AppState): Place {
  if (terminal?.focused) return 'terminal';
  if (busy !== undefined) return 'waiting';
  if (overlay?.kind === 'confirm') return 'confirm';
  if (screen.name === 'lab' && isComing(lab) && overlay?.kind !== 'problem') return 'preparing';
  return overlay ? 'overlay' : screen.name;
}

/** Whether a lab can't be worked on yet. */
export function isComing(lab: AttemptState | undefined): boolean {
  return !lab || lab.phase === 'preparing' || lab.phase === 'resetting';
}

/** Takes an action into a state; pure. The same state comes back if nothing changes. */
export function reduce(state: AppState, action: Action): AppState {
  switch (action.type) {
    case 'running': {
      const { trouble: _, ...rest } = state;
      const running = Object.fromEntries(action.attempts.map((attempt) => [attempt.scenario.id, attempt]));
      // What is in progress is what one most likely comes back for.
      const untouched = state.selected === 0 && Object.keys(state.running).length === 0;
      const index = state.scenarios.findIndex((s) => ownValue(running, s.id));
      return { ...rest, running, selected: untouched && index >= 0 ? index : state.selected };
    }
    case 'trouble':
      return { ...state, trouble: action.trouble };
    case 'progress':
      return { ...state, progress: action.progress };
    case 'select': {
      const selected = within(state.selected + action.by, state.scenarios.length - 1);
      return selected === state.selected ? state : { ...state, selected };
    }
    case 'openLab': {
      const index = state.scenarios.findIndex((s) => s.id === action.scenario);
      const { lab: _, overlay: _o, check: _c, busy: _b, cancellable: _w, ...rest } = state;
      return { ...rest, ...freshLab, selected: Math.max(0, index), screen: { name: 'lab', scenario: action.scenario } };
    }
    case 'lab':
      return withLab(state, action.state, action.at);
    case 'openList': {
      const { overlay: _, lab: _l, busy: _b, cancellable: _c, ...rest } = state;
      return { ...rest, screen: { name: 'list' } };
    }
    case 'overlay':
      return { ...state, overlay: action.overlay };
    case 'explained': {
      const { overlay } = state;
      if (overlay?.kind !== 'explain' || overlay.check !== action.verdict.id) return state;
      // A chain that was read before the last step was taken may come after it.
      const isBefore = overlay.traced && saysLess(action.verdict, overlay.traced);
      if (isBefore) return state;
      return { ...state, overlay: { ...overlay, traced: action.verdict } };
    }
    case 'close': {
      const { overlay: _, ...rest } = state;
      return rest;
    }
    case 'pane': {
      const index = (panes.indexOf(state.pane) + action.by + panes.length) % panes.length;
      return { ...state, pane: panes[index] ?? 'task' };
    }
    case 'check': {
      const ids = state.lab?.verdicts.map((v) => v.id) ?? [];
      const at = ids.indexOf(state.check ?? '');
      const check = ids[at < 0 ? 0 : within(at + action.by, ids.length - 1)];
      return check === undefined || check === state.check ? state : { ...state, check };
    }
    case 'scroll':
      return withScroll(state, action.by, action.max);
    case 'busy': {
      const { busy: _, cancellable: _c, ...rest } = state;
      if (action.text === undefined) return rest;
      return { ...rest, busy: action.text, ...(action.cancellable && { cancellable: true }) };
    }
    case 'terminal': {
      const { terminal: _, ...rest } = state;
      return action.terminal ? { ...rest, terminal: action.terminal } : rest;
    }
    case 'notice': {
      if (state.notice === action.text) return state;
      const { notice: _, ...rest } = state;
      return action.text === undefined ? rest : { ...rest, notice: action.text };
    }
  }
}

/** Whether a view of a check is of the same verdict and shows less of its evidence. */
function saysLess(view: CheckView, than: CheckView): boolean {
  const isSame = view.status === than.status && view.why === than.why && view.level === than.level;
  return isSame && view.evidence.length < than.evidence.length;
}

function withLab(state: AppState, lab: AttemptState, at: number): AppState {
  if (state.screen.name !== 'lab' || state.screen.scenario !== lab.scenario.id) return state;
  const running = { ...state.running, [lab.scenario.id]: lab };
  const known = state.lab?.id === lab.id ? state.steps : [];
  const steps = lab.phase !== 'preparing' ? [] : lab.step && known.at(-1) !== lab.step ? [...known, lab.step] : known;
  // Whoever reads older changes goes on reading them when a new one arrives.
  const news = state.scroll.cluster > 0 ? Math.max(0, lab.activities.length - (state.lab?.activities.length ?? 0)) : 0;
  const scroll = news > 0 ? { ...state.scroll, cluster: state.scroll.cluster + news } : state.scroll;
  const isReady = isComing(state.lab) && !isComing(lab);
  const { busy, notice, ...rest } = state;
  // What is shown as ready can be used: the answer to the reset is still on its way.
  const ready = state.lab?.phase === 'resetting' && lab.phase === 'active';
  // An answer to a key that came too early is over once it would be heard.
  const kept = { ...(busy !== undefined && !ready && { busy }), ...(notice !== undefined && !isReady && { notice }) };
  return { ...rest, ...kept, lab, labAt: at, running, steps, scroll };
}

function withScroll(state: AppState, by: number, max: number): AppState {
  const { overlay, pane } = state;
  if (overlay) {
    if (overlay.kind === 'confirm') return state;
    // What was scrolled past the end, by a resize, counts from there.
    const scroll = within(Math.min(overlay.scroll, max) + by, max);
    return scroll === overlay.scroll ? state : { ...state, overlay: { ...overlay, scroll } };
  }
  if (pane === 'checks') return state;
  const before = state.scroll[pane];
  const scroll = within(Math.min(before, max) + (pane === 'cluster' ? -by : by), max);
  return scroll === before ? state : { ...state, scroll: { ...state.scroll, [pane]: scroll } };
}

function within(value: number, last: number): number {
  return Math.max(0, Math.min(last, value));
}
