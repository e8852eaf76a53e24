/** The root file system of one container: image, what the kubelet puts in, volumes. */
import { posix } from 'node:path';
import { milliValue } from '../../../kube/quantity.ts';
import type { ContainerMount, ContainerSpec } from '../../container-api.ts';
import type { FoundImage } from '../images/catalogue.ts';
import type { Tree } from '../images/tree.ts';
import type { Container } from '../kernel/container.ts';
import type { CpuBounds } from '../kernel/cpu-meter.ts';
import { createDev } from '../kernel/devices.ts';
import type { Mount } from '../kernel/mount-tree.ts';
import type { Process } from '../kernel/process.ts';
import { createProc } from '../kernel/procfs.ts';
import { Vfs } from '../kernel/vfs.ts';
import { DirNode, FileNode, GeneratedNode } from '../kernel/vfs-node.ts';
import { subPathOf, type Volumes } from '../kernel/volumes.ts';

const encoder = new TextEncoder();

/** Builds what the processes of `container` see. `root` acts for the kubelet. */
export function createRootfs(
  container: Container,
  spec: ContainerSpec,
  found: FoundImage,
  tree: Tree,
  volumes: Volumes,
  root: Process,
): Vfs {
  const { clock } = container;
  const now = clock.now();
  const readOnly = spec.securityContext?.readOnlyRootFilesystem ?? false;
  const mount = (path: string, node: Mount['node'], type: string, more: Partial<Mount> = {}) =>
    vfs.mountAt(root, { node, path, type, source: type, readOnly: false, ...more });
  const mountSystem = (at: string) => {
    mount(`${at}/proc`, createProc(container), 'proc');
    mount(`${at}/dev`, createDev(now), 'tmpfs');
    mount(`${at}/sys`, createSys(container), 'sysfs', { readOnly: true });
  };
  const own = spec.machine ? volumes.host(spec.pod.nodeName) : undefined;
  const vfs = new Vfs(
    own
      ? {
          node: own.root,
          readOnly: false,
          path: '/',
          source: '/dev/vda1',
          type: 'ext4',
          account: own.account,
          hostPath: '/',
        }
      : { node: tree.instantiate(now), readOnly, path: '/', source: 'overlay', type: 'overlay' },
    () => clock.now(),
  );
  mountSystem('');
  if (own) return vfs;
  const file = (path: string, text: string) =>
    mount(path, new FileNode(0o644, now, encoder.encode(text), container.disk), 'ext4', { source: '/dev/vda1' });
  file('/etc/hosts', hostsFile(spec));
  file('/etc/hostname', `${spec.hostname}\n`);
  file('/etc/resolv.conf', resolvConf(spec));
  const message = new FileNode(0o666, now, undefined, container.disk);
  mount(spec.terminationMessagePath, message, 'ext4', { source: '/dev/vda1' });
  const ordered = [...spec.mounts].sort((a, b) => a.mountPath.split('/').length - b.mountPath.split('/').length);
  for (const m of ordered) {
    mountVolume(vfs, root, spec, m, volumes, now);
    // The node's root comes with all that is mounted there.
    if (m.volume.kind === 'host' && m.volume.path === '/' && !m.subPath) mountSystem(m.mountPath.replace(/\/+$/, ''));
  }
  if (found.image.workingDir || spec.workingDir)
    makeWorkingDir(vfs, root, spec.workingDir ?? found.image.workingDir ?? '/');
  return vfs;
}

function mountVolume(
  vfs: Vfs,
  root: Process,
  spec: ContainerSpec,
  m: ContainerMount,
  volumes: Volumes,
  now: number,
): void {
  const gid = spec.securityContext?.fsGroup;
  const { volume } = m;
  const path = m.mountPath.replace(/\/+$/, '') || '/';
  if (volume.kind === 'files') {
    const { root: dir } = volumes.files(volume.id, volume.files, gid);
    const node = m.subPath ? subPathOf(dir, m.subPath, now) : dir;
    vfs.mountAt(root, { node, path, readOnly: true, source: 'tmpfs', type: 'tmpfs' });
    return;
  }
  if (volume.kind === 'host') {
    const host = volumes.host(volume.node);
    const found = host.mountable(volume.path, '', volume.mode);
    const node = m.subPath && found.kind === 'dir' ? subPathOf(found, m.subPath, now) : found;
    const { account } = host;
    const hostPath = posix.join(volume.path, m.subPath ?? '');
    vfs.mountAt(root, { node, path, readOnly: m.readOnly, source: '/dev/vda1', type: 'ext4', account, hostPath });
    return;
  }
  const shared = volumes.tree(volume.id, gid, volume.sizeBytes);
  const node = m.subPath ? subPathOf(shared.root, m.subPath, now) : shared.root;
  vfs.mountAt(root, {
    node,
    path,
    readOnly: m.readOnly,
    source: volume.memory ? 'tmpfs' : '/dev/vda1',
    type: volume.memory ? 'tmpfs' : 'ext4',
    size: volume.sizeBytes,
    account: shared.account,
  });
}

/** runc makes a working directory that is missing. */
function makeWorkingDir(vfs: Vfs, root: Process, path: string): void {
  let at = '';
  for (const part of path.split('/').filter(Boolean)) {
    at += `/${part}`;
    if (!vfs.find(root, at)) vfs.mkdir(root, at, 0o755);
  }
}

