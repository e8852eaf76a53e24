import { alignColumns } from './tabwriter.ts';

/** Collects what a describer says; tabs separate the cells of columns. */
export class DescribeWriter {
  #done = '';
  #text = '';

  /** Text, two spaces a level to the right. Lines end with a newline of their own. */
  write(level: number, text: string): void {
    this.#text += '  '.repeat(level) + text;
  }

  /** Ends all columns: what follows is aligned by itself. */
  flush(): void {
    this.#done += alignColumns(this.#text);
    this.#text = '';
  }

  /** Everything that was written; what terminals would take for commands is shown as text. */
  toString(): string {
    this.flush();
    return this.#done.replaceAll('\u001b', '^[').replaceAll('\r', '\\r');
  }
}
