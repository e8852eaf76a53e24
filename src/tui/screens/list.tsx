import { Box } from 'ink';
import { ownValue } from '../../kernel/own.ts';
import { cut, fitTo, printableLine, widthOf } from '../../present/width.ts';
import { competencyText } from '../competency.ts';
import { errorLines, questionText } from '../content.ts';
import type { BarNotes } from '../keys.ts';
import { bodyRows, type Look, overlayPane, type Size } from '../layout.ts';
import { type AppState, placeOf, type ScenarioRow } from '../state.ts';
import type { Theme } from '../theme.ts';
import { KeyBar, SplitLine } from '../widgets/bar.tsx';
import { Line } from '../widgets/line.tsx';
import { Pane } from '../widgets/pane.tsx';

interface Props extends Size, Look {
  state: AppState;
  version: string;
}

/** The scenarios, with what is in progress. */
export function ListScreen({ state, columns, rows, version, paint, theme }: Props) {
  const { overlay } = state;
  const body: Size = { columns, rows: bodyRows(rows) };
  const asked = overlay?.kind === 'confirm' ? questionText(overlay.question) : undefined;
  const message = asked ?? state.notice;
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <SplitLine
        left={` ${theme('title', 'kubedrill')}  ${theme('muted', `${version} · Kubernetes v1.35`)}`}
        right={state.busy ? theme('warn', `${cut(printableLine(state.busy), Math.floor(columns / 2))} `) : ''}
        width={columns}
      />
      <Box paddingX={1} height={body.rows}>
        {overlay && overlay.kind !== 'confirm' ? (
          <Pane view={overlayPane(overlay, undefined, body, { paint, theme })} theme={theme} />
        ) : (
          <Scenarios state={state} columns={columns - 2} rows={body.rows} theme={theme} />
        )}
      </Box>
      <KeyBar
        place={placeOf(state)}
        notes={notesOf(state)}
        {...(message ? { message } : {})}
        width={columns}
        theme={theme}
      />
    </Box>
  );
}

function notesOf({ scenarios, selected, running, overlay, busy }: AppState): BarNotes {
  if (busy !== undefined) return { hidden: ['shell', 'back'] };
  const attempt = ownValue(running, scenarios[selected]?.id ?? '');
  return {
    words: {
      ...(attempt ? { open: 'go on', stop: 'end it' } : {}),
      ...(overlay?.kind === 'confirm' ? { back: 'no' } : {}),
      ...(overlay ? {} : { up: 'up', down: 'down' }),
    },
    hidden: [
      'shell',
      'hint',
      'explain',
      'reset',
      'debrief',
      'next',
      'list',
      ...(overlay?.kind === 'confirm' ? (['quit'] as const) : []),
      ...(scenarios.length === 0 ? (['open', 'up', 'down'] as const) : []),
    ],
  };
}

/** The table of scenarios, and below it what the selected one is about. */
function Scenarios({ state, columns, rows, theme }: { state: AppState; columns: number; theme: Theme; rows: number }) {
  const { scenarios, selected } = state;
  const chosen = scenarios[selected];
  const about = aboutLines(state, chosen, columns, theme);
  // A blank line above and below the table, then the text.
  const room = Math.max(1, rows - 2 - about.length);
  const first = Math.max(0, Math.min(selected - Math.floor(room / 2), scenarios.length - room));
  const shown = scenarios.slice(first, first + room);
  const lines = shown.map((scenario) => scenarioLine(scenario, scenario === chosen, state, columns, theme));
  if (first > 0) lines[0] = theme('muted', `  ↑ ${first + 1} more`);
  const below = scenarios.length - first - shown.length;
  if (below > 0) lines[lines.length - 1] = theme('muted', `  ↓ ${below + 1} more`);
  if (scenarios.length === 0) lines.push('There are no scenarios.');
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      <Line> </Line>
      <Box flexDirection="column" height={room}>
        {lines.map((line, index) => (
          <Line key={shown[index]?.id ?? 'none'}>{line}</Line>
        ))}
      </Box>
      <Line> </Line>
      {about.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Line key={index}>{line === '' ? ' ' : line}</Line>
      ))}
    </Box>
  );
}

function scenarioLine(row: ScenarioRow, isChosen: boolean, state: AppState, width: number, theme: Theme): string {
  const idWidth = Math.min(Math.floor(width / 2), Math.max(...state.scenarios.map((s) => widthOf(s.id))));
  const progress = progressOf(state, row);
  const right = progress.text || `${row.difficulty}, ${row.minutes} min`;
  const left = `${isChosen ? '❯' : ' '} ${fitTo(printableLine(row.id), idWidth)}  ${printableLine(row.title)}`;
  const line = fitTo(left, Math.max(1, width - widthOf(right) - 2));
  const text = isChosen ? theme('selected', line) : line;
  return `${text}  ${theme(progress.text ? progress.token : 'muted', right)}`;
}

/** What is in progress, behind the mark of what was solved before. */
function progressOf(state: AppState, row: ScenarioRow): { text: string; token: 'good' | 'bad' | 'warn' } {
  const attempt = ownValue(state.running, row.id);
  const wasSolved = state.progress.get(row.progressKey)?.solved || attempt?.wasSolved;
  if (!attempt) return wasSolved ? { text: '✔ solved', token: 'good' } : { text: '', token: 'warn' };
  if (attempt.phase === 'failed') return { text: '✘ set-up failed', token: 'bad' };
  if (attempt.phase === 'preparing') return { text: '… setting up', token: 'warn' };
  if (attempt.solved) return { text: '✔ solved', token: 'good' };
  return { text: `${wasSolved ? '✔ ' : ''}▶ ${attempt.score} of ${attempt.max}`, token: 'warn' };
}

function aboutLines(state: AppState, row: ScenarioRow | undefined, width: number, theme: Theme): string[] {
  if (state.trouble) return errorLines(state.trouble, width, theme);
  if (!row) return [];
  const facts = `${row.exams.join(' · ').toUpperCase()}   ${row.difficulty}, about ${row.minutes} minutes   ${printableLine(row.pack)}`;
  return [
    theme('accent', cut(facts, width)),
    theme('muted', cut(row.competencies.map(competencyText).join(' · '), width)),
  ];
}
