/** ValidateHorizontalPodAutoscaler, of both versions: the shape is that of v2. */
import type {
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../../../kube/api.gen.ts';
import { quantityNanos } from '../../../kube/quantity.ts';
import { pathSegment } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

/** The field of each type, in the order in which Kubernetes looks at them. */
const sources = [
  ['object', 'Object'],
  ['external', 'External'],
  ['pods', 'Pods'],
  ['resource', 'Resource'],
  ['containerResource', 'ContainerResource'],
] as const;

interface Reference {
  apiVersion?: string;
  kind?: string;
  name?: string;
}

function validateReference(reference: Reference | undefined, at: field.FieldPath, needsGroup: boolean): FieldError[] {
  const { apiVersion = '', kind, name } = reference ?? {};
  const errors: FieldError[] = [];
  for (const [key, value] of [
    ['kind', kind],
    ['name', name],
  ] as const) {
    if (!value) errors.push(field.required(at.child(key)));
    else errors.push(...field.invalidEach(at.child(key), value, pathSegment(value)));
  }
  const parts = apiVersion.split('/');
  if (parts.length > 2) {
    errors.push(field.invalid(at.child('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  } else if (needsGroup && parts.length < 2 && kind !== 'ReplicationController') {
    errors.push(field.invalid(at.child('apiVersion'), apiVersion, 'apiVersion must specify API group'));
  }
  return errors;
}

function validateTarget(target: MetricTarget | undefined, at: field.FieldPath): FieldError[] {
  const { type = '', value, averageValue, averageUtilization } = target ?? {};
  const errors: FieldError[] = [];
  if (type === '') errors.push(field.required(at.child('type'), 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(type)) {
    errors.push(field.invalid(at.child('type'), type, 'must be either Utilization, Value, or AverageValue'));
  }
  for (const [name, amount] of Object.entries({ value, averageValue })) {
    if (amount !== undefined && quantityNanos(amount) <= 0n) {
      errors.push(field.invalid(at.child(name), amount, 'must be positive'));
    }
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(field.invalid(at.child('averageUtilization'), averageUtilization, 'must be greater than 0'));
  }
  return errors;
}

function validateIdentifier(metric: MetricIdentifier | undefined, at: field.FieldPath): FieldError[] {
  if (!metric?.name) return [field.required(at.child('name'), 'must specify a metric name')];
  return field.invalidEach(at.child('name'), metric.name, pathSegment(metric.name));
}

function validateResource(source: MetricSpec['resource'], at: field.FieldPath): FieldError[] {
  const target = source?.target;
  const where = at.child('target');
  const errors: FieldError[] = [];
  if (!source?.name) errors.push(field.required(at.child('name'), 'must specify a resource name'));
  errors.push(...validateTarget(target, where));
  const utilization = target?.averageUtilization !== undefined;
  const value = target?.averageValue !== undefined;
  if (!utilization && !value) {
    const text = 'must set either a target raw value or a target utilization';
    errors.push(field.required(where.child('averageUtilization'), text));
  }
  if (utilization && value) {
    const text = 'may not set both a target raw value and a target utilization';
    errors.push(field.forbidden(where.child('averageValue'), text));
  }
  return errors;
}

function validateSource(spec: MetricSpec, name: (typeof sources)[number][0], at: field.FieldPath): FieldError[] {
  const where = at.child('target');
  switch (name) {
    case 'object': {
      const { describedObject, metric, target } = spec.object ?? {};
      const errors = [
        ...validateReference(describedObject, at.child('describedObject'), false),
        ...validateIdentifier(metric, at.child('metric')),
        ...validateTarget(target, where),
      ];
      if (target?.value === undefined && target?.averageValue === undefined) {
        errors.push(field.required(where.child('averageValue'), 'must set either a target value or averageValue'));
      }
      return errors;
    }
    case 'external': {
      const { metric, target } = spec.external ?? {};
      const errors = [...validateIdentifier(metric, at.child('metric')), ...validateTarget(target, where)];
      if (target?.value === undefined && target?.averageValue === undefined) {
        const text = 'must set either a target value for metric or a per-pod target';
        errors.push(field.required(where.child('averageValue'), text));
      }
      if (target?.value !== undefined && target.averageValue !== undefined) {
        const text = 'may not set both a target value for metric and a per-pod target';
        errors.push(field.forbidden(where.child('value'), text));
      }
      return errors;
    }
    case 'pods': {
      const { metric, target } = spec.pods ?? {};
      const errors = [...validateIdentifier(metric, at.child('metric')), ...validateTarget(target, where)];
      if (target?.averageValue === undefined || quantityNanos(target.averageValue) <= 0n) {
        errors.push(field.required(where.child('averageValue'), 'must specify a positive target averageValue'));
      }
      return errors;
    }
    case 'resource':
      return validateResource(spec.resource, at);
    case 'containerResource':
      return [
        ...validateResource(spec.containerResource, at),
        ...(spec.containerResource?.container
          ? []
          : [field.required(at.child('container'), 'must specify a container for metric')]),
      ];
  }
}

function validateMetric(spec: MetricSpec, at: field.FieldPath): FieldError[] {
  const where = at.child('type');
  const type = spec.type ?? '';
  const unknown = () => field.notSupported(where, type, metricTypes);
  const errors: FieldError[] = [];
  if (type === '') errors.push(field.required(where, 'must specify a metric source type'));
  if (!metricTypes.includes(type)) errors.push(unknown());
  const present = sources.filter(([name]) => spec[name] !== undefined).map(([name]) => name);
  const [first] = present;
  if (first !== undefined) errors.push(...validateSource(spec, first, at.child(first)));
  const expected = sources.find(([, known]) => known === type)?.[0];
  if (expected === undefined) errors.push(unknown());
  else if (spec[expected] === undefined) {
    errors.push(field.required(at.child(expected), 'must populate information for the given metric source'));
  }
  if (present.length !== 1) {
    for (const name of present.filter((name) => name !== expected)) {
      errors.push(field.forbidden(at.child(name), 'must populate the given metric source only'));
    }
  }
  return errors;
}

const longestWindow = 3600;
const longestPeriod = 1800;

function validateRules(rules: HPAScalingRules | undefined, at: field.FieldPath): FieldError[] {
  if (rules === undefined) return [];
  const errors: FieldError[] = [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const refuse = (where: field.FieldPath, value: number, text: string) =>
    errors.push(field.invalid(where, value, text));
  if (window !== undefined) {
    const where = at.child('stabilizationWindowSeconds');
    if (window < 0) refuse(where, window, 'must be greater than or equal to zero');
    if (window > longestWindow) refuse(where, window, `must be less than or equal to ${longestWindow}`);
  }
  if (selectPolicy !== undefined && !['Disabled', 'Max', 'Min'].includes(selectPolicy)) {
    errors.push(field.notSupported(at.child('selectPolicy'), selectPolicy, ['Disabled', 'Max', 'Min']));
  }
  if (policies.length === 0) errors.push(field.required(at.child('policies'), 'must specify at least one Policy'));
  for (const [i, { type, value, periodSeconds }] of policies.entries()) {
    const where = at.child('policies').index(i);
    if (type !== 'Percent' && type !== 'Pods') {
      errors.push(field.notSupported(where.child('type'), type ?? '', ['Percent', 'Pods']));
    }
    if (value <= 0) refuse(where.child('value'), value, 'must be greater than zero');
    if (periodSeconds <= 0) refuse(where.child('periodSeconds'), periodSeconds, 'must be greater than zero');
    if (periodSeconds > longestPeriod) {
      refuse(where.child('periodSeconds'), periodSeconds, `must be less than or equal to ${longestPeriod}`);
    }
  }
  if (tolerance !== undefined && quantityNanos(tolerance) < 0n) {
    errors.push(field.invalid(at.child('tolerance'), tolerance, 'must be greater than or equal to 0'));
  }
  return errors;
}

export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const at = field.path('spec');
  const min = spec?.minReplicas;
  const max = spec?.maxReplicas ?? 0;
  const metrics = spec?.metrics ?? [];
  const errors: FieldError[] = [];
  if (min !== undefined && min < 1) {
    errors.push(field.invalid(at.child('minReplicas'), min, 'must be greater than or equal to 1'));
  }
  if (max < 1) errors.push(field.invalid(at.child('maxReplicas'), max, 'must be greater than 0'));
  if (min !== undefined && max < min) {
    errors.push(field.invalid(at.child('maxReplicas'), max, 'must be greater than or equal to `minReplicas`'));
  }
  errors.push(...validateReference(spec?.scaleTargetRef, at.child('scaleTargetRef'), true));
  errors.push(...metrics.flatMap((metric, i) => validateMetric(metric, at.child('metrics').index(i))));
  if (min === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    const text = 'must specify at least one Object or External metric to support scaling to zero replicas';
    errors.push(field.forbidden(at.child('metrics'), text));
  }
  const behavior = at.child('behavior');
  return [
    ...errors,
    ...validateRules(spec?.behavior?.scaleUp, behavior.child('scaleUp')),
    ...validateRules(spec?.behavior?.scaleDown, behavior.child('scaleDown')),
  ];
}
