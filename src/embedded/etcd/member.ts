/** Who an etcd server is: ids follow from its addresses, as etcd derives them. */
import { createHash } from 'node:crypto';

export interface Membership {
  clusterId: bigint;
  memberId: bigint;
  name: string;
  peerUrls: readonly string[];
}

const sha = (data: Uint8Array | string) => createHash('sha1').update(data).digest().readBigUInt64BE(0);

/** The one member of a new cluster (membership.NewMember and genID of etcd). `token` is --initial-cluster-token. */
export function newMember(name: string, peerUrls: readonly string[], token = 'etcd-cluster'): Membership {
  const memberId = sha([...peerUrls].sort().join('') + token);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(memberId);
  return { memberId, clusterId: sha(bytes), name, peerUrls };
}
