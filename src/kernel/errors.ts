/** The exit codes of every command: the one table. */
export const exitCodes = {
  ok: 0,
  /** Only `check`, `exam submit`, `pack verify`, `pack lint`: the answer is "not yet". */
  notSolved: 1,
  usage: 2,
  environment: 3,
  bug: 70,
  interrupted: 130,
} as const;

/** What a person needs from an error: what went wrong, why, and what to do next. */
export interface ErrorText {
  /** One sentence, without a full stop. */
  what: string;
  why?: string;
  /** The next step, as something to type or do. */
  next?: string;
}

abstract class ExplainedError extends Error {
  readonly text: ErrorText;
  abstract readonly exitCode: number;

  constructor(text: ErrorText, options?: ErrorOptions) {
    super([text.what, text.why].filter(Boolean).join(': '), options);
    this.name = new.target.name;
    this.text = text;
  }
}

/** The person can mend it by typing something else. */
export class UserError extends ExplainedError {
  readonly exitCode = exitCodes.usage;
}

/** The machine, the network or the cluster is at fault. */
export class EnvironmentError extends ExplainedError {
  readonly exitCode = exitCodes.environment;
}

/** What to tell of an error, whatever it is. */
export function errorText(error: unknown): ErrorText {
  if (error instanceof ExplainedError) return error.text;
  return { what: error instanceof Error ? error.message : String(error) };
}

/** What a command ends with because of an error. */
export function exitCodeOf(error: unknown): number {
  return error instanceof ExplainedError ? error.exitCode : exitCodes.bug;
}

/** An error in lines of plain text: what, why and what next. */
export function errorLines({ what, why, next }: ErrorText): string[] {
  return [what, ...(why ? [`why: ${why}`] : []), ...(next ? [`next: ${next}`] : [])];
}

/** The other process of a call has gone: asking again may reach its successor. */
export class DisconnectedError extends EnvironmentError {}

/** The other process of a call is there, but does not answer. */
export class UnresponsiveError extends EnvironmentError {}

/** We are at fault. */
export class BugError extends ExplainedError {
  readonly exitCode = exitCodes.bug;
}
