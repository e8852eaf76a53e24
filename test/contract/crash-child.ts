// Makes a cluster and dies the hard way at the given step (or right after, if the step is never reported).
import type { ClusterSpec } from '../../src/cluster/provider.ts';
import { openProvider } from './open.ts';

const [name = '', folder = '', spec = '{}', at = ''] = process.argv.slice(2);
// Timers of ours do not keep a process alive.
setInterval(() => undefined, 60_000);
const die = () => process.kill(process.pid, 'SIGKILL');
const { provider } = await openProvider(name, folder);
await provider.create(JSON.parse(spec) as ClusterSpec, (step) => {
  if (step === at) die();
});
die();
