/** kube-proxy v1.35: what it reads at its start. Its rules are there whether it runs or not. */
import { readConfiguration, YamlSyntaxError } from '../../../codec/yaml.ts';
import type { ParsedFlags } from '../../../flags/pflag.ts';
import type { Process } from '../../kernel/process.ts';
import { runService } from '../../lib/service.ts';
import { featureGates, fileOf, isCidr } from './checks.ts';
import type { ControlPlaneComponent } from './component.ts';
import { serverOf } from './kubeconfig.ts';
import { parseCommand } from './pflag-program.ts';
import { CommandFailed, klog, quoted } from './start-failure.ts';

const modes = ['', 'iptables', 'ipvs', 'nftables'];
const localModes = ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix', ''];
const configKind = { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration' };

interface ProxyConfiguration {
  mode?: string;
  clusterCIDR?: string;
  detectLocalMode?: string;
  clientConnection?: { kubeconfig?: string };
}

export const kubeProxy: ControlPlaneComponent = {
  name: 'kube-proxy',
  parse: (p) => parseCommand(p, 'kube-proxy', true),
  start: async (p, flags) => {
    const config = configuration(p, flags);
    if (flags.get('config') === undefined) featureGates(flags, (fault) => `failed complete: ${fault}`);
    validate(config);
    await klog(p, 'I', 'server_linux.go:53', '"Using iptables proxy"');
    const path = config.clientConnection?.kubeconfig ?? '';
    try {
      serverOf(p, path);
    } catch (error) {
      if (error instanceof CommandFailed) {
        await klog(p, 'E', 'server.go:134', `"Error running ProxyServer" err=${quoted(error.message)}`);
      }
      throw error;
    }
    return undefined;
  },
  serve: (p) => runService(p),
};

/** The file of `--config`, or what flags say in its place. */
function configuration(p: Process, flags: ParsedFlags): ProxyConfiguration {
  const failed = (fault: string) => `failed complete: ${fault}`;
  const text = fileOf(p, flags, 'config', failed);
  if (text === undefined) {
    return {
      mode: flags.get('proxy-mode') ?? '',
      clusterCIDR: flags.get('cluster-cidr') ?? '',
      detectLocalMode: flags.get('detect-local-mode') ?? '',
      clientConnection: { kubeconfig: flags.get('kubeconfig') ?? '' },
    };
  }
  let value: unknown;
  try {
    value = readConfiguration(text);
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw new CommandFailed(failed(`failed to decode: ${error.message}`));
  }
  const config = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { apiVersion, kind } = config;
  if (apiVersion !== configKind.apiVersion || kind !== configKind.kind) {
    const scheme = `no kind ${quoted(String(kind ?? ''))} is registered for version ${quoted(String(apiVersion ?? ''))}`;
    throw new CommandFailed(
      failed(`failed to decode: ${scheme} in scheme "pkg/proxy/apis/config/scheme/scheme.go:31"`),
    );
  }
  return config as ProxyConfiguration;
}

function validate({ mode = '', clusterCIDR = '', detectLocalMode = '' }: ProxyConfiguration): void {
  const faults: string[] = [];
  if (!modes.includes(mode)) {
    faults.push(
      `KubeProxyConfiguration.Mode.ProxyMode: Invalid value: ${quoted(mode)}: must be iptables, ipvs, nftables or blank (blank means the best-available proxy [currently iptables])`,
    );
  }
  if (!localModes.includes(detectLocalMode)) {
    const supported = localModes.map(quoted).join(', ');
    faults.push(
      `KubeProxyConfiguration.DetectLocalMode: Unsupported value: ${quoted(detectLocalMode)}: supported values: ${supported}`,
    );
  }
  for (const [i, range] of clusterCIDR.split(',').filter(Boolean).entries()) {
    if (isCidr(range)) continue;
    faults.push(
      `KubeProxyConfiguration.DetectLocalConfiguration.ClusterCIDRs[${i}]: Invalid value: ${quoted(range)}: must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)`,
    );
  }
  if (faults.length > 0) {
    throw new CommandFailed(`failed validate: ${faults.length === 1 ? faults[0] : `[${faults.join(', ')}]`}`);
  }
}
