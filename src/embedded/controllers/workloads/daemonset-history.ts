/** ControllerRevisions of DaemonSets: what `rollout history` and `rollout undo` read. */
import type { ControllerRevision, DaemonSet } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { controllerRevisions, daemonSets, pods } from '../../../kube/resources.ts';
import type { ApiClient, Informers } from '../../api.ts';
import { isAlreadyExists, isNotFound } from '../failures.ts';
import { claim, controllerRef } from '../ownership.ts';
import { sameJson } from '../pod-control.ts';
import { templateHash } from './template-hash.ts';

export const revisionHashLabel = 'controller-revision-hash';

export interface History {
  current: Stored<ControllerRevision>;
  old: Stored<ControllerRevision>[];
}

/** The revision of the DaemonSet's template (made if there is none) and the others; the current one has the highest number. */
export async function daemonSetHistory(
  client: ApiClient,
  informers: Informers,
  set: Stored<DaemonSet>,
): Promise<History> {
  const all = informers.of(controllerRevisions).list(set.metadata.namespace);
  const mine = await claim(client, set, daemonSets, set.spec?.selector, controllerRevisions, all);
  const data = patchOf(set);
  const same = mine.filter((r) => sameJson(r.data, data)).sort((a, b) => b.revision - a.revision);
  const old = mine.filter((r) => !same.includes(r));
  const next = Math.max(0, ...old.map((r) => r.revision)) + 1;
  const [known, ...doubles] = same;
  for (const double of doubles) await remove(client, double);
  if (!known) return { current: await create(client, set, data, next), old };
  if (known.revision >= next) return { current: known, old };
  return { current: await client.update(controllerRevisions, { ...known, revision: next }), old };
}

/** The part of a DaemonSet that a revision keeps, as a patch that brings it back. */
function patchOf(set: Stored<DaemonSet>) {
  return { spec: { template: { $patch: 'replace', ...set.spec?.template } } };
}

async function create(
  client: ApiClient,
  set: Stored<DaemonSet>,
  data: ReturnType<typeof patchOf>,
  revision: number,
): Promise<Stored<ControllerRevision>> {
  const hash = templateHash(set.spec?.template ?? {}, set.status?.collisionCount);
  const { namespace, annotations } = set.metadata;
  const name = `${set.metadata.name}-${hash}`;
  try {
    return await client.create(controllerRevisions, {
      metadata: {
        name,
        namespace,
        labels: { ...set.spec?.template?.metadata?.labels, [revisionHashLabel]: hash },
        ...(annotations && { annotations: { ...annotations } }),
        ownerReferences: [controllerRef(set, daemonSets)],
      },
      data,
      revision,
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const existing = await client.get(controllerRevisions, namespace, name);
    if (sameJson(existing.data, data)) return existing;
    // Another template with the same hash: the next try has another name.
    const collisionCount = (set.status?.collisionCount ?? 0) + 1;
    await client.updateStatus(daemonSets, { ...set, ...(set.status && { status: { ...set.status, collisionCount } }) });
    throw error;
  }
}

/** Deletes old revisions beyond revisionHistoryLimit that no Pod has any more. */
export async function cleanHistory(client: ApiClient, informers: Informers, set: Stored<DaemonSet>, { old }: History) {
  const limit = set.spec?.revisionHistoryLimit ?? 10;
  if (old.length <= limit) return;
  const living = new Set(
    informers
      .of(pods)
      .byOwner(set.metadata.uid)
      .map((p) => p.metadata.labels?.[revisionHashLabel]),
  );
  const unused = old.filter((r) => !living.has(r.metadata.labels?.[revisionHashLabel]));
  const surplus = unused.sort((a, b) => a.revision - b.revision).slice(0, old.length - limit);
  for (const revision of surplus) await remove(client, revision);
}

async function remove(client: ApiClient, { metadata }: Stored<ControllerRevision>): Promise<void> {
  await client.delete(controllerRevisions, metadata.namespace, metadata.name).catch((error) => {
    if (!isNotFound(error)) throw error;
  });
}
