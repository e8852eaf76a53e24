import { ownValue } from '../../kernel/own.ts';
import type { ContainerStatus, Event, Pod, Secret } from '../../kube/api.gen.ts';
import { parseImageFailure } from '../../kube/image-failure.ts';
import { parseReference } from '../../kube/image-reference.ts';
import type { Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { containerOf, containerPath } from './container.ts';
import type { Trace } from './reader.ts';
import { clip, describeCommand, eventsCommand, getCommand, listed, quote } from './words.ts';

/** From a container without its image to what the registry said, and what the Pod has to show it. */
export async function traceImage(
  t: Trace,
  pod: Stored<Pod>,
  status: ContainerStatus,
  events: readonly Stored<Event>[],
): Promise<void> {
  const { name } = pod.metadata;
  const container = containerOf(pod, status.name);
  const image = container?.image ?? status.image;
  const reason = status.state?.waiting?.reason ?? '';
  t.chain.add({
    fact: `Pod ${name}: container ${status.name} waits for its image, ${reason}`,
    command: getCommand('pod', pod),
    shows: [name],
  });
  const failed = events.findLast(
    (e) => /^(Failed|InspectFailed|ErrImageNeverPull)$/.test(e.reason ?? '') && e.message?.includes(image),
  );
  const message = failed?.message ?? status.state?.waiting?.message ?? '';
  const { cause, said } = parseImageFailure(message);
  // Events are kept for an hour only; what the container waits for says the same.
  if (message) {
    const fact = `the kubelet could not get "${image}": ${clip(said)}`;
    const command = failed ? eventsCommand('pod', pod) : describeCommand('pod', pod);
    t.chain.add({ fact, command, shows: [quote(message)] });
  }
  const reference = parseReference(image);
  const path = containerPath(pod, status.name);
  const where = getCommand('pod', pod, `-o jsonpath='{${path}.image}'`);
  if (!reference) return t.chain.add({ fact: `"${image}" is no image reference`, command: where, shows: [image] });
  if (reason === 'ErrImageNeverPull') {
    const command = getCommand('pod', pod, `-o jsonpath='{${path}.imagePullPolicy}'`);
    const fact = `the node does not have the image, and imagePullPolicy Never forbids to fetch it`;
    return t.chain.add({ fact, command, shows: ['Never'] });
  }
  const slash = reference.repository.indexOf('/');
  const registry = reference.repository.slice(0, slash);
  const version = reference.digest ? `digest ${reference.digest}` : `tag ${reference.tag}`;
  t.chain.add({
    fact: `it is asked of registry ${registry}: repository ${reference.repository.slice(slash + 1)}, ${version}`,
    command: where,
    shows: [image],
  });
  if (cause === 'denied') await reportCredentials(t, pod, registry);
}

/** What the Pod shows a registry that wants to know who asks. */
async function reportCredentials(t: Trace, pod: Stored<Pod>, registry: string): Promise<void> {
  const { namespace } = pod.metadata;
  const names = (pod.spec?.imagePullSecrets ?? []).flatMap(({ name }) => (name ? [name] : []));
  const command = getCommand('pod', pod, "-o jsonpath='{.spec.imagePullSecrets[*].name}'");
  if (names.length === 0) return t.chain.add({ fact: 'the Pod names no imagePullSecrets', command });
  t.chain.add({ fact: `the Pod names the imagePullSecrets ${listed(names)}`, command, shows: names.slice(0, 3) });
  for (const name of names) {
    const secret = await t.reader.get(resources.secrets, namespace, name);
    const look = `kubectl get secret ${name} -n ${namespace}`;
    if (!secret) {
      const fact = `there is no Secret ${name} in namespace ${namespace}`;
      t.chain.add({ kind: 'missing', fact, command: look, shows: [`"${name}" not found`] });
      continue;
    }
    const type = secret.type ?? 'Opaque';
    const hosts = registriesOf(secret);
    if (!hosts) {
      const fact = `Secret ${name} is of type ${type}, which holds no registry's credentials`;
      t.chain.add({ fact, command: look, shows: [type] });
    } else if (!hosts.some((host) => hostOf(host) === hostOf(registry))) {
      const key = type === 'kubernetes.io/dockercfg' ? '.dockercfg' : '.dockerconfigjson';
      t.chain.add({
        fact: `Secret ${name} has credentials for ${listed(hosts)}, none for ${registry}`,
        command: `${look} -o jsonpath='{.data.\\${key}}' | base64 -d`,
        shows: hosts.slice(0, 3),
      });
    } else {
      const fact = `Secret ${name} has credentials for ${registry}; the registry does not take them`;
      t.chain.add({ fact, command: look, shows: [type] });
    }
  }
}

/** The registries that a Secret has credentials for, by name only; undefined if it is of no such type. */
function registriesOf({ type, data = {} }: Stored<Secret>): string[] | undefined {
  const key = ownValue(
    { 'kubernetes.io/dockerconfigjson': '.dockerconfigjson', 'kubernetes.io/dockercfg': '.dockercfg' },
    type ?? '',
  );
  if (!key) return undefined;
  try {
    const parsed = JSON.parse(Buffer.from(data[key] ?? '', 'base64').toString()) as { auths?: object };
    return Object.keys(key === '.dockercfg' ? parsed : (parsed.auths ?? {}));
  } catch {
    return [];
  }
}

/** `https://index.docker.io/v1/` is docker.io. */
function hostOf(registry: string): string {
  const host = registry.replace(/^https?:\/\//, '').split('/')[0] ?? '';
  return /^(index\.|registry-1\.)?docker\.io$/.test(host) ? 'docker.io' : host;
}
