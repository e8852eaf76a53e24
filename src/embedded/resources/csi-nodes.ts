import type { CSINode, CSINodeDriver } from '../../kube/api.gen.ts';
import { csiNodes } from '../../kube/resources.ts';
import { dnsSubdomain, validQualifiedName } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';

const identifierLimit = 256;

function validateDriver(driver: CSINodeDriver, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const { name, nodeID, allocatable } = driver;
  const topologyKeys = driver.topologyKeys ?? [];
  if (!name) errors.push(field.required(at.child('name')));
  else errors.push(...field.invalidEach(at.child('name'), name, dnsSubdomain(name.toLowerCase())));
  if (!nodeID) errors.push(field.required(at.child('nodeID')));
  else if (nodeID.length > identifierLimit) {
    errors.push(field.invalid(at.child('nodeID'), nodeID, `must be ${identifierLimit} characters or less`));
  }
  if ((allocatable?.count ?? 0) < 0) {
    const where = at.child('allocatable', 'count');
    errors.push(field.invalid(where, allocatable?.count, 'must be greater than or equal to 0'));
  }
  for (const key of topologyKeys) {
    if (key === '') errors.push(field.required(at));
    else errors.push(...field.invalidEach(at, key, validQualifiedName(key)));
  }
  if (new Set(topologyKeys).size < topologyKeys.length) {
    const twice = topologyKeys.find((key, i) => topologyKeys.indexOf(key) < i);
    errors.push(field.duplicate(at.child('topologyKeys'), twice));
  }
  return errors;
}

function validate({ spec }: CSINode): FieldError[] {
  const at = field.path('spec', 'drivers');
  const names = new Set<string>();
  return (spec?.drivers ?? []).flatMap((driver, i) => {
    const errors = validateDriver(driver, at.index(i));
    if (names.has(driver.name)) errors.push(field.duplicate(at.index(i).child('name'), driver.name));
    names.add(driver.name);
    return errors;
  });
}

/** Drivers come and go; while one is there, only how much it can attach may change. */
function validateUpdate({ spec }: CSINode, old: CSINode): FieldError[] {
  const at = field.path('spec', 'drivers');
  return (spec?.drivers ?? []).flatMap((driver, i) => {
    const before = old.spec.drivers?.find(({ name }) => name === driver.name);
    if (!before) return [];
    const fixed = ({ name, nodeID, topologyKeys }: CSINodeDriver) => ({ name, nodeID, topologyKeys });
    return field.sameJson(fixed(driver), fixed(before))
      ? []
      : [field.invalid(at.index(i), driver, 'field is immutable')];
  });
}

export const csiNodeResource = defineResource<CSINode>({
  ...csiNodes,
  strategy: {
    defaults(node) {
      node.spec ??= { drivers: [] };
      node.spec.drivers ??= [];
    },
    validate,
    validateUpdate,
  },
  cells: (node, now) => [
    node.metadata.name,
    (node.spec.drivers ?? []).length,
    age(node.metadata.creationTimestamp, now),
  ],
});
