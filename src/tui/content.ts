import type { Activity, Verdict } from '../grading/types.ts';
import { markdownText, wrapText } from '../present/markdown.ts';
import { explainText, markOf, type Paint } from '../present/text.ts';
import type { AttemptState } from '../session/types.ts';
import { bindings } from './keys.ts';
import type { Overlay } from './state.ts';
import type { Theme } from './theme.ts';

/** What the panes hold, as lines that fit `width`; pure, so that it is tested without a terminal. */

export function taskLines(state: AttemptState, width: number, paint: Paint): string[] {
  return markdownText(state.task.trim(), width, paint).split('\n');
}

/**
 * The checks with their verdicts. `detail` of those that don't pass as far as `height` allows: first those that fail, in
 * order, with what was expected, what is, and why.
 */
export function checkLines(state: AttemptState, width: number, height: number, paint: Paint, theme: Theme): string[] {
  const heads = state.verdicts.map((verdict) => headLine(verdict, width, paint, theme));
  let room = height - heads.length;
  const open = new Map<string, string[]>();
  for (const verdict of state.verdicts) {
    if (verdict.status === 'pass') continue;
    const lines = detailLines(verdict, width, theme);
    if (lines.length > room) continue;
    open.set(verdict.id, lines);
    room -= lines.length;
  }
  return state.verdicts.flatMap((verdict, index) => [heads[index] ?? '', ...(open.get(verdict.id) ?? [])]);
}

function headLine(verdict: Verdict, width: number, paint: Paint, theme: Theme): string {
  const { symbol, style } = markOf(verdict.status);
  const weight = String(verdict.weight).padStart(3);
  const room = Math.max(1, width - 2 - weight.length - 1);
  const title = verdict.title.length > room ? `${verdict.title.slice(0, room - 1)}…` : verdict.title.padEnd(room);
  return `${paint(style, symbol)} ${title} ${theme('muted', weight)}`;
}

function detailLines(verdict: Verdict, width: number, theme: Theme): string[] {
  const row = (label: string, text: string) =>
    wrapText(text, width - 11).map(
      (line, index) => `  ${theme('muted', (index === 0 ? label : '').padEnd(8))} ${line}`,
    );
  const lines = [...row('expected', verdict.expected), ...row('actual', verdict.actual)];
  if (verdict.why && verdict.why !== verdict.actual) lines.push(...row('why', verdict.why));
  return lines;
}

const changes: Record<Activity['change'], 'good' | 'warn' | 'bad'> = { '+': 'good', '~': 'warn', '-': 'bad' };

/** The newest changes last, one line each. */
export function activityLines(state: AttemptState, height: number, theme: Theme): string[] {
  if (state.activities.length === 0) return [theme('muted', 'what you change in the cluster shows up here')];
  return state.activities.slice(-height).map(({ time, change, kind, name, manager, detail }) => {
    const at = new Date(time).toTimeString().slice(0, 8);
    return `${theme('muted', at)} ${theme(changes[change], change)} ${kind} ${theme('title', name)}  ${theme('muted', manager)}  ${detail}`;
  });
}

/** Title and lines of what lies over the lab. */
export function overlayContent(
  overlay: Exclude<Overlay, { kind: 'confirm' }>,
  lab: AttemptState | undefined,
  width: number,
  paint: Paint,
  theme: Theme,
): { title: string; lines: string[] } {
  switch (overlay.kind) {
    case 'keys': {
      const seen = new Set<string>();
      const rows = bindings
        .filter((b) => !b.places.includes('confirm') || b.places.length > 1)
        .filter((b) => !seen.has(b.label) && seen.add(b.label));
      return { title: 'Keys', lines: rows.map((b) => `${theme('key', b.label.padEnd(6))} ${b.help}`) };
    }
    case 'hint': {
      const { text, price, left } = overlay;
      const note = `-${price} points, ${left === 0 ? 'no more hints' : left === 1 ? '1 more hint' : `${left} more hints`}`;
      return { title: 'Hint', lines: [...markdownText(text, width, paint).split('\n'), '', theme('muted', note)] };
    }
    case 'explain': {
      const verdict = lab?.verdicts[overlay.index];
      if (!verdict) return { title: 'Explain', lines: ['there is no check to explain'] };
      const lines = explainText(verdict, paint)
        .split('\n')
        .flatMap((line) => hang(line, width));
      return { title: `Explain ${overlay.index + 1} of ${lab?.verdicts.length ?? 0}`, lines };
    }
    case 'debrief':
      return { title: 'Debrief', lines: markdownText(overlay.text, width, paint).split('\n') };
    case 'problem': {
      const { what, why, next } = overlay;
      const lines = [theme('bad', what), ...(why ? ['', why] : []), ...(next ? ['', `next: ${next}`] : [])];
      return { title: 'That did not work', lines: lines.flatMap((line) => wrapText(line, width)) };
    }
  }
}

/** Wraps a line; what follows is indented as far as its text begins. */
function hang(line: string, width: number): string[] {
  const indent = /^ *(\S+ {2,})?/.exec(line)?.[0].length ?? 0;
  const pad = Math.min(indent, Math.floor(width / 2));
  const [first = '', ...rest] = wrapText(line.trimStart(), width - pad);
  const start = line.length - line.trimStart().length;
  return [' '.repeat(start) + first, ...rest.map((text) => ' '.repeat(pad) + text)];
}
