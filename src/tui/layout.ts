import type { Paint } from '../present/text.ts';
import type { AttemptState } from '../session/types.ts';
import { checkLines } from './checks.ts';
import {
  activityLines,
  failureLines,
  overlayContent,
  scoreNote,
  setUpLines,
  solvedLines,
  taskLines,
} from './content.ts';
import type { AppState, Overlay, PaneName } from './state.ts';
import type { PanePlace } from './terminal/shell-pane.ts';
import type { Theme } from './theme.ts';

/** A titled part of the screen with what is in it. */
export interface PaneView {
  title: string;
  /** At the right end of the title line. */
  note: string;
  lines: readonly string[];
  /** The first line that is shown. */
  first: number;
  width: number;
  /** Rows in all, the title's included. */
  height: number;
  /** The arrows move this one. */
  active: boolean;
}

export interface LabLayout {
  /** Task and checks stand side by side. */
  side: boolean;
  panes: Record<PaneName, PaneView>;
  /** Where the shell's cells are, if it is on screen; `alone`: with nothing beside it. */
  terminal?: PanePlace & { alone: boolean };
}

export interface Size {
  columns: number;
  rows: number;
}

export interface Look {
  paint: Paint;
  theme: Theme;
}

/** The smallest terminal that shows everything. */
export const smallest: Size = { columns: 60, rows: 16 };

/** From this width on task and checks stand side by side. */
export const wideFrom = 100;

/** Columns between panes that stand side by side. */
export const gap = 3;

/** From this width on the shell's pane stands beside the others. */
export const paneFrom = 110;

/** Texts wider than this are hard to read. */
const readable = 100;

/** Rows between the header and the key bar. */
export function bodyRows(rows: number): number {
  return rows - 2;
}

/** Milliseconds worked on the lab on screen. */
export function elapsedTime(state: AppState, now: number): number {
  const { lab, labAt } = state;
  return lab ? lab.worked + (lab.running ? Math.max(0, now - labAt) : 0) : 0;
}

/** Columns of the panes beside the shell's. */
function besideTerminal(inner: number): number {
  return Math.max(42, Math.min(80, Math.floor(inner * 0.36)));
}

/** Where the shell's cells are in a terminal of this size: below the header and the pane's title. */
export function terminalPlace({ columns, rows }: Size, alone: boolean): PanePlace {
  const inner = columns - 2;
  const left = alone ? 0 : besideTerminal(inner) + gap;
  return { x: 1 + left, y: 2, columns: Math.max(2, inner - left), rows: Math.max(1, bodyRows(rows) - 1) };
}

/** Where the panes of a lab stand in `columns` x `rows`, and what they show. */
export function labLayout(state: AppState, { columns, rows }: Size, now: number, look: Look): LabLayout {
  const inner = columns - 2;
  const { terminal } = state;
  const alone = terminal?.focused === true && (terminal.zoomed || columns < paneFrom);
  if (terminal && (alone || columns >= paneFrom)) {
    return {
      ...stacked(state, alone ? inner : besideTerminal(inner), rows, now, look),
      terminal: { ...terminalPlace({ columns, rows: rows + 2 }, alone), alone },
    };
  }
  const side = columns >= wideFrom;
  if (side) {
    const left = Math.floor((inner - gap) / 2);
    const lower = Math.max(5, Math.min(14, Math.floor(rows / 3)));
    const upper = rows - lower;
    return {
      side,
      panes: {
        task: taskPane(state, left, upper, look),
        checks: checksPane(state, inner - gap - left, upper, now, look),
        cluster: clusterPane(state, inner, lower, look),
      },
    };
  }
  return stacked(state, inner, rows, now, look);
}

/** One below the other: the checks get what they need, the task folds, the feed has at least its last lines. */
function stacked(state: AppState, inner: number, rows: number, now: number, look: Look): LabLayout {
  const lower = Math.max(3, Math.min(5, Math.floor(rows / 5)));
  const checks = Math.max(5, Math.ceil((rows - lower) * 0.62));
  return {
    side: false,
    panes: {
      task: taskPane(state, inner, rows - lower - checks, look),
      checks: checksPane(state, inner, checks, now, look),
      cluster: clusterPane(state, inner, lower, look),
    },
  };
}

