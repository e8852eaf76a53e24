import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installAddon } from '../../../src/cluster/addons/install.ts';
import type { APIService } from '../../../src/kube/api.gen.ts';
import { apiServices, clusterRoleBindings, deployments, roleBindings, services } from '../../../src/kube/resources.ts';
import { type Lab, openLab } from './lab.ts';

const group = '/apis/metrics.k8s.io/v1beta1';
const account = '/var/run/secrets/kubernetes.io/serviceaccount';

describe('metrics-server', { timeout: 60_000 }, () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab();
    await Promise.all([
      installAddon(lab.client, 'metrics-server', AbortSignal.timeout(60_000)),
      lab.run('client', { image: 'curlimages/curl:8.10.1', command: ['sleep', '3600'] }),
    ]);
  }, 90_000);
  afterAll(() => lab.cluster.stop());

  const get = async (path: string) => {
    const { status, text } = await lab.fetch(path);
    return { status, body: status < 400 ? JSON.parse(text) : text };
  };
  const discovered = async () => {
    const { body } = await get('/apis');
    return body.groups.some((one: { name: string }) => one.name === 'metrics.k8s.io');
  };
  /** Resolves once the APIService's condition has that reason. */
  const until = async (name: string, reason: string) => {
    let message = '';
    await lab.until(
      apiServices,
      (all) =>
        all.some(({ metadata, status }) => {
          const [condition] = metadata.name === name ? (status?.conditions ?? []) : [];
          message = condition?.message ?? message;
          return condition?.reason === reason;
        }),
      undefined,
    );
    return message;
  };

  it('tells what nodes and Pods use, as a group of the API', async () => {
    const { body } = await get(`${group}/nodes`);
    expect(body.items.map((one: { metadata: { name: string } }) => one.metadata.name)).toEqual([
      'kubedrill-control-plane',
    ]);
    const { items } = (await get(`${group}/namespaces/kube-system/pods?labelSelector=component%3Detcd`)).body;
    expect(items).toMatchObject([
      {
        metadata: { name: 'etcd-kubedrill-control-plane' },
        containers: [{ name: 'etcd', usage: { memory: '42384Ki' } }],
      },
    ]);
    expect((await get(group)).body.resources.map((one: { kind: string }) => one.kind)).toEqual([
      'NodeMetrics',
      'PodMetrics',
    ]);
    expect((await get('/apis/metrics.k8s.io')).body.preferredVersion.version).toBe('v1beta1');
    expect(await discovered()).toBe(true);
  });

  it('and kubelets tell only those who may know', async () => {
    const node = '172.18.0.2:10250';
    const curl = (more: string) => lab.exec('client', 'sh', '-c', `curl -sk ${more}`);
    const token = `-H "Authorization: Bearer $(cat ${account}/token)"`;
    expect((await curl(`https://${node}/healthz`)).stdout).toBe('Unauthorized');
    expect((await curl(`https://${node}/metrics/resource ${token}`)).stdout).toBe(
      'Forbidden (user=system:serviceaccount:default:default, verb=get, resource=nodes, subresource(s)=[metrics])\n',
    );
    const forged = '-H "X-Remote-User: admin" -H "X-Remote-Group: system:masters"';
    for (const [who, user] of [
      [token, 'system:serviceaccount:default:default'],
      [forged, 'system:anonymous'],
    ]) {
      const { stdout } = await curl(`https://metrics-server.kube-system${group}/nodes ${who}`);
      expect(JSON.parse(stdout).message).toBe(
        `nodes.metrics.k8s.io is forbidden: User "${user}" cannot list resource "nodes" in API group "metrics.k8s.io" at the cluster scope`,
      );
    }
    await lab.client.create(roleBindings, {
      metadata: { name: 'look', namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
    });
    const { stdout } = await curl(
      `--cacert ${account}/ca.crt https://kubernetes.default${group}/namespaces/default/pods ${token}`,
    );
    expect(JSON.parse(stdout).kind).toBe('PodMetricsList');
  });

  it('of a node is told by the proxy of nodes as well', async () => {
    const { status, text } = await lab.fetch('/api/v1/nodes/kubedrill-control-plane/proxy/metrics/resource');
    expect([status, text.match(/^node_cpu_usage_seconds_total \d/m)?.length]).toEqual([200, 1]);
    const summary = await lab.fetch(
      '/api/v1/nodes/kubedrill-control-plane/proxy/stats/summary?only_cpu_and_memory=true',
    );
    expect(JSON.parse(summary.text).node).toMatchObject({ nodeName: 'kubedrill-control-plane' });
    // As on its disk, where kubeadm put it.
    const { kubeletconfig } = JSON.parse((await lab.fetch('/api/v1/nodes/kubedrill-control-plane/proxy/configz')).text);
    expect(kubeletconfig).toMatchObject({ clusterDNS: ['10.96.0.10'], staticPodPath: '/etc/kubernetes/manifests' });
    expect((await lab.fetch('/api/v1/nodes/kubedrill-control-plane/proxy/logs')).status).toBe(307);
    expect((await lab.fetch('/api/v1/nodes/nope/proxy/healthz')).status).toBe(404);
  });

  it('is what kubectl top shows in a container', async () => {
    await lab.run('top', { image: 'bitnami/kubectl:1.35', command: ['sleep', '3600'] });
    const top = async (...what: string[]) => {
      const { stdout, stderr } = await lab.exec('top', 'kubectl', 'top', ...what);
      return stdout + stderr;
    };
    expect(await top('pods', '-n', 'kube-system')).toBe(
      'Error from server (Forbidden): pods.metrics.k8s.io is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "metrics.k8s.io" in the namespace "kube-system"\n',
    );
    await lab.client.create(clusterRoleBindings, {
      metadata: { name: 'look' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
    });
    const pods = await top('pods', '-n', 'kube-system', '--sort-by=memory', '-l', 'tier=control-plane');
    expect(pods.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^NAME {40,}CPU\(cores\) {3}MEMORY\(bytes\) {3}$/),
      expect.stringMatching(/^kube-apiserver-kubedrill-control-plane +\d\dm +247Mi {11}$/),
    ]);
    expect(await top('pods', '-A', '--containers', '--no-headers', '-l', 'component=etcd')).toMatch(
      /^kube-system {3}etcd-kubedrill-control-plane {3}etcd {3}\d\dm {3}41Mi {3}\n$/,
    );
    expect(await top('node', 'kubedrill-control-plane', '--no-headers')).toMatch(/ \d+m +\d% +\d{3}Mi +\d+% {3}\n$/);
    expect(await top('pods', '-n', 'nowhere')).toBe('No resources found in nowhere namespace.\n');
    expect(await top('pods', '--sort-by=age')).toBe('error: --sort-by accepts only cpu or memory\n');
  });

  it('that is gone leaves its group unavailable', async () => {
    await lab.client.delete(deployments, 'kube-system', 'metrics-server');
    expect(await until('v1beta1.metrics.k8s.io', 'MissingEndpoints')).toBe(
      'endpointslices for service/metrics-server in "kube-system" have no addresses with port name "https"',
    );
    expect(await lab.fetch(`${group}/nodes`)).toEqual({ status: 503, text: 'service unavailable\n' });
    expect((await lab.exec('top', 'kubectl', 'top', 'pods')).stderr).toBe('error: Metrics API not available\n');
    expect(await discovered()).toBe(true);
    await lab.client.delete(services, 'kube-system', 'metrics-server');
    expect(await until('v1beta1.metrics.k8s.io', 'ServiceNotFound')).toBe(
      'service/metrics-server in "kube-system" is not present',
    );
    await lab.client.delete(apiServices, undefined, 'v1beta1.metrics.k8s.io');
    expect((await lab.fetch(`${group}/nodes`)).status).toBe(404);
    expect(await discovered()).toBe(false);
  });

  it('is one of many: whoever an APIService names is asked', async () => {
    await lab.run('web', { image: 'nginx:1.27', readinessProbe: { httpGet: { port: 80 } } });
    await lab.client.create(services, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { run: 'web' }, ports: [{ name: 'http', port: 443, targetPort: 80 }] },
    });
    const service = (name: string, port: number): APIService => ({
      metadata: { name: `v1.${name}.example.com` },
      spec: {
        ...{ group: `${name}.example.com`, version: 'v1', groupPriorityMinimum: 100, versionPriority: 100 },
        ...{ insecureSkipTLSVerify: true, service: { namespace: 'default', name: 'web', port } },
      },
    });
    await lab.client.create(apiServices, service('closed', 444));
    expect(await until('v1.closed.example.com', 'ServicePortError')).toBe(
      'service/web in "default" is not listening on port 444',
    );
    await lab.client.create(apiServices, service('plain', 443));
    expect(await until('v1.plain.example.com', 'FailedDiscoveryCheck')).toMatch(
      /^failing or missing response from (https:\/\/10\.[\d.]+:443\/apis\/plain\.example\.com\/v1): Get "\1": tls: first record/,
    );
    expect(await lab.fetch('/apis/plain.example.com/v1/cars')).toMatchObject({ status: 503 });
  });
});
