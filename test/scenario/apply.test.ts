import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/embedded/cluster.ts';
import { KubeClient } from '../../src/kube/client.ts';
import * as resources from '../../src/kube/resources.ts';
import { applyScript } from '../../src/scenario/apply.ts';

let cluster: EmbeddedCluster;
let client: KubeClient;
beforeAll(async () => {
  cluster = await createEmbeddedCluster({ kubelet: false });
  client = KubeClient.fromText(cluster.kubeconfig());
});
afterAll(async () => {
  await client.close();
  await cluster.stop();
});

const apply = (text: string) =>
  applyScript(
    { kind: 'manifest', name: '10-shop', file: 'setup/10-shop.yaml', text },
    { client, env: {}, signal: new AbortController().signal },
  );
const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n';
const settings = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: shop }\n';

it('says that the namespace of an object is missing, and where it belongs', async () => {
  await expect(apply(settings)).rejects.toMatchObject({
    text: { what: 'setup/10-shop.yaml: there is no namespace shop', next: expect.stringContaining('in this manifest') },
  });
});

it('makes a namespace and what is in it', async () => {
  await apply(`${namespace}---\n${settings}`);
  expect(await client.find(resources.configMaps, 'shop', 'settings')).toBeDefined();
});
