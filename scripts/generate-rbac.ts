/**
 * Writes src/embedded/generated/rbac.gen.ts: the roles and bindings that a fresh control plane was recorded to have
 * (fixtures/kubernetes/rbac), without the label and the annotation that all of them carry.
 */
import { readRecorded, writeTexts } from './generate/recorded.ts';

interface Recorded {
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
}

const common = {
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
};

function without(map: Record<string, string> | undefined, shared: Record<string, string>) {
  const rest = { ...map };
  for (const [key, value] of Object.entries(shared)) {
    if (rest[key] !== value) throw new Error(`a recorded default without ${key}=${value}`);
    delete rest[key];
  }
  return Object.keys(rest).length === 0 ? undefined : rest;
}

const kinds = {
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
} as const;

const texts = new Map<string, unknown>();
for (const [kind, file] of Object.entries(kinds)) {
  const objects = readRecorded<Recorded[]>(`rbac/${file}.json`).map(({ metadata, ...rest }) => ({
    metadata: {
      ...metadata,
      labels: without(metadata.labels, common.labels),
      annotations: without(metadata.annotations, common.annotations),
    },
    ...rest,
  }));
  texts.set(kind, objects);
}
writeTexts('rbac.gen.ts', 'The default roles and bindings, a JSON list a kind.', 'bootstrapObjects', texts);
