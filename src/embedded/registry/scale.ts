import type { LabelSelector } from '../../kube/api.gen.ts';
import type { KubeObject, Stored } from '../../kube/meta.ts';
import { formatRequirements, labelSelectorRequirements } from '../../kube/selectors.ts';
import * as field from './field.ts';
import { badRequest, invalid } from './status.ts';

/** autoscaling/v1 Scale. */
export interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

interface Scalable {
  spec?: { replicas?: number; selector?: LabelSelector | Record<string, string> };
  status?: { replicas?: number };
}

/** The Scale that a workload's `scale` subresource shows. */
export function scaleOf(object: Stored): Scale {
  const { spec, status } = object as Stored & Scalable;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = selectorText(spec?.selector);
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec?.replicas ? { replicas: spec.replicas } : {},
    status: { replicas: status?.replicas ?? 0, ...(selector && { selector }) },
  };
}

function selectorText(selector: LabelSelector | Record<string, string> | undefined): string {
  if (!selector) return '';
  const structured = 'matchLabels' in selector || 'matchExpressions' in selector;
  const labels = structured ? (selector as LabelSelector) : { matchLabels: selector as Record<string, string> };
  return formatRequirements(labelSelectorRequirements(labels) ?? []);
}

/** A body that should be a Scale. Throws 400 for another kind, 422 for impossible replicas. */
export function checkScale(object: KubeObject, name: string): Scale {
  if (object.kind !== undefined && object.kind !== 'Scale') {
    const version = (object.apiVersion ?? '').split('/').at(-1) ?? '';
    throw badRequest(
      `${object.kind} in version ${field.quote(version)} cannot be handled as a Scale: converting (${version}.${object.kind}) ` +
        'to (autoscaling.Scale): unknown conversion',
    );
  }
  const scale: Scale = object;
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas < 0) {
    const error = field.invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [error]);
  }
  return scale;
}

/** A copy of the workload with the Scale's replicas and resourceVersion. */
export function withScale(object: Stored, scale: Scale): KubeObject {
  const copy = structuredClone(object) as KubeObject & Scalable;
  copy.spec = { ...copy.spec, replicas: scale.spec?.replicas ?? 0 };
  copy.metadata = { ...copy.metadata, resourceVersion: scale.metadata?.resourceVersion };
  return copy;
}
