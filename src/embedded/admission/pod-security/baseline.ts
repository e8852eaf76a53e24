import { ownValue } from '../../../kernel/own.ts';
import type { PodSpec, SELinuxOptions } from '../../../kube/api.gen.ts';
import { quote } from '../../registry/field.ts';
import {
  type AnyContainer,
  type Check,
  containersOf,
  distinct,
  inUserNamespace,
  isWindows,
  namesOf,
  plural,
  quoted,
  setters,
  who,
} from './check.ts';

const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/';
const appArmorTypes = ['RuntimeDefault', 'Localhost'];

const appArmorProfile: Check = {
  id: 'appArmorProfile',
  check(spec, { annotations }) {
    const type = (s: PodSpec | AnyContainer) => s.securityContext?.appArmorProfile?.type;
    const bad = (s: PodSpec | AnyContainer) => {
      const t = type(s);
      return t !== undefined && !appArmorTypes.includes(t);
    };
    const names = namesOf(spec, bad);
    const values = distinct([spec, ...containersOf(spec)].filter(bad).map(type));
    const badAnnotations = Object.entries(annotations ?? {})
      .filter(([key, v]) => key.startsWith(appArmorAnnotation) && !/^(|runtime\/default|localhost\/.*)$/.test(v))
      .map(([key, value]) => `${key}=${quote(value)}`)
      .sort();
    if (badAnnotations.length > 0) values.push(...badAnnotations);
    const by = [
      setters(bad(spec), names),
      badAnnotations.length > 0 ? plural(badAnnotations.length, 'annotation', 'annotations') : '',
    ].filter((text) => text !== '');
    if (by.length === 0) return undefined;
    return {
      reason: plural(values.length, 'forbidden AppArmor profile', 'forbidden AppArmor profiles'),
      detail: `${by.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
    };
  },
};

const defaultCapabilities = new Set(
  (
    'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE ' +
    'SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'
  ).split(' '),
);

const capabilities: Check = {
  id: 'capabilities_baseline',
  check(spec) {
    const added = (c: AnyContainer) =>
      (c.securityContext?.capabilities?.add ?? []).filter((name) => !defaultCapabilities.has(name));
    const names = namesOf(spec, (c) => added(c).length > 0);
    if (names.length === 0) return undefined;
    const bad = quoted(distinct(containersOf(spec).flatMap(added)));
    return {
      reason: 'non-default capabilities',
      detail: `${who(names)} must not include ${bad} in securityContext.capabilities.add`,
    };
  },
};

const hostNamespaces: Check = {
  id: 'hostNamespaces',
  check(spec) {
    const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name]);
    if (used.length === 0) return undefined;
    return { reason: 'host namespaces', detail: used.map((name) => `${name}=true`).join(', ') };
  },
};

const hostPathVolumes: Check = {
  id: 'hostPathVolumes',
  check(spec) {
    const names = (spec.volumes ?? []).filter((v) => v.hostPath).map((v) => v.name);
    if (names.length === 0) return undefined;
    return { reason: 'hostPath volumes', detail: `${plural(names.length, 'volume', 'volumes')} ${quoted(names)}` };
  },
};

const hostPorts: Check = {
  id: 'hostPorts',
  check(spec) {
    const portsOf = (c: AnyContainer) => (c.ports ?? []).flatMap((p) => p.hostPort || []);
    const names = namesOf(spec, (c) => portsOf(c).length > 0);
    if (names.length === 0) return undefined;
    const ports = distinct(containersOf(spec).flatMap(portsOf).map(String));
    const uses = `${plural(names.length, 'uses', 'use')} ${plural(ports.length, 'hostPort', 'hostPorts')}`;
    return { reason: 'hostPort', detail: `${who(names)} ${uses} ${ports.join(', ')}` };
  },
};

/** KEP-4940 */
const hostProbes: Check = {
  id: 'hostProbesAndHostLifecycle',
  since: 34,
  check(spec) {
    const hostsOf = (c: AnyContainer) =>
      [c.livenessProbe, c.readinessProbe, c.startupProbe, c.lifecycle?.postStart, c.lifecycle?.preStop]
        .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
        .flatMap((host) => host || []);
    const names = namesOf(spec, (c) => hostsOf(c).length > 0).sort();
    if (names.length === 0) return undefined;
    const hosts = distinct(containersOf(spec).flatMap(hostsOf));
    const uses = plural(names.length, 'uses', 'use');
    const what = plural(hosts.length, 'probe or lifecycle host', 'probe or lifecycle hosts');
    return { reason: 'probe or lifecycle host', detail: `${who(names)} ${uses} ${what} ${quoted(hosts)}` };
  },
};

const privileged: Check = {
  id: 'privileged',
  check(spec) {
    const names = namesOf(spec, (c) => c.securityContext?.privileged === true);
    if (names.length === 0) return undefined;
    return { reason: 'privileged', detail: `${who(names)} must not set securityContext.privileged=true` };
  },
};

/** `relaxed`: Pods in a user namespace may unmask /proc since v1.35. */
export const procMountCheck = (id: string, relaxed: boolean, overrides?: readonly string[]): Check => ({
  id,
  overrides,
  check(spec, _metadata, minor) {
    if (relaxed && minor >= 35 && inUserNamespace(spec)) return undefined;
    const bad = (c: AnyContainer) => !['Default', undefined].includes(c.securityContext?.procMount);
    const names = namesOf(spec, bad);
    if (names.length === 0) return undefined;
    const values = distinct(
      containersOf(spec)
        .filter(bad)
        .map((c) => c.securityContext?.procMount),
    );
    return { reason: 'procMount', detail: `${who(names)} must not set securityContext.procMount to ${quoted(values)}` };
  },
});

const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t'];

const seLinuxOptions: Check = {
  id: 'seLinuxOptions',
  check(spec, _metadata, minor) {
    const allowed = minor >= 31 ? [...seLinuxTypes, 'container_engine_t'] : seLinuxTypes;
    const options = (s: PodSpec | AnyContainer): SELinuxOptions => s.securityContext?.seLinuxOptions ?? {};
    const badType = (s: PodSpec | AnyContainer) => !allowed.includes(options(s).type ?? '');
    const bad = (s: PodSpec | AnyContainer) => badType(s) || !!options(s).user || !!options(s).role;
    const all = [spec, ...containersOf(spec)];
    if (!all.some(bad)) return undefined;
    const types = distinct(all.filter(badType).map((s) => options(s).type));
    const data = [
      ...(types.length > 0 ? [`${plural(types.length, 'type', 'types')} ${quoted(types)}`] : []),
      ...(all.some((s) => options(s).user) ? ['user may not be set'] : []),
      ...(all.some((s) => options(s).role) ? ['role may not be set'] : []),
    ];
    const by = setters(bad(spec), namesOf(spec, bad));
    return {
      reason: 'seLinuxOptions',
      detail: `${by} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
    };
  },
};

