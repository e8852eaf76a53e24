import { Box } from 'ink';
import { clockText, standingText } from '../../present/text.ts';
import { cut, printableLine, widthOf } from '../../present/width.ts';
import type { AttemptState, CheckView } from '../../session/types.ts';
import { competencyText } from '../competency.ts';
import { questionText } from '../content.ts';
import type { BarNotes } from '../keys.ts';
import { bodyRows, elapsedTime, gap, type Look, labLayout, type Size } from '../layout.ts';
import { type AppState, isComing } from '../state.ts';
import type { Theme } from '../theme.ts';
import { SplitLine } from '../widgets/bar.tsx';
import { Pane } from '../widgets/pane.tsx';
import { ScreenFrame } from '../widgets/screen-frame.tsx';
import { TerminalPane } from '../widgets/terminal-pane.tsx';

interface Props extends Size, Look {
  state: AppState;
  /** Milliseconds since 1970. */
  now: number;
}

/** The lab: task, checks, what changed in the cluster, and the keys. */
export function LabScreen({ state, columns, rows, now, paint, theme }: Props) {
  const { lab, overlay } = state;
  const asked = overlay?.kind === 'confirm' ? questionText(overlay.question, lab, overlay.check) : undefined;
  const message = asked ?? state.notice;
  const head = <Header state={state} columns={columns} now={now} theme={theme} />;
  return (
    <ScreenFrame {...{ state, head, message, columns, rows, paint, theme }} notes={notesOf(state)}>
      <Panes {...{ state, columns, now, paint, theme }} rows={bodyRows(rows)} />
    </ScreenFrame>
  );
}

/** What the bar says beside the table of keys. */
export function notesOf({ lab, overlay, busy, cancellable, terminal }: AppState): BarNotes {
  if (terminal?.focused) return terminal.zoomed ? { words: { zoom: 'beside the task' } } : {};
  if (busy !== undefined) {
    return { words: { back: 'cancel' }, hidden: cancellable ? ['shell'] : ['shell', 'back'], first: ['back'] };
  }
  const price = lab?.hints.nextPrice;
  const over = overlay?.kind;
  const isPreparing = isComing(lab);
  return {
    words: {
      ...(over === 'confirm' ? { hint: 'yes', explain: 'yes' } : price ? { hint: `hint -${price}` } : {}),
      ...(overlay?.kind === 'explain' ? explainWords(overlay, lab) : {}),
      ...(over === 'confirm' ? { back: 'no' } : {}),
      ...(lab?.phase === 'failed' ? { reset: 'try again' } : {}),
    },
    hidden: [
      'open',
      ...(over || isPreparing ? [] : (['back'] as const)),
      ...(over === 'confirm' ? (['quit'] as const) : []),
      ...(over === 'confirm' && overlay?.question !== 'hint' ? (['hint'] as const) : []),
      ...(over === 'confirm' && overlay?.question !== 'explain' ? (['explain'] as const) : []),
      ...(over === 'explain' ? [] : (['focus'] as const)),
      ...(lab?.phase === 'active' ? [] : (['hint', 'explain'] as const)),
      ...(lab?.phase === 'active' || isPreparing ? [] : (['shell'] as const)),
      ...(lab?.phase === 'active' || lab?.phase === 'failed' ? [] : (['reset'] as const)),
      ...(lab?.wasSolved || lab?.sawSolution ? [] : (['debrief', 'report'] as const)),
    ],
    first: over ? ['back'] : lab?.solved ? ['debrief', 'next'] : [],
  };
}

/** What the keys of the panel about a check do next. */
function explainWords({ check, traced }: { check: string; traced?: CheckView }, lab: AttemptState | undefined) {
  const view = traced ?? lab?.verdicts.find((v) => v.id === check);
  const { next } = view ?? {};
  const what = next && ['', 'what is', 'why', view?.level === 3 ? 'next step' : 'evidence'][next.level];
  return { explain: what ? `${what}${next.price > 0 ? ` -${next.price}` : ''}` : 'explain', focus: 'next check' };
}

function Header({ state, columns, now, theme }: Pick<Props, 'state' | 'columns' | 'now' | 'theme'>) {
  const { lab, screen } = state;
  const id = screen.name === 'lab' ? screen.scenario : '';
  const row = state.scenarios.find((s) => s.id === id);
  const elapsed = elapsedTime(state, now);
  const late = row !== undefined && elapsed > row.minutes * 60_000;
  const time = lab ? theme(late && !lab.solved ? 'warn' : 'title', clockText(elapsed)) : '';
  const left = ` ${theme('title', 'kubedrill')}  ${theme('accent', printableLine(id))}`;
  const right = (brief: boolean) => `${phaseText(state, brief, Math.floor(columns / 2), theme)}   ${time} `;
  const room = columns - widthOf(left) - widthOf(right(false)) - 4;
  const competencies = (row?.competencies ?? []).map(competencyText);
  const shown = [2, 1].map((count) => competencies.slice(0, count).join(' · ')).find((text) => widthOf(text) <= room);
  return (
    <SplitLine left={shown ? `${left}   ${theme('muted', shown)}` : left} right={right(room < 0)} width={columns} />
  );
}

function phaseText({ lab, busy }: AppState, brief: boolean, width: number, theme: Theme): string {
  if (busy) return theme('warn', cut(printableLine(busy), width));
  if (!lab) return theme('muted', 'starting');
  if (lab.phase === 'failed') return theme('bad', '✘ set-up failed');
  if (lab.phase === 'preparing') return theme('warn', 'setting up');
  if (lab.phase === 'resetting') return theme('warn', 'resetting');
  if (lab.phase === 'stopped') return theme('muted', 'ended');
  if (lab.solved) return theme('good', '✔ solved');
  if (lab.standing) return theme('warn', `the clock stands${brief ? '' : `, ${standingText(lab.standing)}`}`);
  const ready = brief || lab.readyIn === undefined ? '' : ` ready in ${(lab.readyIn / 1000).toFixed(1)} s`;
  return `${theme('muted', printableLine(lab.cluster?.provider ?? ''))} ${theme('good', '●')}${theme('muted', ready)}`;
}

function Panes({ state, columns, rows, now, paint, theme }: Props) {
  const layout = labLayout(state, { columns, rows }, now, { paint, theme });
  const { task, checks, cluster } = layout.panes;
  const { terminal } = state;
  const place = layout.terminal;
  if (terminal && place) {
    const shell = <TerminalPane view={terminal} place={place} theme={theme} />;
    if (place.alone) return shell;
    return (
      <Box columnGap={gap}>
        <Box flexDirection="column">
          <Pane view={task} theme={theme} />
          <Pane view={checks} theme={theme} />
          <Pane view={cluster} theme={theme} />
        </Box>
        {shell}
      </Box>
    );
  }
  return (
    <Box flexDirection="column">
      <Box flexDirection={layout.side ? 'row' : 'column'} columnGap={gap}>
        <Pane view={task} theme={theme} />
        <Pane view={checks} theme={theme} />
      </Box>
      <Pane view={cluster} theme={theme} />
    </Box>
  );
}
