import type { Diagnosis } from '../cluster/provider.ts';
import type { ErrorText } from '../kernel/errors.ts';
import type { PrintedObject } from '../kube/tables.ts';
import type { ScenarioEntry } from '../scenario/overview.ts';
import type { Progress } from '../session/progress.ts';
import type { Review } from '../session/review.ts';
import type { AttemptState, CheckView } from '../session/types.ts';
import type { Place } from './bindings.ts';
import { allLabs, type LabsView } from './labs-view.ts';
import type { ShellPane } from './terminal/shell-pane.ts';

/** A scenario as the list shows it. */
export interface ScenarioRow {
  id: string;
  title: string;
  /** The title of its pack. */
  pack: string;
  packId: string;
  /** What its progress is found by. */
  progressKey: string;
  exams: string[];
  competencies: string[];
  difficulty: ScenarioEntry['difficulty'];
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
  | { kind: 'debrief' | 'report'; text: string; scroll: number }
  /** What a command printed. */
  | { kind: 'output'; title: string; command: string; text: string; scroll: number }
  | { kind: 'solution'; solutions: readonly { name: string; text: string }[]; scroll: number }
  /** `check`: the one that is asked about. */
  | { kind: 'confirm'; question: Question; scenario: string; check?: string }
  | ({ kind: 'problem'; scroll: number } & ErrorText);

/** The screens beside the lab, in the order of their digits. */
export const pageNames = ['home', 'labs', 'progress', 'packs', 'doctor'] as const;
export type PageName = (typeof pageNames)[number];

/** `cluster`: what is in the cluster of the lab on screen. */
export type Screen = { name: 'page' } | { name: 'lab' | 'cluster'; scenario: string };

export interface ClusterView {
  objects: readonly PrintedObject[];
  /** Also what belongs to the system. */
  all: boolean;
  /** The uid of the object that was chosen. */
  chosen?: string;
  /** Why the cluster can't be followed. */
  trouble?: string;
}

/** All that the app shows; only `reduce` makes a new one. */
export interface AppState {
  scenarios: readonly ScenarioRow[];
  screen: Screen;
  /** The page on screen, or the one that a lab was opened from. */
  page: PageName;
  /** What was chosen on each page, by key. */
  chosen: Readonly<Partial<Record<PageName, string>>>;
  /** Which labs the page of labs shows. */
  labs: LabsView;
  /** What works on this machine, once that was looked at. */
  findings?: readonly Diagnosis[];
  overlay?: Overlay;
  /** What is to be repeated now, the most urgent first. */
  due: readonly Review[];
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
  /** What is in the cluster of the lab on screen, while that is looked at. */
  cluster?: ClusterView;
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
  | { type: 'progress'; progress: Progress; due: readonly Review[] }
  | { type: 'choose'; key: string }
  | { type: 'view'; labs: LabsView }
  | { type: 'findings'; findings: readonly Diagnosis[] | undefined }
  | { type: 'openLab'; scenario: string }
  | { type: 'lab'; state: AttemptState; at: number }
  /** Default: the one that was shown last. */
  | { type: 'openPage'; page?: PageName }
  | { type: 'overlay'; overlay: Overlay }
  | { type: 'explained'; verdict: CheckView }
  | { type: 'openCluster' }
  /** Back to the lab. */
  | { type: 'closeCluster' }
  | { type: 'cluster'; change: Partial<ClusterView> }
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
  { progress = new Map() }: { progress?: Progress } = {},
): AppState {
  return {
    scenarios,
    screen: { name: 'page' },
    page: 'home',
    chosen: {},
    labs: allLabs,
    progress,
    due: [],
    running: {},
    labAt: 0,
    ...freshLab,
  };
}

/** Of a lab that was just opened. */
const freshLab = { steps: [], pane: 'task', scroll: { task: 0, cluster: 0 } } as const satisfies Partial<AppState>;

/** Where a key goes: to what lies on top. */
export function placeOf({ overlay, screen, busy, lab, page, labs, terminal }: AppState): Place {
  if (terminal?.focused) return 'terminal';
  if (busy !== undefined) return 'waiting';
  if (overlay?.kind === 'confirm') return 'confirm';
  if (screen.name === 'lab' && isComing(lab) && overlay?.kind !== 'problem') return 'preparing';
  if (overlay) return 'overlay';
  if (screen.name !== 'page') return screen.name;
  return page === 'labs' && labs.typing ? 'filter' : page === 'labs' ? 'labs' : 'page';
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
      return { ...rest, running: Object.fromEntries(action.attempts.map((attempt) => [attempt.scenario.id, attempt])) };
    }
    case 'trouble':
      return { ...state, trouble: action.trouble };
    case 'progress':
      return { ...state, progress: action.progress, due: action.due };
    case 'choose':
      if (state.chosen[state.page] === action.key) return state;
      return { ...state, chosen: { ...state.chosen, [state.page]: action.key } };
    case 'view':
      return { ...state, labs: action.labs };
    case 'findings': {
      const { findings: _, ...rest } = state;
      return action.findings ? { ...rest, findings: action.findings } : rest;
    }
    case 'openLab': {
      const { lab: _, overlay: _o, check: _c, busy: _b, cancellable: _w, ...rest } = state;
      const chosen = { ...state.chosen, [state.page]: action.scenario };
      return { ...rest, ...freshLab, chosen, screen: { name: 'lab', scenario: action.scenario } };
    }
    case 'lab':
      return withLab(state, action.state, action.at);
    case 'openPage': {
      const { overlay: _, lab: _l, busy: _b, cancellable: _c, cluster: _v, ...rest } = state;
      return { ...rest, screen: { name: 'page' }, page: action.page ?? state.page };
    }
    case 'overlay':
      return { ...state, overlay: action.overlay };
    case 'explained':
      return withExplained(state, action.verdict);
    case 'openCluster':
      if (state.screen.name !== 'lab') return state;
      return { ...state, screen: { ...state.screen, name: 'cluster' }, cluster: { objects: [], all: false } };
    case 'closeCluster': {
      if (state.screen.name !== 'cluster') return state;
      const { cluster: _, ...rest } = state;
      return { ...rest, screen: { ...state.screen, name: 'lab' } };
    }
    case 'cluster':
      return state.cluster ? { ...state, cluster: { ...state.cluster, ...action.change } } : state;
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

/** A chain of evidence that was read, in the panel about its check. */
function withExplained(state: AppState, verdict: CheckView): AppState {
  const { overlay } = state;
  if (overlay?.kind !== 'explain' || overlay.check !== verdict.id) return state;
  // A chain that was read before the last step was taken may come after it.
  const isBefore = overlay.traced && saysLess(verdict, overlay.traced);
  if (isBefore) return state;
  return { ...state, overlay: { ...overlay, traced: verdict } };
}

/** Whether a view of a check is of the same verdict and shows less of its evidence. */
function saysLess(view: CheckView, than: CheckView): boolean {
  const isSame = view.status === than.status && view.why === than.why && view.level === than.level;
  return isSame && view.evidence.length < than.evidence.length;
}

function withLab(state: AppState, lab: AttemptState, at: number): AppState {
  if (state.screen.name === 'page' || state.screen.scenario !== lab.scenario.id) return state;
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
