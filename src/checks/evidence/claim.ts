import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { compareQuantities } from '../../kube/quantity.ts';
import * as resources from '../../kube/resources.ts';
import { selectorMatches } from '../../kube/selectors.ts';
import { traceMissing } from './missing.ts';
import { eventsAbout, type Trace } from './reader.ts';
import { clip, describeCommand, eventsCommand, getCommand, listed, quote } from './words.ts';

/** From a claim that is not bound to its class, to the volumes that there are and why none of them fits, and to who uses it. */
export async function traceClaim(t: Trace, namespace: string, name: string): Promise<void> {
  if (!t.chain.enter(`PersistentVolumeClaim ${namespace}/${name}`)) return;
  const claim = await t.reader.get(resources.persistentVolumeClaims, namespace, name);
  if (!claim) return traceMissing(t, resources.persistentVolumeClaims, namespace, name);
  const { status, spec, metadata } = claim;
  const wanted = String(spec?.resources?.requests?.storage ?? '');
  const modes = spec?.accessModes ?? [];
  const state = metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? 'Pending');
  const named = spec?.storageClassName;
  const words =
    named === undefined ? 'no storage class' : named === '' ? 'the storage class ""' : `storage class ${named}`;
  t.chain.add({
    fact: `PersistentVolumeClaim ${name} is ${state}; it asks for ${wanted}, ${listed(modes)}, ${words}`,
    command: getCommand('pvc', claim),
    shows: [name, state],
  });
  if (metadata.deletionTimestamp) return reportUsers(t, claim, true);
  if (status?.phase === 'Bound') return reportUsers(t, claim, false);
  const events = await eventsAbout(t.reader, claim);
  const said = events.findLast((e) => e.type === 'Warning') ?? events.at(-1);
  if (said?.message) {
    const fact = `${said.reason}: ${clip(said.message)}`;
    t.chain.add({ fact, command: eventsCommand('pvc', claim), shows: [quote(said.message)] });
  }
  const storageClass = named ? await reportClass(t, named) : undefined;
  if (named === undefined) await reportDefaultClass(t);
  if (storageClass?.volumeBindingMode === 'WaitForFirstConsumer') await reportUsers(t, claim, false);
  await reportVolumes(t, claim, storageClass);
}

async function reportClass(t: Trace, name: string): Promise<Stored<StorageClass> | undefined> {
  const found = await t.reader.get(resources.storageClasses, undefined, name);
  if (!found) {
    await traceMissing(t, resources.storageClasses, undefined, name);
    return undefined;
  }
  const mode = found.volumeBindingMode ?? 'Immediate';
  const maker =
    found.provisioner === 'kubernetes.io/no-provisioner' ? 'makes no volumes' : `makes volumes by ${found.provisioner}`;
  t.chain.add({
    fact: `StorageClass ${name} ${maker} and binds ${mode}`,
    command: `kubectl get storageclass ${name}`,
    shows: [found.provisioner, mode],
  });
  return found;
}

async function reportDefaultClass(t: Trace): Promise<void> {
  const all = await t.reader.list(resources.storageClasses);
  const standard = all.filter(
    (c) => c.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
  );
  if (standard.length > 0) return;
  const names = all.map((c) => c.metadata.name);
  const fact = `no StorageClass is the default; there are ${listed(names)}`;
  t.chain.add({ kind: 'missing', fact, command: 'kubectl get storageclass', shows: names.slice(0, 3) });
}

