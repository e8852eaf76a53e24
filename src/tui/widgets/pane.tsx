import { Box, Text } from 'ink';
import type { Theme } from '../theme.ts';

export interface PaneProps {
  title: string;
  /** At the right end of the title line. */
  note?: string;
  lines: readonly string[];
  width: number;
  /** Rows in all, the title's included. */
  height: number;
  /** First line to show. */
  scroll?: number;
  theme: Theme;
}

/** A titled part of the screen: a rule with the title, then as many lines as fit; ↓ tells of more. */
export function Pane({ title, note = '', lines, width, height, scroll = 0, theme }: PaneProps) {
  const room = Math.max(0, height - 1);
  const first = Math.min(scroll, Math.max(0, lines.length - room));
  const shown = lines.slice(first, first + room);
  const more = first + room < lines.length ? ' ↓' : first > 0 ? ' ↑' : '';
  const tail = `${note}${more}`;
  const rule = Math.max(1, width - title.length - (tail ? tail.length + 1 : 0) - 1);
  return (
    <Box flexDirection="column" width={width} height={height}>
      <Text wrap="truncate-end">
        {theme('title', title)} {theme('muted', '─'.repeat(rule))}
        {tail ? ` ${tail}` : ''}
      </Text>
      {shown.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Text key={index} wrap="truncate-end">
          {line === '' ? ' ' : line}
        </Text>
      ))}
    </Box>
  );
}
