import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { isAlive, ownIdentity } from '../cluster/record.ts';
import { replaceFile } from '../kernel/files.ts';
import type { Paths } from '../kernel/paths.ts';

const recordSchema = z.object({
  pid: z.int().positive(),
  /** When the process started, as `ProcessIdentity` has it. */
  started: z.string(),
  build: z.string(),
});

/** Which process is the daemon of a state folder: it is known by this even if it does not answer. */
export type DaemonRecord = z.infer<typeof recordSchema>;

const fileOf = (paths: Pick<Paths, 'state'>) => join(paths.state, 'daemon.json');

/** Says that this process is the daemon. */
export async function writeDaemonRecord(paths: Pick<Paths, 'state'>, build: string): Promise<void> {
  await replaceFile(fileOf(paths), JSON.stringify({ ...(await ownIdentity()), build }));
}

/** The daemon's record; undefined: there is none, it can't be read, or that process has ended. */
export async function readDaemonRecord(paths: Pick<Paths, 'state'>): Promise<DaemonRecord | undefined> {
  let text: string;
  try {
    text = await readFile(fileOf(paths), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = recordSchema.safeParse(jsonOf(text));
  return parsed.success && (await isAlive(parsed.data)) ? parsed.data : undefined;
}

/** The daemon has ended. The record of a successor stays. */
export async function removeDaemonRecord(paths: Pick<Paths, 'state'>): Promise<void> {
  const record = await readDaemonRecord(paths);
  if (record?.pid === process.pid) await rm(fileOf(paths), { force: true });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A crash while it was written; the schema refuses it.
    return undefined;
  }
}
