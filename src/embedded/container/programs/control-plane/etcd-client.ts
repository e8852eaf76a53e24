/** kube-apiserver's connection to etcd, as far as its start needs it. */
import type { ParsedFlags } from '../../../flags/pflag.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { klog } from './start-failure.ts';

/** How long kube-apiserver tries to reach etcd before it gives up, and how often it looks whether etcd is there. */
export const etcdPatienceMs = 20_000;
const lookEveryMs = 250;
/** gRPC's back-off: what it says of its attempts. */
const firstBackOffMs = 1000;
const backOffFactor = 1.6;
const attemptTimeoutMs = 5000;

/** Waits until one of `--etcd-servers` answers; false: none did for as long as it has patience. */
export async function waitForEtcd(p: Process, flags: ParsedFlags): Promise<boolean> {
  const begun = p.container.clock.now();
  let tell = begun;
  let backOff = firstBackOffMs;
  for (;;) {
    let fault: string | undefined;
    for (const server of flags.list('etcd-servers').filter(Boolean)) {
      fault = await faultOf(p, flags, server);
      if (fault === undefined) return true;
      if (p.container.clock.now() < tell) continue;
      const address = hostPort(server);
      const attributes = '{"<%!p(pickfirstleaf.managedByPickfirstKeyType={})>": "<%!p(bool=true)>" }';
      const target = `{Addr: "${address}", ServerName: "${address}", BalancerAttributes: ${attributes}}`;
      const text = `[core] [Channel #1 SubChannel #3]grpc: addrConn.createTransport failed to connect to ${target}. Err: ${fault}`;
      await klog(p, 'W', 'logging.go:55', text);
    }
    const now = p.container.clock.now();
    if (now >= tell) {
      tell = now + backOff;
      backOff *= backOffFactor;
    }
    if (now - begun >= etcdPatienceMs) return false;
    await p.sleep(lookEveryMs);
  }
}

/** Whether one of `--etcd-servers` answers now. */
export async function reachesEtcd(p: Process, flags: ParsedFlags): Promise<boolean> {
  for (const server of flags.list('etcd-servers').filter(Boolean)) {
    const { host, port } = addressOf(server);
    const { network } = p.container;
    if (await network.listens(p, isLoopback(host) ? network.pod.ip : host, port)) return true;
  }
  return false;
}

/** Where a server is; port 0: it says none. */
function addressOf(server: string): { host: string; port: number } {
  const [, host = '', port = '0'] = /^\[?(.*?)\]?:(\d+)$/.exec(hostPort(server)) ?? [];
  return { host, port: Number(port) };
}

// On the node's network, its own address leads to what listens in other Pods there.
const isLoopback = (host: string) => /^(127\.|localhost$|::1$)/.test(host);

const hostPort = (server: string) => server.replace(/^\w+:\/\//, '').replace(/\/.*$/, '');

/** What is wrong with the connection; undefined: it works. etcd takes TLS with a client's certificate only. */
async function faultOf(p: Process, flags: ParsedFlags, server: string): Promise<string | undefined> {
  const address = hostPort(server);
  const { host, port } = addressOf(server);
  const dial = (why: string) =>
    `connection error: desc = "transport: Error while dialing: dial tcp ${address}: ${why}"`;
  if (port === 0) return dial('missing port in address');
  const { network } = p.container;
  try {
    const connection = await network.connect(p, isLoopback(host) ? network.pod.ip : host, port, attemptTimeoutMs);
    connection.destroy();
  } catch (error) {
    if (isSysError(error, 'ECONNREFUSED')) return dial('connect: connection refused');
    if (isSysError(error, 'ETIMEDOUT')) return dial('i/o timeout');
    throw error;
  }
  const preface = (why: string) => `connection error: desc = "error reading server preface: ${why}"`;
  if (server.startsWith('http://')) return preface('EOF');
  if (!flags.get('etcd-certfile')) return preface('remote error: tls: certificate required');
  return undefined;
}