/** Volumes that could be meant, and what each lacks. */
async function reportVolumes(
  t: Trace,
  claim: Stored<PersistentVolumeClaim>,
  storageClass: StorageClass | undefined,
): Promise<void> {
  const provisioned = storageClass && storageClass.provisioner !== 'kubernetes.io/no-provisioner';
  const all = await t.reader.list(resources.persistentVolumes);
  const { volumeName, storageClassName = '' } = claim.spec ?? {};
  const near = volumeName
    ? all.filter((v) => v.metadata.name === volumeName)
    : nearestOf(all, storageClassName, Boolean(provisioned));
  if (volumeName && near.length === 0) return traceMissing(t, resources.persistentVolumes, undefined, volumeName);
  if (near.length === 0) {
    if (provisioned) return;
    const fact = storageClassName
      ? `there is no PersistentVolume of class ${storageClassName}`
      : 'there is no PersistentVolume without a class';
    return t.chain.add({ kind: 'missing', fact, command: 'kubectl get pv' });
  }
  // Those that lack least come first.
  const judged = near.map((volume) => ({ volume, lacks: lacksOf(volume, claim) }));
  judged.sort(
    (a, b) => a.lacks.length - b.lacks.length || a.volume.metadata.name.localeCompare(b.volume.metadata.name),
  );
  for (const { volume, lacks } of judged.slice(0, 3)) {
    if (lacks.length === 0) continue;
    const { name } = volume.metadata;
    t.chain.add({
      fact: `PersistentVolume ${name} does not fit: ${listed(lacks, 4)}`,
      command: 'kubectl get pv',
      shows: [name],
    });
  }
}

/** Volumes of the class; for a claim without a class also those that nobody has yet. */
function nearestOf(all: readonly Stored<PersistentVolume>[], storageClass: string, provisioned: boolean) {
  const same = all.filter((v) => (v.spec?.storageClassName ?? '') === storageClass);
  if (provisioned) return same.filter((v) => v.status?.phase === 'Available');
  return same.length > 0 || storageClass ? same : all.filter((v) => v.status?.phase === 'Available');
}

/** What keeps a volume from being bound to a claim, by the rules of the volume binder. */
function lacksOf({ spec, status, metadata }: Stored<PersistentVolume>, claim: Stored<PersistentVolumeClaim>): string[] {
  const {
    resources: asked,
    accessModes = [],
    storageClassName = '',
    selector,
    volumeMode = 'Filesystem',
  } = claim.spec ?? {};
  const { namespace, name, uid } = claim.metadata;
  const lacks: string[] = [];
  const [size, wanted] = [spec?.capacity?.storage ?? '0', asked?.requests?.storage ?? '0'];
  if (compareQuantities(size, wanted) < 0) lacks.push(`it has ${size}, not ${wanted}`);
  const modes = spec?.accessModes ?? [];
  if (accessModes.some((mode) => !modes.includes(mode)))
    lacks.push(`it offers ${listed(modes)}, not ${listed(accessModes)}`);
  const own = spec?.storageClassName ?? '';
  if (own !== storageClassName) lacks.push(own ? `its class is ${own}` : 'it has no class');
  if ((spec?.volumeMode ?? 'Filesystem') !== volumeMode) lacks.push(`its volumeMode is ${spec?.volumeMode}`);
  const holder = spec?.claimRef;
  if (holder && (holder.namespace !== namespace || holder.name !== name || (holder.uid && holder.uid !== uid)))
    lacks.push(`it is ${status?.phase ?? 'taken'} and belongs to the claim ${holder.namespace}/${holder.name}`);
  if (selector && !selectorMatches(selector, metadata.labels))
    lacks.push("the claim's selector does not match its labels");
  return lacks;
}

/** The Pods that mount the claim: it is not bound before there is one, and does not go before there is none. */
async function reportUsers(t: Trace, claim: Stored<PersistentVolumeClaim>, leaving: boolean): Promise<void> {
  const { namespace = '', name } = claim.metadata;
  const users = (await t.reader.list(resources.pods, namespace))
    .filter((pod) => pod.spec?.volumes?.some((v) => v.persistentVolumeClaim?.claimName === name))
    .map((pod) => pod.metadata.name);
  const command = describeCommand('pvc', claim);
  if (users.length > 0) t.chain.add({ fact: `it is used by Pod ${listed(users)}`, command, shows: users.slice(0, 3) });
  else if (!leaving) t.chain.add({ kind: 'missing', fact: 'no Pod uses it', command, shows: ['Used By: <none>'] });
  if (!leaving) return;
  const finalizers = claim.metadata.finalizers ?? [];
  const look = getCommand('pvc', claim, "-o jsonpath='{.metadata.finalizers}'");
  t.chain.add({ fact: `it is held by ${listed(finalizers)}`, command: look, shows: finalizers.slice(0, 3) });
}
