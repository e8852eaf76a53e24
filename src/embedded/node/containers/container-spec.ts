import type { Container, EnvVar, Pod } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import type { ContainerMount, ContainerSpec } from '../../container-api.ts';
import { upstreamResolver } from '../../upstream-resolver.ts';
import { ConfigError } from '../environment/environment.ts';
import { expand } from '../environment/expansion.ts';
import { podFullName } from '../services.ts';
import type { Image } from './images.ts';

export interface SpecInput {
  pod: Stored<Pod>;
  container: Container;
  attempt: number;
  env: EnvVar[];
  mounts: ContainerMount[];
  podIP: string;
  nodeName: string;
}

/** What the runtime gets, from the Pod's and the container's own settings. */
export function containerSpec({ pod, container, attempt, env, mounts, podIP, nodeName }: SpecInput): ContainerSpec {
  const { metadata, spec } = pod;
  const values = new Map(env.map((e) => [e.name, e.value ?? '']));
  const expanded = (texts: string[]) => texts.map((text) => expand(text, (name) => values.get(name)));
  const own = container.securityContext;
  const shared = spec?.securityContext;
  const hostname = spec?.hostNetwork ? nodeName : (spec?.hostname ?? metadata.name).slice(0, 63).replace(/[-.]+$/, '');
  const fqdn = spec?.subdomain ? `${hostname}.${spec.subdomain}.${metadata.namespace}.svc.cluster.local` : undefined;
  const user = own?.runAsUser ?? shared?.runAsUser;
  const group = own?.runAsGroup ?? shared?.runAsGroup;
  return {
    id: `${metadata.uid}/${container.name}/${attempt}`,
    image: container.image ?? '',
    ...(container.command?.length && { command: expanded(container.command) }),
    ...(container.args?.length && { args: expanded(container.args) }),
    ...(container.workingDir && { workingDir: container.workingDir }),
    env,
    mounts,
    hostname: fqdn && spec?.setHostnameAsFQDN ? fqdn : hostname,
    ...(fqdn && { fqdn }),
    ...(spec?.hostAliases && { hostAliases: spec.hostAliases }),
    ...dns(pod),
    pod: {
      name: metadata.name,
      namespace: metadata.namespace ?? '',
      uid: metadata.uid,
      ip: podIP,
      nodeName,
      serviceAccountName: spec?.serviceAccountName ?? 'default',
    },
    securityContext: {
      ...(user !== undefined && { runAsUser: user }),
      ...(group !== undefined && { runAsGroup: group }),
      ...(shared?.fsGroup !== undefined && { fsGroup: shared.fsGroup }),
      ...(shared?.supplementalGroups && { supplementalGroups: shared.supplementalGroups }),
      ...(own?.readOnlyRootFilesystem && { readOnlyRootFilesystem: true }),
      ...(own?.privileged && { privileged: true }),
      ...(own?.capabilities && { capabilities: { add: own.capabilities.add, drop: own.capabilities.drop } }),
    },
    stdin: container.stdin ?? false,
    ...(container.stdinOnce && { stdinOnce: true }),
    tty: container.tty ?? false,
    ...(container.resources && { resources: container.resources }),
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
  };
}

const clusterDns = '10.96.0.10';

/** /etc/resolv.conf where it is not the usual one. */
function dns({ metadata, spec }: Stored<Pod>): Pick<ContainerSpec, 'dns'> {
  const config = spec?.dnsConfig;
  const hostPolicy = spec?.dnsPolicy === 'Default' || (spec?.hostNetwork && spec.dnsPolicy === 'ClusterFirst');
  if (!config && spec?.dnsPolicy !== 'None' && !hostPolicy) return {};
  const options = (config?.options ?? []).map(({ name = '', value }) =>
    value === undefined ? name : `${name}:${value}`,
  );
  const cluster = spec?.dnsPolicy !== 'None' && !hostPolicy;
  // The policy Default is the node's own settings.
  const own = cluster ? [clusterDns] : hostPolicy ? [upstreamResolver] : [];
  const domains = [`${metadata.namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'];
  return {
    dns: {
      nameservers: [...new Set([...own, ...(config?.nameservers ?? [])])],
      searches: [...new Set([...(cluster ? domains : []), ...(config?.searches ?? [])])],
      options: cluster && !options.some((o) => o.startsWith('ndots:')) ? [...options, 'ndots:5'] : options,
    },
  };
}

/** The identity that a container runs with, as its status shows it. */
export function linuxUser(pod: Stored<Pod>, container: Container, image: Image) {
  const shared = pod.spec?.securityContext;
  const uid = container.securityContext?.runAsUser ?? shared?.runAsUser ?? image.user ?? 0;
  const gid = container.securityContext?.runAsGroup ?? shared?.runAsGroup ?? 0;
  const more = [...(shared?.fsGroup === undefined ? [] : [shared.fsGroup]), ...(shared?.supplementalGroups ?? [])];
  return { gid, supplementalGroups: [...new Set([...more, gid])].sort((a, b) => a - b), uid };
}

/** runAsNonRoot; throws a ConfigError with the kubelet's text. */
export function verifyNonRoot(pod: Stored<Pod>, container: Container, image: Image): void {
  const own = container.securityContext;
  const shared = pod.spec?.securityContext;
  if (!(own?.runAsNonRoot ?? shared?.runAsNonRoot)) return;
  const user = own?.runAsUser ?? shared?.runAsUser;
  const where = `(pod: "${podFullName(pod)}", container: ${container.name})`;
  if (user === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (user === undefined && (image.user ?? 0) === 0) {
    throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
}
