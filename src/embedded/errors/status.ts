/** The failures that the API answers with: one builder each, with the Status that kube-apiserver sends. */
import type { Status, StatusCause, StatusDetails } from '../../kube/api.gen.ts';
import { groupResource } from '../../kube/meta.ts';
import type { ApiFailure } from '../api.ts';
import type { FieldError } from '../definition.ts';
import { quote } from './field.ts';

/** A request that failed; `status` is what the client gets. */
export class ApiError extends Error implements ApiFailure {
  readonly status: Status;

  constructor(status: Partial<Status> & { code: number; message: string }) {
    super(status.message);
    this.name = 'ApiError';
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...status };
  }
}

type GroupResource = { group: string; resource: string };
type GroupKind = { group: string; kind: string };

/** Whether `error` carries a Status. */
export function isApiError(error: unknown): error is ApiFailure {
  return error instanceof Error && 'status' in error && (error.status as Status | undefined)?.kind === 'Status';
}

/** The reason of a failure (`NotFound`, `Conflict`, ...), undefined for anything else. */
export function reasonOf(error: unknown): string | undefined {
  return isApiError(error) ? error.status.reason : undefined;
}

function details(r: GroupResource, name: string, more: Partial<StatusDetails> = {}): StatusDetails {
  return { ...(name !== '' && { name }), ...(r.group !== '' && { group: r.group }), kind: r.resource, ...more };
}

export function notFound(r: GroupResource, name: string): ApiError {
  const message = `${groupResource(r)} ${quote(name)} not found`;
  return new ApiError({ code: 404, reason: 'NotFound', message, details: details(r, name) });
}

/** An unknown path or resource. */
export function notFoundPath(): ApiError {
  return new ApiError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });
}

export function alreadyExists(r: GroupResource, name: string): ApiError {
  const message = `${groupResource(r)} ${quote(name)} already exists`;
  return new ApiError({ code: 409, reason: 'AlreadyExists', message, details: details(r, name) });
}

/** POST with generateName that met an existing name too often. */
export function generateNameConflict(r: GroupResource, name: string, retryAfterSeconds: number): ApiError {
  const message = `${groupResource(r)} ${quote(name)} already exists, the server was not able to generate a unique name for the object`;
  return new ApiError({
    code: 409,
    reason: 'AlreadyExists',
    message,
    details: details(r, name, { retryAfterSeconds }),
  });
}

export function conflict(r: GroupResource, name: string, why: string, causes?: StatusCause[]): ApiError {
  const message = `Operation cannot be fulfilled on ${groupResource(r)} ${quote(name)}: ${why}`;
  return new ApiError({ code: 409, reason: 'Conflict', message, details: details(r, name, causes && { causes }) });
}

/** Optimistic locking failed. */
export function modified(r: GroupResource, name: string): ApiError {
  return conflict(
    r,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

/** 422 with one cause an error; the message names each error once, the causes all of them. */
export function invalid(kind: GroupKind, name: string, errors: readonly FieldError[]): ApiError {
  const texts = [...new Set(errors.map((e) => (e.field === '' ? e.message : `${e.field}: ${e.message}`)))];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const qualified = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${qualified} ${quote(name)} is invalid${texts.length === 0 ? '' : `: ${list}`}`,
    details: {
      ...(name !== '' && { name }),
      ...(kind.group !== '' && { group: kind.group }),
      kind: kind.kind,
      causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
    },
  });
}

/** `pods "x" is forbidden: <why>`. */
export function forbidden(r: GroupResource, name: string, why: string, causes?: StatusCause[]): ApiError {
  const subject =
    r.group === '' && r.resource === ''
      ? 'forbidden'
      : name === ''
        ? `${groupResource(r)} is forbidden`
        : `${groupResource(r)} ${quote(name)} is forbidden`;
  return new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${subject}: ${why}`,
    details: details(r, name, causes && { causes }),
  });
}

export function badRequest(message: string): ApiError {
  return new ApiError({ code: 400, reason: 'BadRequest', message });
}

export function unauthorized(message = 'Unauthorized'): ApiError {
  return new ApiError({ code: 401, reason: 'Unauthorized', message });
}

/** The path exists, the verb does not. */
export function methodNotAllowed(): ApiError {
  return new ApiError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
}

export function notAcceptable(message: string): ApiError {
  return new ApiError({ code: 406, reason: 'NotAcceptable', message });
}

export function unsupportedMediaType(message: string): ApiError {
  return new ApiError({ code: 415, reason: 'UnsupportedMediaType', message });
}

export function tooLarge(message: string): ApiError {
  return new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message });
}

/** 410 of a list or the ERROR event of a watch. */
export function expired(message: string): ApiError {
  return new ApiError({ code: 410, reason: 'Expired', message });
}

/** 504: the client names a revision that is still to come. */
export function revisionTooLarge(requested: string | undefined, current: number): ApiError {
  return new ApiError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${BigInt(requested ?? 0)}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

/** 500 `Internal error occurred: ...`. */
export function internalError(message: string): ApiError {
  return new ApiError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  });
}

/** kube-apiserver has more to do than it keeps; `seconds`: when to try again. */
export function tooManyRequests(message: string, seconds: number): ApiError {
  return new ApiError({ code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds: seconds } });
}

/** A plain Go error that reached the response writer: 500 without a reason. */
export function plainError(message: string): ApiError {
  return new ApiError({ code: 500, message });
}

/** What this simulation leaves out, said clearly. */
export function notSimulated(what: string): ApiError {
  return new ApiError({ code: 501, reason: 'NotImplemented', message: `${what} is not simulated by this cluster` });
}

/** The answer to a delete that is done: `details` name what was deleted. */
export function success(detail: StatusDetails): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: detail };
}
