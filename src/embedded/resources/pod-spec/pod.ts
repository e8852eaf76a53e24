/** Validation of whole Pods: at creation, on update, and through their subresources. */
import type { Container, Pod, PodSpec, Toleration } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { validIP } from '../../../kube/validation.ts';
import type { FieldError, StrategyContext } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { goDiff } from '../go/diff.ts';
import { goValues } from '../go/value.ts';
import { validateMirrorAnnotation, validateMirrorUpdate } from './annotations.ts';
import { validateResize } from './resize.ts';
import { validateTolerations } from './scheduling.ts';
import { validatePodSpec } from './validate.ts';

const specPath = field.path('spec');
const noSpec: PodSpec = { containers: [] };

export function validatePod(pod: Pod, { operation, subresource }: StrategyContext): FieldError[] {
  if (subresource === 'status' || subresource === 'binding' || subresource === 'eviction') return [];
  const spec = pod.spec ?? noSpec;
  const errors = [...validateMirrorAnnotation(pod), ...validatePodSpec(spec, specPath)];
  if (operation !== 'create') return errors;
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(field.forbidden(specPath.child('ephemeralContainers'), 'cannot be set on create'));
  }
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    const text = 'cannot be set until all schedulingGates have been cleared';
    errors.push(field.forbidden(specPath.child('nodeName'), text));
  }
  return errors;
}

export function validatePodUpdate(pod: Pod, old: Stored<Pod>, { subresource }: StrategyContext): FieldError[] {
  switch (subresource) {
    case 'status':
      return validateStatus(pod, old);
    case 'ephemeralcontainers':
      return validateEphemeralUpdate(pod, old);
    case 'resize':
      return validateResize(pod, old);
    case 'binding':
    case 'eviction':
      return [];
    default:
      return [...validateMirrorUpdate(pod, old), ...validateSpecUpdate(pod.spec ?? noSpec, old.spec ?? noSpec)];
  }
}

/** `undefined`: the lists can't be compared any further. */
function validateContainerUpdates(
  containers: readonly Container[] = [],
  old: readonly Container[] = [],
  at: field.FieldPath,
): { errors: FieldError[]; stop: boolean } {
  if (containers.length !== old.length) {
    return { errors: [field.forbidden(at, 'pod updates may not add or remove containers')], stop: true };
  }
  const errors = containers.flatMap((container, i) =>
    (container.image ?? '').trim() === '' ? [field.required(at.index(i).child('image'))] : [],
  );
  return { errors, stop: false };
}

function validateDeadline(spec: PodSpec, old: PodSpec): FieldError[] {
  const where = specPath.child('activeDeadlineSeconds');
  const [after, before] = [spec.activeDeadlineSeconds, old.activeDeadlineSeconds];
  if (after === undefined) {
    return before === undefined
      ? []
      : [field.invalid(where, null, 'must not update from a positive integer to nil value')];
  }
  if (before !== undefined && before < after) {
    return [field.invalid(where, after, 'must be less than or equal to previous value')];
  }
  return [];
}

const sameToleration = (a: Toleration, b: Toleration) =>
  field.sameJson({ ...a, tolerationSeconds: undefined }, { ...b, tolerationSeconds: undefined });

function validateAddedTolerations(after: readonly Toleration[], before: readonly Toleration[]): FieldError[] {
  const where = specPath.child('tolerations');
  const kept = before.every((toleration) => after.some((other) => sameToleration(toleration, other)));
  const text = 'existing toleration can not be modified except its tolerationSeconds';
  const errors = kept ? [] : [field.forbidden(where, text)];
  return [...errors, ...validateTolerations(after, where)];
}

function validateDeletedGates(spec: PodSpec, old: PodSpec): FieldError[] {
  const known = new Set((old.schedulingGates ?? []).map((gate) => gate.name));
  return (spec.schedulingGates ?? []).flatMap(({ name }, i) =>
    known.has(name)
      ? []
      : [
          field.forbidden(
            specPath.child('schedulingGates').index(i),
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ],
  );
}

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

function withImagesOf(containers: Container[] | undefined, old: readonly Container[] | undefined): void {
  for (const [i, container] of (containers ?? []).entries()) container.image = old?.[i]?.image;
}

/** The new spec with everything that may change put back to what it was; any difference left is forbidden. */
function withoutAllowedChanges(spec: PodSpec, old: PodSpec): PodSpec {
  const munged = structuredClone(spec);
  withImagesOf(munged.containers, old.containers);
  withImagesOf(munged.initContainers, old.initContainers);
  munged.activeDeadlineSeconds = old.activeDeadlineSeconds;
  munged.tolerations = old.tolerations;
  munged.schedulingGates = old.schedulingGates;
  // serviceAccount only mirrors serviceAccountName.
  munged.serviceAccount = old.serviceAccount;
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && munged.terminationGracePeriodSeconds === 1) {
    munged.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds;
  }
  if ((old.schedulingGates ?? []).length > 0) {
    // KEP-3838: while a Pod is gated, where it may run can still be narrowed.
    const kept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => munged.nodeSelector?.[key] === value);
    if (kept) munged.nodeSelector = old.nodeSelector;
    if (old.affinity?.nodeAffinity === undefined) {
      const { nodeAffinity: _added, ...rest } = munged.affinity ?? {};
      munged.affinity = Object.keys(rest).length > 0 || old.affinity !== undefined ? rest : undefined;
    }
  }
  return munged;
}

