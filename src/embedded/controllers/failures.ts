import { isApiError, reasonOf } from '../errors/status.ts';

export function isNotFound(error: unknown): boolean {
  return reasonOf(error) === 'NotFound';
}

export function isAlreadyExists(error: unknown): boolean {
  return reasonOf(error) === 'AlreadyExists';
}

export function isConflict(error: unknown): boolean {
  return reasonOf(error) === 'Conflict';
}

/** The namespace is being deleted: there is no point in trying again. */
export function isNamespaceTerminating(error: unknown): boolean {
  return isApiError(error) && error.status.details?.causes?.some((c) => c.reason === 'NamespaceTerminating') === true;
}
