import type { APIService, APIServiceStatus } from '../../kube/api.gen.ts';
import { apiServices } from '../../kube/resources.ts';
import { dns1035Label, dnsSubdomain } from '../../kube/validation.ts';
import type { FieldError, StrategyContext } from '../definition.ts';
import * as field from '../errors/field.ts';
import { timestamp } from '../registry/metadata.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { keepOtherPart } from './status-strategy.ts';

const mostGroupPriority = 20_000;
const mostVersionPriority = 1000;

function validateService({ spec }: APIService, at: field.FieldPath): FieldError[] {
  const { service, caBundle, insecureSkipTLSVerify: insecure } = spec ?? {};
  const errors: FieldError[] = [];
  const skip = at.child('insecureSkipTLSVerify');
  if (!service) {
    if (caBundle) {
      const bytes = Buffer.from(caBundle, 'base64').length;
      errors.push(field.invalid(at.child('caBundle'), `${bytes} bytes`, 'local APIServices may not have a caBundle'));
    }
    if (insecure) errors.push(field.invalid(skip, insecure, 'local APIServices may not have insecureSkipTLSVerify'));
    return errors;
  }
  const where = at.child('service');
  if (!service.namespace) errors.push(field.required(where.child('namespace')));
  if (!service.name) errors.push(field.required(where.child('name')));
  const port = service.port ?? 443;
  if (port < 1 || port > 65_535) {
    const text = 'port is not valid: must be between 1 and 65535, inclusive';
    errors.push(field.invalid(where.child('port'), port, text));
  }
  if (insecure && caBundle) errors.push(field.invalid(skip, insecure, 'may not be true if caBundle is present'));
  return errors;
}

function validate(service: APIService): FieldError[] {
  const at = field.path('spec');
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = service.spec ?? {};
  const name = service.metadata?.name ?? '';
  const expected = `${version}.${group}`;
  const errors: FieldError[] = [];
  if (name !== expected) {
    const text = `must be \`spec.version+"."+spec.group\`: ${field.quote(expected)}`;
    errors.push(field.invalid('metadata.name', name, text));
  }
  if (group === '' && version !== 'v1') {
    const text = 'only v1 may have an empty group and it better be legacy kube';
    errors.push(field.required(at.child('group'), text));
  }
  if (group !== '') errors.push(...field.invalidEach(at.child('group'), group, dnsSubdomain(group)));
  errors.push(...field.invalidEach(at.child('version'), version, dns1035Label(version)));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > mostGroupPriority) {
    const text = `must be positive and less than ${mostGroupPriority}`;
    errors.push(field.invalid(at.child('groupPriorityMinimum'), groupPriorityMinimum, text));
  }
  if (versionPriority <= 0 || versionPriority > mostVersionPriority) {
    const text = `must be positive and less than ${mostVersionPriority}`;
    errors.push(field.invalid(at.child('versionPriority'), versionPriority, text));
  }
  return [...errors, ...validateService(service, at)];
}

/** Local groups are there at once; of others `aggregation/availability.ts` finds out. */
function statusOf({ spec }: APIService, { clock }: StrategyContext): APIServiceStatus {
  if (spec?.service) return {};
  const [message, lastTransitionTime] = ['Local APIServices are always available', timestamp(clock.now())];
  return { conditions: [{ type: 'Available', status: 'True', reason: 'Local', message, lastTransitionTime }] };
}

function availability({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available');
  if (!condition) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`;
}

export const apiServiceResource = defineResource<APIService>({
  ...apiServices,
  strategy: {
    nameRule: 'path-segment',
    generation: false,
    defaults({ spec }) {
      if (spec?.service) spec.service.port ??= 443;
    },
    prepareForCreate(service, context) {
      service.status = statusOf(service, context);
    },
    prepareForUpdate: keepOtherPart,
    validate: (service, { subresource }) => (subresource === 'status' ? [] : validate(service)),
  },
  cells: (service, now) => {
    const target = service.spec?.service;
    return [
      service.metadata.name,
      target ? `${target.namespace}/${target.name}` : 'Local',
      availability(service),
      age(service.metadata.creationTimestamp, now),
    ];
  },
});
