import { Text } from 'ink';
import { memo, type ReactNode } from 'react';
import { onlyCells, onlyStyled } from '../../present/width.ts';

/** Text on the screen: the only file that hands some to Ink, so that nothing but the app's own styles reaches the terminal. */
export function Line({
  wrap = 'truncate-end',
  children,
}: {
  wrap?: 'truncate-end' | 'wrap';
  children: string;
}): ReactNode {
  return <Text wrap={wrap}>{onlyStyled(children)}</Text>;
}

/** A line of the screen of a terminal in a pane: cells have more styles than the app itself. Most stay as they were. */
export const CellLine = memo(
  ({ children }: { children: string }): ReactNode => <Text wrap="truncate-end">{onlyCells(children) || ' '}</Text>,
);
