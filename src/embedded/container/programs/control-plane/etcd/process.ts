/** etcd: serves what its data directory holds, for as long as it runs. */
import { posix } from 'node:path';
import { claimText, databaseFile, readClaim, walFile } from '../../../../etcd/directory.ts';
import type { ParsedFlags } from '../../../../flags/pflag.ts';
import type { EtcdOpened, EtcdQuestion } from '../../../../node-api.ts';
import type { Process } from '../../../kernel/process.ts';
import { askNode } from '../../../lib/ask-node.ts';
import { serveClients } from './server.ts';

/** A directory that cannot be served. */
export class DataFault extends Error {}

/** A running etcd. */
export interface Etcd {
  /** Writes what it holds to its data directory. */
  close(): Promise<void>;
}

const ask = (p: Process, question: EtcdQuestion) =>
  askNode(p, { kind: 'etcd', question }) as Promise<EtcdOpened | undefined>;

const defaultClientUrl = 'http://localhost:2379';
const defaultClientPort = 2379;

function urls(flags: ParsedFlags, name: string, otherwise: string): string[] {
  const given = flags.list(name).filter(Boolean);
  return given.length > 0 ? given : [otherwise];
}

/**
 * Opens the data directory and listens for clients. What can't be read of the files that the flags name has been told
 * before. Rejects with a DataFault.
 */
export async function startEtcd(p: Process, flags: ParsedFlags): Promise<Etcd> {
  const name = flags.get('name') ?? 'default';
  const folder = flags.get('data-dir') ?? `${name}.etcd`;
  const claim = await open(p, folder, flags);
  if (claim === nobody) return { close: async () => {} };
  const [cert, key, ca] = ['cert-file', 'key-file', 'trusted-ca-file'].map((flag) => flags.get(flag) || undefined);
  const read = (file: string) => p.vfs.readText(p, file);
  const asksClients = ca !== undefined && flags.get('client-cert-auth') === 'true';
  const tls = cert && key && { cert: read(cert), key: read(key), ...(asksClients && { clientCa: read(ca) }) };
  const listen = urls(flags, 'listen-client-urls', defaultClientUrl).map((url) => new URL(url));
  const ports = new Map(listen.map((url) => [Number(url.port || defaultClientPort), url.protocol === 'https:']));
  for (const [port, secure] of ports) serveClients(p, port, secure ? tls || undefined : undefined);
  return {
    close: async () => {
      const closed = await ask(p, { op: 'close', id: claim });
      if (closed?.kind !== 'closed') return;
      put(p, `${folder}/${databaseFile}`, closed.database);
      put(p, `${folder}/${walFile}`, claimText(closed.claim));
    },
  };
}

/** In place of a claim: no cluster keeps anything for this process, which only runs then. */
const nobody = '';

/** Resolves with the id of the data that the directory stands for. Rejects with a DataFault. */
async function open(p: Process, folder: string, flags: ParsedFlags): Promise<string> {
  const wal = `${folder}/${walFile}`;
  const database = `${folder}/${databaseFile}`;
  const claim = p.vfs.find(p, wal) && readClaim(p.vfs.readText(p, wal));
  const content = () => (p.vfs.find(p, database) ? p.vfs.readFile(p, database) : undefined);
  const token = flags.get('initial-cluster-token');
  const member = {
    name: flags.get('name') ?? 'default',
    peerUrls: urls(flags, 'initial-advertise-peer-urls', 'http://localhost:2380'),
    clientUrls: urls(flags, 'advertise-client-urls', defaultClientUrl),
    ...(token !== undefined && { token }),
  };
  const path = hostPath(p, folder);
  const question = { op: 'open' as const, member, ...(path !== undefined && { path }) };
  // Without a claim it is the database that counts: a restored one, or none.
  const first = claim ? { claim } : { database: content() };
  let answer = await p.until(ask(p, { ...question, ...first }));
  if (answer?.kind === 'database wanted') answer = await p.until(ask(p, { ...question, claim, database: content() }));
  if (!answer) return nobody;
  if (answer.kind === 'opened') {
    put(p, wal, claimText(answer.claim));
    return answer.claim.id;
  }
  throw new DataFault(answer.kind === 'damaged' ? answer.message : `open ${database}: no such file or directory`);
}

/** Where a path is on the disk of the node; undefined: in the container only. */
function hostPath(p: Process, path: string): string | undefined {
  const place = p.vfs.find(p, path);
  if (place?.mount.hostPath === undefined) return undefined;
  return posix.join(place.mount.hostPath, posix.relative(place.mount.path, place.path));
}

function put(p: Process, path: string, content: string | Uint8Array): void {
  let at = '';
  for (const part of path.split('/').slice(0, -1)) {
    at += `${part}/`;
    if (part !== '' && !p.vfs.find(p, at)) p.vfs.mkdir(p, at, 0o700);
  }
  p.vfs.writeFile(p, path, content, 0o600);
}
