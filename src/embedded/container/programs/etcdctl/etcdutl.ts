import {
  type Database,
  DatabaseError,
  decodeDatabase,
  encodeDatabase,
  splitHash,
  statusOf,
} from '../../../etcd/database.ts';
import { databaseFile } from '../../../etcd/directory.ts';
import { newMember } from '../../../etcd/member.ts';
import { isSysError } from '../../kernel/errno.ts';
import type { Process } from '../../kernel/process.ts';
import { isFolder } from '../../lib/files.ts';
import { program } from '../../lib/program.ts';
import { badArgs, CommandError, FlagError, type Flags, flag, parseFlags } from './flags.ts';
import { fields, formatOf } from './print.ts';
import { humanBytes, table } from './text.ts';

const peerUrl = 'http://localhost:2380';
const memoryMapSize = 10 * 1024 ** 3;
const version = '3.6.0';

const global = flag(
  'write-out',
  'text',
  '"simple"',
  'set the output format (fields, json, protobuf, simple, table)',
  'w',
);
const help = flag('help', 'bool', 'false', '', 'h');
const restoreFlags = [
  flag('bump-revision', 'number', '0', 'How much to increase the latest revision after restore'),
  flag('data-dir', 'text', '', 'Path to the output data directory'),
  flag('initial-advertise-peer-urls', 'text', peerUrl, ''),
  flag('initial-cluster', 'text', `default=${peerUrl}`, ''),
  flag('initial-cluster-token', 'text', 'etcd-cluster', ''),
  flag('initial-memory-map-size', 'number', String(memoryMapSize), ''),
  flag('mark-compacted', 'bool', 'false', ''),
  flag('name', 'text', 'default', ''),
  flag('skip-hash-check', 'bool', 'false', ''),
  flag('wal-dir', 'text', '', ''),
];

const globalUsage = `Global Flags:
  -w, --write-out string   set the output format (fields, json, protobuf, simple, table) (default "simple")
`;
const rootUsage = `Usage:
  etcdutl [command]

Available Commands:
  completion  Generate completion script
  defrag      Defragments the storage of the etcd
  hashkv      Prints the KV history hash of a given file
  help        Help about any command
  migrate     Migrates schema of etcd data dir files to make them compatible with different etcd version
  snapshot    Manages etcd node snapshots
  version     Prints the version of etcdutl

Flags:
  -h, --help               help for etcdutl
  -w, --write-out string   set the output format (fields, json, protobuf, simple, table) (default "simple")

Use "etcdutl [command] --help" for more information about a command.
`;
const snapshotUsage = `Usage:
  etcdutl snapshot [command]

Available Commands:
  restore     Restores an etcd member snapshot to an etcd directory
  status      Gets backend snapshot status of a given file

Flags:
  -h, --help   help for snapshot

${globalUsage}
Use "etcdutl snapshot [command] --help" for more information about a command.
`;
const statusUsage = `Usage:
  etcdutl snapshot status <filename> [flags]

Flags:
  -h, --help   help for status

${globalUsage}`;
const restoreUsage = `Usage:
  etcdutl snapshot restore <filename> --data-dir {output dir} [options] [flags]

Flags:
      --bump-revision uint                   How much to increase the latest revision after restore
      --data-dir string                      Path to the output data directory
  -h, --help                                 help for restore
      --initial-advertise-peer-urls string   List of this member's peer URLs to advertise to the rest of the cluster (default "http://localhost:2380")
      --initial-cluster string               Initial cluster configuration for restore bootstrap (default "default=http://localhost:2380")
      --initial-cluster-token string         Initial cluster token for the etcd cluster during restore bootstrap (default "etcd-cluster")
      --initial-memory-map-size uint         Initial memory map size of the database in bytes. It uses the default value if not defined or defined to 0 (default 10737418240)
      --mark-compacted                       Mark the latest revision after restore as the point of scheduled compaction (required if --bump-revision > 0, disallowed otherwise)
      --name string                          Human-readable name for this member (default "default")
      --skip-hash-check                      Ignore snapshot integrity hash value (required if copied from data directory)
      --wal-dir string                       Path to the WAL directory (use --data-dir if none given)

${globalUsage}`;

