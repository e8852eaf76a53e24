import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { BarNotes } from '../keys.ts';
import { bodyRows, type Look, overlayPane, type Size } from '../layout.ts';
import { type AppState, placeOf } from '../state.ts';
import { KeyBar } from './bar.tsx';
import { Pane } from './pane.tsx';

interface Props extends Size, Look {
  state: AppState;
  head: ReactNode;
  notes: BarNotes;
  /** Said in the bar, before the keys. */
  message: string | undefined;
  /** What the screen is about, in the rows between head and bar. */
  children: ReactNode;
}

/** A screen: its head, what it is about or what lies over that, and the keys. */
export function ScreenFrame({ state, head, notes, message, children, columns, rows, paint, theme }: Props) {
  const { overlay, lab } = state;
  const body: Size = { columns, rows: bodyRows(rows) };
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      {head}
      <Box paddingX={1} height={body.rows}>
        {overlay && overlay.kind !== 'confirm' ? (
          <Pane view={overlayPane(overlay, lab, body, { paint, theme })} theme={theme} />
        ) : (
          children
        )}
      </Box>
      <KeyBar place={placeOf(state)} notes={notes} {...(message ? { message } : {})} width={columns} theme={theme} />
    </Box>
  );
}
