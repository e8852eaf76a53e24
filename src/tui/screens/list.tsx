import { Box, Text } from 'ink';
import type { AppState } from '../state.ts';
import type { Theme } from '../theme.ts';
import { KeyBar, SplitLine } from '../widgets/bar.tsx';

interface Props {
  state: AppState;
  columns: number;
  rows: number;
  version: string;
  theme: Theme;
}

/** The scenarios, with what is in progress. */
export function ListScreen({ state, columns, rows, version, theme }: Props) {
  const room = Math.max(1, rows - 7);
  const first = Math.max(0, Math.min(state.selected - Math.floor(room / 2), state.scenarios.length - room));
  const shown = state.scenarios.slice(first, first + room);
  const selected = state.scenarios[state.selected];
  const idWidth = Math.max(8, ...state.scenarios.map((s) => s.id.length));
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <SplitLine
        left={` ${theme('title', 'kubedrill')} ${theme('muted', version)}  Kubernetes v1.35 labs`}
        right={state.busy ?? ''}
        width={columns}
      />
      <Text> </Text>
      <Box flexDirection="column" height={room}>
        {shown.length === 0 && <Text> there are no scenarios</Text>}
        {shown.map((scenario, index) => {
          const isSelected = first + index === state.selected;
          const attempt = state.running[scenario.id];
          const progress = attempt
            ? attempt.solved
              ? theme('good', '✔ solved')
              : theme('warn', `▶ in progress, ${attempt.score} of ${attempt.max}`)
            : '';
          const line = `${isSelected ? '❯' : ' '} ${scenario.id.padEnd(idWidth)}  ${scenario.title}`;
          return (
            <SplitLine
              key={scenario.id}
              left={isSelected ? theme('selected', line) : line}
              right={progress}
              width={columns}
            />
          );
        })}
      </Box>
      <Text> </Text>
      {selected ? (
        <Text wrap="truncate-end">
          {` ${theme('accent', selected.exams.join(' · ').toUpperCase())}  ${selected.difficulty}, about ${selected.minutes} minutes  ${theme('muted', selected.pack)}`}
        </Text>
      ) : (
        <Text> </Text>
      )}
      <Text wrap="truncate-end">{selected ? ` ${theme('muted', selected.competencies.join('  '))}` : ' '}</Text>
      <KeyBar
        place="list"
        notes={selected && state.running[selected.id] ? { open: '(go on)' } : {}}
        width={columns}
        theme={theme}
      />
    </Box>
  );
}