function validateSpecUpdate(spec: PodSpec, old: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['containers', 'initContainers'] as const) {
    const found = validateContainerUpdates(spec[name], old[name], specPath.child(name));
    errors.push(...found.errors);
    if (found.stop) return errors;
  }
  const deadline = validateDeadline(spec, old);
  errors.push(...deadline);
  if (deadline.length > 0 && spec.activeDeadlineSeconds !== undefined) return errors;
  errors.push(...validateAddedTolerations(spec.tolerations ?? [], old.tolerations ?? []));
  errors.push(...validateDeletedGates(spec, old));
  const munged = withoutAllowedChanges(spec, old);
  if (!field.sameJson(munged, old)) {
    const text = `pod updates may not change fields other than ${updatable}\n${goDiff('PodSpec', old, munged)}`;
    errors.push(field.forbidden(specPath, text));
  }
  return errors;
}

function validateEphemeralUpdate(pod: Pod, old: Pod): FieldError[] {
  const where = specPath.child('ephemeralContainers');
  const now = new Map((pod.spec?.ephemeralContainers ?? []).map((container) => [container.name, container]));
  return (old.spec?.ephemeralContainers ?? []).flatMap((container) => {
    const after = now.get(container.name);
    const existing = `existing ephemeral containers ${field.quote(container.name)} may not be`;
    if (after === undefined) return [field.forbidden(where, `${existing} removed\n`)];
    if (field.sameJson(after, container)) return [];
    return [field.forbidden(where, `${existing} changed\n${goDiff('EphemeralContainer', container, after)}`)];
  });
}

function validateStatus(pod: Pod, old: Stored<Pod>): FieldError[] {
  return [...validateEndedContainers(pod, old), ...validatePodIPs(pod)];
}

/** A container that has ended for good does not run again. */
function validateEndedContainers(pod: Pod, old: Pod): FieldError[] {
  const policy = old.spec?.restartPolicy;
  if (policy === 'Always') return [];
  const errors: FieldError[] = [];
  for (const before of old.status?.containerStatuses ?? []) {
    const ended = before.state?.terminated;
    if (ended === undefined || (policy === 'OnFailure' && ended.exitCode !== 0)) continue;
    const i = (pod.status?.containerStatuses ?? []).findIndex((status) => status.name === before.name);
    const after = pod.status?.containerStatuses?.[i];
    if (after !== undefined && after.state?.terminated === undefined) {
      const where = field.path('status', 'containerStatuses').index(i).child('state');
      errors.push(field.forbidden(where, 'may not be transitioned to non-terminated state'));
    }
  }
  return errors;
}

function validatePodIPs(pod: Pod): FieldError[] {
  const where = field.path('status', 'podIPs');
  const ips = (pod.status?.podIPs ?? []).map((entry) => entry.ip);
  const errors = ips.flatMap((ip, i) => field.invalidEach(where.index(i), ip, validIP(ip)));
  if (ips.length > 1) {
    const bad = ips.findIndex((ip) => validIP(ip).length > 0);
    if (bad >= 0) {
      errors.push(field.internal(where, `failed to check for dual stack with error:invalid IP[${bad}]: ${ips[bad]}`));
    }
    const families = new Set(ips.map((ip) => ip.includes(':')));
    if (bad >= 0 || families.size < ips.length) {
      const value = goValues('PodIP', pod.status?.podIPs ?? []);
      errors.push(field.invalid(where, value, 'may specify no more than one IP for each IP family'));
    }
    for (const [i, ip] of ips.entries()) {
      if (ips.indexOf(ip) < i) errors.push(field.duplicate(where.index(i), ip));
    }
  }
  return errors;
}
