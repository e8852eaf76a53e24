import { canI } from './can-i.ts';
import { condition } from './condition.ts';
import { connectivity } from './connectivity.ts';
import { dns } from './dns.ts';
import { event } from './event.ts';
import { exec } from './exec.ts';
import { fileAnswer } from './file-answer.ts';
import { helmRelease } from './helm-release.ts';
import { leastPrivilege } from './least-privilege.ts';
import { metric } from './metric.ts';
import { nodeState } from './node-state.ts';
import { podLogs } from './pod-logs.ts';
import { resource } from './resource.ts';
import { rollout } from './rollout.ts';
import { scheduled } from './scheduled.ts';
import type { CheckType } from './types.ts';
import { unchanged } from './unchanged.ts';

/** Every check type, by its key in YAML. A new one is a file and a line here. */
export const checkTypes: ReadonlyMap<string, CheckType> = new Map(
  [
    podLogs,
    canI,
    leastPrivilege,
    resource,
    rollout,
    condition,
    event,
    connectivity,
    exec,
    dns,
    fileAnswer,
    unchanged,
    scheduled,
    metric,
    helmRelease,
    nodeState,
  ].map((type) => [type.type, type as CheckType]),
);

/** The type of a parsed check. */
export function typeOfCheck(check: { type: string }): CheckType {
  const type = checkTypes.get(check.type);
  if (!type) throw new Error(`no check type ${check.type}`);
  return type;
}

/** How often what a parsed check looks at says something new, milliseconds; 0: whenever it changes. */
export function periodOf(check: { type: string; spec: unknown }): number {
  return typeOfCheck(check).period?.(check.spec) ?? 0;
}