/** Who sets a seccomp profile that the level forbids; shared with the restricted level. */
export function badSeccomp(spec: PodSpec): string | undefined {
  const type = (s: PodSpec | AnyContainer) => s.securityContext?.seccompProfile?.type;
  const bad = (s: PodSpec | AnyContainer) => !['RuntimeDefault', 'Localhost', undefined].includes(type(s));
  const all = [spec, ...containersOf(spec)].filter(bad);
  if (all.length === 0) return undefined;
  const by = setters(bad(spec), namesOf(spec, bad));
  return `${by} must not set securityContext.seccompProfile.type to ${quoted(distinct(all.map(type)))}`;
}

const seccompProfile: Check = {
  id: 'seccompProfile_baseline',
  since: 19,
  check(spec) {
    const detail = badSeccomp(spec);
    return detail === undefined ? undefined : { reason: 'seccompProfile', detail };
  },
};

/** Safe sysctls by the version that allowed them first. */
const safeSysctls: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
};

const sysctls: Check = {
  id: 'sysctls',
  check(spec, _metadata, minor) {
    const bad = (spec.securityContext?.sysctls ?? [])
      .map((s) => s.name)
      .filter((name) => (ownValue(safeSysctls, name) ?? Number.POSITIVE_INFINITY) > minor);
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  },
};

const windowsHostProcess: Check = {
  id: 'windowsHostProcess',
  check(spec) {
    const bad = (s: PodSpec | AnyContainer) => s.securityContext?.windowsOptions?.hostProcess === true;
    const by = setters(bad(spec), namesOf(spec, bad));
    if (by === '') return undefined;
    return { reason: 'hostProcess', detail: `${by} must not set securityContext.windowsOptions.hostProcess=true` };
  },
};

/** Whether rules for Linux processes apply: to all Pods before v1.25, then not to Windows'. */
export function linuxRules(spec: PodSpec, minor: number): boolean {
  return minor < 25 || !isWindows(spec);
}

/** The rules of the baseline level, in their order. */
export const baselineChecks: readonly Check[] = [
  appArmorProfile,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMountCheck('procMount', true),
  seLinuxOptions,
  seccompProfile,
  sysctls,
  windowsHostProcess,
];
