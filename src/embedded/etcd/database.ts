/**
 * The file of a database, `member/snap/db`: a page with a header in JSON, then a KeyValue message a key behind its
 * length, filled up to whole pages. A snapshot is such a file with the SHA-256 of all of it behind, as etcd's are.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Membership } from './member.ts';
import { type KeyValue, keyValue } from './messages.ts';
import { decode, encode } from './wire.ts';

const pageSize = 4096;
const hashSize = 32;
const magic = 'kubedrill etcd database 1\n';

/** What a database holds at one revision. */
export interface Database {
  revision: number;
  membership: Membership;
  kvs: readonly KeyValue[];
}

interface HeaderPage {
  revision: number;
  keys: number;
  /** Bytes of the records. */
  length: number;
  /** CRC-32 of the records. */
  sum: number;
  clusterId: string;
  memberId: string;
  name: string;
  peerUrls: readonly string[];
}

/** Not a database, or a damaged one; the message is etcdutl's. */
export class DatabaseError extends Error {}

/** The bytes of a database. */
export function encodeDatabase({ revision, membership, kvs }: Database): Uint8Array {
  const records: Uint8Array[] = [];
  for (const kv of kvs) {
    const record = encode(keyValue, kv);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(record.length);
    records.push(length, record);
  }
  const body = Buffer.concat(records);
  const { clusterId, memberId, name, peerUrls } = membership;
  const header: HeaderPage = {
    ...{ revision, keys: kvs.length, length: body.length, sum: crc32(body) },
    ...{ clusterId: clusterId.toString(16), memberId: memberId.toString(16), name, peerUrls },
  };
  const text = Buffer.from(`${magic}${JSON.stringify(header)}\n`);
  return Buffer.concat([pages(text), pages(body)]);
}

function pages(content: Uint8Array): Uint8Array {
  const padded = Buffer.alloc(Math.ceil(content.length / pageSize) * pageSize);
  padded.set(content);
  return padded;
}

/** The bytes of a snapshot of a database. */
export function withHash(database: Uint8Array): Uint8Array {
  return Buffer.concat([database, sha256(database)]);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** A snapshot apart: the database, the hash behind it if there is one, and the one that it should be. */
export function splitHash(file: Uint8Array): { database: Uint8Array; hash?: Uint8Array; expected: Uint8Array } {
  // What is not whole pages has a hash behind it: etcd's own rule.
  const hashed = file.length % 512 === hashSize;
  const database = hashed ? file.subarray(0, file.length - hashSize) : file;
  return { database, ...(hashed && { hash: file.subarray(file.length - hashSize) }), expected: sha256(database) };
}

/** Throws a DatabaseError. */
export function decodeDatabase(file: Uint8Array): Database {
  const { header, body } = check(file);
  const kvs: KeyValue[] = [];
  for (let at = 0; at < body.length; ) {
    const length = Buffer.from(body.buffer, body.byteOffset + at, 4).readUInt32BE();
    kvs.push(decode<KeyValue>(keyValue, body.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  const { revision, name, peerUrls } = header;
  const membership = { clusterId: id(header.clusterId), memberId: id(header.memberId), name, peerUrls };
  return { revision, membership, kvs };
}

const id = (hex: string) => BigInt(`0x${hex}`);

/** What etcdutl tells of a file. Throws a DatabaseError. */
export function statusOf(file: Uint8Array): { hash: number; revision: number; keys: number; size: number } {
  const { database } = splitHash(file);
  const { header } = check(database);
  return { hash: crc32(database), revision: header.revision, keys: header.keys, size: database.length };
}

function check(file: Uint8Array): { header: HeaderPage; body: Uint8Array } {
  const text = Buffer.from(file.subarray(0, pageSize)).toString('utf8');
  if (!text.startsWith(magic)) throw new DatabaseError('invalid database');
  let header: HeaderPage;
  try {
    header = JSON.parse(text.slice(magic.length, text.indexOf('\n', magic.length)));
  } catch {
    throw new DatabaseError('invalid database');
  }
  const body = file.subarray(pageSize, pageSize + header.length);
  const errors = [
    ...(body.length < header.length ? [`page ${Math.floor(file.length / pageSize)}: unreachable unfreed`] : []),
    ...(body.length === header.length && crc32(body) !== header.sum
      ? ['page 1: checksum of the keys does not fit']
      : []),
  ];
  if (errors.length > 0) {
    throw new DatabaseError(
      `snapshot file integrity check failed. ${errors.length} errors found.\n${errors.join('\n')}`,
    );
  }
  return { header, body };
}
