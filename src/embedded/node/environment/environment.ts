import { ownValue } from '../../../kernel/own.ts';
import type { ConfigMap, Container, EnvVar, Pod, Secret, Service } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { expand } from './expansion.ts';
import { fieldValue, type PodFacts, resourceValue } from './field-ref.ts';

/** Why a container cannot be created: reason CreateContainerConfigError, the message as the kubelet has it. */
export class ConfigError extends Error {}

/** What the environment of a container is made from. */
export interface EnvironmentSources extends PodFacts {
  configMap(namespace: string, name: string): Stored<ConfigMap> | undefined;
  secret(namespace: string, name: string): Stored<Secret> | undefined;
  services(): readonly Stored<Service>[];
}

/** The complete environment of a container: envFrom, env with $(VAR), then the variables of Services. */
export function environment(pod: Stored<Pod>, container: Container, sources: EnvironmentSources): EnvVar[] {
  const namespace = pod.metadata.namespace ?? '';
  const result = new Map<string, string>();
  const serviceEnv = serviceVariables(pod, sources.services());

  for (const from of container.envFrom ?? []) {
    const data = from.configMapRef
      ? configMapData(sources, namespace, from.configMapRef.name ?? '', from.configMapRef.optional)
      : secretData(sources, namespace, from.secretRef?.name ?? '', from.secretRef?.optional);
    for (const [key, value] of Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))) {
      result.set((from.prefix ?? '') + key, value);
    }
  }
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? valueFrom(pod, container, variable, sources)
      : expand(variable.value ?? '', (name) => result.get(name) ?? serviceEnv.get(name));
    if (value === undefined) continue;
    // An env entry replaces what envFrom brought and counts as written here.
    result.delete(variable.name);
    result.set(variable.name, value);
  }
  for (const [name, value] of serviceEnv) if (!result.has(name)) result.set(name, value);
  return [...result].map(([name, value]) => ({ name, value }));
}

/** Undefined: optional and not there. */
function valueFrom(
  pod: Stored<Pod>,
  container: Container,
  variable: EnvVar,
  sources: EnvironmentSources,
): string | undefined {
  const from = variable.valueFrom ?? {};
  const namespace = pod.metadata.namespace ?? '';
  if (from.fieldRef) return fieldValue(pod, sources, from.fieldRef);
  if (from.resourceFieldRef) return resourceValue(pod, container, sources, from.resourceFieldRef);
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef;
    const value = ownValue(configMapData(sources, namespace, name, optional), key);
    if (value === undefined && !optional) {
      throw new ConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    }
    return value;
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef;
    const value = ownValue(secretData(sources, namespace, name, optional), key);
    if (value === undefined && !optional) {
      throw new ConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    }
    return value;
  }
  throw new ConfigError('environment variables from files are not simulated by this cluster');
}

function configMapData(
  sources: EnvironmentSources,
  namespace: string,
  name: string,
  optional = false,
): Record<string, string> {
  const object = sources.configMap(namespace, name);
  if (!object && !optional) throw new ConfigError(`configmap "${name}" not found`);
  return object?.data ?? {};
}

function secretData(
  sources: EnvironmentSources,
  namespace: string,
  name: string,
  optional = false,
): Record<string, string> {
  const object = sources.secret(namespace, name);
  if (!object && !optional) throw new ConfigError(`secret "${name}" not found`);
  return Object.fromEntries(
    Object.entries(object?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

/** Variables of the Services a Pod sees: its namespace's (unless enableServiceLinks is false) and `default/kubernetes`. */
export function serviceVariables(pod: Stored<Pod>, services: readonly Stored<Service>[]): Map<string, string> {
  const links = pod.spec?.enableServiceLinks !== false;
  const seen = new Map<string, Stored<Service>>();
  for (const service of services) {
    const { name, namespace } = service.metadata;
    const ip = service.spec?.clusterIP;
    if (!ip || ip === 'None') continue;
    if (links && namespace === pod.metadata.namespace) seen.set(name, service);
    else if (namespace === 'default' && name === 'kubernetes' && !seen.has(name)) seen.set(name, service);
  }
  const result = new Map<string, string>();
  for (const [name, service] of [...seen].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const prefix = name.toUpperCase().replaceAll('-', '_');
    const ip = service.spec?.clusterIP ?? '';
    const ports = service.spec?.ports ?? [];
    const first = ports[0];
    if (!first) continue;
    result.set(`${prefix}_SERVICE_HOST`, ip);
    result.set(`${prefix}_SERVICE_PORT`, String(first.port));
    for (const port of ports) {
      if (port.name) {
        result.set(`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port));
      }
    }
    for (const [index, port] of ports.entries()) {
      const protocol = port.protocol ?? 'TCP';
      const address = ip.includes(':') ? `[${ip}]` : ip;
      const url = `${protocol.toLowerCase()}://${address}:${port.port}`;
      const link = `${prefix}_PORT_${port.port}_${protocol}`;
      if (index === 0) result.set(`${prefix}_PORT`, url);
      result.set(link, url);
      result.set(`${link}_PROTO`, protocol.toLowerCase());
      result.set(`${link}_PORT`, String(port.port));
      result.set(`${link}_ADDR`, ip);
    }
  }
  return result;
}
