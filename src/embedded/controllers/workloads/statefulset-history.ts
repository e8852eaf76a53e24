/** ControllerRevisions of StatefulSets: which template Pods are of, what `rollout history` and `rollout undo` read. */
import type { ControllerRevision, Pod, PodTemplateSpec, StatefulSet } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { controllerRevisions, statefulSets } from '../../../kube/resources.ts';
import type { ApiClient, Informers } from '../../api.ts';
import { goJson } from '../../errors/field.ts';
import { isAlreadyExists, isNotFound } from '../failures.ts';
import { claim, controllerRef } from '../ownership.ts';
import { sameJson } from '../pod-control.ts';
import { revisionOf } from './statefulset-pods.ts';
import { safeEncode } from './template-hash.ts';

const hashLabel = 'controller.kubernetes.io/hash';
const longestPrefix = 223;

export interface Revisions {
  /** What Pods below the partition are of, until an update is complete. */
  current: Stored<ControllerRevision>;
  update: Stored<ControllerRevision>;
  all: Stored<ControllerRevision>[];
  collisionCount: number;
}

/** The revisions of a set; one for its template is made, or brought forward, if the newest is another one. */
export async function statefulSetRevisions(
  client: ApiClient,
  informers: Informers,
  set: Stored<StatefulSet>,
): Promise<Revisions> {
  const inNamespace = informers.of(controllerRevisions).list(set.metadata.namespace);
  const all = await claim(client, set, statefulSets, set.spec?.selector, controllerRevisions, inNamespace);
  all.sort((a, b) => a.revision - b.revision);
  const data = patchOf(set);
  const next = (all.at(-1)?.revision ?? 0) + 1;
  const equal = all.findLast((revision) => sameJson(revision.data, data));
  let collisionCount = set.status?.collisionCount ?? 0;
  let update = equal;
  if (!update) ({ update, collisionCount } = await create(client, set, data, next, collisionCount));
  else if (update !== all.at(-1)) update = await client.update(controllerRevisions, { ...update, revision: next });
  const current = all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  return { current, update, all, collisionCount };
}

/** The template that a revision keeps. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { spec } = data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } };
  const { $patch: _, ...template } = spec?.template ?? {};
  return template;
}

/** Deletes revisions beyond revisionHistoryLimit that nothing is of any more, oldest first. */
export async function cleanStatefulSetHistory(
  client: ApiClient,
  set: Stored<StatefulSet>,
  { all, current, update }: Revisions,
  pods: readonly Stored<Pod>[],
): Promise<void> {
  const live = new Set([current.metadata.name, update.metadata.name, ...pods.map(revisionOf)]);
  const unused = all.filter(({ metadata }) => !live.has(metadata.name));
  const limit = set.spec?.revisionHistoryLimit ?? 10;
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - limit))) {
    await client.delete(controllerRevisions, metadata.namespace, metadata.name).catch((error) => {
      if (!isNotFound(error)) throw error;
    });
  }
}

/** The part of a set that a revision keeps, as a patch that brings it back. */
function patchOf(set: Stored<StatefulSet>) {
  return { spec: { template: { ...set.spec?.template, $patch: 'replace' } } };
}

/** Another template may have the same hash: then a count is hashed with it. */
async function create(
  client: ApiClient,
  set: Stored<StatefulSet>,
  data: ReturnType<typeof patchOf>,
  revision: number,
  collisions: number,
): Promise<{ update: Stored<ControllerRevision>; collisionCount: number }> {
  const { namespace, annotations } = set.metadata;
  for (let collisionCount = collisions; ; collisionCount++) {
    const hash = revisionHash(data, collisionCount);
    const name = `${set.metadata.name.slice(0, longestPrefix)}-${hash}`;
    try {
      const update = await client.create(controllerRevisions, {
        metadata: {
          name,
          namespace,
          labels: { ...set.spec?.template?.metadata?.labels, [hashLabel]: hash },
          ...(annotations && { annotations: { ...annotations } }),
          ownerReferences: [controllerRef(set, statefulSets)],
        },
        data,
        revision,
      });
      return { update, collisionCount };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const update = await client.get(controllerRevisions, namespace, name);
      if (sameJson(update.data, data)) return { update, collisionCount };
    }
  }
}

/** FNV-1 of the data as Go writes it (keys sorted), and of the count of collisions. */
export function revisionHash(data: unknown, collisions: number): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${goJson(sorted(data))}${collisions}`)) {
    hash = ((Math.imul(hash, 0x01000193) >>> 0) ^ byte) >>> 0;
  }
  return safeEncode(String(hash));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
