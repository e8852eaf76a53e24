import { Box, useApp, useInput, usePaste, useWindowSize } from 'ink';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Progress } from '../session/progress.ts';
import type { Motion } from '../session/settings.ts';
import type { LabsAccess, Screen } from './access.ts';
import { Controller, tooSmall } from './controller.ts';
import { useNow } from './hooks/use-now.ts';
import { type Look, smallest } from './layout.ts';
import { LabScreen } from './screens/lab.tsx';
import { ListScreen } from './screens/list.tsx';
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
}

/** The whole app: what is shown follows from the store, what a key does is the controller's. */
export function App({ scenarios, progress, scenario, access, version, motion, size, hold, paint, theme }: AppProps) {
  const { exit, suspendTerminal } = useApp();
  const { columns, rows } = useWindowSize();
  const [store] = useState(() => createStore(initialState(scenarios, { progress, ...(scenario ? { scenario } : {}) })));
  const [controller] = useState(
    () => new Controller(store, access, { size, exit, lend: suspendTerminal, hold }, { paint, theme }),
  );
  const state = useSyncExternalStore(store.subscribe, store.get);
  const now = useNow(state.screen.name === 'lab' && (state.lab?.running ?? false), motion);

  useEffect(() => {
    controller.start(scenario);
    return () => controller.stop();
  }, [controller, scenario]);
  useInput((input, key) => controller.press(input, key));
  usePaste(() => controller.paste());

  if (tooSmall({ columns, rows })) {
    const text = `This terminal is ${columns}x${rows}; kubedrill needs ${smallest.columns}x${smallest.rows}.`;
    return (
      <Box width={columns} height={rows} overflow="hidden">
        <Line wrap="wrap">{`${text} Make it larger, or leave with q and use --plain.`}</Line>
      </Box>
    );
  }
  if (state.screen.name === 'list') {
    return <ListScreen {...{ state, columns, rows, version, paint, theme }} />;
  }
  return <LabScreen {...{ state, columns, rows, now, paint, theme }} />;
}