/** Throws a CommandError as Go words what the file system says of `what`. */
function readFile(p: Process, path: string, what: 'open' | 'stat'): Uint8Array {
  try {
    return p.vfs.readFile(p, path);
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new CommandError(`${what} ${path}: ${error.message.toLowerCase()}`);
  }
}

async function status(p: Process, flags: Flags): Promise<void> {
  const [path] = flags.args;
  if (path === undefined || flags.args.length > 1) throw badArgs('snapshot status requires exactly one argument');
  const format = formatOf(flags);
  const { hash, revision, keys, size } = statusOf(readFile(p, path, 'stat'));
  const row = [hash.toString(16), String(revision), String(keys), humanBytes(size), version];
  const texts = {
    simple: () => `${row.join(', ')}\n`,
    table: () => table(['HASH', 'REVISION', 'TOTAL KEYS', 'TOTAL SIZE', 'VERSION'], [row]),
    json: () => `${JSON.stringify({ hash, revision, totalKey: keys, totalSize: size, version })}\n`,
    fields: () =>
      fields([
        ['Hash', hash],
        ['Revision', revision],
        ['Keys', keys],
        ['Size', size],
        ['Version', version],
      ]),
  };
  await p.print(1, texts[format]());
}

/** A line of zap's console encoder. */
function log(p: Process, where: string, message: string, values?: object, logger = ''): Promise<void> {
  const time = `${new Date(p.container.clock.now()).toISOString().slice(0, 19)}Z`;
  const json =
    values &&
    JSON.stringify(values, undefined, 1)
      .replace(/\n\s*/g, ' ')
      .replace(/([{[]) | ([}\]])/g, '$1$2');
  const name = logger === '' ? '' : `${logger}\t`;
  return p.print(2, `${time}\tinfo\t${name}${where}\t${message}${json === undefined ? '' : `\t${json}`}\n`);
}

async function restore(p: Process, flags: Flags): Promise<void> {
  const [path] = flags.args;
  if (path === undefined || flags.args.length > 1) throw badArgs('snapshot restore requires exactly one argument');
  const name = flags.text('name') || 'default';
  const folder = flags.text('data-dir') || `${name}.etcd`;
  const bump = flags.number('bump-revision');
  if (bump > 0 !== flags.is('mark-compacted')) {
    throw badArgs('--mark-compacted required if --revision-bump > 0');
  }
  if (p.vfs.find(p, folder) && (!isFolder(p, folder) || p.vfs.readdir(p, folder).length > 0)) {
    throw new CommandError(`data-dir ${JSON.stringify(folder)} not empty or could not be read`);
  }
  const wal = flags.text('wal-dir') || `${folder}/member/wal`;
  const where = {
    ...{ path, 'wal-dir': wal, 'data-dir': folder, 'snap-dir': `${folder}/member/snap` },
    'initial-memory-map-size': memoryMapSize,
  };
  await log(p, 'snapshot/v3_snapshot.go:305', 'restoring snapshot', where);
  const { database, hash, expected } = splitHash(readFile(p, path, 'open'));
  p.charge(database.length);
  if (!flags.is('skip-hash-check')) {
    if (!hash) throw new CommandError('snapshot missing hash but --skip-hash-check=false');
    if (Buffer.compare(hash, expected) !== 0) {
      throw new CommandError(`expected sha256 [${hash.join(' ')}], got [${expected.join(' ')}]`);
    }
  }
  const read: Database = decodeDatabase(database);
  const file = `${folder}/${databaseFile}`;
  const opened = async () => {
    const options = `{Timeout: 0s, NoGrowSync: false, NoFreelistSync: true, PreLoadFreelist: false, FreelistType: , ReadOnly: false, MmapFlags: 8000, InitialMmapSize: ${memoryMapSize}, PageSize: 0, NoSync: false, OpenFile: 0x0, Mlock: false, Logger: 0x${Math.floor(Math.random() * 2 ** 44).toString(16)}}`;
    await log(
      p,
      'backend/backend.go:203',
      `Opening db file (${file}) with mode -rw------- and with options: ${options}`,
      undefined,
      'bbolt',
    );
    await log(p, 'bbolt@v1.4.3/db.go:322', `Opening bbolt db (${file}) successfully`, undefined, 'bbolt');
  };
  await opened();
  await log(p, 'schema/membership.go:138', 'Trimming membership information from the backend...');
  const peers = (flags.text('initial-advertise-peer-urls') || peerUrl).split(',');
  const membership = newMember(name, peers, flags.text('initial-cluster-token') || undefined);
  if (bump > 0) {
    const latest = read.revision + bump;
    await opened();
    const change = { 'latest-revision': read.revision, 'bump-amount': bump, 'new-latest-revision': latest };
    await log(p, 'snapshot/v3_snapshot.go:396', 'bumping latest revision', change);
    await log(p, 'snapshot/v3_snapshot.go:413', 'marking revision compacted', { revision: latest });
  }
  await opened();
  const ids = { cluster: membership.clusterId.toString(16), peer: membership.memberId.toString(16) };
  await log(p, 'membership/cluster.go:424', 'added member', {
    ...{ 'cluster-id': ids.cluster, 'local-member-id': '0', 'added-peer-id': ids.peer },
    ...{ 'added-peer-peer-urls': peers, 'added-peer-is-learner': false },
  });
  await opened();
  const content = encodeDatabase({ ...read, revision: read.revision + bump, membership });
  try {
    for (const dir of [`${folder}/member/snap`, wal]) makeFolders(p, dir);
    p.vfs.writeFile(p, file, content, 0o600);
    // What says that it was served before is not there: the database is all that counts.
    p.vfs.writeFile(p, `${wal}/0000000000000000-0000000000000000.wal`, '', 0o600);
    p.vfs.writeFile(p, `${folder}/member/snap/0000000000000001-0000000000000001.snap`, '', 0o600);
  } catch (error) {
    if (!isSysError(error)) throw error;
    throw new CommandError(`mkdir ${folder}: ${error.message.toLowerCase()}`);
  }
  await log(p, 'snapshot/v3_snapshot.go:333', 'restored snapshot', where);
}

