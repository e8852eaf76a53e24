// Hosts the cluster of a folder for the bench; tells its parent when it is ready, and ends with it.
import { createEmbeddedCluster } from '../../../src/embedded/cluster.ts';
import { nodes } from '../../../src/kube/resources.ts';

const [folder = ''] = process.argv.slice(2);
const cluster = await createEmbeddedCluster({ folder });
// What no Pod of the bench fits on: without any node a scheduler tries again and again.
await cluster.client.create(nodes, { metadata: { name: 'bench' } });
process.send?.(cluster.kubeconfigFile);
process.once('disconnect', () => process.exit());
