/** What the parser makes of a script. */

export type Part =
  | { t: 'lit'; text: string; quoted: boolean }
  | {
      t: 'param';
      name: string;
      /** `-`, `=`, `?`, `+` with or without a colon; `#`, `##`, `%`, `%%`; bash: `/`, `//`, `:` (substring), `^`, `,`. */
      op?: string;
      arg?: Word;
      /** Second operand of `/` and `:`. */
      arg2?: Word;
      /** `${#name}` */
      length?: boolean;
      /** bash: `${name[index]}`; `@` and `*` too. */
      index?: Word;
      /** bash: `${!name}`. */
      indirect?: boolean;
      quoted: boolean;
    }
  | { t: 'cmd'; body: Script; quoted: boolean }
  | { t: 'arith'; expression: Word; quoted: boolean }
  /** bash: `<(commands)` and `>(commands)`. */
  | { t: 'process'; body: Script; output: boolean; quoted: boolean };

export interface Word {
  parts: Part[];
  /** As it stands in the source. */
  raw: string;
}

export interface Redirect {
  /** Undefined: the operator's own default. */
  fd: number | undefined;
  op: '<' | '>' | '>>' | '>|' | '<>' | '<&' | '>&' | '&>' | '&>>' | '<<' | '<<<';
  target: Word;
}

export interface Assignment {
  name: string;
  index?: Word;
  append: boolean;
  value: Word;
  /** bash: `name=(a b c)`. */
  elements?: Word[];
}

export type Condition =
  | { t: 'unary'; op: string; operand: Word }
  | { t: 'binary'; op: string; left: Word; right: Word }
  | { t: 'word'; word: Word }
  | { t: 'not'; operand: Condition }
  | { t: 'and' | 'or'; left: Condition; right: Condition };

export type Command = { line: number; redirects: Redirect[] } & (
  | { t: 'simple'; assignments: Assignment[]; words: Word[] }
  | { t: 'subshell' | 'group'; body: Script }
  | { t: 'if'; branches: { condition: Script; body: Script }[]; otherwise: Script | undefined }
  | { t: 'for'; name: string; words: Word[] | undefined; body: Script }
  | { t: 'forArith'; init: Word; condition: Word; update: Word; body: Script }
  | { t: 'loop'; until: boolean; condition: Script; body: Script }
  | { t: 'case'; word: Word; items: { patterns: Word[]; body: Script; next: ';;' | ';&' | ';;&' }[] }
  | { t: 'function'; name: string; body: Command }
  | { t: 'condition'; condition: Condition }
  | { t: 'arith'; expression: Word }
);

export interface Pipeline {
  commands: Command[];
  negate: boolean;
  /** bash: `|&` before the command of this index. */
  mergeStderr?: Set<number>;
}

export interface AndOr {
  first: Pipeline;
  rest: { op: '&&' | '||'; pipeline: Pipeline }[];
  background: boolean;
  /** Source text, for `jobs`. */
  text: string;
}

export type Script = AndOr[];

/** A script that can't be parsed. The shell's flavour decides the wording. */
export class ShellSyntaxError extends Error {
  readonly line: number;
  /** The input ended too early: an interactive shell reads on. */
  readonly incomplete: boolean;
  readonly token: string | undefined;
  readonly expecting: string | undefined;

  constructor(options: { line: number; token?: string; expecting?: string; message?: string; incomplete?: boolean }) {
    super(options.message ?? 'unexpected');
    this.line = options.line;
    this.token = options.token;
    this.expecting = options.expecting;
    this.incomplete = options.incomplete ?? false;
  }
}

/** The text of a word that has no expansions and no quotes; undefined else. Reserved words and aliases are such. */
export function plainText(word: Word): string | undefined {
  const [part] = word.parts;
  return word.parts.length === 1 && part?.t === 'lit' && !part.quoted && word.raw === part.text ? part.text : undefined;
}
