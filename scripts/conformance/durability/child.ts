// Hosts the cluster of a folder until it is killed; tells its parent where it is, and whose keys open it.
import { createEmbeddedCluster } from '../../../src/embedded/cluster.ts';

const [folder = ''] = process.argv.slice(2);
const cluster = await createEmbeddedCluster({
  folder,
  report: (error, where) => console.error(`fault at ${where}:`, error),
});
process.send?.({ url: cluster.url, ca: cluster.caCertificate, admin: cluster.pki.admin });
process.once('disconnect', () => process.exit());
