import type { Review } from '../../session/review.ts';
import type { AppState } from '../state.ts';
import type { Token } from '../theme.ts';

/** What Enter opens. */
export type Target =
  /** `review`: with other names than those it was tried with. */
  | { open: 'lab'; scenario: string; review?: Review }
  /** The labs of one domain (`cka/troubleshooting`) or one pack, by title. */
  | { open: 'labs'; domain?: string; pack?: string };

/** A line of a page that can be chosen. */
export interface PageItem {
  /** Names it while rows come and go. */
  key: string;
  left: string;
  /** At the end of the line. */
  right?: string;
  /** How the right end is painted. */
  token?: Token;
  target?: Target;
  /** What is said of it below the rows while it is chosen: what it is, then details. */
  about?: readonly [string, string];
}

/** A line of a page: an item, or a text between items. */
export type PageRow = PageItem | { text: string; token?: Token };

export interface Page {
  /** What its tab is called. */
  title: string;
  rows(state: AppState): readonly PageRow[];
}

export function isItem(row: PageRow): row is PageItem {
  return 'key' in row;
}

/** The item that is chosen, else the first. */
export function chosenItem(rows: readonly PageRow[], key: string | undefined): PageItem | undefined {
  const items = rows.filter(isItem);
  return items.find((item) => item.key === key) ?? items[0];
}

/** The item `by` items further, within the ends. */
export function itemAt(rows: readonly PageRow[], key: string | undefined, by: number): PageItem | undefined {
  const items = rows.filter(isItem);
  const at = Math.max(
    0,
    items.findIndex((item) => item.key === key),
  );
  return items[Math.max(0, Math.min(items.length - 1, at + by))];
}

/** Cells of the bar of a group. */
export const barWidth = 10;
