import { expect, it } from 'vitest';
import { createEmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { createContainerRuntime } from '../../../src/embedded/container/runtime.ts';
import { createClusterNetwork } from '../../../src/embedded/network/index.ts';
import { builtinResources } from '../../../src/embedded/resources/index.ts';
import type { Pod } from '../../../src/kube/api.gen.ts';
import type { KubeObject, Stored } from '../../../src/kube/meta.ts';

const projected = { name: 'all', projected: { sources: null } };
const template = {
  metadata: { labels: { app: 'a' } },
  spec: { restartPolicy: 'Never', volumes: [projected], containers: [{ name: 'c', image: 'nginx', ports: null }] },
};
const always = { ...template, spec: { ...template.spec, restartPolicy: 'Always' } };
const selector = { matchLabels: { app: 'a' }, matchExpressions: null };

/** Objects whose lists are null, as a server stores them. */
const objects: Record<string, object> = {
  CSINode: { spec: { drivers: null } },
  ClusterRole: { rules: null, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { none: 'x' } }] } },
  Role: { rules: null },
  LimitRange: { spec: { limits: null } },
  EndpointSlice: {
    metadata: { labels: { 'kubernetes.io/service-name': 'n' } },
    addressType: 'IPv4',
    endpoints: null,
    ports: null,
  },
  Service: { spec: { selector: { app: 'a' }, ports: [{ port: 80 }] } },
  Pod: { spec: template.spec },
  Deployment: { spec: { selector, template: always } },
  StatefulSet: { spec: { serviceName: 'n', selector, template: always, volumeClaimTemplates: null } },
  DaemonSet: { spec: { selector, template: always } },
  Job: { spec: { podFailurePolicy: { rules: null }, template } },
  HorizontalPodAutoscaler: {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'n' }, maxReplicas: 2, metrics: null },
  },
};

it('controllers, scheduler and kubelet take lists that are null', async () => {
  const faults: string[] = [];
  const report = (error: unknown, where: string) => faults.push(`${where}: ${String(error)}`);
  const cluster = await createEmbeddedCluster({
    report,
    runtime: (context) =>
      createContainerRuntime({ network: createClusterNetwork(context), nodes: context.cluster.nodes }),
  });
  try {
    for (const [kind, content] of Object.entries(objects)) {
      const definition = builtinResources.find(
        (d) => d.kind === kind && !(kind.startsWith('Hor') && d.version === 'v1'),
      );
      if (!definition) throw new Error(`no kind ${kind}`);
      const { metadata, ...rest } = content as KubeObject;
      const own = { name: 'n', ...(definition.namespaced && { namespace: 'default' }), ...metadata };
      await cluster.client.create(definition, { ...rest, metadata: own } as KubeObject);
    }
    const pods = builtinResources.find((d) => d.kind === 'Pod');
    if (!pods) throw new Error('no Pods');
    await expect
      .poll(
        async () => {
          const { items } = await cluster.client.list(pods, 'default');
          return items.map((pod) => (pod as Stored<Pod>).status?.phase);
        },
        { timeout: 15_000 },
      )
      .toEqual(expect.arrayContaining(['Running', 'Running', 'Running', 'Running']));
    expect(faults).toEqual([]);
  } finally {
    await cluster.stop();
  }
}, 30_000);
