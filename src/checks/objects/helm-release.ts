import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { spend } from '../../kernel/budget.ts';
import { ownValue } from '../../kernel/own.ts';
import type { Secret } from '../../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import { compareQuantities } from '../../kube/quantity.ts';
import * as known from '../../kube/resources.ts';
import type { Baseline, CheckType, ClusterView, Evidence, Need, Outcome } from '../types.ts';
import { fieldPath, show, valuesAt } from './fields.ts';

const schema = z
  .strictObject({
    release: z.string().min(1).describe('The name of the release'),
    namespace: z.string().describe('Where it is'),
    expect: z.enum(['deployed', 'absent']).default('deployed').describe('Whether it must be there, or not at all'),
    chart: z.string().optional().describe('The name of its chart'),
    version: z.string().optional().describe('The version of its chart'),
    appVersion: z.string().optional().describe('The version of what it installs'),
    revision: z.number().int().min(1).optional().describe('The revision that must be deployed, as helm history counts'),
    minRevision: z.number().int().min(1).optional().describe('The revision must be at least this: it was upgraded'),
    values: z
      .record(fieldPath, z.unknown())
      .default({})
      .describe('Paths and what the values must be, defaults included'),
  })
  .refine((spec) => spec.expect === 'deployed' || !spec.chart, { error: 'expected no chart of what must be absent' });
type Spec = z.infer<typeof schema>;

/** What charts are usually made of: a release that says so must have them. */
const parts: readonly Resource[] = [
  known.deployments,
  known.statefulSets,
  known.daemonSets,
  known.services,
  known.configMaps,
  known.serviceAccounts,
  known.ingresses,
  known.roles,
  known.roleBindings,
  known.persistentVolumeClaims,
  known.horizontalPodAutoscalers,
];

/** What controllers make of those, and what may be left when its owner is deleted alone. */
const made: readonly Resource[] = [known.replicaSets, known.pods];

/** A release as helm keeps it. Source: helm's storage driver for Secrets. */
interface Release {
  name: string;
  version: number;
  info?: { status?: string };
  chart?: { metadata?: { name?: string; version?: string; appVersion?: string }; values?: object };
  config?: object;
  manifest?: string;
}

/** A Helm release: what its newest Secret says, and that the objects of its manifest are really there. */
export const helmRelease: CheckType<Spec> = {
  type: 'helmRelease',
  schema,
  guard: false,
  needs: ({ namespace }) =>
    [known.secrets, ...parts, ...made].map((resource): Need => ({ kind: 'resource', resource, namespace })),
  evaluate(spec, view) {
    const expected = wishOf(spec);
    const look: Evidence = { kind: 'command', text: `helm status ${spec.release} -n ${spec.namespace}` };
    const fail = (actual: string, why = actual): Outcome => ({
      status: 'fail',
      expected,
      actual,
      why,
      evidence: [{ kind: 'object', text: why }, look],
    });
    const secrets = secretsOf(spec, view);
    const releases = releasesIn(secrets, spec.release);
    const newest = releases[0];
    if (spec.expect === 'absent') {
      const unread = secrets.find((s) => !decode(s));
      if (newest && newest.info?.status !== 'uninstalled')
        return fail(`revision ${newest.version}`, `the release ${spec.release} is still there`);
      if (unread)
        return fail('a Secret of it is there', `the Secret ${unread.metadata.name} of the release is still there`);
      const left = leftovers(spec, view);
      if (left.length > 0)
        return fail(`left: ${left.join(', ')}`, `objects of the release are still there: ${left.join(', ')}`);
      return { status: 'pass', expected, actual: 'not there', evidence: [look] };
    }
    if (!newest) return fail('no such release', `there is no release ${spec.release} in namespace ${spec.namespace}`);
    const problem = problemOf(spec, newest) ?? missingPart(spec, view, newest);
    if (problem) return fail(problem);
    const { name, version } = newest.chart?.metadata ?? {};
    return { status: 'pass', expected, actual: `revision ${newest.version} of ${name}-${version}`, evidence: [look] };
  },
};

