import type { DeleteOptions } from '../../kube/api.gen.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { dryRunErrors, refuseOptions } from '../registry/delete-options.ts';
import type { ListRequest, WatchRequest } from '../registry/types.ts';
import { parseGoBoolean, parseGoInteger, parseOptionalBoolean } from './query.ts';

/** What a write's query says. */
export interface WriteParameters {
  fieldManager?: string;
  dryRun: boolean;
  fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Only patches. */
  force?: boolean;
}

/**
 * Reads and checks the query of a create, update or patch.
 * @throws 422 of CreateOptions, UpdateOptions or PatchOptions
 */
export function writeParameters(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  apply = false,
): WriteParameters {
  const fieldManager = query.get('fieldManager') ?? '';
  const fieldValidation = query.get('fieldValidation') ?? '';
  const force = kind === 'PatchOptions' ? parseOptionalBoolean(query, 'force') : undefined;
  const errors: FieldError[] = [];
  if (kind === 'PatchOptions') {
    if (!apply && force !== undefined)
      errors.push(field.forbidden('force', 'may not be specified for non-apply patch'));
    if (apply && fieldManager === '') errors.push(field.required('fieldManager', 'is required for apply patch'));
  }
  errors.push(...fieldManagerErrors(fieldManager), ...dryRunErrors(query.getAll('dryRun')));
  if (!['', 'Strict', 'Warn', 'Ignore'].includes(fieldValidation)) {
    errors.push(field.notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']));
  }
  refuseOptions(kind, errors);
  return {
    ...(fieldManager !== '' && { fieldManager }),
    dryRun: query.has('dryRun'),
    fieldValidation: (fieldValidation || 'Warn') as WriteParameters['fieldValidation'],
    ...(force !== undefined && { force }),
  };
}

function fieldManagerErrors(manager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > 128) errors.push(field.tooLong('fieldManager', 128));
  let position = 0;
  for (const character of manager) {
    if (/[\p{C}\p{Zl}\p{Zp}]/u.test(character) || (/\p{Zs}/u.test(character) && character !== ' ')) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      errors.push(field.invalid('fieldManager', manager, `invalid character U+${code} (at position ${position})`));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}

/** The manager that owns what is written: `?fieldManager=`, else the User-Agent up to its first slash. */
export function fieldManagerOf(query: string | undefined, userAgent: string | undefined): string {
  if (query !== undefined) return query;
  const prefix = (userAgent ?? '').split('/')[0] ?? '';
  return (
    [...prefix]
      .filter((c) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(c))
      .join('')
      .slice(0, 128) || 'unknown'
  );
}

/** The options of a delete: from the body if there is one, else from the query. */
export function deleteOptionsFromQuery(query: URLSearchParams): DeleteOptions {
  const options: DeleteOptions = {};
  const grace = parseGoInteger(query, 'gracePeriodSeconds');
  if (grace !== undefined) options.gracePeriodSeconds = grace;
  const orphan = parseOptionalBoolean(query, 'orphanDependents');
  if (orphan !== undefined) options.orphanDependents = orphan;
  const policy = query.get('propagationPolicy');
  if (policy !== null) options.propagationPolicy = policy;
  const dryRun = query.getAll('dryRun');
  if (dryRun.length > 0) options.dryRun = dryRun;
  return options;
}

/** The query of a list or watch. */
export interface ListParameters extends WatchRequest {
  watch: boolean;
  timeoutSeconds?: number;
}

/**
 * Reads and checks ListOptions.
 * @throws 400 for what can't be read, 422 for what can't be
 */
export function listParameters(query: URLSearchParams, watch: boolean): ListParameters {
  const text = (name: string) => query.get(name) || undefined;
  const match = text('resourceVersionMatch');
  const parameters: ListParameters = {
    watch,
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    resourceVersion: text('resourceVersion'),
    resourceVersionMatch: match as ListRequest['resourceVersionMatch'],
    timeoutSeconds: parseGoInteger(query, 'timeoutSeconds'),
    limit: parseGoInteger(query, 'limit'),
    continue: text('continue'),
    allowWatchBookmarks: parseGoBoolean(query, 'allowWatchBookmarks'),
    sendInitialEvents: parseOptionalBoolean(query, 'sendInitialEvents'),
  };
  refuseOptions('ListOptions', watch ? watchErrors(parameters, match) : listErrors(parameters, match));
  return parameters;
}

const matchField = 'resourceVersionMatch';

function listErrors(parameters: ListParameters, match: string | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== undefined) {
    if (parameters.resourceVersion === undefined) {
      errors.push(field.forbidden(matchField, `${matchField} is forbidden unless resourceVersion is provided`));
    }
    if (parameters.continue !== undefined) {
      errors.push(field.forbidden(matchField, `${matchField} is forbidden when continue is provided`));
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(field.notSupported(matchField, match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && parameters.resourceVersion === '0') {
      errors.push(field.forbidden(matchField, `${matchField} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (parameters.sendInitialEvents !== undefined) {
    errors.push(field.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return errors;
}

function watchErrors(parameters: ListParameters, match: string | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (parameters.sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(field.forbidden(matchField, `sendInitialEvents requires setting ${matchField} to NotOlderThan`));
  }
  if (match !== undefined) {
    if (parameters.sendInitialEvents === undefined) {
      errors.push(
        field.forbidden(matchField, `${matchField} is forbidden for watch unless sendInitialEvents is provided`),
      );
    }
    if (match !== 'NotOlderThan') errors.push(field.notSupported(matchField, match, ['NotOlderThan']));
    if (parameters.continue !== undefined) {
      errors.push(field.forbidden(matchField, `${matchField} is forbidden when continue is provided`));
    }
  }
  return errors;
}
