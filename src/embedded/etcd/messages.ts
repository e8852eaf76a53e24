/** etcd's API (etcdserverpb and mvccpb of v3.6), as far as it is served: messages and the tables to read and write them. */
import { field, list, type MessageType } from './wire.ts';

export interface Header {
  cluster_id: bigint;
  member_id: bigint;
  /** Zero where an answer is about no keys. */
  revision: number;
  raft_term: number;
}

export interface KeyValue {
  key: Uint8Array;
  create_revision: number;
  mod_revision: number;
  version: number;
  value: Uint8Array;
  lease: bigint;
}

export interface RangeRequest {
  key: Uint8Array;
  /** Empty: the one key; a zero byte: all keys from `key` on. */
  range_end: Uint8Array;
  limit: number;
  /** Zero: now. */
  revision: number;
  /** 0 none, 1 ascending, 2 descending. */
  sort_order: number;
  /** 0 key, 1 version, 2 create revision, 3 mod revision, 4 value. */
  sort_target: number;
  keys_only: boolean;
  count_only: boolean;
}

export interface RangeResponse {
  header: Header;
  kvs: KeyValue[];
  more: boolean;
  count: number;
}

export interface PutRequest {
  key: Uint8Array;
  value: Uint8Array;
  lease: bigint;
  prev_kv: boolean;
  ignore_value: boolean;
}

export interface PutResponse {
  header: Header;
  prev_kv?: KeyValue;
}

export interface DeleteRangeRequest {
  key: Uint8Array;
  range_end: Uint8Array;
  prev_kv: boolean;
}

export interface DeleteRangeResponse {
  header: Header;
  deleted: number;
  prev_kvs: KeyValue[];
}

export interface CompactionRequest {
  revision: number;
  physical: boolean;
}

export interface StatusResponse {
  header: Header;
  version: string;
  dbSize: number;
  leader: bigint;
  raftIndex: number;
  raftTerm: number;
  raftAppliedIndex: number;
  errors: string[];
  dbSizeInUse: number;
  isLearner: boolean;
  storageVersion: string;
  dbSizeQuota: number;
}

export interface Member {
  ID: bigint;
  name: string;
  peerURLs: string[];
  clientURLs: string[];
  isLearner: boolean;
}

export interface MemberListResponse {
  header: Header;
  members: Member[];
}

export interface HashKVResponse {
  header: Header;
  hash: number;
  compact_revision: number;
  hash_revision: number;
}

export interface SnapshotResponse {
  header: Header;
  remaining_bytes: number;
  blob: Uint8Array;
  version: string;
}

export interface WatchCreateRequest {
  key: Uint8Array;
  range_end: Uint8Array;
  start_revision: number;
  prev_kv: boolean;
}

export interface WatchEvent {
  /** 0 put, 1 delete. */
  type: number;
  kv: KeyValue;
  prev_kv?: KeyValue;
}

export interface WatchResponse {
  header: Header;
  watch_id: number;
  created: boolean;
  canceled: boolean;
  compact_revision: number;
  cancel_reason: string;
  events: WatchEvent[];
}

const header = field(1, {
  cluster_id: field(1, 'id'),
  member_id: field(2, 'id'),
  revision: field(3, 'int'),
  raft_term: field(4, 'int'),
});
/** How a key is written, in messages and in databases. */
export const keyValue: MessageType = {
  key: field(1, 'bytes'),
  create_revision: field(2, 'int'),
  mod_revision: field(3, 'int'),
  version: field(4, 'int'),
  value: field(5, 'bytes'),
  lease: field(6, 'id'),
};
const member: MessageType = {
  ID: field(1, 'id'),
  name: field(2, 'text'),
  peerURLs: list(3, 'text'),
  clientURLs: list(4, 'text'),
  isLearner: field(5, 'bool'),
};
const createWatch: MessageType = {
  key: field(1, 'bytes'),
  range_end: field(2, 'bytes'),
  start_revision: field(3, 'int'),
  prev_kv: field(6, 'bool'),
};

