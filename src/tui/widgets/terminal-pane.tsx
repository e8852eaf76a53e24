import { Box, useCursor } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import { widthOf } from '../../present/width.ts';
import type { TerminalView } from '../state.ts';
import type { PanePlace } from '../terminal/shell-pane.ts';
import type { Theme } from '../theme.ts';
import { CellLine, Line } from './line.tsx';

/** The shell's screen, drawn anew whenever it changes, whatever else is on screen; the cursor is the terminal's own. */
export function TerminalPane({ view, place, theme }: { view: TerminalView; place: PanePlace; theme: Theme }) {
  const { pane, focused, ended } = view;
  const { x, y, columns, rows } = place;
  const frame = useSyncExternalStore(pane.subscribe, pane.frame);
  const { setCursorPosition } = useCursor();
  useEffect(() => pane.place({ x, y, columns, rows }), [pane, x, y, columns, rows]);
  const { cursor } = frame;
  const isInside = cursor !== undefined && cursor.x < columns && cursor.y < rows;
  setCursorPosition(focused && isInside ? { x: x + cursor.x, y: y + cursor.y } : undefined);
  const note = ended ? 'has ended; s opens a new one' : frame.scrolled > 0 ? `${frame.scrolled} lines back` : '';
  const head = `${focused ? '▸ ' : ''}Shell`;
  const rule = Math.max(1, columns - widthOf(head) - 1 - (note ? widthOf(note) + 1 : 0));
  return (
    <Box flexDirection="column" width={columns} height={rows + 1} overflow="hidden">
      <Line>{`${theme(focused ? 'accent' : 'title', head)} ${theme('muted', '─'.repeat(rule))}${note ? ` ${theme('warn', note)}` : ''}`}</Line>
      {frame.lines.slice(0, rows).map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <CellLine key={index}>{line}</CellLine>
      ))}
    </Box>
  );
}
