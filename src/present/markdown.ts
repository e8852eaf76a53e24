import { marked, type Token, type Tokens } from 'marked';
import wrapAnsi from 'wrap-ansi';
import type { Paint } from './text.ts';
import { printable } from './width.ts';

/** A run of text in one style. */
export interface Span {
  text: string;
  style?: 'strong' | 'emphasis' | 'code' | 'link';
}

/** A block of a Markdown text, as the terminal shows it. */
export type Block =
  | { kind: 'heading'; spans: Span[] }
  | { kind: 'paragraph'; spans: Span[] }
  | { kind: 'item'; marker: string; depth: number; spans: Span[] }
  | { kind: 'code'; lines: string[] };

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
      return [{ kind: 'code', lines: (token as Tokens.Code).text.trimEnd().split('\n') }];
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
    case 'table':
      return (token as Tokens.Table).rows.map((row) => rowOf(row, (token as Tokens.Table).header, depth));
    default:
      return [];
  }
}

/** A row of a table as an item of a list: panes are too narrow for columns. `a; second heading: b; third heading: c` */
function rowOf(row: Tokens.TableCell[], header: Tokens.TableCell[], depth: number): Block {
  const spans = row.flatMap((cell, column): Span[] => {
    if (column === 0 || cell.text === '') return spansOf(cell.tokens);
    const heading = spansOf(header[column]?.tokens ?? []);
    return [{ text: '; ' }, ...heading, ...(heading.length > 0 ? [{ text: ': ' }] : []), ...spansOf(cell.tokens)];
  });
  return { kind: 'item', marker: '•', depth, spans };
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

/** Markdown for a terminal or a pipe, wrapped at `width`. */
export function markdownText(text: string, width: number, paint: Paint): string {
  const spanText = (spans: Span[]) => spans.map((s) => (s.style ? paint(styles[s.style], s.text) : s.text)).join('');
  const blocks = parseMarkdown(text).map((block, index, all) => {
    const gap = index === 0 || (block.kind === 'item' && all[index - 1]?.kind === 'item') ? '' : '\n';
    if (block.kind === 'heading') return gap + paint('bold', block.spans.map((s) => s.text).join(''));
    if (block.kind === 'code') return gap + block.lines.map((line) => `    ${paint('cyan', line)}`).join('\n');
    const indent = block.kind === 'item' ? '  '.repeat(block.depth) : '';
    const first = block.kind === 'item' ? `${indent}${block.marker} ` : '';
    const hanging = ' '.repeat(first.length);
    return (
      gap +
      wrapText(spanText(block.spans), width - first.length)
        .map((line, n) => (n === 0 ? first : hanging) + line)
        .join('\n')
    );
  });
  return blocks.join('\n');
}

/** Breaks text between words so that no line is wider than `width` columns; styling and wide characters are understood. */
export function wrapText(text: string, width: number): string[] {
  return wrapAnsi(text, Math.max(1, width), { hard: true, trim: true }).split('\n');
}