function wishOf(spec: Spec): string {
  if (spec.expect === 'absent') return `no release ${spec.release}`;
  const { chart, version, appVersion, revision, minRevision, values } = spec;
  return [
    `release ${spec.release} deployed`,
    chart && `chart ${chart}`,
    version && `version ${version}`,
    appVersion && `app version ${appVersion}`,
    revision && `revision ${revision}`,
    minRevision && `revision ${minRevision} or later`,
    ...Object.entries(values).map(([path, value]) => `${path} = ${show(value)}`),
  ]
    .filter(Boolean)
    .join(', ');
}

/** The Secrets in which helm keeps a release, one a revision. */
function secretsOf({ release, namespace }: Spec, { list }: Baseline): Stored<Secret>[] {
  const name = new RegExp(`^sh\\.helm\\.release\\.v1\\.${release.replaceAll('.', '\\.')}\\.v\\d+$`);
  return list(known.secrets, namespace).filter((s) => s.type === 'helm.sh/release.v1' && name.test(s.metadata.name));
}

/** Newest first. */
function releasesIn(secrets: Stored<Secret>[], name: string): Release[] {
  return secrets
    .flatMap((s) => decode(s) ?? [])
    .filter((r) => r.name === name)
    .sort((a, b) => b.version - a.version);
}

const isGzip = (bytes: Buffer) => bytes.subarray(0, 3).equals(Buffer.from([0x1f, 0x8b, 0x08]));

/** Base64 of base64 of JSON, which helm compresses with gzip and reads without as well; undefined for anything else. */
function decode(secret: Stored<Secret>): Release | undefined {
  try {
    const inner = Buffer.from(secret.data?.release ?? '', 'base64').toString();
    const packed = Buffer.from(inner, 'base64');
    // A megabyte is what a Secret may hold; nothing that is packed so small is larger than this.
    const release = JSON.parse(
      isGzip(packed) ? gunzipSync(packed, { maxOutputLength: 32 * 1024 * 1024 }).toString() : packed.toString(),
    ) as Release;
    return typeof release.name === 'string' && typeof release.version === 'number' ? release : undefined;
  } catch {
    return undefined;
  }
}

function problemOf(spec: Spec, release: Release): string | undefined {
  const status = release.info?.status ?? 'unknown';
  if (status !== 'deployed') return `revision ${release.version} is ${status}`;
  const { name, version, appVersion } = release.chart?.metadata ?? {};
  if (spec.chart && name !== spec.chart) return `its chart is ${name}`;
  if (spec.version && version !== spec.version) return `the version of its chart is ${version}`;
  if (spec.appVersion && appVersion !== spec.appVersion) return `its app version is ${appVersion}`;
  if (spec.revision !== undefined && release.version !== spec.revision)
    return `revision ${release.version} is deployed`;
  if (spec.minRevision !== undefined && release.version < spec.minRevision)
    return `revision ${release.version} is the newest`;
  for (const [path, wanted] of Object.entries(spec.values)) {
    // Computed values: what was given, else the chart's own.
    const own = valuesAt(release.config ?? {}, path);
    const values = own.length > 0 ? own : valuesAt(release.chart?.values ?? {}, path);
    if (values.length === 0 || !values.every((v) => isDeepStrictEqual(v, wanted)))
      return `the value ${path} is ${show(values[0])}`;
  }
  return undefined;
}

interface Part {
  kind: string;
  name: string;
  object: KubeObject;
  resource: Resource;
}

/** The objects of a manifest that a release can be held to. */
function partsOf(namespace: string, { manifest = '' }: Release): Part[] {
  return parseAllDocuments(manifest).flatMap((document) => {
    const object = document.toJS() as KubeObject | null;
    const resource = parts.find((r) => r.kind === object?.kind);
    if (!object || !resource || (object.metadata?.namespace && object.metadata.namespace !== namespace)) return [];
    return [{ kind: resource.kind, name: object.metadata?.name ?? '', object, resource }];
  });
}

