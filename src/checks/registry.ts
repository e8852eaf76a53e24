import { canI } from './access/can-i.ts';
import { leastPrivilege } from './access/least-privilege.ts';
import { fileAnswer } from './answers/file-answer.ts';
import { connectivity } from './network/connectivity.ts';
import { dns } from './network/dns.ts';
import { condition } from './objects/condition.ts';
import { event } from './objects/event.ts';
import { helmRelease } from './objects/helm-release.ts';
import { nodeState } from './objects/node-state.ts';
import { resource } from './objects/resource.ts';
import { unchanged } from './objects/unchanged.ts';
import type { CheckType } from './types.ts';
import { exec } from './workloads/exec.ts';
import { metric } from './workloads/metric.ts';
import { podLogs } from './workloads/pod-logs.ts';
import { rollout } from './workloads/rollout.ts';
import { scheduled } from './workloads/scheduled.ts';

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
