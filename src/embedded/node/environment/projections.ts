import { ownValue, setOwn } from '../../../kernel/own.ts';
import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
  Volume,
  VolumeProjection,
} from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { fieldValue, type PodFacts, resourceValue } from './field-ref.ts';

export type Files = Record<string, { content: Uint8Array; mode: number }>;

/** What the content of a volume is made from. */
export interface ProjectionSources extends PodFacts {
  configMap(namespace: string, name: string): Stored<ConfigMap> | undefined;
  secret(namespace: string, name: string): Stored<Secret> | undefined;
  token(pod: Stored<Pod>, audience: string | undefined, expirationSeconds: number): Promise<string>;
}

const defaultFileMode = 0o644;

// Bytes of their own: Node cuts small buffers from pieces of 64 KiB, and one that is sent to the containers' thread takes all
// of its piece along.
const encoder = new TextEncoder();
const fromText = (text: string) => encoder.encode(text);
const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

/** Whether the kubelet itself writes the files of this volume. */
export function isProjection(volume: Volume): boolean {
  return Boolean(volume.configMap ?? volume.secret ?? volume.downwardAPI ?? volume.projected);
}

/** The files of a configMap, secret, downwardAPI or projected volume. Rejects with the text of the FailedMount event. */
export async function volumeFiles(pod: Stored<Pod>, volume: Volume, sources: ProjectionSources): Promise<Files> {
  const namespace = pod.metadata.namespace ?? '';
  if (volume.configMap) {
    const { name = '', items, defaultMode = defaultFileMode, optional } = volume.configMap;
    return configMapFiles(sources, namespace, name, items, defaultMode, optional);
  }
  if (volume.secret) {
    const { secretName = '', items, defaultMode = defaultFileMode, optional } = volume.secret;
    return secretFiles(sources, namespace, secretName, items, defaultMode, optional);
  }
  if (volume.downwardAPI) {
    const { items = [], defaultMode = defaultFileMode } = volume.downwardAPI;
    return downwardFiles(pod, sources, items, defaultMode);
  }
  const mode = volume.projected?.defaultMode ?? defaultFileMode;
  const files: Files = {};
  const problems: string[] = [];
  for (const source of volume.projected?.sources ?? []) {
    try {
      Object.assign(files, await projectedFiles(pod, source, mode, sources));
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  return files;
}

async function projectedFiles(
  pod: Stored<Pod>,
  source: VolumeProjection,
  mode: number,
  sources: ProjectionSources,
): Promise<Files> {
  const namespace = pod.metadata.namespace ?? '';
  if (source.serviceAccountToken) {
    const { audience, expirationSeconds = 3600, path } = source.serviceAccountToken;
    return { [path]: { content: fromText(await sources.token(pod, audience, expirationSeconds)), mode } };
  }
  if (source.configMap) {
    const { name = '', items, optional } = source.configMap;
    return configMapFiles(sources, namespace, name, items, mode, optional);
  }
  if (source.secret) {
    const { name = '', items, optional } = source.secret;
    return secretFiles(sources, namespace, name, items, mode, optional);
  }
  if (source.downwardAPI) return downwardFiles(pod, sources, source.downwardAPI.items ?? [], mode);
  throw new Error('this kind of projected source is not simulated by this cluster');
}

function configMapFiles(
  sources: ProjectionSources,
  namespace: string,
  name: string,
  items: KeyToPath[] | undefined,
  mode: number,
  optional = false,
): Files {
  const object = sources.configMap(namespace, name);
  if (!object && !optional) throw new Error(`configmap "${name}" not found`);
  const content = new Map<string, Uint8Array>();
  for (const [key, value] of Object.entries(object?.data ?? {})) content.set(key, fromText(value));
  for (const [key, value] of Object.entries(object?.binaryData ?? {})) content.set(key, fromBase64(value));
  return select(content, items, mode, optional, 'config');
}

function secretFiles(
  sources: ProjectionSources,
  namespace: string,
  name: string,
  items: KeyToPath[] | undefined,
  mode: number,
  optional = false,
): Files {
  const object = sources.secret(namespace, name);
  if (!object && !optional) throw new Error(`secret "${name}" not found`);
  const entries = Object.entries(object?.data ?? {});
  const content = new Map<string, Uint8Array>(entries.map(([key, value]) => [key, fromBase64(value)]));
  return select(content, items, mode, optional, 'secret');
}

function select(
  content: Map<string, Uint8Array>,
  items: KeyToPath[] | undefined,
  mode: number,
  optional: boolean,
  kind: 'config' | 'secret',
): Files {
  if (!items || items.length === 0) {
    return Object.fromEntries([...content].map(([key, value]) => [key, { content: value, mode }]));
  }
  const files: Files = {};
  for (const item of items) {
    const value = content.get(item.key);
    if (value) setOwn(files, item.path, { content: value, mode: item.mode ?? mode });
    else if (!optional) throw new Error(`references non-existent ${kind} key: ${item.key}`);
  }
  return files;
}

function downwardFiles(pod: Stored<Pod>, facts: PodFacts, items: DownwardAPIVolumeFile[], mode: number): Files {
  return Object.fromEntries(
    items.map((item) => {
      const value = item.fieldRef
        ? fieldValue(pod, facts, item.fieldRef)
        : resourceValue(pod, undefined, facts, item.resourceFieldRef ?? { resource: '' });
      return [item.path, { content: fromText(value), mode: item.mode ?? mode }];
    }),
  );
}

/** Whether two sets of files are the same, bytes and modes. */
export function sameFiles(a: Files, b: Files): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [x, y] = [a[name], ownValue(b, name)];
      return x && y && x.mode === y.mode && Buffer.compare(x.content, y.content) === 0;
    })
  );
}
