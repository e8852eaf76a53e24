import { kubeletVersion } from '../../../node-facts.ts';
import { type Obj, type RestClient, StatusError } from '../../api-client/client.ts';
import { readKubeconfig } from '../../api-client/config.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import type { Process } from '../../kernel/process.ts';
import { toolVersion } from '../../lib/versions.ts';
import { credentialsWanted, discover } from './discovery.ts';
import { loginWanted } from './errors.ts';
import { formatTable, printerFor, toYaml } from './printers.ts';

export const versionFlags: FlagSet = { client: { kind: 'bool' }, output: { kind: 'string', short: 'o' } };
export const apiResourcesFlags: FlagSet = {
  'api-group': { kind: 'string' },
  namespaced: { kind: 'bool' },
  verbs: { kind: 'string' },
  categories: { kind: 'string' },
  output: { kind: 'string', short: 'o' },
  'no-headers': { kind: 'bool' },
  'sort-by': { kind: 'string' },
  cached: { kind: 'bool' },
};
export const configFlags: FlagSet = {
  minify: { kind: 'bool' },
  raw: { kind: 'bool' },
  flatten: { kind: 'bool' },
  output: { kind: 'string', short: 'o' },
};

/** What this kubectl is: the release that its image's tag means, on a node the node's. */
function clientVersion(p: Process): string {
  return `v${toolVersion(p, 'kubectl') || kubeletVersion.slice(1)}`;
}

export async function version(client: RestClient, flags: Flags): Promise<number> {
  const { p } = client;
  const own = clientVersion(p);
  const [major = '1', minor = '35'] = own.slice(1).split('.');
  const clientInfo: Obj = {
    major,
    minor,
    gitVersion: own,
    gitTreeState: 'clean',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
  const onlyClient = flags.bool('client');
  const format = flags.get('output');
  if (format !== undefined && format !== 'json' && format !== 'yaml')
    throw new KubectlError("--output must be 'yaml' or 'json'");
  let server: Obj | undefined;
  let failure: unknown;
  if (!onlyClient) {
    try {
      server = await client.json('/version');
    } catch (error) {
      const unauthorized = error instanceof StatusError && error.code === 401;
      failure = unauthorized ? new KubectlError(loginWanted(credentialsWanted)) : error;
    }
  }
  if (format !== undefined) {
    const printer = printerFor(p, format, { keepManaged: true, noHeaders: false });
    const document: Obj = {
      clientVersion: clientInfo,
      kustomizeVersion: 'v5.7.1',
      ...(server ? { serverVersion: server } : {}),
    };
    if (printer) await p.print(1, await printer(document));
  } else {
    await p.print(1, `Client Version: ${own}\nKustomize Version: v5.7.1\n`);
    if (server) await p.print(1, `Server Version: ${server.gitVersion}\n`);
  }
  if (failure !== undefined) throw failure;
  return 0;
}

export async function apiResources(client: RestClient, flags: Flags): Promise<number> {
  if (flags.args.length > 0)
    throw new KubectlError(
      `unexpected arguments: [${flags.args.join(' ')}]\nSee 'kubectl api-resources -h' for help and examples`,
    );
  const sortBy = flags.get('sort-by');
  if (sortBy !== undefined && sortBy !== 'name' && sortBy !== 'kind')
    throw new KubectlError('--sort-by accepts only name or kind');
  const group = flags.get('api-group');
  const verbs = flags.list('verbs').filter(Boolean);
  const categories = flags.list('categories').filter(Boolean);
  const seen = new Set<string>();
  const found = (await discover(client, !flags.bool('cached'), 1)).filter((r) => {
    // The preferred version of each group comes first.
    const key = `${r.resource}.${r.group}`;
    if (seen.has(key)) return false;
    seen.add(key);
    if (group !== undefined && r.group !== group) return false;
    if (flags.has('namespaced') && r.namespaced !== flags.bool('namespaced')) return false;
    if (!verbs.every((v) => r.verbs.includes(v))) return false;
    return categories.every((c) => r.categories.includes(c));
  });
  // By group, then by name, unless it was asked for otherwise.
  const by = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  if (sortBy === 'name') found.sort((a, b) => by(a.resource, b.resource));
  else if (sortBy === 'kind') found.sort((a, b) => by(a.kind, b.kind));
  else found.sort((a, b) => by(a.group, b.group) || by(a.resource, b.resource));
  if (flags.get('output') === 'name') {
    await client.p.print(1, found.map((r) => `${r.resource}${r.group === '' ? '' : `.${r.group}`}\n`).join(''));
    return 0;
  }
  const wide = flags.get('output') === 'wide';
  const head = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(wide ? ['VERBS', 'CATEGORIES'] : [])];
  const rows = found.map((r) => [
    r.resource,
    r.shortNames.join(','),
    r.group === '' ? r.version : `${r.group}/${r.version}`,
    String(r.namespaced),
    r.kind,
    ...(wide ? [[...r.verbs].sort().join(','), r.categories.join(',')] : []),
  ]);
  await client.p.print(1, formatTable(flags.bool('no-headers') ? rows : [head, ...rows]));
  return 0;
}

