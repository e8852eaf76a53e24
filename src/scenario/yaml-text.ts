import { readFileSync, statSync } from 'node:fs';
import { type Document, LineCounter, type ParsedNode, parseAllDocuments, parseDocument } from 'yaml';
import { UserError } from '../kernel/errors.ts';
import type { KubeObject } from '../kube/meta.ts';

/** One thing wrong in a YAML file, with where it is (lines and columns count from 1). */
export interface Problem {
  line: number;
  column: number;
  message: string;
}

/** A file of a pack that can't be used. Its text names every problem as file:line:column. */
export class InvalidFile extends UserError {
  readonly file: string;
  readonly problems: Problem[];

  constructor(file: string, problems: Problem[]) {
    const lines = problems.map((p) => `${file}:${p.line}:${p.column}: ${p.message}`);
    super({ what: lines.join('\n'), next: `edit ${file}` });
    this.file = file;
    this.problems = problems;
  }
}

/** What no file of a pack comes near to that a person wrote, bytes. */
export const largest = { description: 256 * 1024, text: 24 * 1024, script: 1024 * 1024 } as const;

/** The text of a file of a pack; an InvalidFile if it is larger than such files are. */
export function readBounded(file: string, kind: keyof typeof largest): string {
  requireSize(file, kind, statSync(file).size);
  return readFileSync(file, 'utf8');
}

/** Throws an InvalidFile if so many bytes, of a file or of what its variables make of it, are too many. */
export function requireSize(file: string, kind: keyof typeof largest, size: number): void {
  if (size <= largest[kind]) return;
  const message = `it has ${Math.ceil(size / 1024)} KiB, and may have ${largest[kind] / 1024}: make it smaller`;
  throw new InvalidFile(file, [{ line: 1, column: 1, message }]);
}

export interface ReadDocument {
  contents: ParsedNode | null;
  value: unknown;
  place(offset: number, message: string): Problem;
}

const tooDeep = 'it is nested deeper than anything may be';

/** What the parser says beyond these follows from them. */
const mostErrors = 10;

/** The one document of a YAML text. Throws InvalidFile for what is none, and for what would become too large as a value. */
export function readDocument(file: string, text: string): ReadDocument {
  const lineCounter = new LineCounter();
  const place = placesOf(lineCounter);
  const document = bounded(file, () =>
    parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true, logLevel: 'silent' }),
  );
  return { contents: document.contents, value: plainValue(file, document, place), place };
}

/** The objects of a manifest; documents without any are left out. YAML 1.1 scalars are strings here, as JSON clients send them. */
export function readManifest(file: string, text: string): KubeObject[] {
  const lineCounter = new LineCounter();
  const place = placesOf(lineCounter);
  return bounded(file, () => parseAllDocuments(text, { lineCounter, prettyErrors: false, logLevel: 'silent' }))
    .map((document) => plainValue(file, document, place) as KubeObject | null)
    .filter((object) => object !== null);
}

function placesOf(lineCounter: LineCounter): ReadDocument['place'] {
  return (offset, message) => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col, message };
  };
}

function plainValue(file: string, document: Document.Parsed, place: ReadDocument['place']): unknown {
  if (document.errors.length > 0) {
    throw new InvalidFile(
      file,
      // One slip makes many of them.
      document.errors
        .slice(0, mostErrors)
        .map((error) => place(error.pos[0], /call stack/.test(error.message) ? tooDeep : error.message)),
    );
  }
  return bounded(file, () => {
    const value: unknown = document.toJS();
    // Refuses what contains itself.
    JSON.stringify(value);
    return value;
  });
}

/** Reads something of a file that may be made to take all memory, or to be nested without an end. */
function bounded<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    // The parser's (a ReferenceError), the engine's (a RangeError: its stack) and JSON's (a TypeError: a circle).
    const why =
      cause instanceof ReferenceError
        ? 'its aliases (*name) would make it larger than anything may be: write out what they stand for'
        : cause instanceof RangeError
          ? tooDeep
          : cause instanceof TypeError && /circular/i.test(cause.message)
            ? 'an anchor (&name) contains an alias (*name) of itself'
            : undefined;
    if (why === undefined) throw cause;
    throw new InvalidFile(file, [{ line: 1, column: 1, message: why }]);
  }
}
