import type { ParamKind, ParamRef } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { apiVersionOf } from '../../../kube/meta.ts';
import { selectorMatches } from '../../../kube/selectors.ts';
import type { ResourceDefinition } from '../../definition.ts';
import type { AdmissionAttributes } from '../../registry/admission.ts';

export interface Param {
  definition: ResourceDefinition;
  object: Stored;
}

/** The parameters that a binding names. `problem`: why there are none where there must be some. */
export function paramsOf(
  kind: ParamKind,
  ref: ParamRef | undefined,
  attributes: AdmissionAttributes,
): { params: Param[] } | { problem: string } {
  const definition = attributes.definitions().find((d) => apiVersionOf(d) === kind.apiVersion && d.kind === kind.kind);
  if (!definition) {
    return { problem: `failed to find resource referenced by paramKind: '${kind.apiVersion}, Kind=${kind.kind}'` };
  }
  if (!ref) return { params: [] };
  const namespace = definition.namespaced ? ref.namespace || attributes.namespace : undefined;
  if (definition.namespaced && !namespace) {
    return { problem: 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources' };
  }
  const found = ref.name
    ? [attributes.read(definition, namespace, ref.name)].filter((object) => object !== undefined)
    : attributes
        .listAll(definition, namespace)
        .filter((object) => selectorMatches(ref.selector, object.metadata.labels));
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny') {
    return { problem: 'no params found for policy binding with `Deny` parameterNotFoundAction' };
  }
  return { params: found.map((object) => ({ definition, object })) };
}
