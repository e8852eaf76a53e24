/** kube-scheduler v1.35: what it reads at its start. */
import { readConfiguration, YamlSyntaxError } from '../../../codec/yaml.ts';
import type { ParsedFlags } from '../../../flags/pflag.ts';
import type { Process } from '../../kernel/process.ts';
import { clientFiles, elected } from './api-client.ts';
import { featureGates, fileOf, keyPair, securePortFault, throwAll } from './checks.ts';
import { type ControlPlaneComponent, serveSecurely } from './component.ts';
import { parseCommand } from './pflag-program.ts';
import { CommandFailed, klog, quoted } from './start-failure.ts';

const name = 'kube-scheduler';
const securePort = 10_259;

export const kubeScheduler: ControlPlaneComponent = {
  name,
  parse: (p) => parseCommand(p, name, true),
  start: async (p, flags) => {
    featureGates(flags);
    throwAll([securePortFault(flags)]);
    if (Boolean(flags.get('tls-cert-file')) !== Boolean(flags.get('tls-private-key-file'))) {
      throw new CommandFailed('missing filename for serving cert');
    }
    keyPair(p, flags, ['tls-cert-file', 'tls-private-key-file']);
    const server = await clientFiles(p, flags, () => configuredKubeconfig(p, flags));
    await klog(p, 'I', 'server.go:175', '"Starting Kubernetes Scheduler" version="v1.35.4"');
    await klog(p, 'I', 'server.go:177', '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""');
    return server === undefined ? undefined : { lead: () => elected(p, server, name) };
  },
  serve: (p, flags) => serveSecurely(p, flags, securePort),
};

/** The fields of a KubeSchedulerConfiguration, which is decoded strictly. */
const fields = [
  ...['apiVersion', 'kind', 'clientConnection', 'leaderElection', 'parallelism', 'percentageOfNodesToScore'],
  ...['profiles', 'extenders', 'podInitialBackoffSeconds', 'podMaxBackoffSeconds', 'delayCacheUntilActive'],
  ...['enableProfiling', 'enableContentionProfiling'],
];
const wanted = { group: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' };

/** The kubeconfig that the file of `--config` names, which then counts instead of the flag's; undefined: there is no such file. */
function configuredKubeconfig(p: Process, flags: ParsedFlags): string | undefined {
  const text = fileOf(p, flags, 'config');
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = readConfiguration(text);
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw new CommandFailed(error.message);
  }
  const config = (typeof value === 'object' && value !== null ? value : {}) as SchedulerConfiguration;
  const { apiVersion, kind, clientConnection } = config;
  if (apiVersion !== wanted.group || kind !== wanted.kind) {
    throw new CommandFailed(
      `no kind ${quoted(kind ?? '')} is registered for version ${quoted(apiVersion ?? '')} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  const unknown = Object.keys(config).filter((field) => !fields.includes(field));
  if (unknown.length > 0) {
    const faults = unknown.map((field) => `unknown field ${quoted(field)}`).join(', ');
    throw new CommandFailed(`strict decoding error: ${faults}`);
  }
  return clientConnection?.kubeconfig ?? '';
}

interface SchedulerConfiguration {
  apiVersion?: string;
  kind?: string;
  clientConnection?: { kubeconfig?: string };
}
