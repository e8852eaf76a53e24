import { ownValue, setOwn } from '../../kernel/own.ts';
import type { LabelSelector } from '../../kube/api.gen.ts';
import type { KubeObject, Stored } from '../../kube/meta.ts';
import { formatRequirements, labelSelectorRequirements } from '../../kube/selectors.ts';
import type { CustomKind, ResourceDefinition } from '../definition.ts';
import * as field from './field.ts';
import { badRequest, internalError, invalid } from './status.ts';

/** autoscaling/v1 Scale. */
export interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

interface Scalable {
  spec?: { replicas?: number; selector?: LabelSelector | Record<string, string> };
  status?: { replicas?: number };
}

interface Numbers {
  replicas: number | undefined;
  ready: number | undefined;
  selector: string;
}

/**
 * The Scale that a workload's `scale` subresource shows.
 * @param maybeUnset whether a custom resource may lack the number of replicas
 * @throws 500 if it does and may not
 */
export function scaleOf(object: Stored, d: Pick<ResourceDefinition, 'custom'>, maybeUnset = false): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const paths = d.custom?.scale;
  const { replicas, ready, selector } = paths ? customNumbers(object, paths) : workloadNumbers(object);
  if (paths && replicas === undefined && !maybeUnset) {
    throw internalError(`the spec replicas field ${field.quote(paths.specReplicasPath)} does not exist`);
  }
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas ? { replicas } : {},
    status: { replicas: ready ?? 0, ...(selector && { selector }) },
  };
}

function workloadNumbers(object: Stored): Numbers {
  const { spec, status } = object as Stored & Scalable;
  return { replicas: spec?.replicas, ready: status?.replicas, selector: selectorText(spec?.selector) };
}

function customNumbers(object: Stored, paths: NonNullable<CustomKind['scale']>): Numbers {
  const number = (path: string) => valueAt(object, path) as number | undefined;
  const selector = paths.labelSelectorPath ? valueAt(object, paths.labelSelectorPath) : '';
  return {
    replicas: number(paths.specReplicasPath),
    ready: number(paths.statusReplicasPath),
    selector: typeof selector === 'string' ? selector : '',
  };
}

/** The steps of `.spec.replicas`. */
export const scaleSteps = (path: string) => path.replace(/^\./, '').split('.');

function valueAt(object: unknown, path: string): unknown {
  let value = object;
  for (const name of scaleSteps(path)) value = ownValue(value as Record<string, unknown> | null | undefined, name);
  return value;
}

function selectorText(selector: LabelSelector | Record<string, string> | undefined): string {
  if (!selector) return '';
  const structured = 'matchLabels' in selector || 'matchExpressions' in selector;
  const labels = structured ? (selector as LabelSelector) : { matchLabels: selector as Record<string, string> };
  return formatRequirements(labelSelectorRequirements(labels) ?? []);
}

/**
 * A body that should be a Scale.
 * @param place checks that it names the object it was sent to
 * @throws 400 for another kind, 422 for impossible replicas
 */
export function checkScale(object: KubeObject, name: string, place?: () => void): Scale {
  if (object.kind !== undefined && object.kind !== 'Scale') {
    const version = (object.apiVersion ?? '').split('/').at(-1) ?? '';
    throw badRequest(
      `${object.kind} in version ${field.quote(version)} cannot be handled as a Scale: converting (${version}.${object.kind}) ` +
        'to (autoscaling.Scale): unknown conversion',
    );
  }
  place?.();
  const scale: Scale = object;
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas < 0) {
    const error = field.invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [error]);
  }
  return scale;
}

/** A copy of the workload with the Scale's replicas and resourceVersion. */
export function withScale(object: Stored, scale: Scale, d: Pick<ResourceDefinition, 'custom'>): KubeObject {
  const copy = structuredClone(object) as KubeObject & Scalable;
  const path = d.custom?.scale?.specReplicasPath ?? '.spec.replicas';
  if (d.custom && scale.spec?.replicas === undefined && valueAt(object, path) === undefined) {
    throw badRequest(`the spec replicas field ${field.quote(path)} cannot be empty`);
  }
  setAt(copy, path, scale.spec?.replicas ?? 0);
  copy.metadata = { ...copy.metadata, resourceVersion: scale.metadata?.resourceVersion };
  return copy;
}

/** Sets the value at a simple path, making the objects on the way. */
export function setAt(object: object, path: string, value: unknown): void {
  const steps = scaleSteps(path);
  const last = steps.pop() ?? '';
  let at = object as Record<string, unknown>;
  for (const name of steps) {
    const below = ownValue(at, name);
    const next = typeof below === 'object' && below !== null ? (below as Record<string, unknown>) : {};
    setOwn(at, name, next);
    at = next;
  }
  setOwn(at, last, value);
}
