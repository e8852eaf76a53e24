import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../kernel/clock.ts';
import { UserError } from '../kernel/errors.ts';
import { scenarioIds } from '../scenario/load.ts';
import { packDigest } from '../scenario/trust.ts';

/** What is no longer as it was in the pack of a folder: a scenario that changed or came, or what joins them. */
export type Change = { folder: string; scenario: string } | { folder: string; pack: true };

interface WatchOptions {
  /** Of packs. */
  folders: readonly string[];
  clock: Clock;
  signal: AbortSignal;
  /** Called one at a time; what changes meanwhile is reported afterwards. */
  onChange(changes: Change[]): Promise<void>;
}

/** How long files must be left alone, milliseconds: editors write in several steps. */
const quiet = 150;

/**
 * Tells what changes in packs, once nothing has been written for a moment. What is as it was is not reported, whatever was
 * written. Never resolves: rejects with the signal's reason, with what `onChange` throws, or with a UserError if a folder
 * cannot be watched.
 */
export function watchPacks({ folders, clock, signal, onChange }: WatchOptions): Promise<never> {
  return new Promise((_, reject) => {
    const watchers: FSWatcher[] = [];
    let timer: Timer | undefined;
    let seen = new Map<string, string>();
    let busy = Promise.resolve();
    const end = (reason: unknown) => {
      timer?.cancel();
      for (const watcher of watchers) watcher.close();
      reject(reason);
    };
    const look = async () => {
      if (signal.aborted) return;
      const now = stateOf(folders);
      const changes = changesBetween(seen, now);
      seen = now;
      if (changes.length > 0) await onChange(changes);
    };
    const noticed = () => {
      timer?.cancel();
      timer = clock.after(quiet, () => {
        busy = busy.then(look);
        busy.catch(end);
      });
    };
    signal.addEventListener('abort', () => end(signal.reason), { once: true });
    try {
      for (const folder of folders) {
        const gone = (cause: unknown) => end(unwatchable(folder, cause));
        watchers.push(watch(folder, { recursive: true }, noticed).on('error', gone));
      }
      seen = stateOf(folders);
    } catch (error) {
      end(error instanceof UserError ? error : unwatchable(folders.join(', '), error));
    }
    if (signal.aborted) end(signal.reason);
  });
}

function unwatchable(folder: string, cause: unknown): UserError {
  return new UserError({ what: `${folder} cannot be watched`, why: (cause as Error).message }, { cause });
}

/** A digest for each scenario and each pack, by the Change that it would be. */
function stateOf(folders: readonly string[]): Map<string, string> {
  const state = new Map<string, string>();
  for (const folder of folders) {
    const key = (change: Change) => JSON.stringify(change);
    const ids = scenariosIn(folder);
    // A scenario that goes is a change of its pack.
    state.set(
      key({ folder, pack: true }),
      JSON.stringify([ids, digestOf(() => fileDigest(join(folder, 'pack.yaml')))]),
    );
    for (const scenario of ids)
      state.set(
        key({ folder, scenario }),
        digestOf(() => packDigest(join(folder, scenario))),
      );
  }
  return state;
}

function scenariosIn(folder: string): string[] {
  try {
    return scenarioIds({ folder, order: [] });
  } catch (cause) {
    throw unwatchable(folder, cause);
  }
}

/** What is just being replaced may not be there: it will be noticed again. */
function digestOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function fileDigest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function changesBetween(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Change[] {
  return [...after].filter(([key, digest]) => before.get(key) !== digest).map(([key]) => JSON.parse(key) as Change);
}
