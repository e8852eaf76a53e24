import { afterAll } from 'vitest';
import { mark } from '../../src/cluster/kubeconfig/lab-mark.ts';
import { KubeClient } from '../../src/kube/client.ts';
import { Kubectl } from './kubectl.ts';
import { normalisedObjects } from './objects.ts';
import { openProvider } from './open.ts';
import { providerContract } from './provider.ts';
import { ScratchFolder } from './scratch.ts';

// Somebody's existing cluster, far from the provider's own folder.
const scratch = new ScratchFolder();
const host = await openProvider('embedded', scratch.path);
const existing = await host.provider.create({ name: 'existing', nodes: 1 }, () => undefined);
const client = await KubeClient.fromFile(existing.kubeconfig);
await mark(client);
await client.close();

afterAll(async () => {
  await host.stop();
  scratch.remove();
});

providerContract({
  name: 'kubeconfig',
  open: (folder) => openProvider('kubeconfig', folder),
  spec: { target: { files: [existing.kubeconfig] } },
  sideBySide: false,
  outside: async () => {
    const objects = await normalisedObjects(await Kubectl.onFile(existing.kubeconfig));
    return Object.entries(objects)
      .map(([name, object]) => `${name} ${JSON.stringify(object)}`)
      .sort();
  },
  patience: 30_000,
});
