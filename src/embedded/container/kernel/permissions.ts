/** What the owner and mode of a file let a process do. */
import type { Caller } from './caller.ts';
import { SysError } from './errno.ts';
import type { DirNode, VNode } from './vfs-node.ts';

const SETGID = 0o2000;
const STICKY = 0o1000;

/** Whether the process may read (4), write (2), execute or search (1) the node. */
export function may(p: Caller, node: VNode, mask: number): boolean {
  if (p.uid === 0) return (mask & 1) === 0 || node.kind === 'dir' || (node.mode & 0o111) !== 0;
  const shift = node.uid === p.uid ? 6 : p.inGroup(node.gid) ? 3 : 0;
  return ((node.mode >> shift) & mask) === mask;
}

/** Throws EACCES unless `may`. */
export function check(p: Caller, node: VNode, mask: number): void {
  if (!may(p, node, mask)) throw new SysError('EACCES');
}

/** Throws EPERM where a sticky folder (`/tmp`) keeps what is others'. */
export function checkSticky(p: Caller, dir: VNode, victim: VNode): void {
  const sticky = (dir.mode & STICKY) !== 0;
  if (sticky && p.uid !== 0 && p.uid !== victim.uid && p.uid !== dir.uid) throw new SysError('EPERM');
}

/** Gives a new node to the process that made it; in a setgid folder its group is the folder's. */
export function own(p: Caller, dir: DirNode, node: VNode): void {
  node.uid = p.uid;
  node.gid = dir.mode & SETGID ? dir.gid : p.gid;
  if (node.kind === 'dir' && dir.mode & SETGID) node.mode |= SETGID;
}
