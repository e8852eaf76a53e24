import type { ConfigMap, Container, Pod, Secret } from '../../kube/api.gen.ts';
import { parseForbidden } from '../../kube/forbidden.ts';
import type { Resource, Stored } from '../../kube/meta.ts';
import { readable } from '../../kube/readable.ts';
import * as resources from '../../kube/resources.ts';
import {
  isUnauthorized,
  parseConnectionFailure,
  parseMissingFile,
  parsePath,
  parseUnknownHost,
} from '../../kube/spoken-errors.ts';
import { explainDenial } from '../access/access.ts';
import { serviceAccountSubject } from '../access/subject.ts';
import { containerOf, containerPath } from './container.ts';
import { snapshot, type Trace } from './reader.ts';
import { traceAnonymous, traceUnauthorized } from './unauthorized.ts';
import { clip, describeCommand, getCommand, listed, quote, redact } from './words.ts';

/** So many last lines are looked at, and so many of them told. */
const read = 10;
const shown = 3;

/** Lines that say what is wrong; others only say what was tried. */
const telling =
  /error|fatal|panic|exception|fail|denied|refused|forbidden|unauthorized|not found|can't|cannot|could not|unable|no such|must|need|missing|invalid|unknown|not (?:set|specified|there)|timed? ?out|killed/i;

/**
 * Tells the last words of a container (`previous`: of the instance before) and follows what they point to. Resolves to
 * whether they pointed anywhere.
 */
export async function lastLines(t: Trace, pod: Stored<Pod>, container: string, previous: boolean): Promise<boolean> {
  const { name, namespace = '' } = pod.metadata;
  const lines = (await t.reader.log(namespace, name, container, previous))
    .filter((line) => line.trim() !== '')
    .slice(-read);
  const command = `kubectl logs ${name} -c ${container} -n ${namespace}${previous ? ' --previous' : ''} --tail=${read}`;
  if (lines.length === 0) {
    t.chain.add({ kind: 'log', fact: `container ${container} has written nothing`, command });
    return false;
  }
  const loud = lines.filter((line) => telling.test(line));
  for (const line of (loud.length > 0 ? loud : lines).slice(-shown)) {
    // Programs in loops write other times and other numbers: no line of theirs stays.
    const shows = redact(line) === line && !/\d{2}:\d{2}/.test(line) ? [quote(line)] : [];
    t.chain.add({ kind: 'log', fact: clip(redact(line)), command, shows });
  }
  for (const line of [...lines].reverse()) if (await followWords(t, pod, container, line)) return true;
  return tellVariables(t, pod, container, lines);
}

/** Goes where a line of a log points to: a right, a name, a connection, a file. Resolves to whether it points anywhere. */
export async function followWords(t: Trace, pod: Stored<Pod>, container: string, words: string): Promise<boolean> {
  const line = readable(words);
  const { namespace = '', name } = pod.metadata;
  const before = t.chain.length;
  const from = { kind: 'Pod', name, namespace } as const;
  const forbidden = parseForbidden(line);
  if (forbidden?.user === 'system:anonymous') await traceAnonymous(t, pod, container);
  else if (forbidden) await tellDenial(t, forbidden);
  else if (isUnauthorized(line)) await traceUnauthorized(t, pod, container);
  else {
    const host = parseUnknownHost(line);
    if (host !== undefined) await t.follow({ about: 'name', from, name: host });
    const connection = parseConnectionFailure(line);
    if (connection) await followConnection(t, pod, connection);
    const missing = parseMissingFile(line);
    const file = missing ?? (telling.test(line) ? parsePath(line) : undefined);
    if (file !== undefined) await tellMounts(t, pod, container, file, missing !== undefined);
    if (/Read-only file system/i.test(line)) tellReadOnly(t, pod, container);
    if (/Permission denied|EACCES/i.test(line)) tellUser(t, pod, container);
  }
  return t.chain.length > before;
}

async function tellDenial(t: Trace, facts: NonNullable<ReturnType<typeof parseForbidden>>): Promise<void> {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(facts.user) ?? [];
  if (!namespace || !name) return;
  const subject = serviceAccountSubject(namespace, name);
  const { verb, apiGroup: group, resource, subresource, namespace: where, path } = facts;
  const view = await snapshot(t.reader, [
    resources.roles,
    resources.roleBindings,
    resources.clusterRoles,
    resources.clusterRoleBindings,
  ]);
  const { evidence } = explainDenial(view, subject, {
    user: subject.user,
    groups: subject.groups,
    verb,
    ...(group ? { group } : {}),
    ...(resource ? { resource } : {}),
    ...(subresource ? { subresource } : {}),
    ...(where ? { namespace: where } : {}),
    ...(path ? { path } : {}),
  });
  // Facts, then the command that shows them.
  let told: typeof evidence = [];
  for (const entry of evidence) {
    if (entry.kind !== 'command') told.push(entry);
    else {
      for (const { kind, text } of told) if (kind !== 'command') t.chain.add({ kind, fact: text, command: entry.text });
      told = [];
    }
  }
}

/** Where a connection went that failed: to a Service by its name or address, or to something that we know nothing of. */
async function followConnection(
  t: Trace,
  pod: Stored<Pod>,
  { host, port }: { host: string; port?: number },
): Promise<void> {
  const { namespace = '', name } = pod.metadata;
  const services = await t.reader.list(resources.services);
  const [first = '', second = namespace] = host.split('.');
  const service =
    services.find((s) => s.spec?.clusterIPs?.includes(host)) ??
    services.find((s) => s.metadata.name === first && s.metadata.namespace === second);
  if (!service) return;
  await t.follow({
    about: 'connection',
    from: { kind: 'Pod', name, namespace },
    to: { service: service.metadata.name, namespace: service.metadata.namespace ?? '' },
    port: port ?? service.spec?.ports?.[0]?.port ?? 0,
  });
}

