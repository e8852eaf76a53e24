import type { PodSpec, Volume } from '../../../kube/api.gen.ts';
import { badSeccomp, linuxRules, procMountCheck } from './baseline.ts';
import {
  type AnyContainer,
  type Check,
  containersOf,
  distinct,
  inUserNamespace,
  namesOf,
  plural,
  quoted,
  setters,
  who,
} from './check.ts';

const allowPrivilegeEscalation: Check = {
  id: 'allowPrivilegeEscalation',
  since: 8,
  check(spec, _metadata, minor) {
    if (!linuxRules(spec, minor)) return undefined;
    const names = namesOf(spec, (c) => c.securityContext?.allowPrivilegeEscalation !== false);
    if (names.length === 0) return undefined;
    return {
      reason: 'allowPrivilegeEscalation != false',
      detail: `${who(names)} must set securityContext.allowPrivilegeEscalation=false`,
    };
  },
};

const capabilities: Check = {
  id: 'capabilities_restricted',
  since: 22,
  overrides: ['capabilities_baseline'],
  check(spec, _metadata, minor) {
    if (!linuxRules(spec, minor)) return undefined;
    const undropped = namesOf(spec, (c) => !c.securityContext?.capabilities?.drop?.includes('ALL'));
    const added = (c: AnyContainer) =>
      (c.securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
    const adding = namesOf(spec, (c) => added(c).length > 0);
    const details: string[] = [];
    if (undropped.length > 0) details.push(`${who(undropped)} must set securityContext.capabilities.drop=["ALL"]`);
    if (adding.length > 0) {
      const bad = quoted(distinct(containersOf(spec).flatMap(added)));
      details.push(`${who(adding)} must not include ${bad} in securityContext.capabilities.add`);
    }
    return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
  },
};

const allowedVolumes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** The one field of a volume that says what it is. */
function volumeType(volume: Volume): string {
  return Object.entries(volume).find(([key, value]) => key !== 'name' && value !== undefined)?.[0] ?? 'unknown';
}

const restrictedVolumes: Check = {
  id: 'restrictedVolumes',
  overrides: ['hostPathVolumes'],
  check(spec) {
    const bad = (spec.volumes ?? []).filter((volume) => !allowedVolumes.has(volumeType(volume)));
    if (bad.length === 0) return undefined;
    const types = distinct(bad.map(volumeType));
    const volumes = `${plural(bad.length, 'volume', 'volumes')} ${quoted(bad.map((v) => v.name))}`;
    const uses = plural(bad.length, 'uses', 'use');
    const what = plural(types.length, 'restricted volume type', 'restricted volume types');
    return { reason: 'restricted volume types', detail: `${volumes} ${uses} ${what} ${quoted(types)}` };
  },
};

const runAsNonRoot: Check = {
  id: 'runAsNonRoot',
  check(spec, _metadata, minor) {
    if (minor >= 35 && inUserNamespace(spec)) return undefined;
    const value = (s: PodSpec | AnyContainer) => s.securityContext?.runAsNonRoot;
    const reason = 'runAsNonRoot != true';
    const rooted = namesOf(spec, (c) => value(c) === false);
    const silent = namesOf(spec, (c) => value(c) === undefined);
    const by = setters(value(spec) === false, rooted);
    if (by !== '') return { reason, detail: `${by} must not set securityContext.runAsNonRoot=false` };
    if (value(spec) === true || silent.length === 0) return undefined;
    return { reason, detail: `pod or ${who(silent)} must set securityContext.runAsNonRoot=true` };
  },
};

const runAsUser: Check = {
  id: 'runAsUser',
  since: 23,
  check(spec, _metadata, minor) {
    if (minor >= 35 && inUserNamespace(spec)) return undefined;
    const bad = (s: PodSpec | AnyContainer) => s.securityContext?.runAsUser === 0;
    const by = setters(bad(spec), namesOf(spec, bad));
    return by === '' ? undefined : { reason: 'runAsUser=0', detail: `${by} must not set runAsUser=0` };
  },
};

const seccompProfile: Check = {
  id: 'seccompProfile_restricted',
  since: 19,
  overrides: ['seccompProfile_baseline'],
  check(spec, _metadata, minor) {
    if (!linuxRules(spec, minor)) return undefined;
    const reason = 'seccompProfile';
    const bad = badSeccomp(spec);
    if (bad !== undefined) return { reason, detail: bad };
    const silent = namesOf(spec, (c) => !c.securityContext?.seccompProfile?.type);
    if (spec.securityContext?.seccompProfile?.type || silent.length === 0) return undefined;
    return {
      reason,
      detail: `pod or ${who(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
    };
  },
};

/** The rules that the restricted level adds, in their order. */
export const restrictedChecks: readonly Check[] = [
  allowPrivilegeEscalation,
  capabilities,
  procMountCheck('procMount_restricted', false, ['procMount']),
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompProfile,
];
