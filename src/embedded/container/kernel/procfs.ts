import { kernelRelease } from '../../node-facts.ts';
import type { Caller } from './caller.ts';
import type { Container } from './container.ts';
import type { Process } from './process.ts';
import { DeviceNode, DirNode, DynamicDir, GeneratedNode, LinkNode, type VNode } from './vfs-node.ts';

/** /proc of a container: what people and scripts look at. */
export function createProc(container: Container): DirNode {
  const now = container.startedAt;
  const files: Record<string, (p: Caller) => string> = {
    uptime: (p) => {
      const up = (p.container.clock.now() - container.startedAt) / 1000 + 3600;
      return `${up.toFixed(2)} ${(up * 1.8).toFixed(2)}\n`;
    },
    meminfo: () => {
      const total = 8 * 1024 * 1024;
      const free = total - Math.round(container.memory.used / 1024) - 2 * 1024 * 1024;
      const rows = { MemTotal: total, MemFree: free, MemAvailable: free + 512 * 1024, Buffers: 4096, Cached: 524288 };
      return Object.entries({ ...rows, SwapTotal: 0, SwapFree: 0 })
        .map(([name, kb]) => `${`${name}:`.padEnd(16)}${String(kb).padStart(8)} kB\n`)
        .join('');
    },
    loadavg: (p) => `0.10 0.08 0.05 1/${container.processes.size} ${p.pid}\n`,
    version: () => `Linux version ${kernelRelease} (kubedrill@embedded) #1 SMP PREEMPT_DYNAMIC\n`,
    cpuinfo: () =>
      [0, 1, 2, 3]
        .map((n) => `processor\t: ${n}\nvendor_id\t: Embedded\nmodel name\t: Embedded CPU\ncpu MHz\t\t: 2000.000\n\n`)
        .join(''),
    filesystems: () => 'nodev\tproc\nnodev\ttmpfs\nnodev\toverlay\n\text4\n',
    mounts: (p) => mountTable(p),
    stat: () => {
      const ticks = Math.round(container.cpu.usedMs / 10);
      return `cpu  ${ticks} 0 0 100000 0 0 0 0 0 0\nbtime ${Math.floor(now / 1000)}\nprocesses ${container.processes.size}\n`;
    },
    cmdline: () => 'BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro\n',
  };
  const generated = new Map<string, VNode>(
    Object.entries(files).map(([name, text]) => [name, new GeneratedNode(now, text)]),
  );
  generated.set('sys', sysTree(container));
  generated.set(
    'net',
    new DirNode(0o555, now, (dir) => {
      dir.set(
        'dev',
        new GeneratedNode(now, () => 'Inter-|   Receive  |  Transmit\n face |bytes packets|bytes packets\n'),
      );
    }),
  );
  return new DynamicDir(
    now,
    (name, p) => {
      if (name === 'self') return p ? new LinkNode(String(p.pid), now) : undefined;
      const fixed = generated.get(name);
      if (fixed) return fixed;
      const process = container.processes.get(Number(name));
      return process ? processDir(process) : undefined;
    },
    () => [...[...container.processes.keys()].map(String), 'self', ...generated.keys()],
  );
}

function sysTree(container: Container): DirNode {
  const now = container.startedAt;
  return new DirNode(0o555, now, (sys) => {
    const kernel = new DirNode(0o555, now);
    kernel.set('hostname', new GeneratedNode(now, () => `${container.hostname}\n`));
    kernel.set('ostype', new GeneratedNode(now, () => 'Linux\n'));
    kernel.set('osrelease', new GeneratedNode(now, () => `${kernelRelease}\n`));
    kernel.set('pid_max', new GeneratedNode(now, () => '4194304\n'));
    sys.set('kernel', kernel);
  });
}

function mountTable(p: Caller): string {
  return [p.vfs.root, ...p.vfs.mounts]
    .map((m) => `${m.source} ${m.path} ${m.type} ${m.readOnly ? 'ro' : 'rw'},relatime 0 0\n`)
    .join('');
}

