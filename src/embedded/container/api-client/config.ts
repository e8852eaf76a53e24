/** Where a client talks to, and as whom: kubeconfig files, flags, or the Pod's service account. */
import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';
import { type Flags, KubectlError } from './flags.ts';

export interface ClientConfig {
  /** `https://10.96.0.1:443` */
  server: string;
  namespace: string;
  ca?: string;
  insecure: boolean;
  servername?: string;
  token?: string;
  basic?: string;
  cert?: string;
  key?: string;
}

export interface Kubeconfig {
  'current-context'?: string;
  clusters?: { name: string; cluster?: Record<string, unknown> }[];
  contexts?: { name: string; context?: Record<string, unknown> }[];
  users?: { name: string; user?: Record<string, unknown> }[];
  [key: string]: unknown;
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

function read(p: Process, path: string): string | undefined {
  try {
    return p.vfs.readText(p, path);
  } catch (error) {
    if (isSysError(error)) return undefined;
    throw error;
  }
}

/** The file that `kubectl config` reads and writes. */
export function kubeconfigPath(p: Process, flags: Flags): string {
  const home = p.env.get('HOME') ?? '/';
  return (
    flags.get('kubeconfig') ?? (p.env.get('KUBECONFIG')?.split(':')[0] || `${home.replace(/\/$/, '')}/.kube/config`)
  );
}

/** The merged kubeconfig; undefined if there is none. Throws KubectlError if it can't be read. */
export async function readKubeconfig(p: Process, flags: Flags): Promise<Kubeconfig | undefined> {
  const explicit = flags.get('kubeconfig');
  if (explicit !== undefined) {
    const text = read(p, explicit);
    if (text === undefined && !p.vfs.find(p, explicit))
      throw new KubectlError(`stat ${explicit}: no such file or directory`);
    return parse(p, explicit, text ?? '');
  }
  const paths = p.env.get('KUBECONFIG')?.split(':').filter(Boolean) ?? [kubeconfigPath(p, flags)];
  let merged: Kubeconfig | undefined;
  for (const path of paths) {
    const text = read(p, path);
    if (text === undefined) continue;
    const next = await parse(p, path, text);
    merged = merged ? merge(merged, next) : next;
  }
  return merged;
}

async function parse(_p: Process, path: string, text: string): Promise<Kubeconfig> {
  const { parse: parseYaml } = await import('yaml');
  try {
    const value: unknown = parseYaml(text);
    return typeof value === 'object' && value !== null ? (value as Kubeconfig) : {};
  } catch (error) {
    throw new KubectlError(`error loading config file "${path}": yaml: ${error instanceof Error ? error.message : ''}`);
  }
}

function merge(a: Kubeconfig, b: Kubeconfig): Kubeconfig {
  const both = <T extends { name: string }>(x: T[] = [], y: T[] = []) => [
    ...x,
    ...y.filter((n) => !x.some((o) => o.name === n.name)),
  ];
  return {
    ...b,
    ...a,
    clusters: both(a.clusters, b.clusters),
    contexts: both(a.contexts, b.contexts),
    users: both(a.users, b.users),
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Decides as clientcmd does: flags over kubeconfig over the Pod's account over localhost:8080. */
export async function loadConfig(p: Process, flags: Flags): Promise<ClientConfig> {
  const file = await readKubeconfig(p, flags);
  let config: ClientConfig | undefined;
  if (file && ((file.contexts?.length ?? 0) > 0 || (file.clusters?.length ?? 0) > 0)) config = fromFile(p, file, flags);
  else if (!flags.has('server')) config = inCluster(p);
  config ??= { server: 'http://localhost:8080', namespace: 'default', insecure: false };
  override(p, config, flags);
  return config;
}

/** The Pod's own account; undefined where none is mounted. */
export function inCluster(p: Process): ClientConfig | undefined {
  const host = p.env.get('KUBERNETES_SERVICE_HOST');
  const port = p.env.get('KUBERNETES_SERVICE_PORT');
  const token = read(p, `${accountFolder}/token`);
  if (!host || !port || token === undefined) return undefined;
  const ca = read(p, `${accountFolder}/ca.crt`);
  const namespace = p.env.get('POD_NAMESPACE') || read(p, `${accountFolder}/namespace`)?.trim();
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace: namespace || 'default',
    insecure: false,
    token: token.trim(),
    ...(ca === undefined ? {} : { ca }),
  };
}

function fromFile(p: Process, file: Kubeconfig, flags: Flags): ClientConfig {
  const contextName = flags.get('context') ?? file['current-context'] ?? '';
  const context = file.contexts?.find((c) => c.name === contextName)?.context;
  if (flags.has('context') && !context) throw new KubectlError(`context "${contextName}" does not exist`);
  if (contextName !== '' && !context) {
    const words = `Error in configuration: context was not found for specified context: ${contextName}`;
    throw new KubectlError(words, { prefixed: false });
  }
  const clusterName = flags.get('cluster') ?? text(context?.cluster) ?? '';
  const cluster = file.clusters?.find((c) => c.name === clusterName)?.cluster;
  const userName = flags.get('user') ?? text(context?.user) ?? '';
  const user = file.users?.find((u) => u.name === userName)?.user;
  if (flags.has('cluster') && !cluster) throw new KubectlError(`no server found for cluster "${clusterName}"`);
  if (flags.has('user') && !user) throw new KubectlError(`auth info "${userName}" does not exist`);
  const inline = (from: Record<string, unknown> | undefined, key: string): string | undefined => {
    const data = text(from?.[`${key}-data`]);
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
    const path = text(from?.[key]);
    if (path === undefined) return undefined;
    const content = read(p, path);
    if (content === undefined)
      throw new KubectlError(
        `unable to read ${key} ${path} for ${userName || clusterName} due to open ${path}: no such file or directory`,
      );
    return content;
  };
  const tokenFile = text(user?.tokenFile);
  const token = text(user?.token) ?? (tokenFile === undefined ? undefined : read(p, tokenFile)?.trim());
  const [ca, cert, key] = [
    inline(cluster, 'certificate-authority'),
    inline(user, 'client-certificate'),
    inline(user, 'client-key'),
  ];
  const servername = text(cluster?.['tls-server-name']);
  const username = text(user?.username);
  return {
    server: text(cluster?.server) ?? 'http://localhost:8080',
    namespace: text(context?.namespace) ?? 'default',
    insecure: cluster?.['insecure-skip-tls-verify'] === true,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(token === undefined ? {} : { token }),
    ...(servername === undefined ? {} : { servername }),
    ...(username === undefined ? {} : { basic: `${username}:${text(user?.password) ?? ''}` }),
  };
}

function override(p: Process, config: ClientConfig, flags: Flags): void {
  const server = flags.get('server');
  if (server !== undefined) config.server = /^https?:\/\//.test(server) ? server : `http://${server}`;
  const file = (flag: string): string | undefined => {
    const path = flags.get(flag);
    if (path === undefined) return undefined;
    const content = read(p, path);
    if (content === undefined)
      throw new KubectlError(`unable to read ${flag} ${path} for  due to open ${path}: no such file or directory`);
    return content;
  };
  const [ca, cert, key] = [file('certificate-authority'), file('client-certificate'), file('client-key')];
  if (ca !== undefined) config.ca = ca;
  if (cert !== undefined) config.cert = cert;
  if (key !== undefined) config.key = key;
  const token = flags.get('token');
  if (token !== undefined) {
    config.token = token;
    config.cert = undefined;
    config.key = undefined;
  }
  if (flags.bool('insecure-skip-tls-verify')) {
    config.insecure = true;
    config.ca = undefined;
  }
  const servername = flags.get('tls-server-name');
  if (servername !== undefined) config.servername = servername;
  const namespace = flags.get('namespace');
  if (namespace !== undefined && namespace !== '') config.namespace = namespace;
}
