/** What kubeadm leaves on the disk of a node. */
import type { KeyObject } from 'node:crypto';
import { stringify } from 'yaml';
import type { Clock } from '../../kernel/clock.ts';
import type { ConfigMap, Container, Pod, Probe } from '../../kube/api.gen.ts';
import type { NodeEntries, NodeEntry } from '../node-api.ts';
import { type Credentials, createAuthority, type Pki } from '../pki/pki.ts';
import type { ClusterFacts } from './facts.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import type { NodePlan } from './nodes.ts';
import { controlPlanePods, kubeadmObjects, securePort } from './objects.ts';

const encoder = new TextEncoder();
const pkiFolder = '/etc/kubernetes/pki';

/** Where static Pods are, as the kubelet's configuration says. */
export const manifestFolder = '/etc/kubernetes/manifests';
export const kubeletConfigFile = '/var/lib/kubelet/config.yaml';
export const kubeletKubeconfig = '/etc/kubernetes/kubelet.conf';
export const clientCaFile = `${pkiFolder}/ca.crt`;

/** The files of a node after `kubeadm init` or `kubeadm join`. */
export function kubeadmFiles(node: NodePlan, facts: ClusterFacts, pki: Pki, clock: Clock): NodeEntries {
  const entries: Record<string, NodeEntry> = {};
  const put = (path: string, content: string, mode = 0o644) => {
    entries[path] = { kind: 'file', mode, content: encoder.encode(content) };
  };
  const issue = (commonName: string, organization?: string) =>
    pki.issueClient({ commonName, ...(organization && { organizations: [organization] }) });
  const kubeconfig = (name: string, user: string, credentials: Credentials) =>
    put(
      `/etc/kubernetes/${name}.conf`,
      kubeconfigOf({
        context: `${user}@${facts.name}`,
        cluster: facts.name,
        user,
        server: `https://${facts.node}:${securePort}`,
        caCertificate: facts.caCertificate,
        credentials,
      }),
      0o600,
    );
  put(clientCaFile, pki.ca.certificate);
  const user = `system:node:${node.nodeName}`;
  kubeconfig('kubelet', user, issue(user, 'system:nodes'));
  put(kubeletConfigFile, kubeletConfig(facts));
  put('/var/lib/kubelet/kubeadm-flags.env', kubeletFlags(node));
  put('/etc/systemd/system/kubelet.service', kubeletUnit);
  put('/etc/systemd/system/kubelet.service.d/10-kubeadm.conf', kubeletDropIn);
  entries['/etc/systemd/system/multi-user.target.wants/kubelet.service'] = {
    kind: 'link',
    target: '/etc/systemd/system/kubelet.service',
  };
  put('/etc/cni/net.d/10-kindnet.conflist', cniConfig(node));
  put('/etc/hostname', `${node.nodeName}\n`);
  put('/etc/hosts', hostsFile(node, facts));
  entries[manifestFolder] = { kind: 'dir', mode: 0o700 };
  if (node.role === 'worker') return entries;

  for (const pod of controlPlanePods(facts) as Pod[]) {
    const manifest = kubeadmManifest(pod, facts.node);
    put(
      `${manifestFolder}/${manifest.metadata?.name}.yaml`,
      stringify(manifest, { indentSeq: false, lineWidth: 0, version: '1.1' }),
      0o600,
    );
  }
  kubeconfig('admin', 'kubernetes-admin', issue('kubernetes-admin', 'kubeadm:cluster-admins'));
  kubeconfig('super-admin', 'kubernetes-super-admin', pki.admin);
  for (const name of ['controller-manager', 'scheduler']) {
    kubeconfig(name, `system:kube-${name}`, issue(`system:kube-${name}`));
  }
  const pair = (name: string, { certificate, key }: Credentials) => {
    put(`${pkiFolder}/${name}.crt`, certificate);
    put(`${pkiFolder}/${name}.key`, key, 0o600);
  };
  pair('ca', pki.ca);
  pair('apiserver', pki.server);
  pair('apiserver-kubelet-client', issue('kube-apiserver-kubelet-client', 'kubeadm:cluster-admins'));
  pair('front-proxy-ca', pki.ca);
  pair('front-proxy-client', issue('front-proxy-client'));
  put(`${pkiFolder}/sa.key`, pem(pki.serviceAccounts.privateKey), 0o600);
  put(`${pkiFolder}/sa.pub`, pem(pki.serviceAccounts.publicKey), 0o600);
  const etcd = createAuthority(clock, 'etcd-ca');
  const served = [facts.node, 'localhost', facts.nodeIP, '127.0.0.1'];
  pair('etcd/ca', etcd.ca);
  pair('etcd/server', etcd.issue({ commonName: facts.node }, 'peer', served));
  pair('etcd/peer', etcd.issue({ commonName: facts.node }, 'peer', served));
  pair('etcd/healthcheck-client', etcd.issue({ commonName: 'kube-etcd-healthcheck-client' }, 'client'));
  pair('apiserver-etcd-client', etcd.issue({ commonName: 'kube-apiserver-etcd-client' }, 'client'));
  return entries;
}

