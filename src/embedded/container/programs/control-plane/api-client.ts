/** What the components that work through the API server have in common. */
import type { ParsedFlags } from '../../../flags/pflag.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { caBundle, fileOf } from './checks.ts';
import { noConfiguration, serverOf } from './kubeconfig.ts';
import { CommandFailed, klog, quoted } from './start-failure.ts';

const apiServerPort = '6443';
/** leaderElection.retryPeriod, with what the refused connection takes. */
const retryLeaseMs = 2500;

/**
 * The server that it works through; undefined: one that the cluster tells it of, as somebody else than itself.
 * `configured`: the kubeconfig that a file of its own names; undefined: there is no such file.
 * @throws CommandFailed for files that keep it from starting
 */
export async function clientFiles(
  p: Process,
  flags: ParsedFlags,
  configured: () => string | undefined = () => undefined,
): Promise<string | undefined> {
  if (!flags.get('tls-cert-file')) await klog(p, 'I', 'serving.go:386', 'Generated self-signed cert in-memory');
  const server = serverOf(p, configured() ?? flags.get('kubeconfig') ?? '') ?? flags.get('master');
  if (server === undefined) {
    const where = 'Neither --kubeconfig nor --master was specified.  Using the inClusterConfig.  This might not work.';
    await klog(p, 'W', 'client_config.go:682', where);
    if (!p.env.get('KUBERNETES_SERVICE_HOST') || !p.env.get('KUBERNETES_SERVICE_PORT')) {
      const why =
        'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined';
      const text = `error creating inClusterConfig, falling back to default config: ${why}`;
      await klog(p, 'W', 'client_config.go:687', text);
      throw new CommandFailed(noConfiguration);
    }
  }
  const authentication = 'failed to get delegated authentication kubeconfig: ';
  const authorization = 'failed to get delegated authorization kubeconfig: ';
  const other = (flag: string) => flags.get(`${flag}-kubeconfig`) ?? '';
  serverOf(p, other('authentication'), (fault) => `${authentication}${authentication}${fault}`);
  serverOf(p, other('authorization'), (fault) => `${authorization}${fault}`);
  caBundle(p, flags, 'client-ca-file', 'client-ca-bundle', (fault) => `unable to load client CA provider: ${fault}`);
  fileOf(
    p,
    flags,
    'requestheader-client-ca-file',
    (fault) => `unable to create request header authentication config: ${fault}`,
  );
  return server;
}

/** Resolves when it leads: the API server of this node answers at `server`. */
export async function elected(p: Process, server: string, name: string): Promise<void> {
  const lock = `lock="kube-system/${name}"`;
  await klog(p, 'I', 'leaderelection.go:258', `"Attempting to acquire leader lease..." ${lock}`);
  const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}?timeout=5s`;
  for (;;) {
    const fault = await faultOf(p, server);
    if (fault === undefined) break;
    const err = quoted(`Get "${server}${path}": ${fault}`);
    await klog(p, 'E', 'leaderelection.go:452', `"Error retrieving lease lock" err=${err} ${lock}`);
    await p.sleep(retryLeaseMs);
  }
  await klog(p, 'I', 'leaderelection.go:272', `"Successfully acquired lease" ${lock}`);
}

/** Why the API server of this node is not reached; undefined: it is. */
async function faultOf(p: Process, server: string): Promise<string | undefined> {
  const { pod, network } = p.container;
  const url = URL.canParse(server) ? new URL(server) : undefined;
  const host = url?.hostname ?? '';
  const port = url?.port || '443';
  const here = [pod.nodeName, network.pod.ip, '127.0.0.1', 'localhost'].includes(host);
  const address = here ? network.pod.ip : host;
  const refused = `dial tcp ${/^[a-z]/.test(host) ? address : host}:${port}: connect: connection refused`;
  if (!here || port !== apiServerPort) return refused;
  try {
    (await network.connect(p, address, Number(port))).destroy();
    return undefined;
  } catch (error) {
    if (isSysError(error)) return refused;
    throw error;
  }
}
