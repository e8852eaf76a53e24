import { apiVersionOf } from '../../kube/meta.ts';
import { normalize } from '../codec/decode.ts';
import { schemaOf } from '../codec/schema-source.ts';
import { updateManagedFields } from '../patch/managed-fields.ts';
import { serverSideApply } from '../patch/server-side-apply.ts';
import type { ManagedFields } from './dependencies.ts';

/** managedFields and server-side apply of `patch/`, for definitions of the registry. */
export const managedFields: ManagedFields = {
  update: ({ definition, ...request }) =>
    updateManagedFields({ ...request, apiVersion: apiVersionOf(definition), schema: schemaOf(definition) }),

  apply({ definition, fieldValidation, ...request }) {
    const merged = serverSideApply({
      ...request,
      apiVersion: apiVersionOf(definition),
      kind: definition.kind,
      schema: schemaOf(definition),
    });
    return normalize(definition, merged, fieldValidation);
  },
};