/** A method: its path, and how its messages are written. */
export interface Method {
  path: string;
  request: MessageType;
  response: MessageType;
}

const method = (path: string, request: MessageType, response: MessageType): Method => ({
  path: `/etcdserverpb.${path}`,
  request,
  response: { header, ...response },
});

export const methods = {
  range: method(
    'KV/Range',
    {
      key: field(1, 'bytes'),
      range_end: field(2, 'bytes'),
      limit: field(3, 'int'),
      revision: field(4, 'int'),
      sort_order: field(5, 'int'),
      sort_target: field(6, 'int'),
      keys_only: field(8, 'bool'),
      count_only: field(9, 'bool'),
    },
    { kvs: list(2, keyValue), more: field(3, 'bool'), count: field(4, 'int') },
  ),
  put: method(
    'KV/Put',
    {
      key: field(1, 'bytes'),
      value: field(2, 'bytes'),
      lease: field(3, 'id'),
      prev_kv: field(4, 'bool'),
      ignore_value: field(5, 'bool'),
    },
    { prev_kv: field(2, keyValue) },
  ),
  deleteRange: method(
    'KV/DeleteRange',
    { key: field(1, 'bytes'), range_end: field(2, 'bytes'), prev_kv: field(3, 'bool') },
    { deleted: field(2, 'int'), prev_kvs: list(3, keyValue) },
  ),
  compact: method('KV/Compact', { revision: field(1, 'int'), physical: field(2, 'bool') }, {}),
  memberList: method('Cluster/MemberList', {}, { members: list(2, member) }),
  status: method(
    'Maintenance/Status',
    {},
    {
      version: field(2, 'text'),
      dbSize: field(3, 'int'),
      leader: field(4, 'id'),
      raftIndex: field(5, 'int'),
      raftTerm: field(6, 'int'),
      raftAppliedIndex: field(7, 'int'),
      errors: list(8, 'text'),
      dbSizeInUse: field(9, 'int'),
      isLearner: field(10, 'bool'),
      storageVersion: field(11, 'text'),
      dbSizeQuota: field(12, 'int'),
      downgradeInfo: field(13, {}),
    },
  ),
  alarm: method('Maintenance/Alarm', { action: field(1, 'int') }, {}),
  defragment: method('Maintenance/Defragment', {}, {}),
  hashKv: method(
    'Maintenance/HashKV',
    { revision: field(1, 'int') },
    { hash: field(2, 'int'), compact_revision: field(3, 'int'), hash_revision: field(4, 'int') },
  ),
  snapshot: method(
    'Maintenance/Snapshot',
    {},
    { remaining_bytes: field(2, 'int'), blob: field(3, 'bytes'), version: field(4, 'text') },
  ),
  watch: method(
    'Watch/Watch',
    { create_request: field(1, createWatch), cancel_request: field(2, { watch_id: field(1, 'int') }) },
    {
      watch_id: field(2, 'int'),
      created: field(3, 'bool'),
      canceled: field(4, 'bool'),
      compact_revision: field(5, 'int'),
      cancel_reason: field(6, 'text'),
      events: list(11, { type: field(1, 'int'), kv: field(2, keyValue), prev_kv: field(3, keyValue) }),
    },
  ),
} satisfies Record<string, Method>;

export type MethodName = keyof typeof methods;

/** The status of a call that failed, as gRPC numbers it. */
export const grpcCodes = { deadlineExceeded: 4, outOfRange: 11, unimplemented: 12, internal: 13, unavailable: 14 };
const codeNames: Record<number, string> = {
  1: 'Canceled',
  2: 'Unknown',
  3: 'InvalidArgument',
  4: 'DeadlineExceeded',
  8: 'ResourceExhausted',
  9: 'FailedPrecondition',
  11: 'OutOfRange',
  12: 'Unimplemented',
  13: 'Internal',
  14: 'Unavailable',
};

/** A call that was answered with a status that is not OK. */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }

  /** As grpc-go prints it. */
  get text(): string {
    return `rpc error: code = ${codeNames[this.code] ?? `Code(${this.code})`} desc = ${this.message}`;
  }
}
