import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import type { Secret } from '../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../kube/meta.ts';
import * as known from '../kube/resources.ts';
import { fieldPath, show, valuesAt } from './fields.ts';
import type { CheckType, ClusterView, Evidence, Need, Outcome } from './types.ts';

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
    [known.secrets, ...parts].map((resource): Need => ({ kind: 'resource', resource, namespace })),
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
    const secrets = view
      .list(known.secrets, spec.namespace)
      .filter(
        (s) => s.type === 'helm.sh/release.v1' && s.metadata.name.startsWith(`sh.helm.release.v1.${spec.release}.v`),
      );
    const releases = secrets.flatMap((s) => decode(s) ?? []).filter((r) => r.name === spec.release);
    const newest = releases.sort((a, b) => b.version - a.version)[0];
    if (spec.expect === 'absent') {
      const left = leftovers(spec, view);
      if (newest && newest.info?.status !== 'uninstalled')
        return fail(`revision ${newest.version}`, `the release ${spec.release} is still there`);
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

/** Base64 of base64 of gzip of JSON; undefined for anything else. */
function decode(secret: Stored<Secret>): Release | undefined {
  try {
    const inner = Buffer.from(secret.data?.release ?? '', 'base64').toString();
    const packed = Buffer.from(inner, 'base64');
    // A megabyte is what a Secret may hold; nothing that is packed so small is larger than this.
    const release = JSON.parse(gunzipSync(packed, { maxOutputLength: 32 * 1024 * 1024 }).toString()) as Release;
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

/** An object of the manifest that is not in the cluster, or does not belong to the release. */
function missingPart({ release, namespace }: Spec, view: ClusterView, { manifest = '' }: Release): string | undefined {
  const objects = parseAllDocuments(manifest).flatMap((d) => (d.toJS() as KubeObject | null) ?? []);
  if (objects.length === 0) return 'it installed nothing';
  for (const object of objects) {
    const resource = parts.find((r) => r.kind === object.kind);
    if (!resource || (object.metadata?.namespace && object.metadata.namespace !== namespace)) continue;
    const name = object.metadata?.name ?? '';
    const live = view.get(resource, namespace, name);
    if (!live || live.metadata.deletionTimestamp) return `its ${object.kind} ${name} is not there`;
    if (live.metadata.annotations?.['meta.helm.sh/release-name'] !== release)
      return `the ${object.kind} ${name} does not belong to it`;
  }
  return undefined;
}

/** Objects that say they belong to a release. */
function leftovers({ release, namespace }: Spec, view: ClusterView): string[] {
  return parts.flatMap((resource) =>
    view
      .list(resource, namespace)
      .filter((o) => o.metadata.annotations?.['meta.helm.sh/release-name'] === release && !o.metadata.deletionTimestamp)
      .map((o) => `${resource.kind} ${o.metadata.name}`),
  );
}
