/** etcd as its process asks for it: opening a data directory, and every call of its API. */
import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ResourceDefinition } from '../definition.ts';
import type { EtcdAnswer, EtcdOpened, EtcdQuestion } from '../node-api.ts';
import { RevisionExpired, type Store, type StoreContent } from '../store/store.ts';
import { DataDirectories } from './data.ts';
import { type Database, DatabaseError, decodeDatabase, encodeDatabase, withHash } from './database.ts';
import { compacted, future, Keyspace } from './keyspace.ts';
import { type Membership, newMember } from './member.ts';
import {
  type CompactionRequest,
  type DeleteRangeRequest,
  type HashKVResponse,
  type Header,
  type KeyValue,
  type MemberListResponse,
  type MethodName,
  type PutRequest,
  type RangeRequest,
  RpcError,
  type StatusResponse,
  type WatchCreateRequest,
} from './messages.ts';
import { ValueError } from './values.ts';

export const etcdVersion = '3.6.6';
export const storageVersion = '3.6.0';
const quota = 2 * 1024 ** 3;
/** What a new member writes to its log before the first key. */
const firstIndex = 13;

export interface EtcdOptions {
  store: Store;
  /** The resources that are served at the moment. */
  definitions(): readonly ResourceDefinition[];
  /** The cluster's folder; undefined: in memory. */
  folder?: string;
  /** Of the member that kubeadm created. */
  name: string;
  peerUrl: string;
}

export class EtcdBackend {
  readonly #store: Store;
  readonly #keyspace: Keyspace;
  readonly data: DataDirectories;
  #clientUrls: readonly string[] = [];

  constructor({ store, definitions, folder, name, peerUrl }: EtcdOptions) {
    this.#store = store;
    this.#keyspace = new Keyspace(store, definitions);
    this.data = new DataDirectories(folder, { path: '/var/lib/etcd', membership: newMember(name, [peerUrl]) });
  }

  async answer(question: EtcdQuestion): Promise<EtcdOpened | EtcdAnswer> {
    switch (question.op) {
      case 'open':
        return this.#open(question);
      case 'close':
        return this.#close(question.id);
      case 'call':
        return this.#call(question.method as MethodName, question.request);
    }
  }

  /** All that the store holds, as a database. */
  #database(membership: Membership = this.data.live.membership): Uint8Array {
    return encodeDatabase({ revision: this.#store.revision, membership, kvs: this.#keyspace.all() });
  }

  #open({ claim, path, database, member }: Extract<EtcdQuestion, { op: 'open' }>): EtcdOpened {
    this.#clientUrls = member.clientUrls;
    if (!claim || !this.data.isLive(claim)) {
      const parked = claim && this.data.parked(claim);
      const found = parked?.database ?? database;
      // First without the database: most of the time it is not needed.
      if (found === undefined && claim) return { kind: 'database wanted' };
      let read: Database | undefined;
      let content: StoreContent = { revision: 1, objects: [] };
      try {
        read = found && decodeDatabase(found);
        if (read) content = this.#keyspace.contentOf(read);
      } catch (error) {
        if (!(error instanceof DatabaseError || error instanceof ValueError)) throw error;
        return { kind: 'damaged', message: error.message };
      }
      const membership = read?.membership ?? newMember(member.name, member.peerUrls, member.token);
      this.data.switchTo(parked?.data ?? { id: randomUUID(), epoch: 0, term: 1, membership }, this.#database());
      this.#store.replace(content);
    }
    const { id, epoch, membership } = this.data.begin(path);
    // A member takes the name that it is started with; its addresses among peers are those that it was made with.
    membership.name = member.name;
    return { kind: 'opened', claim: { id, epoch } };
  }

  /** What the directory holds when etcd ends. */
  #close(id: string): EtcdOpened {
    const { live } = this.data;
    if (live.id !== id) return { kind: 'another' };
    return { kind: 'closed', claim: { id, epoch: live.epoch }, database: this.#database() };
  }

  #call(method: MethodName, request: object): EtcdAnswer {
    try {
      return { kind: 'response', response: this.#respond(method, request) };
    } catch (error) {
      if (error instanceof RevisionExpired) return this.#call('compact', { revision: 0 });
      if (!(error instanceof RpcError)) throw error;
      return { kind: 'error', code: error.code, message: error.message };
    }
  }

  #respond(method: MethodName, request: object): object {
    switch (method) {
      case 'range':
        return this.#answered(this.#keyspace.range(request as RangeRequest));
      case 'put':
        return this.#answered(this.#keyspace.put(request as PutRequest));
      case 'deleteRange':
        return this.#answered(this.#keyspace.delete(request as DeleteRangeRequest));
      case 'compact':
        this.#keyspace.compact((request as CompactionRequest).revision);
        return this.#answered({});
      case 'memberList':
        return this.#members();
      case 'status':
        return this.#status();
      case 'alarm':
        return this.#answered({});
      case 'defragment':
        return { header: { ...this.#header(), revision: 0 } };
      case 'hashKv':
        return this.#hash((request as { revision: number }).revision);
      case 'snapshot':
        return this.#answered({ blob: withHash(this.#database()), version: storageVersion });
      case 'watch': {
        const { start_revision: from } = request as WatchCreateRequest;
        const range = request as WatchCreateRequest;
        // In one turn: what is written later is after this header's revision.
        return this.#answered({ events: from > this.#store.revision ? [] : this.#keyspace.events(range, from) });
      }
    }
  }

  #header(): Header {
    const { membership, term } = this.data.live;
    const { clusterId, memberId } = membership;
    return { cluster_id: clusterId, member_id: memberId, revision: this.#store.revision, raft_term: term };
  }

  #answered<T extends object>(rest: T): T & { header: Header } {
    return { header: this.#header(), ...rest };
  }

  #members(): MemberListResponse {
    const { memberId, name, peerUrls } = this.data.live.membership;
    const member = { ID: memberId, name, peerURLs: [...peerUrls], clientURLs: [...this.#clientUrls], isLearner: false };
    return { header: { ...this.#header(), revision: 0 }, members: [member] };
  }

  #status(): StatusResponse {
    const { term, membership } = this.data.live;
    const size = this.#database().length;
    const index = this.#store.revision + firstIndex;
    return this.#answered({
      ...{ version: etcdVersion, storageVersion, dbSize: size, dbSizeInUse: size, dbSizeQuota: quota },
      ...{ leader: membership.memberId, raftIndex: index, raftAppliedIndex: index, raftTerm: term },
      ...{ errors: [], isLearner: false },
    });
  }

  #hash(wanted: number): HashKVResponse {
    const revision = wanted || this.#store.revision;
    if (revision > this.#store.revision) throw future();
    if (revision < this.#store.compacted) throw compacted();
    const all = { key: Buffer.from([0]), range_end: Buffer.from([0]), revision };
    const none = { limit: 0, sort_order: 0, sort_target: 0, keys_only: false, count_only: false };
    const { kvs } = this.#keyspace.range({ ...all, ...none });
    const hash = kvs.reduce((sum, { key, value }: KeyValue) => crc32(value, crc32(key, sum)), 0);
    return this.#answered({ hash, compact_revision: this.#store.compacted, hash_revision: revision });
  }
}
