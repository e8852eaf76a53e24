/** A heading of an exam's curriculum with its weight in percent and its competencies. */
export interface Domain {
  exam: 'cka' | 'ckad';
  id: string;
  weight: number;
  competencies: readonly string[];
}

/** The curricula of CKA and CKAD for Kubernetes v1.35. */
export const curriculum: readonly Domain[] = [
  {
    exam: 'cka',
    id: 'troubleshooting',
    weight: 30,
    competencies: [
      'clusters-and-nodes',
      'cluster-components',
      'resource-usage',
      'container-output-streams',
      'services-and-networking',
    ],
  },
  {
    exam: 'cka',
    id: 'cluster-architecture',
    weight: 25,
    competencies: [
      'rbac',
      'infrastructure',
      'kubeadm',
      'cluster-lifecycle',
      'ha-control-plane',
      'helm-and-kustomize',
      'extension-interfaces',
      'crds-and-operators',
    ],
  },
  {
    exam: 'cka',
    id: 'services-networking',
    weight: 20,
    competencies: [
      'pod-connectivity',
      'network-policies',
      'service-types-and-endpoints',
      'gateway-api',
      'ingress',
      'coredns',
    ],
  },
  {
    exam: 'cka',
    id: 'workloads-scheduling',
    weight: 15,
    competencies: [
      'rolling-updates-and-rollbacks',
      'configmaps-and-secrets',
      'autoscaling',
      'self-healing-primitives',
      'admission-and-scheduling',
    ],
  },
  {
    exam: 'cka',
    id: 'storage',
    weight: 10,
    competencies: ['storage-classes-and-dynamic-provisioning', 'volume-types-modes-reclaim', 'pvs-and-pvcs'],
  },
  {
    exam: 'ckad',
    id: 'environment-config-security',
    weight: 25,
    competencies: [
      'crds-and-operators',
      'authn-authz-admission',
      'requests-limits-quotas',
      'resource-requirements',
      'configmaps',
      'secrets',
      'service-accounts',
      'security-contexts',
    ],
  },
  {
    exam: 'ckad',
    id: 'design-build',
    weight: 20,
    competencies: ['container-images', 'workload-choice', 'multi-container-patterns', 'volumes'],
  },
  {
    exam: 'ckad',
    id: 'deployment',
    weight: 20,
    competencies: ['blue-green-canary', 'rolling-updates', 'helm', 'kustomize'],
  },
  { exam: 'ckad', id: 'services-networking', weight: 20, competencies: ['network-policies', 'services', 'ingress'] },
  {
    exam: 'ckad',
    id: 'observability-maintenance',
    weight: 15,
    competencies: ['api-deprecations', 'probes', 'cli-monitoring', 'logs', 'debugging'],
  },
];

/** All items of both exams: `cka/rbac`. */
export const competencies: readonly string[] = curriculum.flatMap(({ exam, competencies }) =>
  competencies.map((competency) => `${exam}/${competency}`),
);

/** Whether `cka/rbac` is one of the curriculum's own items. */
export function isCompetency(text: string): boolean {
  return competencies.includes(text);
}
