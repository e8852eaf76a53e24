import type { ScopedResourceSelectorRequirement } from '../../kube/api.gen.ts';
import type { KubeObject } from '../../kube/meta.ts';
import type { Amounts } from './amounts.ts';

/** How much of what one kind of object uses (quota.Evaluator in kube-apiserver). */
export interface Evaluator<T extends KubeObject = KubeObject> {
  /** Which of the limited resources objects of the kind can use. */
  matching(names: readonly string[]): string[];
  /** Whether a write of this kind is counted. */
  handles(operation: string, subresource: string | undefined): boolean;
  /** What the object uses; `now` in milliseconds. */
  usage(object: T, now: number): Amounts;
  /** Why the object can't be counted against a quota of these resources. */
  problem?(object: T, names: readonly string[]): string | undefined;
  /** Whether the object is one of those that the scope means. Without it: no object of the kind is. */
  inScope?(requirement: ScopedResourceSelectorRequirement, object: T): boolean;
}
