import * as z from 'zod';
import { BugError, EnvironmentError, UserError } from './errors.ts';

/**
 * What goes over a connection between processes of one user, a JSON document a line. A call is answered once; a
 * subscription sends events until either side ends it.
 */
export const requestSchema = z.union([
  z.object({ cancel: z.number() }),
  z.object({ ping: z.number() }),
  z.object({ id: z.number(), method: z.string(), params: z.unknown().optional() }),
]);
export type Request = z.infer<typeof requestSchema>;

const wireError = z.object({
  kind: z.enum(['user', 'environment', 'bug']),
  text: z.object({ what: z.string(), why: z.string().optional(), next: z.string().optional() }),
});
type WireError = z.infer<typeof wireError>;

/** `pong` answers a ping; `end` says why the server ends the connection; `id: null` answers what was no request. */
export const replySchema = z.union([
  z.object({ pong: z.number() }),
  z.object({ end: wireError }),
  z.object({ id: z.number().nullable(), error: wireError }),
  z.object({ id: z.number(), event: z.unknown() }),
  z.object({ id: z.number(), result: z.unknown() }),
]);
export type Reply = z.infer<typeof replySchema>;

/** The bytes that a request may have: the largest is a piece of input for a process on a node. */
export const longestRequest = 2 ** 20;

/** The bytes that an answer may have. */
export const longestReply = 64 * 2 ** 20;

/** An error of a handler as it is sent. */
export function toWire(error: unknown): WireError {
  if (error instanceof UserError) return { kind: 'user', text: error.text };
  if (error instanceof EnvironmentError) return { kind: 'environment', text: error.text };
  const text =
    error instanceof BugError ? error.text : { what: error instanceof Error ? error.message : String(error) };
  return { kind: 'bug', text };
}

/** An error as it was sent, as the class that it had. */
export function fromWire({ kind, text }: WireError): Error {
  if (kind === 'user') return new UserError(text);
  return kind === 'environment' ? new EnvironmentError(text) : new BugError(text);
}
