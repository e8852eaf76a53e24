import { join } from 'node:path';
import { UserError } from '../kernel/errors.ts';
import { ownValue } from '../kernel/own.ts';
import { proofDigest, readResults } from '../scenario/results.ts';
import type { Scenario } from '../scenario/types.ts';
import type { AttemptEvent } from './events.ts';
import { lastTry, type Statistics } from './statistics.ts';

/** Something that took time on the way. */
export interface TimeCost {
  what: string;
  /** Milliseconds of work. */
  cost: number;
}

/**
 * A solved try beside what it could have been. What was only looked at is in no log: the cluster's feed tells of changes,
 * of the learner's as of the reference's.
 */
export interface Comparison {
  /** Milliseconds of work, what an exam gives for it, and the best of all tries, this one included. */
  time: { worked: number; exam: number; best: number };
  /** How often each kind was changed, `~ Role` or `+ Service`; the reference's if it is known. */
  changes: { own: Record<string, number>; reference?: Record<string, number> };
  /** Of what was changed: kinds of objects that the reference leaves alone. */
  elsewhere: string[];
  /** What cost most, the longest first. */
  costs: TimeCost[];
}

/** Shorter ones are no pause, milliseconds. */
const shortestPause = 60_000;

/** So many of what cost time are told. */
const mostCosts = 4;

/**
 * Compares the last try of an attempt; undefined if it is not solved. `best`: milliseconds of the fastest try so far;
 * `reference`: what the reference solution changes, as `referenceOf` reads it.
 */
export function comparisonOf(
  events: readonly AttemptEvent[],
  minutes: number,
  statistics: Statistics,
  { best, reference }: { best?: number | undefined; reference?: readonly string[] | undefined } = {},
): Comparison | undefined {
  const { times, setbacks, detours, losses } = statistics;
  if (times.solved === undefined) return undefined;
  const changes = lastTry(events).tried.flatMap(({ at, event }) =>
    event.type === 'activity' ? [{ at, ...event.activity }] : [],
  );
  const known = new Set(reference?.map(kindOf));
  const own = changes.map(({ change, kind }) => `${change} ${kind}`);
  const costs = [
    ...(times.change === undefined ? [] : [{ what: 'until the first change', cost: times.change }]),
    ...pauses(changes, times.solved),
    ...setbacks.flatMap(({ check, lasted }) => (lasted ? [{ what: `${check} was lost again`, cost: lasted }] : [])),
    ...[...detours, ...losses].flatMap(({ kind, what, cost }) =>
      // What an earlier try took is no part of this one, and being late is the sum of the rest.
      cost === undefined || kind === 'reset' || kind === 'overtime' ? [] : [{ what, cost }],
    ),
  ];
  return {
    time: { worked: times.solved, exam: minutes * 60_000, best: Math.min(best ?? times.solved, times.solved) },
    changes: { own: tally(own), ...(reference && { reference: tally(reference) }) },
    elsewhere: reference ? [...new Set(changes.map(({ kind }) => kind))].filter((kind) => !known.has(kind)) : [],
    costs: costs.sort((a, b) => b.cost - a.cost).slice(0, mostCosts),
  };
}

/** Time between two changes, and between the last one and the end, in which nothing was changed. */
function pauses(changes: readonly { at: number; kind: string; name: string }[], end: number): TimeCost[] {
  return changes.flatMap(({ at, kind, name }, index) => {
    const next = changes[index + 1]?.at ?? end;
    return next - at < shortestPause ? [] : [{ what: `nothing was changed after ${kind} ${name}`, cost: next - at }];
  });
}

function tally(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(texts, (text) => text)].map(([text, all]) => [text, all.length]));
}

function kindOf(change: string): string {
  return change.slice(2);
}

/**
 * What the reference solution changes, as `pack verify --results` has seen it on the embedded cluster: `~ Role`, one for
 * each object. Undefined where that is not written down beside the pack, or of a scenario that was another then.
 */
export function referenceOf({ id, folder, pack }: Pick<Scenario, 'id' | 'folder' | 'pack'>): string[] | undefined {
  try {
    const { scenarios } = readResults(join(pack.folder, '..', 'results.json'));
    const result = ownValue(scenarios, `${pack.id}/${id}`)?.embedded;
    return result?.digest === proofDigest(folder) ? result.reference : undefined;
  } catch (error) {
    // Whatever else lies beside a pack is none of its results.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
