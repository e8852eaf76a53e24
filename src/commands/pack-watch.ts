import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Change, watchPacks } from '../authoring/watch.ts';
import { systemClock } from '../kernel/clock.ts';
import { errorLines, UserError } from '../kernel/errors.ts';
import type { CommandContext } from './command.ts';

/** What to look at: a scenario, all of a pack, or with `pack` what only its pack.yaml and the names in it may have changed. */
export interface Target {
  folder: string;
  scenario?: string;
  pack?: true;
}

/**
 * Looks at packs, or only at some scenarios of them, and again at what changes, until Ctrl-C; each time at one after the other,
 * knowing what else there is to look at. What a person can mend is reported, and looked at again with the next change.
 */
export async function watching(
  { services, print, note }: Pick<CommandContext, 'services' | 'print' | 'note'>,
  folders: readonly string[],
  only: readonly string[] | undefined,
  look: (target: Target, round: readonly Target[]) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([services.signal, over.signal]);
  let failed: Target[] = [];
  const lookAt = async (targets: readonly Target[]) => {
    failed = [];
    for (const target of targets) {
      try {
        await look(target, targets);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof UserError)) throw error;
        print(errorLines(error.text).join('\n'));
        failed.push(target);
      }
    }
    note('waiting for changes; Ctrl-C ends it');
  };
  const within = (target: Target): Target[] =>
    target.scenario || !only ? [target] : only.map((scenario) => ({ ...target, scenario }));
  const again = async (changes: readonly Change[]) => {
    const wanted = changes.filter((change) => !('scenario' in change) || !only || only.includes(change.scenario));
    if (wanted.length === 0) return;
    print(`\n${wanted.map(nameOf).join(', ')} changed`);
    const targets = wanted.flatMap(within);
    const more = failed.filter((old) => !targets.some((target) => isDeepStrictEqual(target, old)));
    await lookAt([...targets, ...more]);
  };
  try {
    let first = Promise.resolve();
    const onChange = (changes: Change[]) => first.then(() => again(changes));
    const changed = watchPacks({ folders, clock: systemClock, signal, onChange });
    first = lookAt(folders.flatMap((folder) => within({ folder })));
    await Promise.all([changed, first]);
  } finally {
    over.abort();
  }
}

function nameOf(change: Change): string {
  return join(basename(change.folder), 'scenario' in change ? change.scenario : 'pack.yaml');
}
