import type { CheckType, Outcome } from '../../src/checks/types.ts';
import { type FakeViewOptions, fakeView } from './fake-view.ts';

/** Judges a spec as it stands in YAML against a cluster that is written down; also when it wants to look again. */
export async function judge<S>(
  type: CheckType<S>,
  spec: object,
  options: FakeViewOptions,
): Promise<Outcome & { wakes: number[] }> {
  const view = fakeView(options);
  return { ...(await type.evaluate(type.schema.parse(spec), view)), wakes: view.wakes };
}

/** The time when the objects of `fake-view` are looked at, unless said otherwise. */
export const now = Date.parse('2026-01-01T01:00:00Z');

/** A moment before that, as objects tell time. */
export function ago(seconds: number): string {
  return new Date(now - seconds * 1_000).toISOString();
}
