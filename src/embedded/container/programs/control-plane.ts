/** The parts of the control plane as processes: each does its work in the cluster for as long as it runs. */
import type { Process, Program } from '../kernel/process.ts';
import { signals } from '../kernel/signals.ts';
import { program } from '../lib/program.ts';
import { formatDate } from './date.ts';
import { service } from './service.ts';

interface Part {
  name: string;
  /** Flags whose files have to be there: what each is read for, in the words of the program that lacks it. */
  files: Readonly<Record<string, (file: string) => string>>;
  /** Flags without which it does nothing. */
  required?: Readonly<Record<string, string>>;
}

/** How long kube-apiserver tries to reach etcd before it gives up, and how often it looks whether etcd is still there. */
const etcdPatienceMs = 20_000;
const lookEveryMs = 1000;
const apiServerPort = '6443';
/** leaderElection.retryPeriod, with what the refused connection takes. */
const retryLeaseMs = 2500;

const missing = (file: string) => `open ${file}: no such file or directory`;
const kubeconfig = (file: string) => `stat ${file}: no such file or directory`;

const parts: readonly Part[] = [
  {
    name: 'etcd',
    files: {
      'cert-file': missing,
      'key-file': missing,
      'trusted-ca-file': missing,
      'peer-cert-file': missing,
      'peer-key-file': missing,
      'peer-trusted-ca-file': missing,
    },
  },
  {
    name: 'kube-apiserver',
    required: { 'etcd-servers': '--etcd-servers must be specified' },
    files: {
      'client-ca-file': (file) => `unable to load client CA provider: ${missing(file)}`,
      'etcd-cafile': missing,
      'etcd-certfile': missing,
      'etcd-keyfile': missing,
      'service-account-key-file': (file) => `failed to parse service-account-issuer-key-file: ${missing(file)}`,
      'service-account-signing-key-file': (file) => `failed to parse service-account-issuer-key-file: ${missing(file)}`,
      'tls-cert-file': missing,
      'tls-private-key-file': missing,
      'requestheader-client-ca-file': missing,
      'proxy-client-cert-file': missing,
      'proxy-client-key-file': missing,
      'kubelet-client-certificate': missing,
      'kubelet-client-key': missing,
    },
  },
  {
    name: 'kube-controller-manager',
    files: {
      kubeconfig,
      'authentication-kubeconfig': kubeconfig,
      'authorization-kubeconfig': kubeconfig,
      'client-ca-file': (file) => `unable to load client CA provider: ${missing(file)}`,
      'cluster-signing-cert-file': missing,
      'cluster-signing-key-file': missing,
      'root-ca-file': (file) => `error parsing root-ca-file at ${file}: ${missing(file)}`,
      'service-account-private-key-file': (file) =>
        `error reading key for service account token controller: ${missing(file)}`,
      'requestheader-client-ca-file': missing,
    },
  },
  {
    name: 'kube-scheduler',
    files: {
      kubeconfig,
      'authentication-kubeconfig': kubeconfig,
      'authorization-kubeconfig': kubeconfig,
      config: missing,
    },
  },
];

let processes = 0;

const klog = (p: Process, where: string, text: string) =>
  p.print(2, `E${formatDate(p.container.clock.now(), '%m%d %H:%M:%S.%6N')}       1 ${where}] ${text}\n`);

function flagsOf(args: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (const [i, arg] of args.entries()) {
    const match = /^--?([^=]+)(?:=(.*))?$/s.exec(arg);
    if (!match) continue;
    const next = args[i + 1];
    flags.set(match[1] ?? '', match[2] ?? (next !== undefined && !next.startsWith('-') ? next : 'true'));
  }
  return flags;
}

/** What keeps the program from starting; undefined: nothing. */
function complaint(p: Process, { files, required = {} }: Part, flags: ReadonlyMap<string, string>): string | undefined {
  for (const [flag, text] of Object.entries(required)) if (!flags.get(flag)) return text;
  for (const [flag, text] of Object.entries(files)) {
    const file = flags.get(flag);
    if (file !== undefined && !p.vfs.find(p, file)) return text(file);
    if (file !== undefined && text === kubeconfig && serverOf(p.vfs.readText(p, file)) === '') {
      return 'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable';
    }
  }
  return undefined;
}

