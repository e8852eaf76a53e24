import type { ConfigMap, EndpointSlice, Endpoints, Service, ServiceCIDR } from '../../kube/api.gen.ts';
import type { KubeObject } from '../../kube/meta.ts';
import { bootstrapTexts } from '../generated/bootstrap.gen.ts';
import { bootstrapRbac } from '../rbac/bootstrap.ts';
import type { ClusterFacts } from './facts.ts';

/** The API server's port as Pods and `kubectl get endpoints` see it; the real one is the host's. */
export const securePort = 6443;

/** Where the Service `kubernetes` lives: the first address of the Service range. */
export const kubernetesServiceIP = '10.96.0.1';

function recorded(name: string, facts: ClusterFacts): unknown {
  const values: Record<string, string> = {
    node: facts.node,
    nodeIP: facts.nodeIP,
    cluster: facts.name,
    ca: Buffer.from(facts.caCertificate).toString('base64'),
    // As it stands in a JSON text.
    pem: JSON.stringify(facts.caCertificate).slice(1, -1),
  };
  const text = bootstrapTexts[name] ?? '[]';
  return JSON.parse(text.replace(/\{\{(\w+)\}\}/g, (all, key: string) => values[key] ?? all));
}

const kind = (apiVersion: string, name: string, objects: unknown) =>
  (objects as KubeObject[]).map((object) => ({ apiVersion, kind: name, ...object }));

const flowControl = 'flowcontrol.apiserver.k8s.io/v1';

/** Where Services get their addresses from (KEP-1880). */
const serviceRange: ServiceCIDR = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name: 'kubernetes' },
  spec: { cidrs: ['10.96.0.0/12'] },
};

/**
 * What kube-apiserver itself makes in an empty cluster, in an order in which everything finds what it needs. As
 * recorded in fixtures/kubernetes/bootstrap and rbac.
 */
export function controlPlaneObjects(facts: ClusterFacts, today: string): KubeObject[] {
  const configMaps = kind('v1', 'ConfigMap', recorded('configmaps', facts)) as ConfigMap[];
  for (const { metadata, data } of configMaps) {
    if (metadata?.name === 'kube-apiserver-legacy-service-account-token-tracking' && data) data.since = today;
  }
  return [
    ...kind('v1', 'Namespace', recorded('namespaces', facts)),
    ...kind('scheduling.k8s.io/v1', 'PriorityClass', recorded('priorityclasses', facts)),
    ...configMaps,
    ...kind(flowControl, 'PriorityLevelConfiguration', recorded('prioritylevelconfigurations', facts)),
    ...kind(flowControl, 'FlowSchema', recorded('flowschemas', facts)),
    ...kind('apiregistration.k8s.io/v1', 'APIService', recorded('apiservices', facts)),
    serviceRange,
    ...bootstrapRbac(),
  ];
}

/** The Service `kubernetes` with its endpoints, which the API server keeps as they are here. */
export function kubernetesService(facts: ClusterFacts): [Service, Endpoints, EndpointSlice] {
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const port = { name: 'https', protocol: 'TCP' };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        type: 'ClusterIP',
        clusterIP: kubernetesServiceIP,
        clusterIPs: [kubernetesServiceIP],
        internalTrafficPolicy: 'Cluster',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        ports: [{ ...port, port: 443, targetPort: securePort }],
        sessionAffinity: 'None',
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip: facts.nodeIP }], ports: [{ ...port, port: securePort }] }],
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [facts.nodeIP], conditions: { ready: true } }],
      ports: [{ ...port, port: securePort }],
    },
  ];
}

const apiVersions: Readonly<Record<string, string>> = {
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  Deployment: 'apps/v1',
  DaemonSet: 'apps/v1',
};

function kubeadm(facts: ClusterFacts): KubeObject[] {
  const byKind = recorded('kubeadm', facts) as Record<string, KubeObject[]>;
  return Object.entries(byKind).flatMap(([name, objects]) => kind(apiVersions[name] ?? 'v1', name, objects));
}

/** What `kubeadm init` adds: its ConfigMaps and roles, CoreDNS and kube-proxy. As recorded in fixtures/kubernetes/cluster. */
export function kubeadmObjects(facts: ClusterFacts): KubeObject[] {
  const order = ['ServiceAccount', 'ConfigMap'];
  const rank = ({ kind: name = '' }: KubeObject) => (order.includes(name) ? 0 : 1);
  return kubeadm(facts)
    .filter((object) => object.kind !== 'Pod')
    .sort((a, b) => rank(a) - rank(b));
}

/** What gives claims their volumes where nobody else does: the class `standard` and its provisioner. */
export function storageObjects(facts: ClusterFacts): KubeObject[] {
  return recorded('storage', facts) as KubeObject[];
}

/** The static Pods of the control plane, before the kubelet makes mirrors of them. */
export function controlPlanePods(facts: ClusterFacts): KubeObject[] {
  return kubeadm(facts).filter((object) => object.kind === 'Pod');
}

/** The ServiceAccounts under which kube-controller-manager's controllers run. */
export function controllerServiceAccounts(): KubeObject[] {
  return (JSON.parse(bootstrapTexts.controllerServiceAccounts ?? '[]') as string[]).map((name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'kube-system' },
  }));
}
