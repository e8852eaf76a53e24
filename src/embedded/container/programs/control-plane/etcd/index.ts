/** etcd 3.6: what it reads at its start, in its order and its words. */
import { flagSetOf, namesOf } from '../../../../flags/flag-set.ts';
import { parseGoFlags } from '../../../../flags/go-flag.ts';
import { FlagError, type ParsedFlags } from '../../../../flags/pflag.ts';
import { isSysError } from '../../../kernel/errno.ts';
import type { Process } from '../../../kernel/process.ts';
import { runService } from '../../../lib/service.ts';
import { fileOf, keyPair } from '../checks.ts';
import type { ControlPlaneComponent } from '../component.ts';
import { Ended } from '../pflag-program.ts';
import { StartFailure, zap } from '../start-failure.ts';
import { DataFault, startEtcd } from './process.ts';

const selections = {
  'initial-cluster-state': ['new', 'existing'],
  'discovery-fallback': ['exit', 'proxy'],
};
const ports = { peer: 2380, metrics: 2381 };
const defaultPeerUrl = 'http://localhost:2380';

const usage = `Usage:

  etcd [flags]
    Start an etcd server.

  etcd --version
    Show the version of etcd.

  etcd -h | --help
    Show the help information about etcd.
`;

/** A line of the level fatal ends it. */
class FatalLine extends StartFailure {
  readonly code = 1;
  readonly #caller: string;
  readonly #msg: string;

  constructor(caller: string, msg: string, error: string) {
    super(error);
    this.#caller = caller;
    this.#msg = msg;
  }

  tell(p: Process): Promise<void> {
    return zap(p, 'fatal', this.#caller, this.#msg, { error: this.message });
  }
}

/** What its flags say together can't be. */
class Unverified extends StartFailure {
  readonly code = 1;

  tell(p: Process): Promise<void> {
    return zap(p, 'warn', 'etcdmain/etcd.go:66', 'failed to verify flags', { error: this.message });
  }
}

const discoveryFailed = (error: string) => new FatalLine('etcdmain/etcd.go:183', 'discovery failed', error);
const listenerFailed = (error: string) => new FatalLine('etcdmain/etcd.go:198', 'listener failed', error);

export const etcd: ControlPlaneComponent = {
  name: 'etcd',
  parse,
  start: async (p, flags) => {
    await zap(p, 'info', 'etcdmain/etcd.go:64', 'Running: ', { args: ['etcd', ...p.args] });
    verify(flags);
    listen(p, flags);
    initialCluster(flags);
    const asIs = <T>(fault: T) => fault;
    keyPair(p, flags, ['cert-file', 'key-file'], asIs, listenerFailed);
    fileOf(p, flags, 'trusted-ca-file', asIs, listenerFailed);
    try {
      const { close } = await startEtcd(p, flags);
      return { end: close };
    } catch (error) {
      if (isSysError(error)) throw listenerFailed(`listen tcp: bind: ${error.message.toLowerCase()}`);
      if (!(error instanceof DataFault)) throw error;
      throw new FatalLine('backend/backend.go:189', 'failed to open database', error.message);
    }
  },
  serve: (p, flags) => {
    const moved = new Map([
      [ports.peer, portOf(flags, 'listen-peer-urls')],
      [ports.metrics, portOf(flags, 'listen-metrics-urls')],
    ]);
    return runService(p, (port) => moved.get(port) ?? port);
  },
};

async function parse(p: Process): Promise<ParsedFlags> {
  if (p.args.some((arg) => /^--?h(elp)?$/.test(arg))) {
    await p.print(2, usage);
    throw new Ended(0);
  }
  let flags: ParsedFlags;
  try {
    flags = parseGoFlags(flagSetOf('etcd'), p.args, { selections, gates: namesOf('etcd-feature-gates') });
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    await p.print(2, `${error.message}\n${usage}`);
    throw new Ended(2);
  }
  if (flags.has('version')) {
    await p.print(1, 'etcd Version: 3.6.6\n');
    throw new Ended(0);
  }
  return flags;
}

function verify(flags: ParsedFlags): void {
  const [operand] = flags.operands;
  if (operand !== undefined) throw new Unverified(`${JSON.stringify(operand)} is not a valid flag`);
  for (const url of [...flags.list('listen-peer-urls'), ...flags.list('listen-client-urls')].filter(Boolean)) {
    const { hostname } = new URL(url);
    if (!/^(localhost|[\d.]+|\[.*\])$/.test(hostname)) throw new Unverified(`expected IP in URL for binding (${url})`);
  }
  if (flags.has('listen-client-urls') && !flags.has('advertise-client-urls')) {
    throw new Unverified('--advertise-client-urls is required when --listen-client-urls is set explicitly');
  }
}

/** The addresses that it listens at have to be those of its machine. */
function listen(p: Process, flags: ParsedFlags): void {
  const asIs = <T>(fault: T) => fault;
  keyPair(p, flags, ['peer-cert-file', 'peer-key-file'], asIs, discoveryFailed);
  fileOf(p, flags, 'peer-trusted-ca-file', asIs, discoveryFailed);
  const own = ['127.0.0.1', 'localhost', '0.0.0.0', '[::]', '[::1]', p.container.network.pod.ip];
  for (const flag of ['listen-peer-urls', 'listen-client-urls', 'listen-metrics-urls']) {
    for (const url of flags.list(flag).filter(Boolean)) {
      const { hostname, host } = new URL(url);
      if (own.includes(hostname)) continue;
      throw discoveryFailed(`listen tcp ${host}: bind: cannot assign requested address`);
    }
  }
}

/** Its own name and addresses have to be in the cluster that it is to begin. */
function initialCluster(flags: ParsedFlags): void {
  const name = flags.get('name') ?? 'default';
  const advertised = flags.get('initial-advertise-peer-urls') ?? defaultPeerUrl;
  const cluster = flags.get('initial-cluster') ?? `${name}=${advertised}`;
  const members = cluster.split(',').map((member): [string, string] => {
    const cut = member.indexOf('=');
    return cut < 0 ? [member, ''] : [member.slice(0, cut), member.slice(cut + 1)];
  });
  if (members.some(([, url]) => !/^(https?|unixs?):\/\//.test(url))) {
    const wrong = members.find(([, url]) => !/^(https?|unixs?):\/\//.test(url))?.[1];
    throw discoveryFailed(`error setting up initial cluster: URL scheme must be http, https, unix, or unixs: ${wrong}`);
  }
  const own = members.filter(([member]) => member === name).map(([, url]) => url);
  if (own.length === 0) {
    throw discoveryFailed(`couldn't find local name ${JSON.stringify(name)} in the initial cluster configuration`);
  }
  const [urls, known] = [advertised, own.join(',')];
  if (urls !== known) {
    const listed = own.map((url) => `${name}=${url}`).join(',');
    throw discoveryFailed(
      `--initial-cluster has ${listed} but missing from --initial-advertise-peer-urls=${urls} (resolved urls: ${JSON.stringify(urls)} != ${JSON.stringify(known)})`,
    );
  }
}

function portOf(flags: ParsedFlags, flag: string): number | undefined {
  const url = flags.list(flag).filter(Boolean)[0];
  return url === undefined ? undefined : Number(new URL(url).port) || undefined;
}
