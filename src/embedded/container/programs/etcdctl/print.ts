/** What etcdctl prints of answers, in each format of --write-out. */
import type { HashKVResponse, Header, KeyValue, MemberListResponse, StatusResponse } from '../../../etcd/messages.ts';
import { CommandError, exitCodes, type Flags } from './flags.ts';
import { goQuote, hexBytes, humanBytes, table, toJson } from './text.ts';

export type Format = 'simple' | 'json' | 'fields' | 'table';

const formats: readonly string[] = ['simple', 'json', 'fields', 'table'];

/** Throws a CommandError for a format that there is not. */
export function formatOf(flags: Flags): Format {
  const format = flags.text('write-out') || 'simple';
  if (formats.includes(format)) return format as Format;
  if (format === 'protobuf')
    throw new CommandError('protobuf is not simulated as an output format', exitCodes.badFeature);
  throw new CommandError('unsupported output format', exitCodes.badFeature);
}

/** Of what has no table. */
export const noTable = () => new CommandError('table not supported as output format', exitCodes.badFeature);

const id = (value: bigint) => value.toString(16);

/** `"Name" : value` a line. */
export function fields(entries: readonly (readonly [string, string | number | bigint | boolean])[]): string {
  return entries.map(([name, value]) => `"${name}" : ${value}\n`).join('');
}

export function headerFields({ cluster_id: cluster, member_id: member, revision, raft_term: term }: Header): string {
  return fields([
    ['ClusterID', cluster],
    ['MemberID', member],
    ...(revision > 0 ? ([['Revision', revision]] as const) : []),
    ['RaftTerm', term],
  ]);
}

export function keyFields({
  key,
  create_revision: created,
  mod_revision: modified,
  version,
  value,
  lease,
}: KeyValue): string {
  return fields([
    ['Key', goQuote(key)],
    ['CreateRevision', created],
    ['ModRevision', modified],
    ['Version', version],
    ['Value', goQuote(value)],
    ['Lease', lease],
  ]);
}

/** A key and its value a line each; bytes as they are. */
export function keyLines({ key, value }: KeyValue, { hex = false, valueOnly = false } = {}): Uint8Array {
  const line = (bytes: Uint8Array) => (hex ? Buffer.from(hexBytes(bytes)) : bytes);
  const end = Buffer.from('\n');
  return Buffer.concat([...(valueOnly ? [] : [line(key), end]), line(value), end]);
}

export function memberText({ header, members }: MemberListResponse, format: Format, hex: boolean): string {
  const rows = members.map(({ ID, name, peerURLs, clientURLs, isLearner }) => [
    ...[id(ID), name === '' ? 'unstarted' : 'started', name, peerURLs.join(','), clientURLs.join(',')],
    String(isLearner),
  ]);
  if (format === 'json') return `${toJson({ header, members }, hex)}\n`;
  if (format === 'table') return table(['ID', 'STATUS', 'NAME', 'PEER ADDRS', 'CLIENT ADDRS', 'IS LEARNER'], rows);
  if (format === 'simple') return rows.map((row) => `${row.join(', ')}\n`).join('');
  const member = ({ ID, name, peerURLs, clientURLs, isLearner }: MemberListResponse['members'][number]) =>
    `${fields([
      ['ID', ID],
      ['Name', `"${name}"`],
      ...peerURLs.map((url) => ['PeerURL', `"${url}"`] as const),
      ...clientURLs.map((url) => ['ClientURL', `"${url}"`] as const),
      ['IsLearner', isLearner],
    ])}\n`;
  return headerFields(header) + members.map(member).join('');
}

export interface EndpointStatus {
  endpoint: string;
  status: StatusResponse;
}

const statusHeads = [
  ...[
    'ENDPOINT',
    'ID',
    'VERSION',
    'STORAGE VERSION',
    'DB SIZE',
    'IN USE',
    'PERCENTAGE NOT IN USE',
    'QUOTA',
    'IS LEADER',
  ],
  ...['IS LEARNER', 'RAFT TERM', 'RAFT INDEX', 'RAFT APPLIED INDEX', 'ERRORS', 'DOWNGRADE TARGET VERSION'],
  'DOWNGRADE ENABLED',
];

