import type { Terminal } from '../../test/e2e/terminal.ts';

/** Pixels of one cell, of the letters in it and of the border around all. */
const cell = { width: 8.4, height: 18 };
const fontSize = 14;
const padding = 16;

/** The sixteen colours of a terminal on a dark ground. */
const ground = '#1e2127';
const ink = '#d7dae0';
const palette = [
  '#1e2127',
  '#e8707a',
  '#98c379',
  '#e5c07b',
  '#6cb2f0',
  '#c88ae0',
  '#56b6c2',
  '#d7dae0',
  '#5c6370',
  '#f08a92',
  '#b3d99a',
  '#f0d399',
  '#8cc4f5',
  '#d9a8ec',
  '#7fcdd6',
  '#ffffff',
];

interface Style {
  color: string;
  bold: boolean;
  dim: boolean;
  underline: boolean;
  inverse: boolean;
}

/** Neighbouring cells in one style. */
interface Run {
  column: number;
  width: number;
  text: string;
  style: Style;
}

/** The screen of a terminal as an SVG picture: letters stay letters, so it is small and can be searched. */
export function svgOf(terminal: Terminal, title: string): string {
  const { columns, rows } = terminal.size;
  const width = Math.ceil(columns * cell.width + 2 * padding);
  const height = rows * cell.height + 2 * padding;
  const lines = Array.from({ length: rows }, (_, row) =>
    runsOf(terminal, row)
      .map((run) => runText(run, row))
      .join(''),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="${ground}"/>
<g font-family="ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${fontSize}" fill="${ink}" xml:space="preserve">
${lines.filter(Boolean).join('\n')}
</g>
</svg>
`;
}

function runsOf(terminal: Terminal, row: number): Run[] {
  const buffer = terminal.cells();
  const line = buffer.getLine(buffer.baseY + row);
  const runs: Run[] = [];
  for (let column = 0; column < terminal.size.columns; column++) {
    const at = line?.getCell(column);
    // The second half of a wide character has no width of its own.
    if (!at || at.getWidth() === 0) continue;
    const style: Style = {
      color: at.isFgPalette() ? (palette[at.getFgColor()] ?? ink) : ink,
      bold: at.isBold() !== 0,
      dim: at.isDim() !== 0,
      underline: at.isUnderline() !== 0,
      inverse: at.isInverse() !== 0,
    };
    const text = at.getChars() || ' ';
    const last = runs.at(-1);
    if (last && JSON.stringify(last.style) === JSON.stringify(style)) {
      last.text += text;
      last.width += at.getWidth();
    } else {
      runs.push({ column, width: at.getWidth(), text, style });
    }
  }
  return runs.filter(({ text, style }) => text.trim() !== '' || style.inverse).map(trimmed);
}

/** Blanks at the ends are nothing to draw. */
function trimmed(run: Run): Run {
  if (run.style.inverse) return run;
  const lead = run.text.length - run.text.trimStart().length;
  const trail = run.text.length - run.text.trimEnd().length;
  return { ...run, column: run.column + lead, width: run.width - lead - trail, text: run.text.trim() };
}

function runText({ column, width, text, style }: Run, row: number): string {
  const x = round(padding + column * cell.width);
  const top = padding + row * cell.height;
  const length = round(width * cell.width);
  const attributes = [
    `x="${x}" y="${round(top + cell.height * 0.74)}" textLength="${length}"`,
    style.inverse ? `fill="${ground}"` : style.color === ink ? '' : `fill="${style.color}"`,
    style.bold ? 'font-weight="bold"' : '',
    style.dim ? 'opacity="0.6"' : '',
    style.underline ? 'text-decoration="underline"' : '',
  ].filter(Boolean);
  const behind = style.inverse
    ? `<rect x="${x}" y="${top}" width="${length}" height="${cell.height}" fill="${style.color}"/>`
    : '';
  return `${behind}<text ${attributes.join(' ')}>${escaped(text)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
