/** What is in a data directory. */
import type { DataClaim } from '../node-api.ts';

export const databaseFile = 'member/snap/db';
/** Begins with the claim to what the cluster's store holds. */
export const walFile = 'member/wal/0000000000000000-0000000000000000.wal';

const magic = 'kubedrill etcd data ';

export function claimText({ id, epoch }: DataClaim): string {
  return `${magic}${id} ${epoch}\n`;
}

/** Undefined: there is none, as in a directory that was just restored. */
export function readClaim(text: string): DataClaim | undefined {
  const [, id, epoch] = /^kubedrill etcd data (\S+) (\d+)\n/.exec(text) ?? [];
  return id === undefined ? undefined : { id, epoch: Number(epoch) };
}
