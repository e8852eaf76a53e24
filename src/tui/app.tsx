import { Box, Text, useApp, useInput, useWindowSize } from 'ink';
import { useReducer } from 'react';
import type { Paint } from '../present/text.ts';
import type { LabsAccess } from './access.ts';
import { useLabs } from './hooks/use-labs.ts';
import { useNow } from './hooks/use-now.ts';
import { type Command, commandOf } from './keys.ts';
import { LabScreen, placeOf } from './screens/lab.tsx';
import { ListScreen } from './screens/list.tsx';
import { type AppState, type Overlay, reduce } from './state.ts';
import type { Theme } from './theme.ts';

export interface AppProps {
  initial: AppState;
  access: LabsAccess;
  version: string;
  paint: Paint;
  theme: Theme;
}

/** The smallest terminal that shows everything. */
export const smallest = { columns: 60, rows: 16 };

export function App({ initial, access, version, paint, theme }: AppProps) {
  const { exit, suspendTerminal } = useApp();
  const { columns, rows } = useWindowSize();
  const [state, dispatch] = useReducer(reduce, initial);
  const labs = useLabs(state, dispatch, access, suspendTerminal);
  const now = useNow(state.screen.name === 'lab' && (state.lab?.running ?? false));
  const place = state.screen.name === 'list' && !state.overlay ? 'list' : placeOf(state.overlay);

  useInput((input, key) => {
    const command = commandOf(input, key, place);
    if (command) run(command);
  });

  function run(command: Command): void {
    if (command === 'quit') return exit();
    const { overlay } = state;
    if (overlay) return onOverlay(command, overlay);
    switch (command) {
      case 'up':
      case 'down': {
        const by = command === 'up' ? -1 : 1;
        return dispatch(state.screen.name === 'list' ? { type: 'move', by } : { type: 'scroll', by });
      }
      case 'open':
        return labs.open(state.scenarios[state.selected]?.id);
      case 'next':
      case 'previous':
        return labs.open(state.scenarios[state.selected + (command === 'next' ? 1 : -1)]?.id);
      case 'list':
      case 'back':
        return labs.toList();
      case 'keys':
        return dispatch({ type: 'overlay', overlay: { kind: 'keys', scroll: 0 } });
      case 'shell':
        return labs.shell();
      case 'hint':
        return labs.hint();
      case 'debrief':
        return labs.debrief();
      case 'reset':
        return dispatch({
          type: 'overlay',
          overlay: {
            kind: 'confirm',
            action: 'reset',
            question: 'Put the cluster back as it was at the start? What you changed is lost. (y/Esc)',
          },
        });
      case 'explain':
        return dispatch({ type: 'overlay', overlay: { kind: 'explain', index: nextToExplain(state, -1), scroll: 0 } });
    }
  }

  function onOverlay(command: Command, overlay: Overlay): void {
    const page = Math.max(1, rows - 4);
    if (command === 'back') return dispatch({ type: 'close' });
    if (overlay.kind === 'confirm') {
      dispatch({ type: 'close' });
      return labs.reset();
    }
    if (command === 'explain' && overlay.kind === 'explain') {
      return dispatch({
        type: 'overlay',
        overlay: { kind: 'explain', index: nextToExplain(state, overlay.index), scroll: 0 },
      });
    }
    if (command === 'up' || command === 'down') return dispatch({ type: 'scroll', by: command === 'up' ? -1 : 1 });
    if (command === 'pageUp' || command === 'pageDown')
      return dispatch({ type: 'scroll', by: command === 'pageUp' ? -page : page });
  }

  if (columns < smallest.columns || rows < smallest.rows) {
    return (
      <Box width={columns} height={rows}>
        <Text wrap="wrap">
          This terminal is {columns}x{rows}; kubedrill needs {smallest.columns}x{smallest.rows}. Make it larger, or
          leave with q and use --plain.
        </Text>
      </Box>
    );
  }
  if (state.screen.name === 'list' && !state.overlay) {
    return <ListScreen state={state} columns={columns} rows={rows} version={version} theme={theme} />;
  }
  return <LabScreen state={state} columns={columns} rows={rows} now={now} paint={paint} theme={theme} />;
}

/** The next check after this one that does not pass; the next of all if all pass. */
function nextToExplain(state: AppState, after: number): number {
  const verdicts = state.lab?.verdicts ?? [];
  const order = verdicts.map((_, offset) => (after + 1 + offset) % verdicts.length);
  return order.find((index) => verdicts[index]?.status !== 'pass') ?? order[0] ?? 0;
}
