import { isSysError } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';

function field(p: Process, file: string, by: number, value: string, wanted: number): string | undefined {
  try {
    for (const line of p.vfs.readText(p, file).split('\n')) {
      const fields = line.split(':');
      if (fields[by] === value) return fields[wanted];
    }
  } catch (error) {
    if (!isSysError(error)) throw error;
  }
  return undefined;
}

export function userName(p: Process, uid: number): string | undefined {
  return field(p, '/etc/passwd', 2, String(uid), 0);
}

export function groupName(p: Process, gid: number): string | undefined {
  return field(p, '/etc/group', 2, String(gid), 0);
}

/** A user's number by name or number. */
export function userId(p: Process, name: string): number | undefined {
  const found = field(p, '/etc/passwd', 0, name, 2);
  if (found !== undefined) return Number(found);
  return /^\d+$/.test(name) ? Number(name) : undefined;
}

export function groupId(p: Process, name: string): number | undefined {
  const found = field(p, '/etc/group', 0, name, 2);
  if (found !== undefined) return Number(found);
  return /^\d+$/.test(name) ? Number(name) : undefined;
}

/** The group and home that /etc/passwd gives a user. */
export function accountOf(p: Process, uid: number): { gid: number; home: string } | undefined {
  const gid = field(p, '/etc/passwd', 2, String(uid), 3);
  if (gid === undefined) return undefined;
  return { gid: Number(gid), home: field(p, '/etc/passwd', 2, String(uid), 5) ?? '/' };
}

/**
 * As the entrypoints of servers' images do: root gives the folder of the data to the server's user, and becomes it. False:
 * somebody else runs the program, who stays. Throws SysError.
 */
export function becomeUser(p: Process, name: string, folder: string): boolean {
  if (p.uid !== 0) return false;
  const uid = userId(p, name) ?? 999;
  p.vfs.chown(p, folder, uid, uid);
  p.uid = uid;
  p.gid = uid;
  p.groups = [];
  return true;
}
