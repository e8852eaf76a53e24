/** What goes wrong where nobody waits for the end: what the cluster itself explains is left, all else is a fault of ours. */
import { isApiError, reasonOf } from './status.ts';

/** Reasons of a Status, as far as anything is done by them. */
export type Reason =
  | 'AlreadyExists'
  | 'Conflict'
  | 'Forbidden'
  | 'InternalError'
  | 'Invalid'
  | 'NotFound'
  | 'RequestEntityTooLarge'
  | 'Unauthorized';

/** Objects come, go and change meanwhile. */
export const stale: readonly Reason[] = ['NotFound', 'Conflict', 'AlreadyExists'];
/** How a right request may fail: quotas, ending namespaces, webhooks and policies refuse it, these for any reason they may give. */
export const refusals: readonly Reason[] = [
  ...stale,
  'Forbidden',
  'Invalid',
  'InternalError',
  'RequestEntityTooLarge',
  'Unauthorized',
];

/** Something that cannot be done as the cluster is now; whoever wants it tries again. */
export class SyncError extends Error {}

/** The result of a request; undefined if it failed for one of `reasons`. Rejects with every other error. */
export async function expecting<T>(reasons: readonly Reason[], request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isExpected(reasons, error)) return undefined;
    throw error;
  }
}

/** Whether an error is the Status of a request that failed for one of `reasons`. */
export function isExpected(reasons: readonly Reason[], error: unknown): boolean {
  return (reasons as readonly unknown[]).includes(reasonOf(error));
}

/** Whether nothing in the cluster explains an error: it is a bug, or this machine's. */
export function isFault(error: unknown): boolean {
  return !isApiError(error) && !(error instanceof SyncError);
}

/** For whom something is done, and who is told if it fails. */
export interface Background {
  /** After this nothing is told any more: what fails then fails because of the end. */
  signal: AbortSignal;
  report(error: unknown, where: string): void;
}

/**
 * Does something that nobody waits for. Never rejects: what fails is reported, unless it had come to the end or is a request
 * that failed for one of `reasons`.
 * @param where what is done, for the report
 */
export async function inBackground(
  { signal, report }: Background,
  where: string,
  work: () => Promise<unknown>,
  reasons: readonly Reason[] = [],
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!signal.aborted && !isExpected(reasons, error)) report(error, where);
  }
}
