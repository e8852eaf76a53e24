import { Box, Text } from 'ink';
import { barItems, type Command, type Place } from '../keys.ts';
import type { Theme } from '../theme.ts';

/** The bottom line: the keys that work here, as many as fit. */
export function KeyBar({
  place,
  notes,
  width,
  theme,
}: {
  place: Place;
  notes?: Partial<Record<Command, string>>;
  width: number;
  theme: Theme;
}) {
  const items = barItems(place, notes);
  const shown: string[] = [];
  let used = 1;
  for (const { label, text } of items) {
    const size = label.length + text.length + 3;
    if (used + size > width) break;
    used += size;
    shown.push(`${theme('key', label)} ${text}`);
  }
  return (
    <Box width={width}>
      <Text wrap="truncate-end"> {shown.join('  ')}</Text>
    </Box>
  );
}

/** A line with something at its left and its right end; the left one gives way. */
export function SplitLine({ left, right, width }: { left: string; right: string; width: number }) {
  return (
    <Box width={width} justifyContent="space-between">
      <Box flexShrink={1}>
        <Text wrap="truncate-end">{left}</Text>
      </Box>
      <Box flexShrink={0}>
        <Text> {right}</Text>
      </Box>
    </Box>
  );
}
