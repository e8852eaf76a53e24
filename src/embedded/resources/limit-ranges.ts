import { ownValue } from '../../kernel/own.ts';
import type { LimitRange, LimitRangeItem } from '../../kube/api.gen.ts';
import { compareQuantities, milliValue } from '../../kube/quantity.ts';
import { limitRanges } from '../../kube/resources.ts';
import { validQualifiedName } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../registry/field.ts';
import { defineResource } from './define.ts';
import { allowsOvercommit, sortedKeys, validateLimitedResource } from './validate/resource-names.ts';

const types = ['Pod', 'Container', 'PersistentVolumeClaim'];

function validateType(type: string, where: field.FieldPath): FieldError[] {
  const errors = field.invalidEach(where, type, validQualifiedName(type));
  if (errors.length > 0 || type.includes('/') || types.includes(type)) return errors;
  return [field.invalid(where, type, 'must be a standard limit type or fully qualified')];
}

/** How the amounts of one resource relate. */
function validateAmounts(item: LimitRangeItem, name: string, at: field.FieldPath): FieldError[] {
  const [min, max, limit, request, ratio] = [
    ownValue(item.min, name),
    ownValue(item.max, name),
    ownValue(item.default, name),
    ownValue(item.defaultRequest, name),
    ownValue(item.maxLimitRequestRatio, name),
  ];
  const errors: FieldError[] = [];
  const more = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
  const refuse = (where: string, value: string | undefined, text: string) =>
    errors.push(field.invalid(at.child(where).key(name), value, text));
  if (more(min, max)) refuse('min', min, `min value ${min} is greater than max value ${max}`);
  if (more(min, request)) {
    refuse('defaultRequest', request, `min value ${min} is greater than default request value ${request}`);
  }
  if (more(request, max)) {
    refuse('defaultRequest', request, `default request value ${request} is greater than max value ${max}`);
  }
  if (more(request, limit)) {
    refuse('defaultRequest', request, `default request value ${request} is greater than default limit value ${limit}`);
  }
  if (more(min, limit)) refuse('default', min, `min value ${min} is greater than default value ${limit}`);
  if (more(limit, max)) refuse('default', max, `default value ${limit} is greater than max value ${max}`);
  if (ratio !== undefined && compareQuantities(ratio, '1') < 0) {
    refuse('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`);
  }
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const most = milliValue(max) / milliValue(min);
    if (milliValue(ratio) / 1000 > most) {
      refuse('maxLimitRequestRatio', ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`);
    }
  }
  const differ = limit !== undefined && request !== undefined && compareQuantities(limit, request) !== 0;
  if (!allowsOvercommit(name) && differ) {
    const text = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
    refuse('defaultRequest', request, text);
  }
  return errors;
}

const parts = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

function validateItem(item: LimitRangeItem, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const part of parts) {
    const amounts = sortedKeys(item[part]);
    if (item.type === 'Pod' && (part === 'default' || part === 'defaultRequest')) {
      if (amounts.length > 0) errors.push(field.forbidden(at.child(part), "may not be specified when `type` is 'Pod'"));
      continue;
    }
    if (part === 'maxLimitRequestRatio' && item.type === 'PersistentVolumeClaim') {
      const bounded = item.min?.storage !== undefined || item.max?.storage !== undefined;
      const text = 'either minimum or maximum storage value is required, but neither was provided';
      if (!bounded) errors.push(field.required(at.child('limits'), text));
    }
    for (const name of amounts) {
      errors.push(...validateLimitedResource(item.type, name, at.child(part).key(name)));
      names.add(name);
    }
  }
  return [...errors, ...[...names].flatMap((name) => validateAmounts(item, name, at))];
}

function validate({ spec }: LimitRange): FieldError[] {
  const at = field.path('spec', 'limits');
  const seen = new Set<string>();
  return (spec?.limits ?? []).flatMap((item, i) => {
    const where = at.index(i);
    const errors = validateType(item.type ?? '', where.child('type'));
    if (seen.has(item.type)) errors.push(field.duplicate(where.child('type'), item.type));
    seen.add(item.type);
    return [...errors, ...validateItem(item, where)];
  });
}

/** A container's default limit is its maximum, its default request that limit, or the minimum. */
function defaultItem(item: LimitRangeItem): void {
  if (item.type !== 'Container') return;
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

export const limitRangeResource = defineResource<LimitRange>({
  ...limitRanges,
  strategy: {
    defaults({ spec }) {
      for (const item of spec?.limits ?? []) defaultItem(item);
    },
    validate,
  },
});
