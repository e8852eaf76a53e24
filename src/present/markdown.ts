import { marked, type Token, type Tokens } from 'marked';
import wrapAnsi from 'wrap-ansi';
import { foldCommand, placedInPane, unbroken, wrapWords } from './fold.ts';
import type { Paint } from './text.ts';
import { printable, widthOf } from './width.ts';

/** A run of text in one style. */
export interface Span {
  text: string;
  style?: 'strong' | 'emphasis' | 'code' | 'link';
}

interface Code {
  kind: 'code';
  lines: string[];
  /** For a shell, which goes on behind a backslash. */
  command: boolean;
}

/** A block of a Markdown text, as the terminal shows it. */
export type Block =
  | { kind: 'heading'; spans: Span[] }
  | { kind: 'paragraph'; spans: Span[] }
  | { kind: 'item'; marker: string; depth: number; spans: Span[] }
  | Code
  | { kind: 'table'; rows: Span[][][] };

/** Parses the part of Markdown that tasks and debriefs use: headings, paragraphs, lists, tables, code, emphasis, links. */
export function parseMarkdown(text: string): Block[] {
  const shown = printable(text);
  const found = parsed.get(shown) ?? blocksIn(shown);
  if (parsed.size >= mostParsed) parsed.clear();
  parsed.set(shown, found);
  return found;
}

/** A screen draws its texts again and again, and the parser takes quadratic time for some. */
const parsed = new Map<string, Block[]>();
const mostParsed = 50;
/** No text of a scenario is longer, characters; another is shown as it is written. */
const longestMarkdown = 32 * 1024;

function blocksIn(text: string): Block[] {
  if (text.length > longestMarkdown) return plainBlocks(text);
  try {
    return marked.lexer(text).flatMap((token) => blocksOf(token, 0));
  } catch (error) {
    // Nested without an end: the parser's stack has one.
    if (error instanceof RangeError) return plainBlocks(text);
    throw error;
  }
}

function plainBlocks(text: string): Block[] {
  return text.split(/\n\s*\n/).map((paragraph) => ({ kind: 'paragraph', spans: [{ text: paragraph }] }));
}

function blocksOf(token: Token, depth: number): Block[] {
  switch (token.type) {
    case 'heading':
      return [{ kind: 'heading', spans: spansOf(token.tokens ?? []) }];
    case 'paragraph':
    case 'text':
      return [{ kind: 'paragraph', spans: spansOf('tokens' in token && token.tokens ? token.tokens : [token]) }];
    case 'code':
      return [codeOf(token as Tokens.Code)];
    case 'list': {
      const list = token as Tokens.List;
      return list.items.flatMap((item, index) => {
        const marker = list.ordered ? `${Number(list.start || 1) + index}.` : '•';
        const [first, ...rest] = item.tokens;
        const spans =
          first && 'tokens' in first && first.tokens ? spansOf(first.tokens) : first ? spansOf([first]) : [];
        return [{ kind: 'item', marker, depth, spans } as Block, ...rest.flatMap((t) => blocksOf(t, depth + 1))];
      });
    }
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      return [{ kind: 'table', rows: [header, ...rows].map((row) => row.map((cell) => spansOf(cell.tokens))) }];
    }
    default:
      return [];
  }
}

/** Commands may be continued on the next line; manifests and what was printed may not. */
function codeOf({ text, lang = '' }: Pick<Tokens.Code, 'text' | 'lang'>): Code {
  const lines = text.trimEnd().split('\n');
  const command =
    lang === '' ? !lines.some((line) => /^\s*[\w./-]+:(\s|$)/.test(line)) : /^(sh|bash|shell)$/.test(lang);
  return { kind: 'code', lines, command };
}

function spansOf(tokens: Token[]): Span[] {
  return tokens.flatMap((token): Span[] => {
    switch (token.type) {
      case 'strong':
        return [{ text: plain(token), style: 'strong' }];
      case 'em':
        return [{ text: plain(token), style: 'emphasis' }];
      case 'codespan':
        return [{ text: (token as Tokens.Codespan).text, style: 'code' }];
      case 'link':
        return [{ text: plain(token), style: 'link' }];
      case 'br':
        return [{ text: '\n' }];
      default:
        return 'tokens' in token && token.tokens ? spansOf(token.tokens) : [{ text: decode(plain(token)) }];
    }
  });
}

function plain(token: Token): string {
  return (token as { text?: string }).text ?? token.raw;
}

/** The lexer leaves entities as they are written. */
function decode(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll('\n', ' ');
}

const styles = { strong: 'bold', emphasis: 'italic', code: 'cyan', link: 'underline' } as const;

export interface MarkdownOptions {
  /**
   * What to do with a command or an address that is wider than a line. `keep`: it goes on beyond it, so that it is copied in
   * one piece from a pipe or a terminal, which breaks it by itself. `fold`, for panes: commands go on behind a backslash;
   * what is still too wide has lines of its own, from edge to edge.
   */
  wide?: 'keep' | 'fold';
}

