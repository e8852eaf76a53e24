/** `kubectl create KIND`: objects from flags. */
import { ownValue, setOwn } from '../../../../kernel/own.ts';
import type { Obj, RestClient } from '../../api-client/client.ts';
import { StatusError } from '../../api-client/client.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import { isSysError } from '../../kernel/errno.ts';
import { baseName, isFolder, join } from '../../lib/files.ts';
import { discover, matchResource, pathOf } from './discovery.ts';
import { describeError } from './errors.ts';
import { createFromFiles, dryRun, manifestFlags, report, resourceOf } from './manifests.ts';

export const createFlags: FlagSet = {
  ...manifestFlags,
  'from-literal': { kind: 'string' },
  'from-file': { kind: 'string' },
  'from-env-file': { kind: 'string' },
  type: { kind: 'string' },
  image: { kind: 'string' },
  replicas: { kind: 'string', short: 'r' },
  port: { kind: 'string' },
  verb: { kind: 'string' },
  resource: { kind: 'string' },
  'resource-name': { kind: 'string' },
  'non-resource-url': { kind: 'string' },
  role: { kind: 'string' },
  clusterrole: { kind: 'string' },
  group: { kind: 'string' },
  serviceaccount: { kind: 'string' },
  duration: { kind: 'string' },
  audience: { kind: 'string' },
  schedule: { kind: 'string' },
};

type Generator = (client: RestClient, flags: Flags, name: string) => Promise<Obj> | Obj;

function required(flags: Flags, flag: string): string {
  const value = flags.get(flag);
  if (value === undefined || value === '') throw new KubectlError(`required flag(s) "${flag}" not set`);
  return value;
}

/** Keys and values of `--from-literal`, `--from-file`, `--from-env-file`. */
function dataOf(client: RestClient, flags: Flags): Record<string, string> {
  const { p } = client;
  const data: Record<string, string> = {};
  for (const literal of flags.all('from-literal')) {
    const at = literal.indexOf('=');
    if (at < 1) throw new KubectlError(`invalid literal source ${literal}, expected key=value`);
    setOwn(data, literal.slice(0, at), literal.slice(at + 1));
  }
  try {
    for (const source of flags.all('from-file')) {
      const at = source.indexOf('=');
      const path = at < 0 ? source : source.slice(at + 1);
      if (isFolder(p, path))
        for (const child of p.vfs.readdir(p, path)) setOwn(data, child, p.vfs.readText(p, join(path, child)));
      else setOwn(data, at < 0 ? baseName(path) : source.slice(0, at), p.vfs.readText(p, path));
    }
    for (const file of flags.all('from-env-file')) {
      for (const line of p.vfs.readText(p, file).split('\n')) {
        const at = line.indexOf('=');
        if (at > 0 && !line.startsWith('#')) setOwn(data, line.slice(0, at), line.slice(at + 1));
      }
    }
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new KubectlError(`error reading ${flags.all('from-file')[0] ?? ''}: ${error.message.toLowerCase()}`);
  }
  return data;
}

async function rules(client: RestClient, flags: Flags): Promise<Obj[]> {
  const verbs = flags.list('verb');
  if (verbs.length === 0) throw new KubectlError('at least one verb must be specified');
  const urls = flags.list('non-resource-url');
  if (urls.length > 0) return [{ verbs, nonResourceURLs: urls }];
  const groups = new Map<string, string[]>();
  for (const text of flags.list('resource')) {
    const [type = '', subresource] = text.split('/');
    const found = matchResource(await discover(client), type);
    if (!found) throw new KubectlError(`the server doesn't have a resource type "${type}"`);
    const list = groups.get(found.group) ?? [];
    list.push(subresource === undefined ? found.resource : `${found.resource}/${subresource}`);
    groups.set(found.group, list);
  }
  if (groups.size === 0) throw new KubectlError('at least one resource must be specified');
  const resourceNames = flags.list('resource-name');
  return [...groups].map(([group, resources]) => ({
    apiGroups: [group],
    resources,
    verbs,
    ...(resourceNames.length > 0 ? { resourceNames } : {}),
  }));
}

const rbac = 'rbac.authorization.k8s.io';

function binding(kind: 'RoleBinding' | 'ClusterRoleBinding', flags: Flags, name: string): Obj {
  const [role, clusterRole] = [flags.get('role'), flags.get('clusterrole')];
  if ((role === undefined) === (clusterRole === undefined))
    throw new KubectlError('exactly one of clusterrole or role must be specified');
  const subjects: Obj[] = [
    ...flags.all('user').map((n) => ({ kind: 'User', apiGroup: rbac, name: n })),
    ...flags.all('group').map((n) => ({ kind: 'Group', apiGroup: rbac, name: n })),
    ...flags.list('serviceaccount').map((text) => {
      const [namespace = '', account] = text.split(':');
      if (account === undefined) throw new KubectlError('serviceaccount must be <namespace>:<name>');
      return { kind: 'ServiceAccount', name: account, namespace };
    }),
  ];
  return {
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: role === undefined ? 'ClusterRole' : 'Role', name: role ?? clusterRole ?? '' },
    subjects,
  };
}

