import type { Event } from '../../../kube/api.gen.ts';
import { validQualifiedName } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

const noteLimit = 1024;
const nameLimit = 128;

/** An event of a cluster-scoped object lives in `default` (or `kube-system` for new-style events). */
function validateNamespace(event: Event, allowedWithout: readonly string[]): FieldError[] {
  const namespace = event.metadata.namespace ?? '';
  const involved = event.involvedObject.namespace ?? '';
  const agrees = involved === '' ? allowedWithout.includes(namespace) : involved === namespace;
  return agrees ? [] : [field.invalid('involvedObject.namespace', involved, 'does not match event.namespace')];
}

function validateText(where: string, text: string): FieldError[] {
  if (text === '') return [field.required(where)];
  return text.length > nameLimit ? [field.invalid(where, '', `can have at most ${nameLimit} characters`)] : [];
}

/** Rules for events of both APIs; those with an eventTime are new-style and must say who reports what. */
export function validateEvent(event: Event, reporterField: 'reportingComponent' | 'reportingController'): FieldError[] {
  if (!event.eventTime) return validateNamespace(event, ['', 'default']);
  const reporter = event.reportingComponent ?? '';
  const involved = event.involvedObject.namespace ?? '';
  return [
    ...(involved === '' ? validateNamespace(event, ['default', 'kube-system']) : []),
    ...(reporter === '' ? [field.required(reporterField)] : []),
    ...field.invalidEach(reporterField, reporter, reporter === '' ? [] : validQualifiedName(reporter)),
    ...validateText('reportingInstance', event.reportingInstance ?? ''),
    ...validateText('action', event.action ?? ''),
    ...validateText('reason', event.reason ?? ''),
    ...((event.message ?? '').length > noteLimit
      ? [field.invalid('message', '', `can have at most ${noteLimit} characters`)]
      : []),
  ];
}

/** What events.k8s.io/v1 demands beyond `validateEvent` of a new event. */
export function validateNewStyleEvent(event: Event): FieldError[] {
  const errors: FieldError[] = [];
  if (!event.eventTime) errors.push(field.required('eventTime'));
  if (event.type !== 'Normal' && event.type !== 'Warning') {
    errors.push(field.invalid('type', '', `has invalid value: ${event.type ?? ''}`));
  }
  if (event.firstTimestamp) errors.push(field.invalid('deprecatedFirstTimestamp', '', 'needs to be unset'));
  if (event.lastTimestamp) errors.push(field.invalid('deprecatedLastTimestamp', '', 'needs to be unset'));
  if (event.count) errors.push(field.invalid('deprecatedCount', '', 'needs to be unset'));
  if (event.source?.component || event.source?.host) {
    errors.push(field.invalid('deprecatedSource', '', 'needs to be unset'));
  }
  return errors;
}