/** Markdown for a terminal or a pipe, wrapped at `width`; commands and addresses are not broken where they fit in a line. */
export function markdownText(
  text: string,
  width: number,
  paint: Paint,
  { wide = 'keep' }: MarkdownOptions = {},
): string {
  const codeWidth = wide === 'keep' ? Number.POSITIVE_INFINITY : width - codeIndent.length;
  const placed: Placed = (prefix, line) => (wide === 'keep' ? [prefix + line] : placedInPane(prefix, line, width));
  const blocks = parseMarkdown(text).map((block, index, all) => {
    const gap = index === 0 || (block.kind === 'item' && all[index - 1]?.kind === 'item') ? '' : '\n';
    if (block.kind === 'heading') return gap + paint('bold', block.spans.map((s) => s.text).join(''));
    if (block.kind === 'table') return gap + tableLines(block.rows, width, paint, placed).join('\n');
    if (block.kind === 'code') {
      if (!block.command) return gap + block.lines.map((line) => codeIndent + paint('cyan', line)).join('\n');
      const lines = block.lines.flatMap((line) => foldCommand(line, codeWidth));
      return gap + lines.flatMap((line) => placed(codeIndent, paint('cyan', line))).join('\n');
    }
    const indent = block.kind === 'item' ? '  '.repeat(block.depth) : '';
    const first = block.kind === 'item' ? `${indent}${block.marker} ` : '';
    const hanging = ' '.repeat(first.length);
    const room = width - first.length;
    const spans = wide === 'keep' ? block.spans : block.spans.flatMap((span) => foldSpan(span, room));
    return (
      gap +
      wrapWords(spansText(spans, paint), room)
        .flatMap((line, n) => placed(n === 0 ? first : hanging, line))
        .join('\n')
    );
  });
  return blocks.join('\n');
}

/** A script or a manifest for a pane: its commands go on behind a backslash. */
export function scriptLines(text: string, width: number): string[] {
  const indent = '  ';
  const { lines, command } = codeOf({ text });
  const folded = command ? lines.flatMap((line) => foldCommand(line, width - indent.length)) : lines;
  return folded.flatMap((line) => placedInPane(indent, line, width));
}

/** Lines of a text behind a prefix. */
type Placed = (prefix: string, line: string) => string[];

const codeIndent = '    ';

function spansText(spans: readonly Span[], paint: Paint): string {
  return spans
    .map(({ text, style }) => {
      if (!style) return text;
      return paint(styles[style], style === 'code' ? unbroken(text) : text);
    })
    .join('');
}

/** Code that is wider than a line, as lines of its own. */
function foldSpan(span: Span, width: number): Span[] {
  if (span.style !== 'code' || widthOf(span.text) <= width) return [span];
  return foldCommand(span.text, width).flatMap((text, n) => [...(n > 0 ? [{ text: '\n' }] : []), { ...span, text }]);
}

const columnGap = '  ';
/** Columns narrower than this are none: rows are lists then. */
const narrowest = 12;

/** A table in columns, its cells wrapped; as a list, `a; second heading: b`, where it is too narrow for that. */
function tableLines(rows: readonly Span[][][], width: number, paint: Paint, placed: Placed): string[] {
  const [header = [], ...body] = rows;
  const natural = header.map((_, column) =>
    Math.max(...rows.map((row) => widthOf((row[column] ?? []).map((span) => span.text).join('')))),
  );
  const listed = () => body.flatMap((row) => listedRow(row, header, width, paint, placed));
  const widths = columnWidths(natural, width - columnGap.length * (natural.length - 1));
  if (!widths) return listed();
  const wrapped = rows.map((row) =>
    row.map((spans, column) => wrapWords(spansText(spans, paint), widths[column] ?? 0)),
  );
  const overflows = (lines: string[], column: number) => lines.some((line) => widthOf(line) > (widths[column] ?? 0));
  // A word that is wider than its column would push the others aside.
  if (wrapped.some((cells) => cells.some(overflows))) return listed();
  return wrapped.flatMap((cells, n) => {
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((lines, column) =>
          padTo(n === 0 ? paint('bold', lines[line] ?? '') : (lines[line] ?? ''), widths[column] ?? 0),
        )
        .join(columnGap)
        .trimEnd(),
    );
  });
}

/** Widest columns give first; undefined: some would be too narrow. */
function columnWidths(natural: readonly number[], room: number): number[] | undefined {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) return undefined;
    widths[widths.indexOf(widest)] = widest - 1;
    excess--;
  }
  return widths;
}

function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

function listedRow(
  row: readonly Span[][],
  header: readonly Span[][],
  width: number,
  paint: Paint,
  placed: Placed,
): string[] {
  const spans = row.flatMap((cell, column): Span[] => {
    if (column === 0 || cell.length === 0) return cell;
    const heading = header[column] ?? [];
    return [{ text: '; ' }, ...heading, ...(heading.length > 0 ? [{ text: ': ' }] : []), ...cell];
  });
  return wrapWords(spansText(spans, paint), width - 2).flatMap((line, n) => placed(n === 0 ? '• ' : '  ', line));
}

/** Breaks text between words so that no line is wider than `width` columns; styling and wide characters are understood. */
export function wrapText(text: string, width: number): string[] {
  return wrapAnsi(text, Math.max(1, width), { hard: true, trim: true }).split('\n');
}
