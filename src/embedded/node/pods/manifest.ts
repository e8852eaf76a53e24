/** Manifests of static Pods: what the kubelet makes of the files in its folder. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../../kernel/clock.ts';
import type { Pod, PodSpec } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { decodeBody } from '../../codec/decode.ts';
import { readConfiguration, YamlSyntaxError } from '../../codec/yaml.ts';
import type { StrategyContext } from '../../definition.ts';
import { isApiError } from '../../errors/status.ts';
import { timestamp } from '../../registry/metadata.ts';
import { podResource } from '../../resources/pods.ts';

const hashAnnotation = 'kubernetes.io/config.hash';
const sourceAnnotation = 'kubernetes.io/config.source';
const seenAnnotation = 'kubernetes.io/config.seen';

/**
 * Reads a manifest as kubelet's file source does: defaults filled in, checked, named after the node, with the hash of it
 * all as uid. Unknown fields are ignored.
 * @throws Error with the kubelet's text
 */
export function readManifest(path: string, text: string, nodeName: string, clock: Clock): Stored<Pod> {
  const pod = decode(path, text);
  const { name = '', namespace = '' } = pod.metadata ?? {};
  if (name === '') throw new Error('invalid pod: name is needed for the pod');
  const hash = createHash('md5').update(`host:${nodeName}file:${path}`).update(JSON.stringify(pod)).digest('hex');
  const spec: PodSpec = { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName };
  // Nothing but the node's end ends them (kubelet/config/common.go).
  spec.tolerations = [{ operator: 'Exists', effect: 'NoExecute' }];
  const now = clock.now();
  const found: Stored<Pod> = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...pod.metadata,
      name: `${name}-${nodeName.toLowerCase()}`,
      namespace: namespace || 'default',
      uid: hash,
      resourceVersion: '0',
      creationTimestamp: timestamp(now),
      annotations: {
        ...pod.metadata?.annotations,
        [hashAnnotation]: hash,
        [seenAnnotation]: new Date(now).toISOString().replace('Z', '000000Z'),
        [sourceAnnotation]: 'file',
      },
    },
    spec,
  };
  podResource.strategy.defaults?.(found);
  check(found, clock);
  return found;
}

function decode(path: string, text: string): Pod {
  const unreadable = (why: string) => new Error(`${path}: couldn't parse as pod(${why}), please check config file`);
  let value: unknown;
  try {
    value = readConfiguration(text);
  } catch (error) {
    if (error instanceof YamlSyntaxError) throw unreadable(error.message);
    throw error;
  }
  const { kind, apiVersion } = (value ?? {}) as { kind?: unknown; apiVersion?: unknown };
  const json = JSON.stringify(value);
  if (!kind) throw unreadable(`Object 'Kind' is missing in '${json}'`);
  if (!apiVersion) throw unreadable(`Object 'apiVersion' is missing in '${json}'`);
  if (kind !== 'Pod') throw unreadable(`invalid pod: &${kind}{...}`);
  if (apiVersion !== 'v1') {
    throw unreadable(
      `no kind "Pod" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
  }
  try {
    return decodeBody(new TextEncoder().encode(json), 'application/json', podResource, 'Ignore').object as Pod;
  } catch (error) {
    if (!isApiError(error)) throw error;
    throw unreadable((error.status.message ?? '').replace(/^.*? cannot be handled as a Pod: /, ''));
  }
}

function check(pod: Stored<Pod>, clock: Clock): void {
  const nothing = () => undefined;
  const context: StrategyContext = {
    clock,
    user: { name: '', groups: [] },
    operation: 'create',
    warn: nothing,
    read: nothing,
    listAll: () => [],
  };
  const errors = podResource.strategy.validate?.(pod, context) ?? [];
  if (errors.length > 0) {
    throw new Error(`invalid pod: [${errors.map(({ field, message }) => `${field}: ${message}`).join(' ')}]`);
  }
  const reference = apiReference(pod.spec ?? { containers: [] });
  if (reference) throw new Error(`static pod may not reference ${reference}`);
}

/** Objects of the API that a static Pod must not need (PreventStaticPodAPIReferences). */
function apiReference(spec: PodSpec): string | undefined {
  if (spec.serviceAccountName) return 'serviceaccounts';
  const sources = (spec.volumes ?? []).flatMap((volume) => [volume, ...(volume.projected?.sources ?? [])]);
  if (sources.some((source) => source.configMap)) return 'configmaps';
  if (sources.some((source) => source.secret)) return 'secrets';
  if (sources.some((source) => 'serviceAccountToken' in source && source.serviceAccountToken)) return 'serviceaccounts';
  if (sources.some((source) => 'persistentVolumeClaim' in source && source.persistentVolumeClaim)) {
    return 'persistentvolumeclaims';
  }
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const env = containers.flatMap((c) => [...(c.envFrom ?? []), ...(c.env ?? []).map((e) => e.valueFrom ?? {})]);
  if (env.some((e) => ('configMapRef' in e && e.configMapRef) || ('configMapKeyRef' in e && e.configMapKeyRef))) {
    return 'configmaps';
  }
  if (env.some((e) => ('secretRef' in e && e.secretRef) || ('secretKeyRef' in e && e.secretKeyRef))) return 'secrets';
  return undefined;
}
