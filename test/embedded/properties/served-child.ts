// Serves a cluster without controllers from a process of its own; tells its parent where, and whose keys open it.
import { createEmbeddedCluster } from '../../../src/embedded/cluster.ts';

const cluster = await createEmbeddedCluster({
  controllers: false,
  report: (error, where) => process.send?.({ fault: `${where}: ${error instanceof Error ? error.stack : error}` }),
});
process.send?.({ url: cluster.url, ca: cluster.caCertificate, ...cluster.pki.admin });
process.once('disconnect', () => process.exit());
