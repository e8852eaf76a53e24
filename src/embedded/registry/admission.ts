import type { Clock } from '../../kernel/clock.ts';
import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import type { User } from '../api.ts';
import type { ObjectReader, ResourceDefinition } from '../definition.ts';

/** One write on its way to the store. */
export interface AdmissionAttributes extends ObjectReader {
  definition: ResourceDefinition;
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  subresource?: string;
  namespace?: string;
  name?: string;
  /** Changed in place by mutating plugins. Undefined on DELETE. */
  object?: KubeObject;
  oldObject?: Stored;
  user: User;
  dryRun: boolean;
  clock: Clock;
  warn(text: string): void;
  /** Every kind that is served now. */
  definitions(): readonly ResourceDefinition[];
  /** Writes the status of another object at once, as kube-apiserver's own client does: quotas count so. */
  updateStatus<T extends KubeObject>(r: Resource<T>, object: Stored<T>): void;
}

/** As in kube-apiserver: all `mutate` of the chain run first, in order, then (after defaulting and validation) all `validate`. */
export interface AdmissionPlugin {
  /** Kubernetes' name: `NamespaceLifecycle`, `ServiceAccount`, ... */
  readonly name: string;
  /** Throws an ApiFailure to refuse. */
  mutate?(attributes: AdmissionAttributes): void;
  validate?(attributes: AdmissionAttributes): void;
}
