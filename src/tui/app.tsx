import { Box, useApp, useInput, usePaste, useWindowSize } from 'ink';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Progress } from '../session/progress.ts';
import type { Motion } from '../session/settings.ts';
import type { LabsAccess, Screen } from './access.ts';
import { Controller, tooSmall } from './controller.ts';
import { useNow } from './hooks/use-now.ts';
import { type Look, type Size, smallest } from './layout.ts';
import { ClusterScreen } from './screens/cluster.tsx';
import { LabScreen } from './screens/lab.tsx';
import { PageScreen } from './screens/page.tsx';
import { initialState, type ScenarioRow } from './state.ts';
import { createStore } from './store.ts';
import { Line } from './widgets/line.tsx';

export interface AppProps extends Look {
  scenarios: readonly ScenarioRow[];
  /** What was achieved so far, for the first frame. */
  progress: Progress;
  /** Opened at once. */
  scenario?: string;
  access: LabsAccess;
  version: string;
  /** Default: full. */
  motion?: Motion;
  size: Screen['size'];
  hold: Screen['hold'];
  /** Empties the terminal, and has all of the next frame drawn. */
  repaint(): void;
  mouse: NonNullable<Screen['mouse']>;
  /** Calls back for the key that moves the focus. */
  listenForFocus(onFocusKey: (at: number) => void): void;
}

/** The whole app: what is shown follows from the store, what a key does is the controller's. */
export function App(props: AppProps) {
  const { scenarios, progress, scenario, access, version, size, hold, repaint, mouse, paint, theme } = props;
  const { listenForFocus, motion } = props;
  const { exit, suspendTerminal } = useApp();
  const { columns, rows } = useWindowSize();
  const isSettled = useSettled({ columns, rows }, repaint);
  const [store] = useState(() => createStore(initialState(scenarios, { progress })));
  const [controller] = useState(
    () => new Controller(store, access, { size, exit, lend: suspendTerminal, hold, mouse }, { paint, theme }),
  );
  const state = useSyncExternalStore(store.subscribe, store.get);
  const now = useNow(state.screen.name === 'lab' && (state.lab?.running ?? false), motion);

  useEffect(() => {
    controller.start(scenario);
    listenForFocus((at) => controller.focusKey(at));
    return () => controller.stop();
  }, [controller, scenario, listenForFocus]);
  useInput((input, key) => controller.press(input, key));
  usePaste(() => controller.paste());

  if (!isSettled) return <Line> </Line>;
  if (tooSmall({ columns, rows })) {
    const text = `This terminal is ${columns}x${rows}; kubedrill needs ${smallest.columns}x${smallest.rows}.`;
    return (
      <Box width={columns} height={rows} overflow="hidden">
        <Line wrap="wrap">{`${text} Make it larger, or leave with q and use --plain.`}</Line>
      </Box>
    );
  }
  if (state.screen.name === 'page') {
    return <PageScreen {...{ state, columns, rows, version, paint, theme }} />;
  }
  if (state.screen.name === 'cluster') return <ClusterScreen {...{ state, columns, rows, paint, theme }} />;
  return <LabScreen {...{ state, columns, rows, now, paint, theme }} />;
}

/**
 * Whether the size of the terminal is the one that frames are drawn for. Of a frame that was drawn for another size lines
 * may have wrapped, and frames are drawn as differences from the one before: after a change the terminal is emptied.
 */
function useSettled({ columns, rows }: Size, repaint: () => void): boolean {
  const [settled, setSettled] = useState({ columns, rows });
  const isSettled = settled.columns === columns && settled.rows === rows;
  useEffect(() => {
    if (isSettled) return;
    repaint();
    setSettled({ columns, rows });
  }, [isSettled, columns, rows, repaint]);
  return isSettled;
}
