import { Box } from 'ink';
import { cut, printableLine, widthOf } from '../../present/width.ts';
import type { Place } from '../bindings.ts';
import { type BarNotes, barItems } from '../keys.ts';
import type { Theme } from '../theme.ts';
import { Line } from './line.tsx';

/** The bottom line: an answer or a question if there is one, then the keys that work here, as many as fit. */
export function KeyBar({
  place,
  notes,
  message,
  width,
  theme,
}: {
  place: Place;
  notes?: BarNotes;
  message?: string;
  width: number;
  theme: Theme;
}) {
  // The way out stays in sight, whatever is reported.
  const least = barItems(place, 0, notes).reduce((sum, { label, text }) => sum + widthOf(label) + text.length + 3, 0);
  const reported = message ? `${cut(printableLine(message), Math.max(0, width - least - 3))}   ` : '';
  const items = barItems(place, Math.max(0, width - 1 - widthOf(reported)), notes);
  const keys = items.map(({ label, text }) => `${theme('key', label)} ${text}`).join('  ');
  return (
    <Box width={width}>
      <Line>{` ${theme('warn', reported)}${keys}`}</Line>
    </Box>
  );
}

/** A line with something at its left and its right end; the left one gives way. */
export function SplitLine({ left, right, width }: { left: string; right: string; width: number }) {
  return (
    <Box width={width} justifyContent="space-between">
      <Box flexShrink={1}>
        <Line>{left}</Line>
      </Box>
      <Box flexShrink={0}>
        <Line>{` ${right}`}</Line>
      </Box>
    </Box>
  );
}
