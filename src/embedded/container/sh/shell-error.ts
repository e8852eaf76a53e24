/** An error that ends a non-interactive shell (expansion errors, special builtins): its text goes after the shell's name. */
export class ShellError extends Error {
  readonly status: number;
  /** Its text has been printed where it happened. */
  reported = false;

  constructor(message: string, status = 2) {
    super(message);
    this.status = status;
  }
}

/** `break` and `continue`. */
export class LoopControl extends Error {
  readonly kind: 'break' | 'continue';
  levels: number;

  constructor(kind: 'break' | 'continue', levels: number) {
    super(kind);
    this.kind = kind;
    this.levels = levels;
  }
}

/** `return`. */
export class ReturnControl extends Error {
  readonly status: number;

  constructor(status: number) {
    super('return');
    this.status = status;
  }
}

/** Ctrl-C at an interactive shell: back to the prompt. */
export class Interrupted extends Error {
  override readonly message = 'interrupted';
}
