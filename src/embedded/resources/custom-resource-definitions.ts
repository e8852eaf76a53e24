import type { CustomResourceDefinition } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { customResourceDefinitions } from '../../kube/resources.ts';
import { withCondition } from '../apiextensions/conditions.ts';
import { cleanupFinalizer } from '../apiextensions/finalizer.ts';
import { formatWarnings } from '../apiextensions/format-warnings.ts';
import {
  validateDefinition,
  validateDefinitionStatus,
  validateDefinitionUpdate,
} from '../apiextensions/validate-definition.ts';
import { type FieldError, sameJson } from '../errors/field.ts';
import { notSimulated } from '../errors/status.ts';
import { defineResource } from './define.ts';

function setDefaults(crd: CustomResourceDefinition): void {
  const { spec } = crd;
  if (!spec?.names) return;
  const { names } = spec;
  names.singular ||= (names.kind ?? '').toLowerCase();
  if (!names.listKind && names.kind) names.listKind = `${names.kind}List`;
  spec.conversion ??= { strategy: 'None' };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
  const storage = spec.versions?.find((version) => version.storage)?.name;
  if (storage !== undefined && !crd.status?.storedVersions?.length) {
    crd.status = { ...crd.status, storedVersions: [storage] };
  }
}

/** The version that is stored from now on is one of those that were ever stored. */
function addStoredVersion(crd: CustomResourceDefinition, stored: readonly string[]): string[] {
  const storage = crd.spec.versions?.find((version) => version.storage)?.name;
  return storage === undefined || stored.includes(storage) ? [...stored] : [...stored, storage];
}

function update(crd: CustomResourceDefinition, old: Stored<CustomResourceDefinition>, viaStatus: boolean): void {
  if (viaStatus) {
    // Metadata may be changed through /status: so do the controllers that take finalizers away.
    crd.spec = structuredClone(old.spec);
    return;
  }
  crd.status = structuredClone(old.status ?? {});
  crd.status.storedVersions = addStoredVersion(crd, crd.status.storedVersions ?? []);
  if (!sameJson(crd.spec, old.spec)) {
    crd.metadata = { ...crd.metadata, generation: (old.metadata.generation ?? 0) + 1 };
  }
}

/**
 * Between versions webhooks would have to be asked, which this simulation does not call; where there is nothing to convert
 * they may be named all the same.
 * @throws 501
 */
function requireConvertible({ spec }: CustomResourceDefinition): void {
  if (spec.conversion?.strategy !== 'Webhook') return;
  if (spec.versions.every(({ served, storage }) => served === storage)) return;
  throw notSimulated('the conversion of custom resources by a webhook');
}

/** The faults of a definition; one without any can still be more than this cluster does. */
function checked(crd: CustomResourceDefinition, faults: FieldError[]): FieldError[] {
  if (faults.length === 0) requireConvertible(crd);
  return faults;
}

export const customResourceDefinitionResource = defineResource<CustomResourceDefinition>({
  ...customResourceDefinitions,
  strategy: {
    generation: true,
    allowUnconditionalUpdate: false,
    defaults: setDefaults,
    prepareForCreate(crd) {
      crd.status = { storedVersions: addStoredVersion(crd, []) };
    },
    prepareForUpdate: (crd, old, { subresource }) => update(crd, old, subresource === 'status'),
    validate: (crd, { operation }) => (operation === 'create' ? checked(crd, validateDefinition(crd)) : []),
    validateUpdate: (crd, old, { subresource }) =>
      subresource === 'status' ? validateDefinitionStatus(crd) : checked(crd, validateDefinitionUpdate(crd, old)),
    warnings: formatWarnings,
    markDeleted(crd, now) {
      if (crd.metadata.deletionTimestamp) return undefined;
      const finalizers = crd.metadata.finalizers ?? [];
      const pending = {
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionPending',
        message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
      };
      return {
        ...crd,
        metadata: {
          ...crd.metadata,
          deletionTimestamp: now,
          finalizers: finalizers.includes(cleanupFinalizer) ? finalizers : [...finalizers, cleanupFinalizer],
        },
        status: { ...crd.status, conditions: withCondition(crd.status?.conditions, pending, now) },
      };
    },
  },
});
