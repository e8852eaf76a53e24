import { ConnectError, type Json, type Obj, StatusError } from '../../api-client/client.ts';
import { KubectlError } from '../../api-client/flags.ts';

/** Any error as kubectl prints it, with its newline. `action` as in `error when creating "x.yaml"`. */
export function describeError(error: unknown, action?: string): string {
  if (error instanceof StatusError) return describeStatus(error, action);
  if (error instanceof ConnectError) return `${error.words}\n`;
  if (error instanceof KubectlError) {
    return `${error.prefixed ? 'error: ' : ''}${error.message}${error.message.endsWith('\n') ? '' : '\n'}`;
  }
  return `error: ${error instanceof Error ? error.message : String(error)}\n`;
}

/** What kubectl makes of a 401. */
export function loginWanted(why: string): string {
  return `You must be logged in to the server (${why})`;
}

function describeStatus(error: StatusError, action: string | undefined): string {
  const { reason, message, code } = error;
  if (reason === 'Unauthorized' || code === 401) return `error: ${loginWanted(message || 'Unauthorized')}\n`;
  const during = action === undefined ? '' : `${action}: `;
  if (reason === 'Invalid' && action === undefined) return invalid(error.status);
  return reason === ''
    ? `Error from server: ${during}${message}\n`
    : `Error from server (${reason}): ${during}${message}\n`;
}

/** `The Pod "x" is invalid: ...`, one line a cause. */
function invalid(status: Obj): string {
  const details = (status.details ?? {}) as Obj;
  const causes = (details.causes as Obj[] | undefined) ?? [];
  const head = `The ${details.kind ?? 'request'} "${details.name ?? ''}" is invalid`;
  const text = (c: Obj) => `${c.field ? `${c.field}: ` : ''}${c.message}`;
  if (causes.length === 0) return `${head}\n`;
  if (causes.length === 1) return `${head}: ${text(causes[0] ?? {})}\n`;
  return `${head}: \n${causes.map((c) => `* ${text(c)}\n`).join('')}`;
}

export function asObject(value: Json | undefined): Obj {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
