import { Box } from 'ink';
import { ownValue } from '../../kernel/own.ts';
import { cut, fitTo, printableLine, widthOf } from '../../present/width.ts';
import { errorLines, questionText } from '../content.ts';
import { type BarNotes, labOnly } from '../keys.ts';
import { isFiltered } from '../labs-view.ts';
import { bodyRows, type Look, type Size } from '../layout.ts';
import { chosenOf, pages, rowsOf } from '../pages/index.ts';
import { chosenItem, isItem, type PageItem, type PageRow } from '../pages/page.ts';
import { type AppState, pageNames } from '../state.ts';
import type { Theme } from '../theme.ts';
import { SplitLine } from '../widgets/bar.tsx';
import { Line } from '../widgets/line.tsx';
import { ScreenFrame } from '../widgets/screen-frame.tsx';

interface Props extends Size, Look {
  state: AppState;
  version: string;
}

/** A screen beside the lab: the tabs, the rows of one page, what the chosen row is about, and the keys. */
export function PageScreen({ state, columns, rows, version, paint, theme }: Props) {
  const { overlay } = state;
  const asked = overlay?.kind === 'confirm' ? questionText(overlay.question) : undefined;
  const message = asked ?? state.notice;
  const head = (
    <SplitLine
      left={` ${tabsText(state, columns - 2, theme)}`}
      right={cornerText(state, version, columns, theme)}
      width={columns}
    />
  );
  return (
    <ScreenFrame {...{ state, head, message, columns, rows, paint, theme }} notes={notesOf(state)}>
      <Rows state={state} columns={columns - 2} rows={bodyRows(rows)} theme={theme} />
    </ScreenFrame>
  );
}

function tabsText(state: AppState, width: number, theme: Theme): string {
  const full = pageNames.map((name, index) => ({ name, digit: String(index + 1), title: pages[name].title }));
  // Where there is no room for all their names, the one that is shown has its name.
  const needed = full.reduce((sum, { title }) => sum + title.length + 4, 'kubedrill  '.length);
  const tabs = full.map(({ name, digit, title }) => {
    const isShown = name === state.page;
    const text = needed <= width || isShown ? `${digit} ${title}` : digit;
    return isShown ? theme('tab', ` ${text} `) : theme('muted', ` ${text} `);
  });
  return `${theme('title', 'kubedrill')}  ${tabs.join('')}`;
}

function cornerText({ busy }: AppState, version: string, columns: number, theme: Theme): string {
  if (busy) return theme('warn', `${cut(printableLine(busy), Math.floor(columns / 2))} `);
  return columns >= 100 ? theme('muted', `${version} · Kubernetes v1.35 `) : '';
}

/** What the bar says beside the table of keys. */
export function notesOf(state: AppState): BarNotes {
  const { running, overlay, busy, page, labs } = state;
  if (busy !== undefined) return { hidden: ['shell', 'back'] };
  const item = chosenOf(state);
  const target = item?.target;
  const attempt = target?.open === 'lab' ? ownValue(running, target.scenario) : undefined;
  const canGoBack = overlay !== undefined || (page === 'labs' && isFiltered(labs));
  return {
    words: {
      open: attempt ? 'go on' : target?.open === 'labs' ? 'show' : 'start',
      ...(attempt ? { stop: 'end it' } : {}),
      ...(overlay?.kind === 'confirm' ? { back: 'no' } : overlay ? {} : { back: 'show all', up: 'up', down: 'down' }),
      ...(page === 'doctor' ? { again: 'look again' } : {}),
    },
    hidden: [
      ...labOnly,
      ...(overlay?.kind === 'confirm' ? (['quit'] as const) : []),
      ...(target ? [] : (['open'] as const)),
      ...(item ? [] : (['up', 'down'] as const)),
      ...(canGoBack ? [] : (['back'] as const)),
    ],
  };
}

/** The rows, and below them what the chosen one is about. */
function Rows({ state, columns, rows, theme }: { state: AppState; columns: number; theme: Theme; rows: number }) {
  const all = rowsOf(state);
  const chosen = chosenItem(all, state.chosen[state.page]);
  const about = aboutLines(state, chosen, columns, theme);
  // A blank line above and below the rows, then the text.
  const room = Math.max(1, rows - 2 - about.length);
  const at = chosen ? all.indexOf(chosen) : -1;
  const first = Math.max(0, Math.min(at - Math.floor(room / 2), all.length - room));
  const lines = all
    .slice(first, first + room)
    .map((row) =>
      isItem(row) ? itemLine(row, row.key === chosen?.key, columns, theme) : textLine(row, columns, theme),
    );
  if (first > 0) lines[0] = theme('muted', `  ↑ ${first + 1} more`);
  const below = all.length - first - lines.length;
  if (below > 0) lines[lines.length - 1] = theme('muted', `  ↓ ${below + 1} more`);
  const shown = [' ', ...lines, ...Array<string>(room - lines.length).fill(' '), ' ', ...about];
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      {shown.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Line key={index}>{line === '' ? ' ' : line}</Line>
      ))}
    </Box>
  );
}

function textLine(row: Exclude<PageRow, PageItem>, width: number, theme: Theme): string {
  const text = cut(row.text, width);
  return row.token ? theme(row.token, text) : text;
}

function itemLine({ left, right = '', token }: PageItem, isChosen: boolean, width: number, theme: Theme): string {
  const room = Math.max(1, width - (right ? widthOf(right) + 2 : 0));
  const line = fitTo(`${isChosen ? '❯' : ' '} ${left}`, room);
  const end = right && `  ${token ? theme(token, right) : right}`;
  return `${isChosen ? theme('selected', line) : line}${end}`;
}

function aboutLines(state: AppState, chosen: PageItem | undefined, width: number, theme: Theme): string[] {
  if (state.trouble) return errorLines(state.trouble, width, theme);
  if (!chosen?.about) return [];
  const [first, second] = chosen.about;
  return [theme('accent', cut(first, width)), theme('muted', cut(second, width))];
}
