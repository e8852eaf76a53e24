import { quotePattern } from './pattern.ts';

interface Field {
  text: string;
  /** The same with what was quoted escaped, for file name patterns. */
  pattern: string;
}

/** Builds the fields of a command line while words are expanded. */
export class FieldBuilder {
  readonly fields: Field[] = [];
  #current: Field | undefined;
  #afterBlank = false;
  readonly #ifs: string;
  readonly splitting: boolean;

  /** Without `splitting` everything becomes one field. */
  constructor(ifs: string, splitting: boolean) {
    this.#ifs = ifs;
    this.splitting = splitting;
  }

  /** Text that belongs to the current field; starts one even if it is empty. */
  add(text: string, quoted: boolean): void {
    this.#current ??= { text: '', pattern: '' };
    this.#current.text += text;
    this.#current.pattern += quoted ? quotePattern(text) : text;
    this.#afterBlank = false;
  }

  /** An unquoted expansion: split by IFS. */
  addSplit(text: string): void {
    if (!this.splitting) {
      if (text !== '' || this.#current) this.add(text, false);
      return;
    }
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      const c = text[i] ?? '';
      if (!this.#ifs.includes(c)) continue;
      if (i > from) this.#addRaw(text.slice(from, i));
      from = i + 1;
      if (c === ' ' || c === '\t' || c === '\n') {
        if (this.#current) {
          this.end();
          this.#afterBlank = true;
        }
      } else if (this.#current) this.end();
      else if (this.#afterBlank) this.#afterBlank = false;
      else this.fields.push({ text: '', pattern: '' });
    }
    if (from < text.length) this.#addRaw(text.slice(from));
  }

  /** Unquoted text of an expansion: its backslashes are ordinary, its stars are patterns. */
  #addRaw(text: string): void {
    this.#current ??= { text: '', pattern: '' };
    this.#current.text += text;
    this.#current.pattern += text.replaceAll('\\', '\\\\');
    this.#afterBlank = false;
  }

  /** Ends the current field, if there is one. */
  end(): void {
    if (this.#current) this.fields.push(this.#current);
    this.#current = undefined;
  }

  /** The one text of all, without splitting. */
  get joined(): string {
    this.end();
    return this.fields.map((f) => f.text).join(' ');
  }

  get joinedPattern(): string {
    this.end();
    return this.fields.map((f) => f.pattern).join(' ');
  }
}