function hostsFile(spec: ContainerSpec): string {
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    `${spec.pod.ip}\t${spec.fqdn ? `${spec.fqdn}\t` : ''}${spec.hostname}`,
  ];
  const aliases = spec.hostAliases ?? [];
  if (aliases.length > 0) {
    lines.push('', '# Entries added by HostAliases.');
    for (const alias of aliases) lines.push(`${alias.ip}\t${(alias.hostnames ?? []).join('\t')}`);
  }
  return `${lines.join('\n')}\n`;
}

function resolvConf(spec: ContainerSpec): string {
  const ns = spec.pod.namespace;
  const dns = spec.dns ?? {
    nameservers: ['10.96.0.10'],
    searches: [`${ns}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'],
    options: ['ndots:5'],
  };
  const lines = [
    ...(dns.searches.length > 0 ? [`search ${dns.searches.join(' ')}`] : []),
    ...dns.nameservers.map((n) => `nameserver ${n}`),
    ...(dns.options.length > 0 ? [`options ${dns.options.join(' ')}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** /sys with the control groups that people look at. */
function createSys(container: Container): DirNode {
  const now = container.startedAt;
  return new DirNode(0o555, now, (sys) => {
    const fs = new DirNode(0o555, now);
    const cgroup = new DirNode(0o555, now);
    const text = (name: string, value: () => string) => cgroup.set(name, new GeneratedNode(now, () => `${value()}\n`));
    text('memory.max', () => String(container.memory.given ?? 'max'));
    text('memory.current', () => String(container.memoryBytes));
    text('cpu.max', () => {
      const cpu = container.cpu.meter.bounds.limit;
      return `${cpu === undefined ? 'max' : Math.max(1000, Math.round(cpu * 100_000))} 100000`;
    });
    text('cpu.stat', () => `usage_usec ${Math.round(container.cpu.usedMs * 1000)}`);
    text('pids.max', () => '128');
    text('pids.current', () => String(container.processes.size));
    text('cgroup.procs', () => [...container.processes.keys()].join('\n'));
    fs.set('cgroup', cgroup);
    sys.set('fs', fs);
    sys.set('class', new DirNode(0o555, now));
  });
}

/** What a container may have of its node's CPU, and asks for. */
export function cpuBounds({ resources }: Pick<ContainerSpec, 'resources'>): CpuBounds {
  const cores = (text: string | undefined) => (text === undefined ? undefined : milliValue(text) / 1000);
  return { limit: cores(resources?.limits?.cpu), request: cores(resources?.requests?.cpu) };
}

const units: Record<string, number> = {
  ...{ k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4, m: 1e-3 },
};

/** Bytes of a memory quantity as it stands in a limit; undefined: none or not readable. */
export function memoryLimit(spec: Pick<ContainerSpec, 'resources'>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(String(spec.resources?.limits?.memory ?? ''));
  if (!match) return undefined;
  const factor = match[2] === '' ? 1 : units[match[2] ?? ''];
  const bytes = factor === undefined ? 0 : Number(match[1]) * factor;
  return bytes > 0 ? bytes : undefined;
}

/** Linux' numbers of the capabilities that containers get by default (containerd's list). */
const capabilityNumbers: Record<string, number> = {
  ...{ CHOWN: 0, DAC_OVERRIDE: 1, DAC_READ_SEARCH: 2, FOWNER: 3, FSETID: 4, KILL: 5, SETGID: 6, SETUID: 7, SETPCAP: 8 },
  ...{ LINUX_IMMUTABLE: 9, NET_BIND_SERVICE: 10, NET_BROADCAST: 11, NET_ADMIN: 12, NET_RAW: 13, IPC_LOCK: 14 },
  ...{ IPC_OWNER: 15, SYS_MODULE: 16, SYS_RAWIO: 17, SYS_CHROOT: 18, SYS_PTRACE: 19, SYS_PACCT: 20, SYS_ADMIN: 21 },
  ...{ SYS_BOOT: 22, SYS_NICE: 23, SYS_RESOURCE: 24, SYS_TIME: 25, SYS_TTY_CONFIG: 26, MKNOD: 27, LEASE: 28 },
  ...{ AUDIT_WRITE: 29, AUDIT_CONTROL: 30, SETFCAP: 31, SYSLOG: 34, BPF: 39 },
};
const defaultCapabilities = 0xa80425fbn;
const allCapabilities = 0x1ffffffffffn;

/** The bounding set of a container as a bit mask. */
export function capabilitiesOf(spec: ContainerSpec): bigint {
  const context = spec.securityContext;
  if (context?.privileged) return allCapabilities;
  const mask = (names: readonly string[]) =>
    names.reduce((bits, name) => {
      if (name.toUpperCase() === 'ALL') return allCapabilities;
      const n = capabilityNumbers[name.toUpperCase().replace(/^CAP_/, '')];
      return n === undefined ? bits : bits | (1n << BigInt(n));
    }, 0n);
  const dropped = mask(context?.capabilities?.drop ?? []);
  return (defaultCapabilities & ~dropped) | mask(context?.capabilities?.add ?? []);
}
