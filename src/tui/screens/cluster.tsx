import { Box } from 'ink';
import { cut, fitTo, printableLine, widthOf } from '../../present/width.ts';
import { isUnwell, standingOf, type TreeRow, treeOf } from '../cluster/tree.ts';
import { type BarNotes, labOnly } from '../keys.ts';
import { bodyRows, type Look, type Size } from '../layout.ts';
import type { AppState } from '../state.ts';
import type { Theme } from '../theme.ts';
import { SplitLine } from '../widgets/bar.tsx';
import { Line } from '../widgets/line.tsx';
import { ScreenFrame } from '../widgets/screen-frame.tsx';

interface Props extends Size, Look {
  state: AppState;
}

/** What is in the cluster of a lab, by namespace and owner, as it changes. */
export function ClusterScreen({ state, columns, rows, paint, theme }: Props) {
  const { lab, cluster, notice } = state;
  const message = notice ?? cluster?.trouble;
  const head = (
    <SplitLine
      left={` ${theme('title', 'kubedrill')}  ${theme('accent', printableLine(lab?.scenario.id ?? ''))}  cluster`}
      right={theme('muted', `${cluster?.objects.length ?? 0} objects `)}
      width={columns}
    />
  );
  return (
    <ScreenFrame {...{ state, head, message, columns, rows, paint, theme }} notes={notesOf(state)}>
      <Tree state={state} columns={columns - 2} rows={bodyRows(rows)} theme={theme} />
    </ScreenFrame>
  );
}

function notesOf({ overlay, cluster }: AppState): BarNotes {
  const inTree = { words: { all: cluster?.all ? 'without the system' : 'all', back: 'to the lab' } };
  return overlay
    ? {
        hidden: [...labOnly, 'describe', 'open'],
      }
    : inTree;
}

function Tree({ state, columns, rows, theme }: { state: AppState; columns: number; rows: number; theme: Theme }) {
  const { cluster, lab } = state;
  const sections = treeOf(cluster?.objects ?? [], lab?.namespace ?? '', cluster?.all ?? false);
  const all = sections.flatMap(({ rows: own }) => own);
  const chosen = all.find(({ object }) => object.uid === cluster?.chosen) ?? all[0];
  const lines = sections.flatMap(({ namespace, rows: own }, index) => [
    ...(index > 0 ? [{ text: ' ' }] : []),
    { text: theme('title', cut(namespace ? `namespace ${printableLine(namespace)}` : 'the cluster', columns)) },
    ...own.map((row) => ({ text: rowText(row, row === chosen, columns, theme), row })),
  ]);
  const at = lines.findIndex((line) => 'row' in line && line.row === chosen);
  const first = Math.max(0, Math.min(at - Math.floor(rows / 2), lines.length - rows));
  const shown = lines.slice(first, first + rows);
  if (lines.length === 0) shown.push({ text: theme('muted', 'looking …') });
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      {shown.map(({ text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place on the screen
        <Line key={index}>{text}</Line>
      ))}
    </Box>
  );
}

function rowText({ object, depth }: TreeRow, isChosen: boolean, width: number, theme: Theme): string {
  const mark = isChosen ? '❯' : ' ';
  const branch = depth > 0 ? `${'  '.repeat(depth - 1)}└ ` : '';
  const left = `${mark} ${branch}${object.resource.kind} ${printableLine(object.name)}`;
  const standing = cut(standingOf(object), Math.max(10, Math.floor(width / 2)));
  const line = fitTo(left, Math.max(1, width - widthOf(standing) - 2));
  const right = theme(isUnwell(object) ? 'bad' : 'muted', `${isUnwell(object) ? '! ' : ''}${standing}`);
  return `${isChosen ? theme('selected', line) : line}${isUnwell(object) ? '' : '  '}${right}`;
}