function processDir(process: Process): DirNode {
  const created = process.startedAt;
  const link = (target: () => string) => new LinkNode(target(), created);
  const dir = new DirNode(0o555, created, (self) => {
    self.set('cmdline', new GeneratedNode(created, () => process.argv.map((a) => `${a}\0`).join('')));
    self.set('comm', new GeneratedNode(created, () => `${process.name.slice(0, 15)}\n`));
    const environ = new GeneratedNode(created, () => [...process.env].map(([k, v]) => `${k}=${v}\0`).join(''), 0o400);
    environ.uid = process.uid;
    self.set('environ', environ);
    self.set('status', new GeneratedNode(created, () => statusText(process)));
    self.set('stat', new GeneratedNode(created, () => statLine(process)));
    self.set('cgroup', new GeneratedNode(created, () => '0::/\n'));
    self.set('mounts', new GeneratedNode(created, mountTable));
    self.set(
      'limits',
      new GeneratedNode(
        created,
        () =>
          'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 1024                 files     \n',
      ),
    );
    self.set(
      'cwd',
      link(() => process.cwd),
    );
    self.set(
      'root',
      link(() => '/'),
    );
    self.set('fd', descriptorDir(process));
  });
  dir.uid = process.uid;
  dir.gid = process.gid;
  return dir;
}

function descriptorDir(process: Process): DirNode {
  const created = process.startedAt;
  return new DynamicDir(
    created,
    (name) => {
      const file = process.fds.get(Number(name));
      if (!file || !/^\d+$/.test(name)) return undefined;
      const node = new DeviceNode(0o700, created, () => process.file(Number(name)), undefined, file.path || 'pipe:[0]');
      node.uid = process.uid;
      return node;
    },
    () => [...process.fds.keys()].sort((a, b) => a - b).map(String),
  );
}

function statLine(process: Process): string {
  const ticks = Math.round(process.container.cpuMsOf(process) / 10);
  const parent = process.parent?.pid ?? 0;
  return `${process.pid} (${process.name}) S ${parent} ${process.pgid} ${process.sid} 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 0 ${process.residentBytes} ${process.residentBytes >> 12}\n`;
}

function statusText(process: Process): string {
  const mask = (wanted: (d: 'ignore' | 'handler') => boolean) => {
    let bits = 0n;
    for (const [n, d] of process.dispositions) if (wanted(d === 'ignore' ? d : 'handler')) bits |= 1n << BigInt(n - 1);
    return bits.toString(16).padStart(16, '0');
  };
  const bounding = process.container.capabilities;
  const effective = process.uid === 0 ? bounding : 0n;
  const hex = (value: bigint) => value.toString(16).padStart(16, '0');
  const kb = Math.round(process.residentBytes / 1024);
  return [
    `Name:\t${process.name.slice(0, 15)}`,
    `Umask:\t${process.umask.toString(8).padStart(4, '0')}`,
    'State:\tS (sleeping)',
    `Tgid:\t${process.pid}`,
    `Pid:\t${process.pid}`,
    `PPid:\t${process.parent?.pid ?? 0}`,
    `Uid:\t${Array(4).fill(process.uid).join('\t')}`,
    `Gid:\t${Array(4).fill(process.gid).join('\t')}`,
    `Groups:\t${process.groups.join(' ')} `,
    `VmSize:\t${String(kb * 4).padStart(8)} kB`,
    `VmRSS:\t${String(kb).padStart(8)} kB`,
    'Threads:\t1',
    `SigIgn:\t${mask((d) => d === 'ignore')}`,
    `SigCgt:\t${mask((d) => d === 'handler')}`,
    'CapInh:\t0000000000000000',
    `CapPrm:\t${hex(effective)}`,
    `CapEff:\t${hex(effective)}`,
    `CapBnd:\t${hex(bounding)}`,
    'CapAmb:\t0000000000000000',
    'NoNewPrivs:\t0',
    'Seccomp:\t0',
    '',
  ].join('\n');
}
