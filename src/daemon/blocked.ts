import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { clusterFolders } from '../cluster/record.ts';
import { markClusterSetAside } from '../embedded/host.ts';
import type { ErrorText } from '../kernel/errors.ts';
import { readTextIfThere } from '../kernel/files.ts';
import { markSetAside } from '../session/set-aside.ts';
import type { Blocked } from './watchdog.ts';

const name = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
const blockedSchema: z.ZodType<Blocked> = z.object({
  seconds: z.number(),
  at: z.number(),
  work: z.union([z.object({ attempt: name }), z.object({ cluster: name }), z.object({ call: z.string() })]).optional(),
  stack: z.array(z.string()),
});

export interface SetAsideOptions {
  /** What the watchdog of an earlier daemon wrote, if it did. */
  file: string;
  /** kubedrill's state folder. */
  state: string;
  log(line: string): void;
}

/** Sets aside what blocked an earlier daemon, an attempt or a cluster: taken up, it would block this one as well. */
export async function setAsideBlocked({ file, state, log }: SetAsideOptions): Promise<void> {
  const text = await readTextIfThere(file);
  if (text === undefined) return;
  try {
    const { work, seconds, stack } = blockedSchema.parse(JSON.parse(text));
    const where = stack[0] === undefined ? '' : `, in ${stack[0].replace(/ \(.*/, '')}`;
    const why = `it kept the daemon from answering for ${seconds} s${where}, and the daemon was ended`;
    if (work && 'attempt' in work) await setAttemptAside(join(state, 'attempts', work.attempt), work.attempt, why);
    else if (work && 'cluster' in work) {
      await markClusterSetAside(join(state, clusterFolders.embedded, work.cluster), why);
    } else log(`an earlier daemon was blocked, by nothing that can be set aside: ${text}`);
  } catch (error) {
    log(`what blocked an earlier daemon is not known: ${(error as Error).message}: ${text}`);
  }
  await rm(file, { force: true });
}

function setAttemptAside(folder: string, id: string, why: string): Promise<void> {
  const reason: ErrorText = {
    what: `the attempt ${id} is set aside`,
    why,
    next: `kubedrill stop --attempt ${id} ends it, and its report stays; kubedrill reset --attempt ${id} tries it once more`,
  };
  return markSetAside(folder, reason);
}
