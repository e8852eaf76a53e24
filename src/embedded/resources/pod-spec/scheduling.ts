import type {
  Affinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from '../../../kube/api.gen.ts';
import { dnsLabel, dnsSubdomain, validLabelValue, validQualifiedName } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { validateKeyAndValues, validateLabelSelector, validateRequirement } from '../validate/label-selector.ts';

const required = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

function validateNodeRequirement(requirement: NodeSelectorRequirement, at: field.FieldPath): FieldError[] {
  if (requirement.operator !== 'Gt' && requirement.operator !== 'Lt') return validateRequirement(requirement, at);
  const text = "must be specified single value when `operator` is 'Lt' or 'Gt'";
  const errors = requirement.values?.length === 1 ? [] : [field.required(at.child('values'), text)];
  return [...errors, ...validateKeyAndValues(requirement, at)];
}

function validateFieldRequirement(requirement: NodeSelectorRequirement, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const values = requirement.values ?? [];
  if (requirement.operator !== 'In' && requirement.operator !== 'NotIn') {
    errors.push(field.invalid(at.child('operator'), requirement.operator, 'not a valid selector operator'));
  } else if (values.length !== 1) {
    const text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(field.required(at.child('values'), text));
  }
  if (requirement.key !== 'metadata.name') {
    errors.push(field.invalid(at.child('key'), requirement.key, 'not a valid field selector key'));
    return errors;
  }
  for (const [i, value] of values.entries()) {
    errors.push(...field.invalidEach(at.child('values').index(i), value, dnsSubdomain(value)));
  }
  return errors;
}

export function validateTerm(term: NodeSelectorTerm, at: field.FieldPath): FieldError[] {
  return [
    ...(term.matchExpressions ?? []).flatMap((r, i) =>
      validateNodeRequirement(r, at.child('matchExpressions').index(i)),
    ),
    ...(term.matchFields ?? []).flatMap((r, i) => validateFieldRequirement(r, at.child('matchFields').index(i))),
  ];
}

function validatePodAffinityTerm(term: PodAffinityTerm, at: field.FieldPath): FieldError[] {
  const errors = [
    ...validateLabelSelector(term.labelSelector, at.child('labelSelector')),
    ...validateLabelSelector(term.namespaceSelector, at.child('namespaceSelector')),
    ...(term.namespaces ?? []).flatMap((name) => field.invalidEach(at.child('namespace'), name, dnsLabel(name))),
  ];
  for (const name of ['matchLabelKeys', 'mismatchLabelKeys'] as const) {
    if ((term[name] ?? []).length > 0 && term.labelSelector === undefined) {
      errors.push(field.forbidden(at.child(name), 'must not be specified when labelSelector is not set'));
    }
  }
  const key = term.topologyKey ?? '';
  if (key === '') errors.push(field.required(at.child('topologyKey'), 'can not be empty'));
  return [...errors, ...field.invalidEach(at.child('topologyKey'), key, validQualifiedName(key))];
}

function validateWeight(weight: number, where: field.FieldPath): FieldError[] {
  return weight < 1 || weight > 100 ? [field.invalid(where, weight, 'must be in the range 1-100')] : [];
}

export function validateAffinity(affinity: Affinity | undefined, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const node = affinity?.nodeAffinity;
  const nodePath = at.child('nodeAffinity');
  const selector = node?.requiredDuringSchedulingIgnoredDuringExecution;
  if (selector !== undefined) {
    const where = nodePath.child(required, 'nodeSelectorTerms');
    const terms = selector.nodeSelectorTerms ?? [];
    if (terms.length === 0) errors.push(field.required(where, 'must have at least one node selector term'));
    errors.push(...terms.flatMap((term, i) => validateTerm(term, where.index(i))));
  }
  for (const [i, term] of (node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const where = nodePath.child(preferred).index(i);
    errors.push(...validateWeight(term.weight, where.child('weight')));
    errors.push(...validateTerm(term.preference, where.child('preference')));
  }
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const part = affinity?.[name];
    for (const [i, term] of (part?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      errors.push(...validatePodAffinityTerm(term, at.child(name, required).index(i)));
    }
    for (const [i, term] of (part?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      const where = at.child(name, preferred).index(i);
      errors.push(...validateWeight(term.weight, where.child('weight')));
      errors.push(...validatePodAffinityTerm(term.podAffinityTerm, where.child('podAffinityTerm')));
    }
  }
  return errors;
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTolerations(tolerations: readonly Toleration[] | undefined, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, toleration] of (tolerations ?? []).entries()) {
    const where = at.index(i);
    const { key = '', operator = '', value = '', effect = '' } = toleration;
    if (key !== '') errors.push(...field.invalidEach(where.child('key'), key, validQualifiedName(key)));
    else if (operator !== 'Exists') {
      const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(field.invalid(where.child('operator'), operator, text));
    }
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
      const text = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      errors.push(field.invalid(where.child('effect'), effect, text));
    }
    if (operator === 'Equal' || operator === '') {
      const problems = validLabelValue(value);
      if (problems.length > 0) errors.push(field.invalid(where.child('operator'), value, problems.join(';')));
    } else if (operator === 'Exists') {
      if (value !== '') {
        errors.push(field.invalid(where.child('operator'), value, "value must be empty when `operator` is 'Exists'"));
      }
    } else errors.push(field.notSupported(where.child('operator'), operator, ['Equal', 'Exists']));
    if (effect !== '' && !effects.includes(effect)) {
      errors.push(field.notSupported(where.child('effect'), effect, effects));
    }
  }
  return errors;
}

export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  at: field.FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, constraint] of (constraints ?? []).entries()) {
    const where = at.index(i);
    const { maxSkew, topologyKey = '', whenUnsatisfiable = '', minDomains } = constraint;
    if (maxSkew <= 0) errors.push(field.invalid(where.child('maxSkew'), maxSkew, 'must be greater than zero'));
    if (topologyKey === '') errors.push(field.required(where.child('topologyKey'), 'can not be empty'));
    else errors.push(...field.invalidEach(where.child('topologyKey'), topologyKey, validQualifiedName(topologyKey)));
    const actions = ['DoNotSchedule', 'ScheduleAnyway'];
    if (!actions.includes(whenUnsatisfiable)) {
      errors.push(field.notSupported(where.child('whenUnsatisfiable'), whenUnsatisfiable, actions));
    }
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(pair)) errors.push(field.duplicate(where.child('{topologyKey, whenUnsatisfiable}'), pair));
    seen.add(pair);
    if (minDomains !== undefined && minDomains <= 0) {
      errors.push(field.invalid(where.child('minDomains'), minDomains, 'must be greater than zero'));
    }
    if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') {
      const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
      errors.push(field.invalid(where.child('minDomains'), minDomains, text));
    }
    for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[name];
      if (policy !== undefined && policy !== 'Honor' && policy !== 'Ignore') {
        errors.push(field.notSupported(where.child(name), policy, ['Honor', 'Ignore']));
      }
    }
    errors.push(...validateLabelSelector(constraint.labelSelector, where.child('labelSelector')));
  }
  return errors;
}