function partProgram(part: Part): Program {
  const { name } = part;
  const main = async (p: Process): Promise<number> => {
    for (const signal of [signals.SIGTERM, signals.SIGINT]) p.dispositions.set(signal, () => p.terminate({ code: 0 }));
    const flags = flagsOf(p.args);
    if (flags.has('version')) {
      await p.print(1, name === 'etcd' ? 'etcd Version: 3.6.6\n' : 'Kubernetes v1.35.4\n');
      return 0;
    }
    const [word] = p.args;
    if (word !== undefined && !word.startsWith('-')) {
      await p.print(2, `Error: unknown command "${word}" for "${name}"\n`);
      return 1;
    }
    const why = complaint(p, part, flags);
    if (why !== undefined) {
      await klog(p, 'run.go:72', `"command failed" err=${JSON.stringify(why)}`);
      return 1;
    }
    const isClient = 'kubeconfig' in part.files;
    // Who speaks to the API server as somebody else does not lead: it is another scheduler, not this cluster's.
    if (isClient && !flags.has('kubeconfig')) return service.run(p);
    if (isClient) await connected(p, serverOf(p.vfs.readText(p, flags.get('kubeconfig') ?? '')), name);
    const process = `${p.container.id}/${processes++}`;
    const tell = (runs: boolean) => p.container.askNode({ kind: 'component', name, process, runs });
    p.onExit(() => void tell(false).catch(() => {}));
    if (!(await p.until(tell(true).catch(() => true))) && name === 'kube-apiserver') {
      if (!(await served(p, () => tell(true)))) return lostEtcd(p);
    }
    if (name !== 'kube-apiserver') return service.run(p);
    const lost = watchNeeds(p, () => tell(true)).then(() => lostEtcd(p));
    lost.catch(() => {});
    return Promise.race([service.run(p), lost]);
  };
  return program(name, main, { go: true });
}

const serverOf = (kubeconfig: string) => /^\s*(?:- )?server:\s*(\S+)/m.exec(kubeconfig)?.[1] ?? '';

/** Waits until the kubeconfig leads to the API server of this node: while it does not, nobody answers there. */
async function connected(p: Process, server: string, name: string): Promise<void> {
  const { pod, network } = p.container;
  const url = URL.canParse(server) ? new URL(server) : undefined;
  const here = [pod.nodeName, network.pod.ip, '127.0.0.1', 'localhost'];
  while (!url || !here.includes(url.hostname) || url.port !== apiServerPort) {
    const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}?timeout=5s`;
    const why = `Get \\"${server}${path}\\": dial tcp ${url?.host ?? server}: connect: connection refused`;
    await klog(p, 'leaderelection.go:448', `"Error retrieving lease lock" err="${why}" lock="kube-system/${name}"`);
    await p.sleep(retryLeaseMs);
  }
}

/** Waits for what the part needs as long as it has patience. */
async function served(p: Process, ask: () => Promise<unknown>): Promise<boolean> {
  const end = p.container.clock.now() + etcdPatienceMs;
  while (p.container.clock.now() < end) {
    await p.sleep(lookEveryMs);
    if (await p.until(ask().catch(() => true))) return true;
  }
  return false;
}

/** Resolves when what the part needs has been away for as long as it has patience. */
async function watchNeeds(p: Process, ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    await p.sleep(lookEveryMs);
    if (await p.until(ask().catch(() => true))) continue;
    if (!(await served(p, ask))) return;
  }
}

async function lostEtcd(p: Process): Promise<number> {
  await klog(p, 'run.go:72', '"command failed" err="context deadline exceeded"');
  return 1;
}

export const controlPlanePrograms: readonly Program[] = parts.map(partProgram);
