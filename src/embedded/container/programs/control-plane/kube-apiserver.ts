/** kube-apiserver v1.35: what it reads at its start, in its order and its words. */
import { namesOf } from '../../../flags/flag-set.ts';
import type { ParsedFlags } from '../../../flags/pflag.ts';
import type { Process } from '../../kernel/process.ts';
import { caBundle, featureGates, fileOf, isCidr, keyPair, securePortFault, throwAll } from './checks.ts';
import { type ControlPlaneComponent, serveSecurely } from './component.ts';
import { reachesEtcd, waitForEtcd } from './etcd-client.ts';
import { parseCommand } from './pflag-program.ts';
import { CommandFailed, Fatal, klog, quoted } from './start-failure.ts';

const securePort = 6443;
const authorizationModes = ['AlwaysAllow', 'AlwaysDeny', 'ABAC', 'Webhook', 'RBAC', 'Node'];
/** What runtime-config may switch besides groups and versions of the API. */
const apiSwitches = /^(api\/(all|ga|beta|alpha|legacy)|[\w.-]+\/v\d\w*(\/\w+)?|v1)$/;
const tlsVersions = ['', 'VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'];

const storageFailed = (fault: string) =>
  new Fatal('instance.go:233', `Error creating leases: error creating storage factory: ${fault}`);

export const kubeApiServer: ControlPlaneComponent = {
  name: 'kube-apiserver',
  parse: (p) => parseCommand(p, 'kube-apiserver', false),
  start: async (p, flags) => {
    complete(p, flags);
    if (!flags.has('external-hostname')) {
      const host = flags.get('advertise-address') || p.container.network.pod.ip;
      await klog(p, 'I', 'options.go:263', `external host was not specified, using ${host}`);
    }
    fileOf(p, flags, 'service-account-signing-key-file', signingKey);
    throwAll(validate(flags));
    await klog(p, 'I', 'server.go:150', 'Version: v1.35.4');
    await klog(p, 'I', 'server.go:152', '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""');
    configure(p, flags);
    await storage(p, flags);
    const group = (fault: string) => `problem initializing API group "": ${fault}`;
    fileOf(p, flags, 'kubelet-client-certificate', group);
    fileOf(p, flags, 'kubelet-client-key', group);
    fileOf(p, flags, 'proxy-client-cert-file');
    fileOf(p, flags, 'proxy-client-key-file');
    return Number(flags.get('secure-port') ?? securePort) === securePort ? {} : undefined;
  },
  serve: (p, flags) => serveSecurely(p, flags, securePort),
  needs: {
    reached: reachesEtcd,
    regained: waitForEtcd,
    lost: () => storageFailed('context deadline exceeded'),
  },
};

const signingKey = (fault: string) => `failed to parse service-account-issuer-key-file: ${fault}`;

/** Options.Complete: what other options follow from. */
function complete(_p: Process, flags: ParsedFlags): void {
  featureGates(flags);
  for (const [i, range] of flags.list('service-cluster-ip-range').filter(Boolean).entries()) {
    if (!isCidr(range)) throw new CommandFailed(`service-cluster-ip-range[${i}] is not a valid cidr`);
  }
}

/** Options.Validate: all faults at once. */
function validate(flags: ParsedFlags): (string | undefined)[] {
  return [
    flags.get('etcd-servers') ? undefined : '--etcd-servers must be specified',
    securePortFault(flags),
    ...serviceAccountFaults(flags),
    ...authorizationFaults(flags),
    ...admissionFaults(flags),
    runtimeConfigFault(flags),
  ];
}

