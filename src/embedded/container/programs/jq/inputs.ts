import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import type { Json } from '../../lib/json.ts';
import { type InputValue, JsonReader } from '../../lib/json-reader.ts';

/** What text becomes as values. */
const BYTES_PER_CHARACTER = 4;

/** The inputs, one after the other: values of the files or of standard input, or their lines. */
export class Inputs {
  readonly #p: Process;
  readonly #files: string[];
  readonly #raw: boolean;
  #fd: number | undefined;
  #reader = new JsonReader();
  #ready: InputValue[] = [];
  #rest = '';
  #decoder = new TextDecoder();
  #ended = false;
  name: string | null = null;
  line = 0;
  #started = false;
  /** Whether values stay when they have been asked for. */
  readonly #keep: boolean;
  #held = 0;
  /** A file could not be opened. */
  failed = false;

  constructor(p: Process, files: readonly string[], raw: boolean, keep: boolean) {
    this.#p = p;
    this.#keep = keep;
    this.#files = files.length > 0 ? [...files] : ['-'];
    this.#raw = raw;
  }

  /** Whether the next value is here already. */
  get ready(): boolean {
    return this.#ready.length > 0;
  }

  /** The next value; undefined: there is none. Throws ParseError. */
  async next(): Promise<Json | undefined> {
    for (;;) {
      const ready = this.#ready.shift();
      if (ready) {
        this.line = ready.lines;
        this.#started = true;
        return ready.value;
      }
      if (this.#ended) return undefined;
      await this.#more();
    }
  }

  /** The whole text that is left. */
  async text(): Promise<string> {
    let text = '';
    for (let piece = await this.#chunk(); piece !== undefined; piece = await this.#chunk()) {
      this.#p.charge(2 * piece.length);
      text += piece;
    }
    return text;
  }

  async #more(): Promise<void> {
    if (!this.#keep && this.#reader.idle) {
      // What was read before has been dealt with.
      this.#p.charge(-this.#held);
      this.#held = 0;
    }
    const text = await this.#chunk();
    if (text === undefined) {
      this.#ended = true;
      if (!this.#raw) this.#ready.push(...this.#reader.end());
      else if (this.#rest !== '') this.#ready.push({ value: this.#rest, lines: this.line });
      return;
    }
    this.#held += BYTES_PER_CHARACTER * text.length;
    this.#p.charge(BYTES_PER_CHARACTER * text.length);
    const turn = this.#p.step(text.length >> 4);
    if (turn) await turn;
    if (this.#raw) {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      this.#ready.push(...lines.map((value, i) => ({ value, lines: this.line + i + 1 })));
      return;
    }
    this.#ready.push(...this.#reader.push(text));
  }

  /** Text of the files one after the other. */
  async #chunk(): Promise<string | undefined> {
    for (;;) {
      if (this.#fd === undefined) {
        const file = this.#files.shift();
        if (file === undefined) return undefined;
        try {
          this.#fd =
            file === '-' && this.#files.length === 0 && this.name === null
              ? 0
              : this.#p.addFd(this.#p.vfs.open(this.#p, file, { read: true }));
          this.name = this.#fd === 0 ? null : file;
        } catch (error) {
          if (!isSysError(error)) throw error;
          this.failed = true;
          await this.#p.print(2, `jq: error: Could not open file ${file}: ${error.message}\n`);
          continue;
        }
      }
      const data = await this.#p.read(this.#fd);
      if (data.length > 0) return this.#decoder.decode(data, { stream: true });
      if (this.#fd !== 0) this.#p.setFd(this.#fd, undefined);
      this.#fd = undefined;
    }
  }

  /** `<stdin>:3`, as messages say where. */
  get place(): string {
    return !this.#started ? '<unknown>' : `${this.name ?? '<stdin>'}:${this.line}`;
  }
}
