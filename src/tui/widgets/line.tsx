import { Text } from 'ink';
import type { ReactNode } from 'react';
import { onlyStyled } from '../../present/width.ts';

/** Text on the screen: the only place that hands some to Ink, so that nothing but the app's own styles reaches the terminal. */
export function Line({
  wrap = 'truncate-end',
  children,
}: {
  wrap?: 'truncate-end' | 'wrap';
  children: string;
}): ReactNode {
  return <Text wrap={wrap}>{onlyStyled(children)}</Text>;
}
