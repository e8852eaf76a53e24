import type { Stored } from '../../kube/meta.ts';

/** Field managers of tools in somebody's hand. Controllers have names of their own, and too many to list. */
const hands = /^(kubectl|curl|python|okhttp|node-fetch|undici|Mozilla|k9s|Lens|kubedrill|kubernetes-client)/i;

/**
 * Who wrote a condition of an object's status by hand (field manager), or undefined. A status is the controllers' to
 * write; `kubectl patch --subresource=status` only says that it is so. Approvals are meant to be written by people.
 */
export function handThatWrote(object: Stored, conditionType: string): string | undefined {
  for (const { manager = '', subresource, fieldsV1 } of object.metadata.managedFields ?? []) {
    if (subresource === 'approval' || !hands.test(manager)) continue;
    const status = (fieldsV1 as Fields | undefined)?.['f:status'];
    const conditions = (status as Fields | undefined)?.['f:conditions'];
    if (!conditions) continue;
    const keys = Object.keys(conditions);
    // A list that is one value has no keys: whoever wrote it wrote all of it.
    const whole = !keys.some((key) => key.startsWith('k:'));
    if (whole || keys.some((key) => key === `k:{"type":${JSON.stringify(conditionType)}}`)) return manager;
  }
  return undefined;
}

/** Who wrote a field of an object's spec by hand (field manager), or undefined. */
export function handThatWroteSpec(object: Stored, field: string): string | undefined {
  for (const { manager = '', fieldsV1 } of object.metadata.managedFields ?? []) {
    const spec = (fieldsV1 as Fields | undefined)?.['f:spec'];
    if (hands.test(manager) && spec && Object.hasOwn(spec, `f:${field}`)) return manager;
  }
  return undefined;
}

type Fields = { [key: string]: Fields | undefined };

/** When an object was last written, as far as its managed fields tell; milliseconds since 1970. */
export function lastWritten(object: Stored): number {
  const times = [object.metadata.creationTimestamp, ...(object.metadata.managedFields ?? []).map((f) => f.time)];
  return Math.max(...times.map((time) => Date.parse(time ?? '') || 0));
}
