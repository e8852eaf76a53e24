/** The revisions of a Deployment, which its ReplicaSets keep: rollout history and undo. */
import { compareInt64, parseInt64 } from '../../../../kube/int64.ts';
import type { Obj, RestClient } from '../../api-client/client.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import { eachOne, type One, select } from './change.ts';
import { kindName, pathOf } from './discovery.ts';
import { asObject } from './errors.ts';
import { manifestFlags, report } from './manifests.ts';

export const revisionFlags: FlagSet = {
  ...manifestFlags,
  revision: { kind: 'string' },
  'to-revision': { kind: 'string' },
};

const revisionAnnotation = 'deployment.kubernetes.io/revision';

interface Revision {
  number: bigint;
  cause: string;
  template: Obj;
}

/** The revisions of a Deployment, oldest first. Throws KubectlError for other kinds. */
async function revisionsOf(client: RestClient, one: One): Promise<{ object: Obj; revisions: Revision[] }> {
  if (one.resource.kind !== 'Deployment')
    throw new KubectlError(`no history viewer for ${one.resource.kind} in this container`);
  const object = await client.json(pathOf(one.resource, one.namespace, one.name));
  const labels = asObject(asObject(asObject(object.spec).selector).matchLabels);
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const list = await client.json(`/apis/apps/v1/namespaces/${one.namespace}/replicasets`, { query: { labelSelector } });
  const uid = asObject(object.metadata).uid;
  const own = ((list.items as Obj[] | undefined) ?? []).filter((set) =>
    ((asObject(set.metadata).ownerReferences as Obj[] | undefined) ?? []).some((owner) => owner.uid === uid),
  );
  const revisions = own.map((set): Revision => {
    const annotations = asObject(asObject(set.metadata).annotations);
    const template = structuredClone(asObject(asObject(set.spec).template));
    delete asObject(asObject(template.metadata).labels)['pod-template-hash'];
    return {
      number: parseInt64(String(annotations[revisionAnnotation])) ?? 0n,
      cause: String(annotations['kubernetes.io/change-cause'] ?? '<none>'),
      template,
    };
  });
  return { object, revisions: revisions.sort((a, b) => compareInt64(a.number, b.number)) };
}

async function chosen(client: RestClient, flags: Flags): Promise<One[]> {
  if (flags.args.length === 0 && !flags.has('filename')) throw new KubectlError('required resource not specified');
  return select(client, flags, flags.args);
}

function revisionNumber(flags: Flags, name: string): bigint | undefined {
  const text = flags.get(name);
  if (text === undefined || text === '0') return undefined;
  const revision = parseInt64(text);
  if (revision === undefined || revision < 0n) throw new KubectlError(`revision must be a positive integer: ${text}`);
  return revision;
}

export async function rolloutHistory(client: RestClient, flags: Flags): Promise<number> {
  const wanted = revisionNumber(flags, 'revision');
  return eachOne(client, await chosen(client, flags), async (one) => {
    const { revisions } = await revisionsOf(client, one);
    const title = `${kindName(one.resource)}/${one.name}`;
    if (wanted === undefined) {
      const width = Math.max('REVISION'.length, ...revisions.map(({ number }) => String(number).length)) + 2;
      const rows = revisions.map(({ number, cause }) => `${String(number).padEnd(width)}${cause}\n`);
      await client.p.print(1, `${title} \n${'REVISION'.padEnd(width)}CHANGE-CAUSE\n${rows.join('')}\n`);
      return;
    }
    const found = revisions.find(({ number }) => number === wanted);
    if (!found) throw new KubectlError('unable to find the specified revision');
    const labels = Object.entries(asObject(asObject(found.template.metadata).labels)).map(
      ([key, value]) => `${key}=${value}`,
    );
    const containers = (asObject(found.template.spec).containers as Obj[] | undefined) ?? [];
    const images = containers.map(({ name, image }) => `   ${name}:\n    Image:\t${image}\n`);
    await client.p.print(
      1,
      `${title} with revision #${wanted}\nPod Template:\n  Labels:\t${labels.join('\n\t')}\n  Containers:\n${images.join('')}\n`,
    );
  });
}

export async function rolloutUndo(client: RestClient, flags: Flags): Promise<number> {
  const wanted = revisionNumber(flags, 'to-revision');
  return eachOne(client, await chosen(client, flags), async (one) => {
    const { object, revisions } = await revisionsOf(client, one);
    const current = parseInt64(String(asObject(asObject(object.metadata).annotations)[revisionAnnotation])) ?? 0n;
    if (wanted === undefined && revisions.length < 2)
      throw new KubectlError(`no rollout history found for deployment "${one.name}"`);
    const target =
      revisions.find(({ number }) => number === wanted) ??
      (wanted === undefined ? revisions.filter(({ number }) => number < current).at(-1) : undefined);
    if (!target) throw new KubectlError(`unable to find specified revision ${wanted ?? ''} in history`);
    if (asObject(object.spec).paused === true)
      throw new KubectlError(
        `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`,
      );
    if (target.number === current) {
      return report(
        client,
        flags,
        one.resource,
        object,
        `skipped rollback (current template already matches revision ${target.number})`,
      );
    }
    const created = await client.json(pathOf(one.resource, one.namespace, one.name), {
      ...{ method: 'PATCH', contentType: 'application/json-patch+json' },
      body: [{ op: 'replace', path: '/spec/template', value: target.template }],
      query: { fieldManager: 'kubectl-rollout' },
    });
    await report(client, flags, one.resource, created, 'rolled back');
  });
}
