import { Box, Text } from 'ink';
import { clockText, type Paint } from '../../present/text.ts';
import type { AttemptState } from '../../session/types.ts';
import { activityLines, checkLines, overlayContent, taskLines } from '../content.ts';
import type { Command } from '../keys.ts';
import type { AppState, Overlay } from '../state.ts';
import type { Theme } from '../theme.ts';
import { KeyBar, SplitLine } from '../widgets/bar.tsx';
import { Pane } from '../widgets/pane.tsx';

interface Props {
  state: AppState;
  columns: number;
  rows: number;
  now: number;
  paint: Paint;
  theme: Theme;
}

/** From this width on task and checks stand side by side. */
const wide = 100;

/** The lab: task, checks, what changed in the cluster, and the keys. */
export function LabScreen({ state, columns, rows, now, paint, theme }: Props) {
  const { lab, overlay } = state;
  const body = rows - 2;
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <Header state={state} columns={columns} now={now} theme={theme} />
      {overlay ? (
        <OverlayBody overlay={overlay} lab={lab} columns={columns} rows={body} paint={paint} theme={theme} />
      ) : lab ? (
        <Panes lab={lab} scroll={state.taskScroll} columns={columns} rows={body} paint={paint} theme={theme} />
      ) : (
        <Box height={body} />
      )}
      <KeyBar place={placeOf(overlay)} notes={notesOf(lab)} width={columns} theme={theme} />
    </Box>
  );
}

/** Where keys go while this lies over the lab. */
export function placeOf(overlay: Overlay | undefined): 'lab' | 'overlay' | 'confirm' {
  if (!overlay) return 'lab';
  return overlay.kind === 'confirm' ? 'confirm' : 'overlay';
}

function notesOf(lab: AttemptState | undefined): Partial<Record<Command, string>> {
  const price = lab?.hints.nextPrice;
  return price === undefined ? {} : { hint: `(-${price})` };
}

function Header({ state, columns, now, theme }: Pick<Props, 'state' | 'columns' | 'now' | 'theme'>) {
  const { lab, screen } = state;
  const id = screen.name === 'lab' ? screen.scenario : '';
  const row = state.scenarios.find((s) => s.id === id);
  const competencies = columns >= wide ? ` ${theme('muted', (row?.competencies ?? []).slice(0, 2).join(' · '))}` : '';
  const left = ` ${theme('title', 'kubedrill')}  ${theme('accent', id)} ${competencies}`;
  const time = lab ? clockText(lab.worked + (lab.running ? Math.max(0, now - state.labAt) : 0)) : '';
  return <SplitLine left={left} right={`${phaseText(state, theme)}  ${time} `} width={columns} />;
}

function phaseText({ lab, busy }: AppState, theme: Theme): string {
  if (busy) return theme('warn', busy);
  if (!lab) return theme('muted', 'starting');
  if (lab.phase === 'failed') return theme('bad', '✘ set-up failed');
  if (lab.phase === 'preparing') return theme('warn', lab.step ?? 'preparing');
  if (lab.phase === 'resetting') return theme('warn', 'resetting');
  if (lab.solved) return theme('good', '✔ solved');
  const ready = lab.readyIn === undefined ? '' : ` ready in ${(lab.readyIn / 1000).toFixed(1)} s`;
  return theme('muted', `${lab.cluster?.provider ?? ''} ●${ready}`);
}

function Panes({
  lab,
  scroll,
  columns,
  rows,
  paint,
  theme,
}: {
  lab: AttemptState;
  scroll: number;
  columns: number;
  rows: number;
  paint: Paint;
  theme: Theme;
}) {
  const note = lab.solved ? theme('good', `solved, ${lab.score} of ${lab.max}`) : `${lab.score} of ${lab.max}`;
  const inner = columns - 2;
  if (columns >= wide) {
    const left = Math.floor((inner - 2) / 2);
    const right = inner - 2 - left;
    const lower = Math.max(4, Math.min(12, Math.floor(rows / 3)));
    const upper = rows - lower;
    return (
      <Box flexDirection="column" paddingX={1} height={rows}>
        <Box height={upper} columnGap={2}>
          <Pane
            title="Task"
            lines={taskLines(lab, left, paint)}
            width={left}
            height={upper}
            scroll={scroll}
            theme={theme}
          />
          <Pane
            title="Checks"
            note={note}
            lines={checkLines(lab, right, upper - 1, paint, theme)}
            width={right}
            height={upper}
            theme={theme}
          />
        </Box>
        <Pane title="Cluster" lines={activityLines(lab, lower - 1, theme)} width={inner} height={lower} theme={theme} />
      </Box>
    );
  }
  // Narrow: stacked; the checks get what they need, the task folds, the feed has at least its last lines.
  const activity = Math.max(2, Math.min(4, Math.floor(rows / 6)));
  const task = taskLines(lab, inner, paint);
  const checks = Math.max(lab.verdicts.length + 1, Math.min(rows - activity - 4, Math.ceil((rows - activity) * 0.62)));
  const top = Math.max(1, rows - activity - checks);
  return (
    <Box flexDirection="column" paddingX={1} height={rows}>
      <Pane title="Task" lines={task} width={inner} height={top} scroll={scroll} theme={theme} />
      <Pane
        title="Checks"
        note={note}
        lines={checkLines(lab, inner, checks - 1, paint, theme)}
        width={inner}
        height={checks}
        theme={theme}
      />
      <Pane
        title="Cluster"
        lines={activityLines(lab, activity - 1, theme)}
        width={inner}
        height={activity}
        theme={theme}
      />
    </Box>
  );
}

function OverlayBody({
  overlay,
  lab,
  columns,
  rows,
  paint,
  theme,
}: {
  overlay: Overlay;
  lab: AttemptState | undefined;
  columns: number;
  rows: number;
  paint: Paint;
  theme: Theme;
}) {
  const inner = columns - 2;
  if (overlay.kind === 'confirm') {
    return (
      <Box height={rows} paddingX={1}>
        <Text wrap="wrap">{overlay.question}</Text>
      </Box>
    );
  }
  const { title, lines } = overlayContent(overlay, lab, Math.min(inner, 96), paint, theme);
  return (
    <Box height={rows} paddingX={1}>
      <Pane title={title} lines={lines} width={inner} height={rows} scroll={overlay.scroll} theme={theme} />
    </Box>
  );
}
