/** The door of `patch/`: what the registry uses, and the pure functions behind it. */
import { apiVersionOf, type KubeObject } from '../../kube/meta.ts';
import type { PatchType } from '../api.ts';
import { decodeBody, type FieldValidation, normalize } from '../codec/decode.ts';
import { schemaOf } from '../codec/schema-source.ts';
import type { ResourceDefinition } from '../definition.ts';
import * as field from '../errors/field.ts';
import { ApiError, isApiError } from '../errors/status.ts';
import type { ManagedFields, Patcher, Wanted } from '../registry/dependencies.ts';
import { scaleSteps, setAt } from '../registry/scale.ts';
import type { TypeSchema } from '../schema.ts';
import { convertFault } from './convert-fault.ts';
import { has } from './field-set.ts';
import { applyJsonPatch } from './json-patch.ts';
import { goPrint, isMap, type JsonMap } from './json-value.ts';
import { updateManagedFields } from './managed-fields.ts';
import { decodeManagersOrNone } from './managers.ts';
import { applyMergePatch } from './merge-patch.ts';
import { checkApplied, serverSideApply } from './server-side-apply.ts';
import { applyStrategicMergePatch } from './strategic.ts';

export { applyJsonPatch } from './json-patch.ts';
export { updateManagedFields } from './managed-fields.ts';
export { applyMergePatch } from './merge-patch.ts';
export { serverSideApply } from './server-side-apply.ts';

type DirectPatch = Exclude<PatchType, 'apply'>;

/**
 * `live` with a JSON, merge or strategic patch applied, nothing checked but the patch itself. Does not change its
 * arguments.
 * @param body the parsed body of the request
 * @throws ApiError as kube-apiserver answers a patch that cannot be applied
 */
export function applyPatch(type: DirectPatch, live: KubeObject, body: unknown, schema: TypeSchema): KubeObject {
  switch (type) {
    case 'strategic':
      return applyStrategicMergePatch(live as JsonMap, body, schema).object;
    case 'json':
      return applyJsonPatch(live as JsonMap, body);
    case 'merge':
      return applyMergePatch(live as JsonMap, body);
  }
}

/** Patches for the registry: applied, then decoded into the kind, with the server's errors for what does not fit. */
export function createPatcher(): Patcher {
  return {
    patch(request) {
      const { definition, type, live, body, fieldValidation } = request;
      const object = applyPatch(type, live, body, schemaOf(definition));
      // It is put into a Go struct, whose kind is settled.
      if (type === 'strategic') Object.assign(object, { kind: definition.kind, apiVersion: apiVersionOf(definition) });
      const fault = type === 'strategic' ? convertFault(definition.schema, object) : undefined;
      if (fault !== undefined) throw patchInvalid(shownOf(request), fault);
      try {
        return decodePatched(definition, object, fieldValidation);
      } catch (error) {
        if (!isApiError(error) || error.status.code !== 400) throw error;
        // A patch tells the decoder's error alone.
        const why = error.message.replace(/^.*? in version ".*?" cannot be handled as a [^:]+: /, '');
        throw patchInvalid(shownOf(request), why);
      }
    },
  };
}

/** What an error shows: the new document in Go's order, or for strategic patches the patch as the merge left it. */
function shownOf({ definition, type, live, body }: Parameters<Patcher['patch']>[0]): string {
  const schema = schemaOf(definition);
  if (type === 'strategic') return goPrint(applyStrategicMergePatch(live as JsonMap, body, schema).rest);
  return field.goJson(applyPatch(type, normalize(definition, live).object, body, schema));
}

/** The 422 names no kind. */
function patchInvalid(shown: string, why: string): ApiError {
  const { reason, message, field: where } = field.invalid('patch', shown, why);
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: ` "" is invalid: ${where}: ${message}`,
    details: { causes: [{ reason, message, field: where }] },
  });
}

function decodePatched(definition: ResourceDefinition, object: KubeObject, fieldValidation: FieldValidation): Wanted {
  if (object.kind === definition.kind && object.apiVersion === apiVersionOf(definition)) {
    return normalize(definition, object, fieldValidation);
  }
  // Refused, but only after it was decoded as what it says it is.
  const bytes = new TextEncoder().encode(JSON.stringify(object));
  return decodeBody(bytes, 'application/json', definition, fieldValidation);
}

/** managedFields and server-side apply for the registry. */
export function createManagedFields(): ManagedFields {
  return {
    update({ definition, ...request }) {
      const { live, updated, subresource } = request;
      if (subresource === 'scale' && live && !ownsReplicas(live, replicasPath(definition))) {
        // A Scale without managers stays without.
        return { ...updated, metadata: { ...updated.metadata, managedFields: live.metadata?.managedFields } };
      }
      return updateManagedFields({
        ...request,
        apiVersion: apiVersionOf(definition),
        schema: schemaOf(definition),
        resetFields: customReset(definition, subresource),
      });
    },
    apply({ definition, fieldValidation, ...request }) {
      const { kind } = definition;
      const apiVersion = apiVersionOf(definition);
      const schema = schemaOf(definition);
      const { subresource } = request;
      const config =
        subresource === 'scale'
          ? scaledConfig(request.config, apiVersion, kind, replicasPath(definition))
          : request.config;
      const resetFields = customReset(definition, subresource);
      const object = serverSideApply({ ...request, config, kind, apiVersion, schema, resetFields });
      // Unknown fields have been refused already; what is left of validation are type errors of what was merged.
      return normalize(definition, object, fieldValidation);
    },
  };
}

/** Applying a Scale is applying the workload's replicas. */
function scaledConfig(config: unknown, apiVersion: string, kind: string, path: string): unknown {
  if (!isMap(config)) return config;
  checkApplied(config, 'autoscaling/v1', 'Scale', schemaOf('io.k8s.api.autoscaling.v1.Scale'));
  const applied = { apiVersion, kind, metadata: config.metadata };
  const replicas = isMap(config.spec) ? config.spec.replicas : undefined;
  if (replicas !== undefined) setAt(applied, path, replicas);
  return applied;
}

function replicasPath({ custom }: ResourceDefinition): string {
  return custom?.scale?.specReplicasPath ?? '.spec.replicas';
}

function ownsReplicas(live: KubeObject, path: string): boolean {
  const elements = scaleSteps(path).map((name) => `f:${name}`);
  const managers = [...decodeManagersOrNone(live.metadata?.managedFields).values()];
  return managers.some(({ set }) => has(set, elements));
}

const statusOnly = [['status']];
const specOnly = [['spec']];
const nothing: string[][] = [];

/** A custom resource has a status of its own only where its definition says so; undefined: as for other kinds. */
function customReset({ custom }: ResourceDefinition, subresource: string | undefined) {
  if (!custom) return undefined;
  if (subresource === 'status') return specOnly;
  return custom.hasStatus ? statusOnly : nothing;
}
