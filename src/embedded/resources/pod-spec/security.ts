import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext, Sysctl } from '../../../kube/api.gen.ts';
import type { FieldError } from '../../definition.ts';
import * as field from '../../errors/field.ts';
import { goValue } from '../go/value.ts';
import { between } from '../validate/numbers.ts';
import { validateLocalPath } from './paths.ts';

const maxId = 2_147_483_647;
const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const sysctlName = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const sysctlRule =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';

function validateSeccomp(profile: SeccompProfile | undefined, at: field.FieldPath): FieldError[] {
  if (profile === undefined) return [];
  const errors: FieldError[] = [];
  if (!profile.type) errors.push(field.required(at.child('type'), 'type is required when seccompProfile is set'));
  else if (!profileTypes.includes(profile.type)) {
    errors.push(field.notSupported(at.child('type'), profile.type, profileTypes));
  }
  const local = at.child('localhostProfile');
  if (profile.type === 'Localhost') {
    if (profile.localhostProfile === undefined) {
      errors.push(field.required(local, 'must be set when seccomp type is Localhost'));
    } else errors.push(...validateLocalPath(profile.localhostProfile, local));
  } else if (profile.localhostProfile !== undefined) {
    errors.push(field.invalid(local, profile.localhostProfile, 'can only be set when seccomp type is Localhost'));
  }
  return errors;
}

function validateAppArmor(profile: AppArmorProfile | undefined, at: field.FieldPath): FieldError[] {
  if (profile === undefined) return [];
  const local = at.child('localhostProfile');
  if (profile.type === 'Localhost') {
    if (profile.localhostProfile === undefined) {
      return [field.required(local, 'must be set when AppArmor type is Localhost')];
    }
    const trimmed = profile.localhostProfile.trim();
    return trimmed === '' ? [field.required(local, 'must be set when AppArmor type is Localhost')] : [];
  }
  if (!profileTypes.includes(profile.type)) return [field.notSupported(at.child('type'), profile.type, profileTypes)];
  if (profile.localhostProfile === undefined) return [];
  return [field.invalid(local, profile.localhostProfile, 'can only be set when AppArmor type is Localhost')];
}

export function validateSecurityContext(
  context: SecurityContext | undefined,
  at: field.FieldPath,
  hostUsers: boolean,
): FieldError[] {
  if (context === undefined) return [];
  const errors = [
    ...between(at.child('runAsUser'), context.runAsUser, 0, maxId),
    ...between(at.child('runAsGroup'), context.runAsGroup, 0, maxId),
  ];
  const proc = context.procMount;
  if (proc !== undefined && proc !== 'Default' && proc !== 'Unmasked') {
    errors.push(field.notSupported(at.child('procMount'), proc, ['Default', 'Unmasked']));
  } else if (proc === 'Unmasked' && hostUsers) {
    errors.push(field.invalid(at.child('procMount'), proc, '`hostUsers` must be false to use `Unmasked`'));
  }
  errors.push(...validateSeccomp(context.seccompProfile, at.child('seccompProfile')));
  if (context.allowPrivilegeEscalation === false) {
    const value = goValue('SecurityContext', context);
    const text = 'cannot set `allowPrivilegeEscalation` to false and ';
    if (context.privileged) errors.push(field.invalid(at, value, `${text}\`privileged\` to true`));
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
      errors.push(field.invalid(at, value, `${text}\`capabilities.Add\` CAP_SYS_ADMIN`));
    }
  }
  return [...errors, ...validateAppArmor(context.appArmorProfile, at.child('appArmorProfile'))];
}

function validateSysctls(sysctls: readonly Sysctl[], at: field.FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { name }] of sysctls.entries()) {
    const where = at.index(i).child('name');
    if (!name) errors.push(field.required(where));
    else if (name.length > 253 || !sysctlName.test(name)) errors.push(field.invalid(where, name, sysctlRule));
    else if (seen.has(name)) errors.push(field.duplicate(where, name));
    seen.add(name);
  }
  return errors;
}

export function validatePodSecurityContext(spec: PodSpec, at: field.FieldPath): FieldError[] {
  const context = spec.securityContext;
  if (context === undefined) return [];
  const errors = [
    ...between(at.child('fsGroup'), context.fsGroup, 0, maxId),
    ...between(at.child('runAsUser'), context.runAsUser, 0, maxId),
    ...between(at.child('runAsGroup'), context.runAsGroup, 0, maxId),
    ...(context.supplementalGroups ?? []).flatMap((group) => between(at.child('supplementalGroups'), group, 0, maxId)),
  ];
  if (spec.shareProcessNamespace && spec.hostPID) {
    const text = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(field.invalid(at.child('shareProcessNamespace'), true, text));
  }
  errors.push(...validateSysctls(context.sysctls ?? [], at.child('sysctls')));
  const change = context.fsGroupChangePolicy;
  const changes = ['Always', 'OnRootMismatch'];
  if (change !== undefined && !changes.includes(change)) {
    errors.push(field.notSupported(at.child('fsGroupChangePolicy'), change, changes));
  }
  const groups = context.supplementalGroupsPolicy;
  if (groups !== undefined && groups !== 'Merge' && groups !== 'Strict') {
    errors.push(field.notSupported(at.child('supplementalGroupsPolicy'), groups, ['Merge', 'Strict']));
  }
  return [
    ...errors,
    ...validateSeccomp(context.seccompProfile, at.child('seccompProfile')),
    ...validateAppArmor(context.appArmorProfile, at.child('appArmorProfile')),
  ];
}

/** Without the host's users a Pod may not have its other namespaces either (KEP-127). */
export function validateHostUsers(spec: PodSpec, at: field.FieldPath): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const text = 'when `hostUsers` is false';
  // Two of these paths are capitalised in Kubernetes too.
  return [
    ...(spec.hostNetwork ? [field.forbidden(at.child('hostNetwork'), text)] : []),
    ...(spec.hostPID ? [field.forbidden(at.child('HostPID'), text)] : []),
    ...(spec.hostIPC ? [field.forbidden(at.child('HostIPC'), text)] : []),
  ];
}