function container(flags: Flags, image: string): Obj {
  const name = baseName(image).replace(/[:@].*$/, '');
  return { name, image, ...(flags.rest ? { command: flags.rest } : {}) };
}

const generators: Record<string, Generator> = {
  namespace: (_, __, name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  serviceaccount: (_, __, name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } }),
  configmap: (client, flags, name) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: dataOf(client, flags),
  }),
  secret: (client, flags, name) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    ...(flags.has('type') ? { type: flags.get('type') ?? '' } : {}),
    data: Object.fromEntries(
      Object.entries(dataOf(client, flags)).map(([k, v]) => [k, Buffer.from(v).toString('base64')]),
    ),
  }),
  role: async (client, flags, name) => ({
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    metadata: { name },
    rules: await rules(client, flags),
  }),
  clusterrole: async (client, flags, name) => ({
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name },
    rules: await rules(client, flags),
  }),
  rolebinding: (_, flags, name) => binding('RoleBinding', flags, name),
  clusterrolebinding: (_, flags, name) => binding('ClusterRoleBinding', flags, name),
  deployment: (_, flags, name) => {
    required(flags, 'image');
    const labels = { app: name };
    const containers = flags.list('image').map((image) => ({
      ...container(flags, image),
      ...(flags.has('port') ? { ports: [{ containerPort: Number(flags.get('port')) }] } : {}),
    }));
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, labels },
      spec: {
        replicas: Number(flags.get('replicas') ?? 1),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    };
  },
  job: (_, flags, name) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      template: {
        spec: { containers: [{ ...container(flags, required(flags, 'image')), name }], restartPolicy: 'Never' },
      },
    },
  }),
};

const aliases: Record<string, string> = {
  ns: 'namespace',
  sa: 'serviceaccount',
  cm: 'configmap',
  deploy: 'deployment',
};

export async function create(client: RestClient, flags: Flags): Promise<number> {
  const [given, ...args] = flags.args;
  if (given === undefined) {
    if (flags.has('filename')) return createFromFiles(client, flags);
    throw new KubectlError('must specify one of -f and -k');
  }
  const kind = ownValue(aliases, given) ?? given;
  if (kind === 'token') return token(client, flags, args[0]);
  const generator = ownValue(generators, kind);
  if (!generator) throw new KubectlError(`"kubectl create ${given}" is not simulated in containers; use create -f`);
  if (kind === 'secret') {
    const sort = args.shift();
    if (sort !== 'generic')
      throw new KubectlError(`"kubectl create secret ${sort ?? ''}" is not simulated in containers; generic is`);
  }
  const [name, ...more] = args;
  if (name === undefined || more.length > 0)
    throw new KubectlError(
      `exactly one NAME is required, got ${args.length}\nSee 'kubectl create ${given} -h' for help and examples`,
    );
  const object = await generator(client, flags, name);
  const resource = await resourceOf(client, object, 'flags');
  let created = object;
  if (dryRun(flags) !== 'client') {
    try {
      created = await client.json(pathOf(resource, client.config.namespace), {
        method: 'POST',
        body: object,
        query: {
          fieldManager: 'kubectl-create',
          fieldValidation: 'Strict',
          dryRun: dryRun(flags) === 'server' ? 'All' : undefined,
        },
      });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      // The generators of these kinds wrap what the server says.
      const wrapped =
        /^(rolebinding|clusterrolebinding|deployment|configmap|secret|job)$/.test(kind) && error.reason !== 'Invalid';
      const isNamed = error.reason !== '' || error.code === 401;
      const why = `error: failed to create ${kind}: ${error.message || 'Unauthorized'}\n`;
      await client.p.print(2, wrapped && isNamed ? why : describeError(error));
      return 1;
    }
  }
  await report(client, flags, resource, created, 'created');
  return 0;
}

async function token(client: RestClient, flags: Flags, name: string | undefined): Promise<number> {
  if (name === undefined)
    throw new KubectlError("exactly one NAME is required, got 0\nSee 'kubectl create token -h' for help and examples");
  const seconds = flags.duration('duration');
  const audiences = flags.list('audience');
  const spec: Obj = {
    ...(seconds === undefined ? {} : { expirationSeconds: seconds }),
    ...(audiences.length > 0 ? { audiences } : {}),
  };
  try {
    const answer = await client.json(`/api/v1/namespaces/${client.config.namespace}/serviceaccounts/${name}/token`, {
      method: 'POST',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
    });
    await client.p.print(1, `${((answer.status ?? {}) as Obj).token}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new KubectlError(`failed to create token: ${error.message}`);
  }
}