/** Whether the arrows move a pane: none while they are the shell's. */
function isActive({ pane, terminal }: AppState, name: PaneName): boolean {
  return pane === name && !terminal?.focused;
}

function taskPane(state: AppState, width: number, height: number, { paint, theme }: Look): PaneView {
  const { lab } = state;
  const row = state.scenarios.find((s) => s.id === lab?.scenario.id);
  const note = row ? theme('muted', `${row.difficulty} · about ${row.minutes} min`) : '';
  const lines = lab ? taskLines(lab, width, paint, theme) : [];
  const first = Math.min(state.scroll.task, lastFirst(lines, height));
  return { title: 'Task', note, lines, first, width, height, active: isActive(state, 'task') };
}

function checksPane(state: AppState, width: number, height: number, now: number, { paint, theme }: Look): PaneView {
  const { lab } = state;
  const active = isActive(state, 'checks');
  const pane = { title: 'Checks', note: '', first: 0, width, height, active };
  if (lab?.phase === 'failed' && lab.failure) {
    return { ...pane, title: 'Set-up failed', lines: failureLines(lab.failure, width, theme) };
  }
  if (!lab || lab.phase === 'preparing' || lab.phase === 'resetting') {
    return { ...pane, title: 'Setting up', lines: setUpLines(state, width, theme) };
  }
  const chosen = active ? (state.check ?? lab.verdicts[0]?.id) : undefined;
  const { lines, from, to } = checkLines(lab.verdicts, {
    width,
    height: height - 1,
    ...(chosen ? { chosen } : {}),
    passedBefore: lab.passedBefore,
    paint,
    theme,
  });
  const all = lab.solved ? [...lines, ...solvedLines(elapsedTime(state, now), width, theme)] : lines;
  // The chosen one is in sight: its head in any case.
  const first = Math.min(from, Math.max(0, to - (height - 1)));
  return { ...pane, note: scoreNote(lab, theme), lines: all, first };
}

function clusterPane(state: AppState, width: number, height: number, { theme }: Look): PaneView {
  const { lab } = state;
  const lines = lab ? activityLines(lab, width, theme) : [];
  const last = lastFirst(lines, height);
  const count = lab?.activities.length ?? 0;
  const note = count > 0 ? theme('muted', count === 1 ? '1 change' : `${count} changes`) : '';
  const first = last - Math.min(state.scroll.cluster, last);
  return { title: 'Cluster', note, lines, first, width, height, active: isActive(state, 'cluster') };
}

/** What lies over the screen, as one pane. */
export function overlayPane(
  overlay: Exclude<Overlay, { kind: 'confirm' }>,
  lab: AttemptState | undefined,
  { columns, rows }: Size,
  { paint, theme }: Look,
): PaneView {
  const width = columns - 2;
  const isWide = overlay.kind === 'output' || (overlay.kind === 'pane' && overlay.pane === 'cluster');
  const text = isWide ? width : Math.min(width, readable);
  const { title, note = '', lines } = overlayContent(overlay, lab, text, paint, theme);
  const last = lastFirst(lines, rows);
  return {
    title,
    note: note && theme('muted', note),
    lines,
    first: Math.min(overlay.scroll, last),
    width,
    height: rows,
    active: true,
  };
}

/** The first line that can stand on top so that the pane is still full. */
function lastFirst(lines: readonly string[], height: number): number {
  return Math.max(0, lines.length - (height - 1));
}

/** How far the pane on top can be scrolled, lines. */
export function scrollMax(state: AppState, size: Size, now: number, look: Look): number {
  const { overlay, lab, pane } = state;
  const body = { columns: size.columns, rows: bodyRows(size.rows) };
  if (overlay?.kind === 'confirm') return 0;
  const view = overlay ? overlayPane(overlay, lab, body, look) : labLayout(state, body, now, look).panes[pane];
  return lastFirst(view.lines, view.height);
}
