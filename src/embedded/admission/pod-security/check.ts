import type { Container, EphemeralContainer, ObjectMeta, PodSpec } from '../../../kube/api.gen.ts';
import { quote } from '../../errors/field.ts';

/** Why a Pod breaks a rule: the rule's name in messages, and who breaks it how. */
export interface Violation {
  reason: string;
  detail: string;
}

/** One rule of the Pod Security Standards. */
export interface Check {
  /** As in the Pod Security admission library; rules are applied in the order of their ids. */
  id: string;
  /** First minor version that has it. */
  since?: number;
  /** Ids of baseline rules that this restricted rule replaces. */
  overrides?: readonly string[];
  /** `minor`: the version of the standards that applies. */
  check(spec: PodSpec, metadata: ObjectMeta, minor: number): Violation | undefined;
}

export type AnyContainer = Container | EphemeralContainer;

/** Init, ordinary and ephemeral containers. */
export function containersOf(spec: PodSpec): AnyContainer[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

/** The names of the containers that `bad` holds for. */
export function namesOf(spec: PodSpec, bad: (container: AnyContainer) => boolean): string[] {
  return containersOf(spec)
    .filter(bad)
    .map((c) => c.name);
}

export function plural(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}

/** `"a", "b"` */
export function quoted(values: readonly string[]): string {
  return values.map(quote).join(', ');
}

/** `container "a"`, `containers "a", "b"` */
export function who(names: readonly string[]): string {
  return `${plural(names.length, 'container', 'containers')} ${quoted(names)}`;
}

/** `pod and containers "a", "b"`: who sets something, for rules that look at both. */
export function setters(pod: boolean, names: readonly string[]): string {
  return [...(pod ? ['pod'] : []), ...(names.length > 0 ? [who(names)] : [])].join(' and ');
}

export function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((v) => v !== undefined))].sort();
}

/** Windows Pods don't have what these rules ask for. */
export function isWindows(spec: PodSpec): boolean {
  return spec.os?.name === 'windows';
}

/** KEP-127: in a user namespace root is nobody, so that some rules are relaxed. */
export function inUserNamespace(spec: PodSpec): boolean {
  return spec.hostUsers === false;
}
