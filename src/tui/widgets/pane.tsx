import { Box } from 'ink';
import { widthOf } from '../../present/width.ts';
import type { PaneView } from '../layout.ts';
import type { Theme } from '../theme.ts';
import { Line } from './line.tsx';

/** A titled part of the screen: a rule with the title, then as many lines as fit; arrows tell of more. */
export function Pane({ view, theme }: { view: PaneView; theme: Theme }) {
  const { title, note, lines, first, width, height, active } = view;
  const room = Math.max(0, height - 1);
  const shown = lines.slice(first, first + room);
  const above = first > 0 ? '↑' : '';
  const below = first + room < lines.length ? '↓' : '';
  const tail = [note, `${above}${below}`].filter(Boolean).join(' ');
  const head = `${active ? '▸ ' : ''}${title}`;
  const rule = Math.max(1, width - widthOf(head) - 1 - (tail ? widthOf(tail) + 1 : 0));
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Line>
        {`${theme(active ? 'accent' : 'title', head)} ${theme('muted', '─'.repeat(rule))}${tail ? ` ${tail}` : ''}`}
      </Line>
      {shown.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Line key={index}>{line === '' ? ' ' : line}</Line>
      ))}
    </Box>
  );
}