export function statusText(all: readonly EndpointStatus[], format: Format, hex: boolean): string {
  if (format === 'json') {
    const list = all.map(({ endpoint, status }) => {
      const { errors: _, ...rest } = status;
      return { Endpoint: endpoint, Status: { ...rest, downgradeInfo: {} } };
    });
    return `${toJson(list, hex)}\n`;
  }
  if (format === 'fields') return all.map(statusFields).join('');
  const rows = all.map(({ endpoint, status: s }) => [
    ...[endpoint, id(s.header.member_id), s.version, s.storageVersion, humanBytes(s.dbSize), humanBytes(s.dbSizeInUse)],
    ...[`${Math.floor((1 - s.dbSizeInUse / s.dbSize) * 100)}%`, humanBytes(s.dbSizeQuota)],
    ...[String(s.leader === s.header.member_id), String(s.isLearner), String(s.raftTerm), String(s.raftIndex)],
    ...[String(s.raftAppliedIndex), s.errors.join(', '), '', 'false'],
  ]);
  return format === 'table' ? table(statusHeads, rows) : rows.map((row) => `${row.join(', ')}\n`).join('');
}

function statusFields({ endpoint, status: s }: EndpointStatus): string {
  return `${headerFields(s.header)}${fields([
    ['Version', `"${s.version}"`],
    ['StorageVersion', `"${s.storageVersion}"`],
    ['DBSize', s.dbSize],
    ['DBSizeInUse', s.dbSizeInUse],
    ['DBSizeQuota', s.dbSizeQuota],
    ['Leader', s.leader],
    ['IsLearner', s.isLearner],
    ['RaftIndex', s.raftIndex],
    ['RaftTerm', s.raftTerm],
    ['RaftAppliedIndex', s.raftAppliedIndex],
    ['Errors', `[${s.errors.join(' ')}]`],
    ['Endpoint', `"${endpoint}"`],
    ['DowngradeTargetVersion', '""'],
    ['DowngradeEnabled', false],
  ])}\n`;
}

export interface EndpointHash {
  endpoint: string;
  hash: HashKVResponse;
}

export function hashText(all: readonly EndpointHash[], format: Format, hex: boolean): string {
  if (format === 'json')
    return `${toJson(
      all.map(({ endpoint, hash }) => ({ Endpoint: endpoint, HashKV: hash })),
      hex,
    )}\n`;
  const rows = all.map(({ endpoint, hash }) => [endpoint, String(hash.hash), String(hash.hash_revision)]);
  if (format === 'table') return table(['ENDPOINT', 'HASH', 'HASH REVISION'], rows);
  if (format === 'simple') return rows.map((row) => `${row.join(', ')}\n`).join('');
  return all
    .map(
      ({ endpoint, hash }) =>
        `${headerFields(hash.header)}${fields([
          ['Endpoint', `"${endpoint}"`],
          ['Hash', hash.hash],
          ['HashRevision', hash.hash_revision],
        ])}\n`,
    )
    .join('');
}

export interface EndpointHealth {
  endpoint: string;
  health: boolean;
  took: string;
  error: string;
}

/** What goes to standard output, and what to the other one. */
export function healthText(all: readonly EndpointHealth[], format: Format): { out: string; err: string } {
  if (format === 'json')
    return { out: `${toJson(all.map((one) => ({ ...one, health: one.health || undefined })))}\n`, err: '' };
  if (format === 'table') {
    const rows = all.map(({ endpoint, health, took, error }) => [endpoint, String(health), took, error]);
    return { out: table(['ENDPOINT', 'HEALTH', 'TOOK', 'ERROR'], rows), err: '' };
  }
  if (format === 'fields') {
    const one = ({ endpoint, health, took, error }: EndpointHealth) =>
      `"Endpoint" : "${endpoint}"\n"Health" : ${health}\n"Took" : ${took}\n"Error" : ${error}\n\n`;
    return { out: all.map(one).join(''), err: '' };
  }
  const good = all.filter(({ health }) => health);
  const bad = all.filter(({ health }) => !health);
  return {
    out: good
      .map(({ endpoint, took }) => `${endpoint} is healthy: successfully committed proposal: took = ${took}\n`)
      .join(''),
    err: bad.map(({ endpoint, error }) => `${endpoint} is unhealthy: failed to commit proposal: ${error}\n`).join(''),
  };
}
