import type { Namespace } from '../../kube/api.gen.ts';
import { namespaces } from '../../kube/resources.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../errors/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';

const nameLabel = 'kubernetes.io/metadata.name';

/** Finalizers of a namespace's spec must be qualified names; only `kubernetes` may stand without a domain. */
function validateFinalizers(namespace: Namespace): FieldError[] {
  const at = field.path('spec', 'finalizers');
  return (namespace.spec?.finalizers ?? []).flatMap((name) =>
    name.includes('/') || name === 'kubernetes'
      ? []
      : [field.invalid(at, name, 'name is neither a standard finalizer name nor is it fully qualified')],
  );
}

/** Namespaces: active until deleted, then Terminating until `spec.finalizers` is empty (subresource `finalize`). */
export const namespaceResource = defineResource<Namespace>({
  ...namespaces,
  strategy: {
    nameRule: 'dns-label',
    generation: false,
    defaults(namespace) {
      // The label that NetworkPolicies and others select namespaces by (KEP-2161).
      const { metadata } = namespace;
      if (metadata?.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
    },
    prepareForCreate(namespace) {
      namespace.status = { phase: 'Active' };
      const finalizers = namespace.spec?.finalizers ?? [];
      namespace.spec = { finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] };
    },
    prepareForUpdate(namespace, old, { subresource }) {
      if (subresource === 'status') namespace.spec = structuredClone(old.spec);
      else {
        namespace.status = structuredClone(old.status);
        if (subresource !== 'finalize') namespace.spec = structuredClone(old.spec);
      }
    },
    validate: validateFinalizers,
    validateUpdate: (namespace, _old, { subresource }) => {
      if (subresource !== 'status') return [];
      const terminating = namespace.metadata?.deletionTimestamp !== undefined;
      const phase = namespace.status?.phase;
      if (terminating && phase !== 'Terminating') {
        return [
          field.invalid('status.Phase', phase ?? '', 'may only be `Terminating` if `deletionTimestamp` is not empty'),
        ];
      }
      if (!terminating && phase !== 'Active') {
        return [field.invalid('status.Phase', phase ?? '', 'may only be `Active` if `deletionTimestamp` is empty')];
      }
      return [];
    },
  },
  fieldSelectors: { 'status.phase': (namespace) => namespace.status?.phase ?? '' },
  cells: (namespace, now) => [
    namespace.metadata.name,
    namespace.status?.phase ?? '',
    age(namespace.metadata.creationTimestamp, now),
  ],
});