export async function apiVersions(client: RestClient): Promise<number> {
  const all = new Set(
    (await discover(client, true, 1)).map((r) => (r.group === '' ? r.version : `${r.group}/${r.version}`)),
  );
  await client.p.print(
    1,
    [...all]
      .sort()
      .map((v) => `${v}\n`)
      .join(''),
  );
  return 0;
}

export async function clusterInfo(client: RestClient): Promise<number> {
  await client.json('/api/v1/namespaces/kube-system/services', {
    query: { labelSelector: 'kubernetes.io/cluster-service=true' },
  });
  const { server } = client.config;
  await client.p.print(
    1,
    `Kubernetes control plane is running at ${server}\nCoreDNS is running at ${server}/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n`,
  );
  return 0;
}

/** `kubectl config view|current-context|get-contexts`: what can be read. */
export async function config(p: Process, flags: Flags): Promise<number> {
  const [action] = flags.args;
  const file = (await readKubeconfig(p, flags)) ?? {};
  switch (action) {
    case 'view': {
      const hidden = flags.bool('raw') ? file : hideSecrets(file);
      const document = {
        apiVersion: 'v1',
        kind: 'Config',
        preferences: {},
        clusters: null,
        contexts: null,
        users: null,
        'current-context': '',
        ...hidden,
      } as Obj;
      const printer = printerFor(p, flags.get('output'), { keepManaged: true, noHeaders: false });
      await p.print(1, printer ? await printer(document) : await toYaml(document));
      return 0;
    }
    case 'current-context':
      if (!file['current-context']) throw new KubectlError('current-context is not set');
      await p.print(1, `${file['current-context']}\n`);
      return 0;
    case 'get-contexts': {
      const rows = (file.contexts ?? []).map((c) => [
        c.name === file['current-context'] ? '*' : '',
        c.name,
        String(c.context?.cluster ?? ''),
        String(c.context?.user ?? ''),
        String(c.context?.namespace ?? ''),
      ]);
      const names = flags.get('output') === 'name';
      await p.print(
        1,
        names
          ? rows.map((r) => `${r[1]}\n`).join('')
          : formatTable([['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'], ...rows]),
      );
      return 0;
    }
    default:
      throw new KubectlError(
        `"kubectl config ${action ?? ''}" is not simulated in containers; view, current-context and get-contexts are`,
      );
  }
}

function hideSecrets(value: unknown, key = ''): Obj {
  const walk = (v: unknown, k: string): unknown => {
    if (Array.isArray(v)) return v.map((item) => walk(item, ''));
    if (typeof v === 'object' && v !== null)
      return Object.fromEntries(Object.entries(v).map(([n, inner]) => [n, walk(inner, n)]));
    if (k.endsWith('-data')) return 'DATA+OMITTED';
    return k === 'token' || k === 'password' ? 'REDACTED' : v;
  };
  return walk(value, key) as Obj;
}