function pem(key: KeyObject): string {
  return key
    .export(key.type === 'public' ? { type: 'spki', format: 'pem' } : { type: 'sec1', format: 'pem' })
    .toString();
}

/** What a container of a static Pod gets by default, and kubeadm does not write down. */
const containerDefaults: readonly (keyof Container)[] = ['terminationMessagePath', 'terminationMessagePolicy'];
const probeDefaults: readonly (keyof Probe)[] = ['successThreshold'];

/** What a node's kubelet runs of itself where no control plane is shown. */
export function withoutControlPlane(entries: NodeEntries): NodeEntries {
  return Object.fromEntries(Object.entries(entries).filter(([path]) => !path.startsWith(`${manifestFolder}/`)));
}

/** A static Pod of the control plane as kubeadm writes its manifest: without what the kubelet fills in. */
function kubeadmManifest(pod: Pod, node: string): Pod {
  const { name = '', ...metadata } = pod.metadata ?? {};
  const containers = (pod.spec?.containers ?? []).map((container) => {
    const { startupProbe, livenessProbe, readinessProbe, ...rest } = without(container, containerDefaults);
    const probes = { livenessProbe, readinessProbe, startupProbe };
    const written = Object.entries(probes).flatMap(([key, probe]) =>
      probe ? [[key, without(probe, probeDefaults)] as const] : [],
    );
    return sorted({ ...rest, ...Object.fromEntries(written) }) as unknown as Container;
  });
  const { hostNetwork, priorityClassName, securityContext, volumes } = pod.spec ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: sorted({ ...metadata, name: name.slice(0, -`-${node}`.length) }),
    spec: { containers, hostNetwork, priorityClassName, securityContext, volumes },
    status: {},
  } as Pod;
}

function without<T extends object>(value: T, keys: readonly (keyof T)[]): T {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as keyof T))) as T;
}

function sorted<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}

/** What `kubeadm` uploaded, and downloads to every node. */
function kubeletConfig(facts: ClusterFacts): string {
  const uploaded = kubeadmObjects(facts).find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata?.name === 'kubelet-config',
  ) as ConfigMap | undefined;
  return uploaded?.data?.kubelet ?? '';
}

function kubeletFlags({ address, nodeName }: NodePlan): string {
  const flags = [
    '--container-runtime-endpoint=unix:///run/containerd/containerd.sock',
    `--node-ip=${address}`,
    `--provider-id=kubedrill://${nodeName}`,
  ];
  return `KUBELET_KUBEADM_ARGS="${flags.join(' ')}"\n`;
}

const kubeletUnit = `[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
`;

const kubeletDropIn = `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=${kubeletKubeconfig}"
Environment="KUBELET_CONFIG_ARGS=--config=${kubeletConfigFile}"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`;

function cniConfig({ podCIDR }: NodePlan): string {
  const ptp = {
    type: 'ptp',
    ipMasq: false,
    ipam: {
      type: 'host-local',
      dataDir: '/run/cni-ipam-state',
      routes: [{ dst: '0.0.0.0/0' }],
      ranges: [[{ subnet: podCIDR }]],
    },
    mtu: 1500,
  };
  const portmap = { type: 'portmap', capabilities: { portMappings: true } };
  return `${JSON.stringify({ cniVersion: '0.3.1', name: 'kindnet', plugins: [ptp, portmap] }, undefined, 2)}\n`;
}

function hostsFile({ nodeName, address }: NodePlan, facts: ClusterFacts): string {
  const names = [
    ['127.0.0.1', 'localhost'],
    ['::1', 'localhost ip6-localhost ip6-loopback'],
    [facts.nodeIP, facts.node],
    ...(nodeName === facts.node ? [] : [[address, nodeName]]),
  ];
  return names.map((line) => `${line.join('\t')}\n`).join('');
}