/** What a character of a manifest costs, that is parsed whenever it is judged. */
const stepsOfCharacter = 4;

/** What of an object a chart decides; scaling it is somebody's right, and an autoscaler's work. */
const decided = ['spec', 'data', 'rules', 'subjects', 'roleRef'] as const;
const anybodys = ['replicas'];

/** An object of the manifest that is not in the cluster, does not belong to the release, or is another one. */
function missingPart({ release, namespace }: Spec, view: ClusterView, newest: Release): string | undefined {
  spend((newest.manifest?.length ?? 0) * stepsOfCharacter);
  if (parseAllDocuments(newest.manifest ?? '').every((d) => !d.toJS())) return 'it installed nothing';
  for (const { kind, name, object, resource } of partsOf(namespace, newest)) {
    const live = view.get(resource, namespace, name);
    if (!live || live.metadata.deletionTimestamp) return `its ${kind} ${name} is not there`;
    if (live.metadata.annotations?.['meta.helm.sh/release-name'] !== release)
      return `the ${kind} ${name} does not belong to it`;
    const [wanted, is] = [object, live] as unknown as Record<string, unknown>[];
    for (const field of decided) {
      const place = differenceAt(field, wanted?.[field], is?.[field]);
      if (place) return `the ${kind} ${name} is not as the release made it: ${place}`;
    }
  }
  return undefined;
}

/** Where an object lacks what a manifest says; what is there beside it is the API server's or somebody else's. */
function differenceAt(place: string, wanted: unknown, is: unknown): string | undefined {
  if (wanted === null || wanted === undefined || wanted === '') return undefined;
  if (Array.isArray(wanted)) {
    const items: unknown[] = Array.isArray(is) ? is : [];
    for (const [index, item] of wanted.entries()) {
      const name = nameOf(item);
      // Names need not be unique: one volume may be mounted twice.
      const same = name === undefined ? [items[index]] : items.filter((other) => nameOf(other) === name);
      const differences = same.map((other) => differenceAt(`${place}[${name ?? index}]`, item, other));
      if (differences.length === 0) return `${place}[${name}] is not there`;
      const found = differences.includes(undefined) ? undefined : differences[0];
      if (found) return found;
    }
    return undefined;
  }
  if (typeof wanted === 'object') {
    for (const [key, value] of Object.entries(wanted)) {
      if (anybodys.includes(key)) continue;
      const found = differenceAt(
        `${place}.${key}`,
        value,
        ownValue(is as Record<string, unknown> | null | undefined, key),
      );
      if (found) return found;
    }
    return undefined;
  }
  if (String(wanted) === String(is) || sameQuantity(wanted, is)) return undefined;
  return `${place} is ${show(is)}`;
}

function nameOf(item: unknown): string | undefined {
  const name = (item as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}

/** `1000m` and `1`: the API server keeps quantities in a form of its own. */
function sameQuantity(a: unknown, b: unknown): boolean {
  try {
    return compareQuantities(a as string, b as string) === 0;
  } catch {
    return false;
  }
}

/** Objects that say they belong to a release, or that belonged to it after set-up, and what those had made. */
function leftovers(spec: Spec, view: ClusterView): string[] {
  const { release, namespace } = spec;
  const uids = new Set<string>();
  for (const revision of releasesIn(secretsOf(spec, view.baseline), release)) {
    for (const { resource, name } of partsOf(namespace, revision)) {
      const before = view.baseline.get(resource, namespace, name);
      if (before) uids.add(before.metadata.uid);
    }
  }
  // Owners come before what they own.
  for (const resource of made) {
    for (const { metadata } of view.baseline.list(resource, namespace))
      if (metadata.ownerReferences?.some((r) => uids.has(r.uid))) uids.add(metadata.uid);
  }
  return [...parts, ...made].flatMap((resource) =>
    view
      .list(resource, namespace)
      .filter((o) => o.metadata.annotations?.['meta.helm.sh/release-name'] === release || uids.has(o.metadata.uid))
      .map((o) => `${resource.kind} ${o.metadata.name}`),
  );
}
