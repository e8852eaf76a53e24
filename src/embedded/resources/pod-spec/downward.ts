/** The downward API in env and volumes: which fields and resources of a Pod may be asked for. */
import type { ObjectFieldSelector, ResourceFieldSelector } from '../../../kube/api.gen.ts';
import { quantityNanos } from '../../../kube/quantity.ts';
import { validQualifiedName } from '../../../kube/validation.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';

/** Every field label that conversion knows; not all are allowed everywhere. */
const knownFields = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
  'status.nominatedNodeName',
]);

export function validateFieldRef(
  ref: ObjectFieldSelector,
  allowed: readonly string[],
  at: field.FieldPath,
): FieldError[] {
  const where = at.child('fieldPath');
  if (!ref.apiVersion) return [field.required(at.child('apiVersion'))];
  if (!ref.fieldPath) return [field.required(where)];
  const keyed = /^(metadata\.(?:annotations|labels))\['(.*)'\]$/.exec(ref.fieldPath);
  if (keyed !== null) {
    const [, path = '', key = ''] = keyed;
    const problems = validQualifiedName(path === 'metadata.annotations' ? key.toLowerCase() : key);
    return field.invalidEach(where, key, problems);
  }
  if (!knownFields.has(ref.fieldPath)) {
    const text = `error converting fieldPath: field label not supported: ${ref.fieldPath}`;
    return [field.invalid(where, ref.fieldPath, text)];
  }
  return allowed.includes(ref.fieldPath) ? [] : [field.notSupported(where, ref.fieldPath, allowed)];
}

const divisors: readonly [suffix: string, allowed: readonly string[]][] = [
  ['cpu', ['1m', '1']],
  ['memory', ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']],
  ['ephemeral-storage', ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']],
];

export function validateResourceRef(
  ref: ResourceFieldSelector,
  allowed: readonly string[],
  at: field.FieldPath,
  inVolume: boolean,
): FieldError[] {
  if (inVolume && !ref.containerName) return [field.required(at.child('containerName'))];
  if (!ref.resource) return [field.required(at.child('resource'))];
  const hugePages = /^(limits|requests)\.hugepages-/.test(ref.resource);
  if (!allowed.includes(ref.resource) && !hugePages) {
    return [field.notSupported(at.child('resource'), ref.resource, allowed)];
  }
  const divisor = ref.divisor ?? '0';
  if (quantityNanos(divisor) === 0n) return [];
  const units = hugePages ? divisors[1]?.[1] : divisors.find(([suffix]) => ref.resource.endsWith(`.${suffix}`))?.[1];
  const fine = (units ?? []).some((unit) => quantityNanos(unit) === quantityNanos(divisor));
  if (fine) return [];
  const name = hugePages ? 'hugepages' : ref.resource.slice(ref.resource.indexOf('.') + 1);
  const list = name === 'cpu' ? '1m and 1' : (units ?? []).join(', ');
  return [
    field.invalid(
      at.child('divisor'),
      ref.resource,
      `only divisor's values ${list} are supported with the ${name} resource`,
    ),
  ];
}
