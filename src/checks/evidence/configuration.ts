import type { ConfigMap, ContainerStatus, Event, Pod, Secret } from '../../kube/api.gen.ts';
import type { Resource, Stored } from '../../kube/meta.ts';
import * as resources from '../../kube/resources.ts';
import { containerOf, containerPath } from './container.ts';
import { traceMissing } from './missing.ts';
import type { Trace } from './reader.ts';
import { clip, describeCommand, eventsCommand, getCommand, listed, quote } from './words.ts';

/** From a container that can't be set up to the ConfigMap, Secret, key, volume or user that is in the way. */
export async function traceConfiguration(
  t: Trace,
  pod: Stored<Pod>,
  status: ContainerStatus | undefined,
  events: readonly Stored<Event>[],
): Promise<void> {
  const { name } = pod.metadata;
  const waiting = status?.state?.waiting;
  const failed = events.findLast((e) => e.type === 'Warning' && /^Failed/.test(e.reason ?? ''));
  const own = waiting?.reason !== 'ContainerCreating' && waiting?.reason !== 'PodInitializing' && waiting?.message;
  t.chain.add({
    fact: `Pod ${name}: ${status ? `container ${status.name} waits, ${waiting?.reason}` : 'its containers are not made'}`,
    command: getCommand('pod', pod),
    shows: [name],
  });
  const message = own || (failed?.message ?? '');
  if (message) {
    const fact = `the kubelet: ${own ? '' : `${failed?.reason}: `}${clip(message)}`;
    const command = own ? describeCommand('pod', pod) : eventsCommand('pod', pod);
    t.chain.add({ fact, command, shows: [quote(message)] });
  }
  await reportCause(t, pod, status?.name, message);
}

async function reportCause(t: Trace, pod: Stored<Pod>, container: string | undefined, message: string): Promise<void> {
  const { namespace = '' } = pod.metadata;
  const [, kind = '', gone = ''] =
    /\b(configmap|secret|persistentvolumeclaim) "([^"]+)" (?:not found|is being deleted)/i.exec(message) ?? [];
  if (kind.toLowerCase() === 'persistentvolumeclaim') {
    return t.follow({ about: 'object', resource: resources.persistentVolumeClaims, namespace, name: gone });
  }
  if (gone) {
    const resource: Resource = kind.toLowerCase() === 'secret' ? resources.secrets : resources.configMaps;
    reportReference(t, pod, resource.kind, gone);
    return traceMissing(t, resource, namespace, gone);
  }
  const [, key = '', owner = '', held = ''] =
    /couldn't find key (\S+) in (ConfigMap|Secret) [^/\s]+\/(\S+)/.exec(message) ?? [];
  if (key) return reportKeys(t, pod, owner, held, key);
  const [, lacking = ''] = /references non-existent (?:config|secret) key: (\S+)/.exec(message) ?? [];
  const [, volume = ''] = /for volume "([^"]+)"/.exec(message) ?? [];
  const source = pod.spec?.volumes?.find((v) => v.name === volume);
  if (lacking && source?.configMap?.name) return reportKeys(t, pod, 'ConfigMap', source.configMap.name, lacking);
  if (lacking && source?.secret?.secretName) return reportKeys(t, pod, 'Secret', source.secret.secretName, lacking);
  if (/runAsNonRoot/.test(message)) return reportUser(t, pod, container);
  if (source) {
    const command = getCommand('pod', pod, `-o jsonpath='{.spec.volumes[?(@.name=="${volume}")]}'`);
    const type = Object.keys(source).find((field) => field !== 'name') ?? '';
    t.chain.add({ fact: `the volume ${volume} is of type ${type}`, command, shows: [type] });
    const claim = source.persistentVolumeClaim?.claimName;
    if (claim) await t.follow({ about: 'object', resource: resources.persistentVolumeClaims, namespace, name: claim });
  }
}

/** Where the Pod asks for a ConfigMap or a Secret. */
function reportReference(t: Trace, pod: Stored<Pod>, kind: string, name: string): void {
  const place = referenceTo(pod, kind, name);
  if (place) t.chain.add({ fact: `${place.text} asks for ${kind} ${name}`, command: place.command, shows: [name] });
}

function referenceTo(pod: Stored<Pod>, kind: string, name: string): { text: string; command: string } | undefined {
  const secret = kind === 'Secret';
  for (const c of [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]) {
    const path = containerPath(pod, c.name);
    if (c.envFrom?.some((from) => (secret ? from.secretRef : from.configMapRef)?.name === name))
      return {
        text: `envFrom of container ${c.name}`,
        command: getCommand('pod', pod, `-o jsonpath='{${path}.envFrom}'`),
      };
    const env = c.env?.find(
      ({ valueFrom }) => (secret ? valueFrom?.secretKeyRef : valueFrom?.configMapKeyRef)?.name === name,
    );
    if (env) {
      const command = getCommand('pod', pod, `-o jsonpath='{${path}.env[?(@.name=="${env.name}")]}'`);
      return { text: `the variable ${env.name} of container ${c.name}`, command };
    }
  }
  const volume = pod.spec?.volumes?.find((v) => (secret ? v.secret?.secretName : v.configMap?.name) === name);
  if (!volume) return undefined;
  const command = getCommand('pod', pod, `-o jsonpath='{.spec.volumes[?(@.name=="${volume.name}")]}'`);
  return { text: `the volume ${volume.name}`, command };
}

/** The keys that there are, beside the one that is asked for; never what they hold. */
async function reportKeys(t: Trace, pod: Stored<Pod>, kind: string, name: string, key: string): Promise<void> {
  const { namespace = '' } = pod.metadata;
  const resource: Resource = kind === 'Secret' ? resources.secrets : resources.configMaps;
  reportReference(t, pod, kind, name);
  const object = await t.reader.get(resource, namespace, name);
  if (!object) return traceMissing(t, resource, namespace, name);
  const { data = {} } = object as Stored<ConfigMap | Secret>;
  const binary = (object as Stored<ConfigMap>).binaryData ?? {};
  const keys = [...Object.keys(data), ...Object.keys(binary)].sort();
  t.chain.add({
    kind: 'missing',
    fact: `${kind} ${name} has no key ${key}; its keys are ${listed(keys, 6)}`,
    command: describeCommand(kind.toLowerCase(), object),
    shows: keys.slice(0, 6),
  });
}

/** Who the Pod says that its containers run as. */
function reportUser(t: Trace, pod: Stored<Pod>, name: string | undefined): void {
  const container = name === undefined ? undefined : containerOf(pod, name);
  const user = container?.securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser;
  const own = container?.securityContext?.runAsNonRoot;
  const where = own === undefined ? 'of the Pod' : `of container ${name}`;
  const command =
    own === undefined
      ? getCommand('pod', pod, "-o jsonpath='{.spec.securityContext}'")
      : getCommand('pod', pod, `-o jsonpath='{${containerPath(pod, name ?? '')}.securityContext}'`);
  t.chain.add({ fact: `the securityContext ${where} has runAsNonRoot: true`, command, shows: ['"runAsNonRoot":true'] });
  const who = user === undefined ? "so it is the image's own user" : `it is ${user}`;
  const all = getCommand(
    'pod',
    pod,
    "-o jsonpath='{.spec.securityContext.runAsUser} {.spec.containers[*].securityContext.runAsUser}'",
  );
  t.chain.add({
    fact: user === undefined ? `neither Pod nor container names a runAsUser, ${who}` : `runAsUser: ${who}`,
    command: all,
    shows: user === undefined ? [] : [String(user)],
  });
}