function serviceAccountFaults(flags: ParsedFlags): (string | undefined)[] {
  const issuer = flags.get('service-account-issuer');
  const signs = Boolean(flags.get('service-account-signing-key-file') || flags.get('service-account-signing-endpoint'));
  const together =
    '--service-account-signing-key-file, --service-account-issuer, and --api-audiences should be specified together';
  const keys = flags.get('service-account-key-file') || flags.get('service-account-signing-endpoint');
  return [
    issuer === undefined ? 'service-account-issuer is a required flag' : undefined,
    issuer === '' ? 'service-account-issuer should not be an empty string' : undefined,
    Boolean(issuer) === signs ? undefined : together,
    keys ? undefined : 'either `--service-account-key-file` or `--service-account-signing-endpoint` must be set',
  ];
}

function authorizationFaults(flags: ParsedFlags): (string | undefined)[] {
  if (!flags.has('authorization-mode')) return [];
  if (flags.get('authorization-config')) {
    return [
      '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined',
    ];
  }
  const modes = flags.list('authorization-mode');
  const listed = modes.map(quoted).join(' ');
  return [
    ...modes
      .filter((mode) => !authorizationModes.includes(mode))
      .map((mode) => `authorization-mode ${quoted(mode)} is not a valid mode`),
    new Set(modes).size < modes.length ? `authorization-mode [${listed}] has mode specified more than once` : undefined,
  ];
}

function admissionFaults(flags: ParsedFlags): string[] {
  const known = namesOf('admission-plugins');
  return ['enable-admission-plugins', 'disable-admission-plugins'].flatMap((flag) =>
    flags
      .list(flag)
      .filter((plugin) => plugin !== '' && !known.includes(plugin))
      .map((plugin) => `${flag} plugin ${quoted(plugin)} is unknown`),
  );
}

function runtimeConfigFault(flags: ParsedFlags): string | undefined {
  const wrong = flags
    .list('runtime-config')
    .map((item) => item.split('=')[0] ?? '')
    .filter((key) => key !== '' && !apiSwitches.test(key));
  return wrong.length > 0 ? `runtime-config invalid key ${wrong.join(',')}` : undefined;
}

/** What is read before anything is asked of etcd. */
function configure(p: Process, flags: ParsedFlags): void {
  const version = flags.get('tls-min-version') ?? '';
  if (!tlsVersions.includes(version)) throw new CommandFailed(`unknown tls version ${quoted(version)}`);
  keyPair(p, flags, ['tls-cert-file', 'tls-private-key-file']);
  fileOf(
    p,
    flags,
    'audit-policy-file',
    (fault, path) => `loading audit policy file: failed to read file path ${quoted(path)}: ${fault}`,
  );
  for (const item of flags.list('runtime-config').filter((one) => one.startsWith('api/') && one.includes('='))) {
    if (!/=(true|false)$/.test(item)) throw new CommandFailed(`invalid value ${item}`);
  }
  fileOf(
    p,
    flags,
    'encryption-provider-config',
    (fault, path) =>
      `error while parsing file: error while loading file: error reading encryption provider configuration file ${quoted(path)}: ${fault}`,
  );
  caBundle(p, flags, 'client-ca-file', 'client-ca-bundle');
  caBundle(p, flags, 'requestheader-client-ca-file', 'request-header');
  fileOf(p, flags, 'token-auth-file');
  for (const path of flags.values.get('service-account-key-file') ?? []) {
    if (!p.vfs.find(p, path)) throw new CommandFailed(`open ${path}: no such file or directory`);
  }
  fileOf(
    p,
    flags,
    'admission-control-config-file',
    (fault, path) =>
      `failed to apply admission: failed to read plugin config: unable to read admission control configuration from ${quoted(path)} [${fault}]`,
  );
}

async function storage(p: Process, flags: ParsedFlags): Promise<void> {
  await klog(p, 'I', 'instance.go:240', 'Using reconciler: lease');
  keyPair(p, flags, ['etcd-certfile', 'etcd-keyfile'], undefined, storageFailed);
  fileOf(p, flags, 'etcd-cafile', undefined, storageFailed);
  if (!(await waitForEtcd(p, flags))) throw storageFailed('context deadline exceeded');
}