function makeFolders(p: Process, path: string): void {
  let at = path.startsWith('/') ? '/' : '';
  for (const part of path.split('/').filter(Boolean)) {
    at += `${part}/`;
    if (!p.vfs.find(p, at)) p.vfs.mkdir(p, at, 0o700);
  }
}

function usageOf([first, second]: readonly string[]): string {
  if (first !== 'snapshot') return rootUsage;
  return second === 'status' ? statusUsage : second === 'restore' ? restoreUsage : snapshotUsage;
}

async function run(p: Process, words: readonly string[], flags: Flags): Promise<number> {
  const [first, second] = words;
  const say = async (text: string) => {
    await p.print(1, text);
    return 0;
  };
  const asked = flags.is('help');
  if (first === undefined || first === 'help') return say(rootUsage);
  if (first === 'version') return say('etcdutl version: 3.6.6\nAPI version: 3.6\n');
  if (first === 'snapshot') {
    const command = second === 'status' ? status : second === 'restore' ? restore : undefined;
    if (!command) return say(snapshotUsage);
    if (asked) return say(command === status ? statusUsage : restoreUsage);
    await command(p, flags);
    return 0;
  }
  if (['completion', 'defrag', 'hashkv', 'migrate'].includes(first)) {
    throw new CommandError(`"${first}" is not simulated; there are snapshot status, snapshot restore, version`);
  }
  const unknown = `Error: unknown command "${first}" for "etcdutl"\n`;
  await p.print(2, `${unknown}Run 'etcdutl --help' for usage.\n${unknown}`);
  return 1;
}

/** etcd's tool for its files, with the words of v3.6.6. */
export const etcdutl = program(
  'etcdutl',
  async (p) => {
    try {
      const flags = parseFlags(p.args, [global, help, ...restoreFlags]);
      const words = flags.args.slice(0, flags.args[0] === 'snapshot' ? 2 : 1);
      flags.args.splice(0, words.length);
      return await run(p, words, flags);
    } catch (error) {
      const known = error instanceof CommandError || error instanceof FlagError || error instanceof DatabaseError;
      if (!known) throw error;
      const text = `Error: ${error.message}\n`;
      // cobra tells it twice, with the command's usage between.
      await p.print(2, error instanceof FlagError ? `${text}${usageOf(p.args)}\n${text}` : text);
      return error instanceof CommandError ? error.code : 1;
    }
  },
  { go: true },
);
