import type { AppState, PageName } from '../state.ts';
import { doctorPage } from './doctor.ts';
import { homePage } from './home.ts';
import { labsPage } from './labs.ts';
import { packsPage } from './packs.ts';
import { chosenItem, itemAt, type Page, type PageItem, type PageRow } from './page.ts';
import { progressPage } from './progress.ts';

/** The screens beside the lab. */
export const pages: Readonly<Record<PageName, Page>> = {
  home: homePage,
  labs: labsPage,
  progress: progressPage,
  packs: packsPage,
  doctor: doctorPage,
};

/** What the page on screen shows. */
export function rowsOf(state: AppState): readonly PageRow[] {
  return pages[state.page].rows(state);
}

/** The item that is chosen on the page on screen. */
export function chosenOf(state: AppState): PageItem | undefined {
  return chosenItem(rowsOf(state), state.chosen[state.page]);
}

/** The item `by` items further on the page on screen. */
export function itemFurther(state: AppState, by: number): PageItem | undefined {
  return itemAt(rowsOf(state), chosenOf(state)?.key, by);
}
