import type { Container, Pod, ResourceRequirements } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { mirrorAnnotation } from '../../mirror-pod.ts';
import { qosClass } from './qos.ts';

const specPath = field.path('spec');

/** Names whose amount was given before and is not any more, among those that a resize may change. */
const isRemoved = (after: ResourceRequirements[`requests`], before: ResourceRequirements[`requests`]) =>
  ['cpu', 'memory'].some((name) => before?.[name] !== undefined && after?.[name] === undefined);

function validateContainer(container: Container, old: Container, at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const [after, before] = [container.resources, old.resources];
  if (isRemoved(after?.requests, before?.requests)) {
    errors.push(field.forbidden(at.child('resources', 'requests'), 'resource requests cannot be removed'));
  }
  if (isRemoved(after?.limits, before?.limits)) {
    errors.push(field.forbidden(at.child('resources', 'limits'), 'resource limits cannot be removed'));
  }
  for (const kind of ['requests', 'limits'] as const) {
    const names = new Set([...Object.keys(after?.[kind] ?? {}), ...Object.keys(before?.[kind] ?? {})]);
    for (const name of names) {
      if (name === 'cpu' || name === 'memory' || after?.[kind]?.[name] === before?.[kind]?.[name]) continue;
      errors.push(field.forbidden(at.child('resources', kind), 'only cpu and memory resources are mutable'));
    }
  }
  return errors;
}

/** Validation of the subresource `resize` (KEP-1287): cpu and memory may change, the quality of service may not. */
export function validateResize(pod: Pod, old: Stored<Pod>): FieldError[] {
  const errors: FieldError[] = [];
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) {
    return [field.forbidden('', 'static pods cannot be resized')];
  }
  if (qosClass(pod.spec) !== qosClass(old.spec)) {
    const text = 'Pod QOS Class may not change as a result of resizing';
    errors.push(field.invalid(specPath, old.status?.qosClass ?? '', text));
  }
  for (const name of ['containers', 'initContainers'] as const) {
    for (const [i, container] of (pod.spec?.[name] ?? []).entries()) {
      const before = old.spec?.[name]?.[i];
      if (before !== undefined) {
        errors.push(...validateContainer(container, before, specPath.child(name).index(i)));
      }
    }
  }
  return errors;
}
