/** kube-controller-manager v1.35: what it reads at its start, and what its controllers need when it leads. */
import { createPrivateKey } from 'node:crypto';
import { namesOf } from '../../../flags/flag-set.ts';
import type { ParsedFlags } from '../../../flags/pflag.ts';
import type { Process } from '../../kernel/process.ts';
import { clientFiles, elected } from './api-client.ts';
import { featureGates, fileOf, isCidr, noFile, securePortFault, throwAll } from './checks.ts';
import { type ControlPlaneComponent, serveSecurely } from './component.ts';
import { parseCommand } from './pflag-program.ts';
import { klog, quoted, StartFailure } from './start-failure.ts';

const name = 'kube-controller-manager';
const securePort = 10_257;
const defaultMaskSize = 24;

/** A controller can't be made: the others are not either. */
class ControllerFailed extends StartFailure {
  readonly code = 1;
  readonly #controller: string;

  constructor(controller: string, message: string) {
    super(message);
    this.#controller = controller;
  }

  async tell(p: Process): Promise<void> {
    const err = `err=${quoted(this.message)}`;
    await klog(
      p,
      'E',
      'controllermanager.go:575',
      `"Error initializing a controller" ${err} controller="${this.#controller}"`,
    );
    await klog(p, 'E', 'controllermanager.go:257', `"Error building controllers" ${err}`);
  }
}

export const kubeControllerManager: ControlPlaneComponent = {
  name,
  parse: (p) => parseCommand(p, name, true),
  start: async (p, flags) => {
    featureGates(flags);
    throwAll([...controllerFaults(flags), securePortFault(flags)]);
    const server = await clientFiles(p, flags);
    await klog(p, 'I', 'controllermanager.go:189', '"Starting" version="v1.35.4"');
    await klog(p, 'I', 'controllermanager.go:191', '"Golang settings" GOGC="" GOMAXPROCS="" GOTRACEBACK=""');
    if (server === undefined) return undefined;
    return {
      lead: async () => {
        await elected(p, server, name);
        await startControllers(p, flags);
      },
    };
  },
  serve: (p, flags) => serveSecurely(p, flags, securePort),
};

async function startControllers(p: Process, flags: ParsedFlags): Promise<void> {
  tokenController(p, flags);
  signer(p, flags);
  if (flags.get('allocate-node-cidrs') === 'true') nodeIpam(flags);
  for (const controller of ['deployment-controller', 'replicaset-controller']) {
    await klog(p, 'I', 'controllermanager.go:741', `"Started controller" controller="${controller}"`);
  }
}

function controllerFaults(flags: ParsedFlags): string[] {
  // Most have an older name too.
  const known = ['*', ...namesOf('controllers'), ...namesOf('controller-aliases')];
  return flags
    .list('controllers')
    .map((controller) => controller.replace(/^-/, ''))
    .filter((controller) => !known.includes(controller))
    .map((controller) => `${quoted(controller)} is not in the list of known controllers`);
}

function tokenController(p: Process, flags: ParsedFlags): void {
  const controller = 'serviceaccount-token-controller';
  const failing = (message: string) => new ControllerFailed(controller, message);
  const reading = (fault: string) => `error reading key for service account token controller: ${fault}`;
  const key = fileOf(p, flags, 'service-account-private-key-file', reading, failing);
  if (key !== undefined && !isPrivateKey(key)) {
    throw failing(reading('data does not contain a valid RSA or ECDSA private key'));
  }
  const root = (fault: string, path: string) => `error parsing root-ca-file at ${path}: ${fault}`;
  const bundle = fileOf(p, flags, 'root-ca-file', root, failing);
  if (bundle !== undefined && !bundle.includes('-----BEGIN CERTIFICATE-----')) {
    throw failing(root('data does not contain any valid RSA or ECDSA certificates', flags.get('root-ca-file') ?? ''));
  }
}

function isPrivateKey(text: string): boolean {
  try {
    createPrivateKey(text);
    return true;
  } catch {
    return false;
  }
}

function signer(p: Process, flags: ParsedFlags): void {
  const certificate = flags.get('cluster-signing-cert-file');
  const key = flags.get('cluster-signing-key-file');
  const missing = [certificate, key].find((path) => path && !p.vfs.find(p, path));
  if (missing === undefined) return;
  throw new ControllerFailed(
    'certificatesigningrequest-signing-controller',
    `failed to init kubernetes.io/kubelet-serving certificate controller: error reading CA cert file ${quoted(certificate ?? '')}: ${noFile(missing)}`,
  );
}

function nodeIpam(flags: ParsedFlags): void {
  const failed = (message: string) => new ControllerFailed('node-ipam-controller', message);
  const ranges = (flags.get('cluster-cidr') ?? '').split(',');
  for (const [i, range] of ranges.entries()) {
    if (!isCidr(range)) throw failed(`invalid CIDR[${i}]: <nil> (invalid CIDR address: ${range})`);
    const mask = Number(flags.get('node-cidr-mask-size') ?? flags.get('node-cidr-mask-size-ipv4') ?? defaultMaskSize);
    if (!range.includes(':') && mask < Number(range.split('/')[1])) {
      throw failed(
        'Controller: Invalid --cluster-cidr, mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size configured for CIDR family',
      );
    }
  }
}
