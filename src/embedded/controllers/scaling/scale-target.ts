import type { KubeObject } from '../../../kube/meta.ts';
import type { ComponentContext, ServedResource } from '../../api.ts';

/** autoscaling/v1 Scale, as subresources show it. */
export interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

/**
 * The served resource that a reference by kind means; the version counts only where several are served. Undefined: there
 * is none.
 */
export function resourceOfKind(
  context: Pick<ComponentContext, 'resources'>,
  { apiVersion = '', kind }: { apiVersion?: string; kind: string },
): ServedResource | undefined {
  const slash = apiVersion.indexOf('/');
  const group = apiVersion.slice(0, Math.max(0, slash));
  const version = apiVersion.slice(slash + 1);
  const fitting = context.resources().filter((r) => r.kind === kind && r.group === group);
  return fitting.find((r) => r.version === version) ?? fitting[0];
}
