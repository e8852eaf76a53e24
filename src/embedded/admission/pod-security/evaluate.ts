import type { ObjectMeta, PodSpec } from '../../../kube/api.gen.ts';
import { baselineChecks } from './baseline.ts';
import type { Check, Violation } from './check.ts';
import { type LevelVersion, minorOf } from './policy.ts';
import { restrictedChecks } from './restricted.ts';

/** All rules of the level that the Pod breaks, baseline rules first. */
export function evaluate(levelVersion: LevelVersion, metadata: ObjectMeta, spec: PodSpec): Violation[] {
  const minor = minorOf(levelVersion.version);
  return checksOf(levelVersion.level, minor).flatMap((check) => check.check(spec, metadata, minor) ?? []);
}

function checksOf(level: LevelVersion['level'], minor: number): Check[] {
  if (level === 'privileged') return [];
  const inForce = (check: Check) => (check.since ?? 0) <= minor;
  const baseline = baselineChecks.filter(inForce);
  if (level === 'baseline') return baseline;
  const restricted = restrictedChecks.filter(inForce);
  const replaced = new Set(restricted.flatMap((check) => check.overrides ?? []));
  return [...baseline.filter((check) => !replaced.has(check.id)), ...restricted];
}

/** `reason (detail), reason (detail)` */
export function describeViolations(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ');
}
