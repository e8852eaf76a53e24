import { renderToString } from 'ink';
import type { Look, Size } from '../../src/tui/layout.ts';
import { ClusterScreen } from '../../src/tui/screens/cluster.tsx';
import { LabScreen } from '../../src/tui/screens/lab.tsx';
import { PageScreen } from '../../src/tui/screens/page.tsx';
import type { AppState } from '../../src/tui/state.ts';
import { look } from './fixtures.ts';

/** One frame of the screen that a state shows. */
export function frameOf(
  state: AppState,
  size: Size,
  { now = state.labAt, use = look }: { now?: number; use?: Look } = {},
): string {
  const screen =
    state.screen.name === 'page' ? (
      <PageScreen state={state} {...size} {...use} version="1.2.3" />
    ) : state.screen.name === 'cluster' ? (
      <ClusterScreen state={state} {...size} {...use} />
    ) : (
      <LabScreen state={state} {...size} {...use} now={now} />
    );
  return renderToString(screen, { columns: size.columns });
}