/** A file that a program misses or complains about: whether it is in a volume, and what that holds. */
async function tellMounts(
  t: Trace,
  pod: Stored<Pod>,
  container: string,
  file: string,
  missing: boolean,
): Promise<void> {
  const mounts = containerOf(pod, container)?.volumeMounts ?? [];
  const command = getCommand('pod', pod, `-o jsonpath='{${containerPath(pod, container)}.volumeMounts[*].mountPath}'`);
  const over = mounts.find(
    ({ mountPath }) => file === mountPath || file.startsWith(`${mountPath.replace(/\/$/, '')}/`),
  );
  const paths = mounts.map((m) => m.mountPath);
  if (!over) {
    if (!missing) return;
    const others = paths.length > 0 ? `; there are mounts at ${listed(paths)}` : '';
    const fact = `no volume is mounted at or above ${file}${others}`;
    return t.chain.add({ kind: 'missing', fact, command, shows: paths.slice(0, 3) });
  }
  const volume = pod.spec?.volumes?.find((v) => v.name === over.name);
  const { configMap, secret } = volume ?? {};
  const [resource, name]: [Resource<ConfigMap | Secret>, string | undefined] = configMap
    ? [resources.configMaps, configMap.name]
    : [resources.secrets, secret?.secretName];
  const type = Object.keys(volume ?? {}).find((key) => key !== 'name') ?? '';
  const what = name ? `${resource.kind} ${name}` : type;
  t.chain.add({ fact: `${over.mountPath} is volume ${over.name}: ${what}`, command, shows: [over.mountPath] });
  const object = name ? await t.reader.get(resource, pod.metadata.namespace, name) : undefined;
  if (!object) return;
  const keys = Object.keys(object.data ?? {}).sort();
  const fact = `${what} has the keys ${listed(keys, 6)}`;
  t.chain.add({ fact, command: describeCommand(resource.kind.toLowerCase(), object), shows: keys.slice(0, 6) });
}

function tellReadOnly(t: Trace, pod: Stored<Pod>, name: string): void {
  if (!containerOf(pod, name)?.securityContext?.readOnlyRootFilesystem) return;
  t.chain.add({
    fact: `the securityContext of container ${name} has readOnlyRootFilesystem: true`,
    command: getCommand('pod', pod, `-o jsonpath='{${containerPath(pod, name)}.securityContext}'`),
    shows: ['"readOnlyRootFilesystem":true'],
  });
}

function tellUser(t: Trace, pod: Stored<Pod>, name: string): void {
  const own = containerOf(pod, name)?.securityContext;
  const all = pod.spec?.securityContext;
  const said = [
    own?.runAsUser !== undefined ? `container ${name} runs as user ${own.runAsUser}` : undefined,
    own?.runAsUser === undefined && all?.runAsUser !== undefined ? `the Pod runs as user ${all.runAsUser}` : undefined,
    all?.fsGroup !== undefined ? `its volumes belong to group ${all.fsGroup}` : undefined,
  ].filter((text) => text !== undefined);
  if (said.length === 0) return;
  const path = own?.runAsUser !== undefined ? `${containerPath(pod, name)}.securityContext` : '.spec.securityContext';
  t.chain.add({
    fact: said.join(', '),
    command: getCommand('pod', pod, `-o jsonpath='{${path}}'`),
    shows: [String(own?.runAsUser ?? all?.runAsUser ?? all?.fsGroup)],
  });
}

/** Variables that the last words name: whether the container sets them, and from where; never their values. */
async function tellVariables(t: Trace, pod: Stored<Pod>, name: string, lines: readonly string[]): Promise<boolean> {
  const container = containerOf(pod, name);
  if (!container) return false;
  const text = lines.join('\n');
  const named = [...new Set([...text.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)].map(([word]) => word))].slice(
    0,
    3,
  );
  if (named.length === 0) return false;
  const command = getCommand('pod', pod, `-o jsonpath='{${containerPath(pod, name)}.env[*].name}'`);
  for (const variable of named) {
    const env = container.env?.find((e) => e.name === variable);
    if (env) await tellSource(t, pod, container, variable);
    else if (!container.envFrom?.length) {
      t.chain.add({ kind: 'missing', fact: `container ${name} sets no variable ${variable}`, command });
    }
  }
  return true;
}

/** Where a variable comes from, if that is a key of something: an optional one may be missing. */
async function tellSource(t: Trace, pod: Stored<Pod>, { name, env = [] }: Container, variable: string): Promise<void> {
  const from = env.find((e) => e.name === variable)?.valueFrom;
  const [kind, source] = from?.secretKeyRef ? ['Secret', from.secretKeyRef] : ['ConfigMap', from?.configMapKeyRef];
  if (!source?.name) return;
  const { namespace = '' } = pod.metadata;
  const object = await t.reader.get(
    kind === 'Secret' ? resources.secrets : resources.configMaps,
    namespace,
    source.name,
  );
  const has = Object.keys((object as { data?: object } | undefined)?.data ?? {}).includes(source.key);
  const lack = object ? (has ? '' : ', which has no such key') : ', which does not exist';
  t.chain.add({
    kind: has ? 'object' : 'missing',
    fact: `the variable ${variable} is key ${source.key} of ${kind} ${source.name}${lack}`,
    command: getCommand('pod', pod, `-o jsonpath='{${containerPath(pod, name)}.env[?(@.name=="${variable}")]}'`),
    shows: [source.name, source.key],
  });
}
