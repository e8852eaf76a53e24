/**
 * Columns as Go's text/tabwriter aligns them. A cell ends with a tab; a column is as wide as the widest of its cells in
 * consecutive lines, plus padding; what follows a line's last tab belongs to no column.
 */

const padding = 2;

const widthOf = (text: string) => [...text].length;

/** Aligns a text of lines and tabs. */
export function alignColumns(text: string): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  align(lines, 0, lines.length, 0);
  return lines.map((cells) => cells.join('')).join('\n');
}

/** Pads column `column` of the lines from `start` to before `end`, block by block, and the columns right of it. */
function align(lines: string[][], start: number, end: number, column: number): void {
  const inColumn = (at: number) => at < end && column < (lines[at]?.length ?? 0) - 1;
  for (let first = start; first < end; first++) {
    if (!inColumn(first)) continue;
    let after = first;
    let width = 0;
    for (; inColumn(after); after++) width = Math.max(width, widthOf(lines[after]?.[column] ?? '') + padding);
    for (const cells of lines.slice(first, after)) {
      const cell = cells[column] ?? '';
      cells[column] = cell + ' '.repeat(width - widthOf(cell));
    }
    align(lines, first, after, column + 1);
    first = after;
  }
}
