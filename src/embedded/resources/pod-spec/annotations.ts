import type { Pod } from '../../../kube/api.gen.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { mirrorAnnotation } from '../../mirror-pod.ts';

const where = field.path('metadata', 'annotations').key(mirrorAnnotation);
const mirror = (pod: Pod) => pod.metadata?.annotations?.[mirrorAnnotation];

export function validateMirrorAnnotation(pod: Pod): FieldError[] {
  const value = mirror(pod);
  if (value === undefined || pod.spec?.nodeName) return [];
  return [field.invalid(where, value, 'must set spec.nodeName if mirror pod annotation is set')];
}

export function validateMirrorUpdate(pod: Pod, old: Pod): FieldError[] {
  const [after, before] = [mirror(pod), mirror(old)];
  if (after === before) return [];
  if (before === undefined) return [field.forbidden(where, 'may not add mirror annotation')];
  return [field.forbidden(where, 'may not remove or update mirror annotation')];
}
