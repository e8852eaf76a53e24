import type { Clock } from '../../kernel/clock.ts';
import type { KubeObject } from '../../kube/meta.ts';
import type { PatchType } from '../api.ts';
import type { ResourceDefinition } from '../definition.ts';
import type { Store } from '../store/store.ts';
import type { AdmissionPlugin } from './admission.ts';
import type { CreateHandler } from './types.ts';

type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** What a client wants, decoded and with canonical values, and what it should be warned of. */
export interface Wanted {
  object: KubeObject;
  warnings: readonly string[];
}

/** JSON, merge and strategic patches. Created by `patch/`. */
export interface Patcher {
  /** The patched object, decoded; never changes `live`. Throws the ApiFailure that kube-apiserver answers with. */
  patch(request: {
    definition: ResourceDefinition;
    type: Exclude<PatchType, 'apply'>;
    live: KubeObject;
    body: unknown;
    fieldValidation: FieldValidation;
  }): Wanted;
}

interface Managed {
  definition: ResourceDefinition;
  /** Undefined: the object is being created. */
  live: KubeObject | undefined;
  manager: string;
  subresource: string | undefined;
  /** RFC 3339 with seconds. */
  time: string;
}

/** metadata.managedFields and server-side apply. Created by `patch/`. */
export interface ManagedFields {
  /** `updated` with its managedFields brought up to date; never changes its argument. */
  update(request: Managed & { updated: KubeObject }): KubeObject;
  /** Server-side apply: the merged object. Throws the conflict (409) that kube-apiserver answers with. */
  apply(
    request: Managed & {
      config: unknown;
      force: boolean;
      fieldValidation: FieldValidation;
    },
  ): Wanted;
}

export interface RegistryOptions {
  store: Store;
  definitions: readonly ResourceDefinition[];
  admission: readonly AdmissionPlugin[];
  patcher: Patcher;
  managedFields: ManagedFields;
  /** By `group/resource`, `group/resource/subresource`; the core group is empty: `/pods/binding`. */
  handlers: ReadonlyMap<string, CreateHandler>;
  clock: Clock;
}
