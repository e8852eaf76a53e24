import { type Bindings, compare, fill } from '../placeholders.ts';

type Json = Record<string, unknown>;

/** What differs between recorded and found objects; their order does not count. Binds placeholders. */
export function compareObjects(expected: readonly Json[], got: readonly Json[], bindings: Bindings): string[] {
  return match(expected, got, bindings, describeObject, (e, g) => sameShape(e, g));
}

/** Events are a set by reason, message and object; how often one repeats is a matter of timing. */
export function compareEvents(expected: readonly Json[], got: readonly Json[], bindings: Bindings): string[] {
  const shape = (e: Json, g: Json) => e.reason === g.reason;
  return match(asSet(expected), asSet(got.map(recordedForm)), bindings, describeEvent, shape);
}

function asSet(events: readonly Json[]): Json[] {
  const known = new Map<string, Json>();
  for (const { count: _, ...raw } of events) {
    // Whether a try was one too many for its own entry depends on how many there were.
    if (String(raw.message).startsWith('(combined from similar events)')) continue;
    const { reason, message, involvedObject } = raw as { reason: string; message: string; involvedObject: Json };
    const key = JSON.stringify([reason, nameless(message), involvedObject.uid ?? involvedObject.name]);
    known.set(key, interchangeable(withoutStyle(raw)));
  }
  return [...known.values()];
}

/** The names of Pods that were refused are gone with them. */
function nameless(text: string): string {
  return text.replaceAll(/(pods \\*"[a-z0-9-]+-)[a-z0-9]{5}(\\*" is forbidden)/g, '$1{{number}}$2');
}

/** Where events.k8s.io is refused to the scheduler it falls back to core events, as in the recorded kind cluster. */
function withoutStyle(event: Json): Json {
  if (event.reportingComponent !== 'default-scheduler') return event;
  const { action: _, hasEventTime: __, source: ___, ...same } = event;
  return same;
}

/** Which of several equal Pods an event is about is chance. */
function interchangeable(event: Json): Json {
  const { kind } = event.involvedObject as { kind?: string };
  const text = JSON.stringify(event).replaceAll(/\{\{suffix:\d+\}\}/g, '{{number}}');
  return JSON.parse(kind === 'Pod' ? text.replaceAll(/\{\{uid:\d+\}\}/g, '{{number}}') : text) as Json;
}

function match(
  expected: readonly Json[],
  got: readonly Json[],
  bindings: Bindings,
  describe: (object: Json) => string,
  fits: (expected: Json, got: Json) => boolean,
): string[] {
  const left = got.map((object) => normalize(object));
  const differences: string[] = [];
  for (const raw of expected) {
    const wanted = normalize(raw);
    forgetGone(wanted, left, bindings);
    let best: { index: number; differences: string[]; bindings: Bindings } | undefined;
    for (const [index, candidate] of left.entries()) {
      if (!fits(wanted, candidate)) continue;
      const own = new Map(bindings);
      // The first pass binds what the second one finds in places before.
      compare(wanted, candidate, own, '', []);
      const found: string[] = [];
      compare(wanted, candidate, own, '', found);
      if (!best || found.length < best.differences.length) best = { index, differences: found, bindings: own };
    }
    if (!best) {
      differences.push(`${describe(raw)}: missing`);
      continue;
    }
    left.splice(best.index, 1);
    for (const [key, value] of best.bindings) bindings.set(key, value);
    differences.push(...best.differences.map((text) => `${describe(raw)}${text}`));
  }
  return [...differences, ...left.map((object) => `${describe(object)}: not expected`)];
}

/**
 * Which of several equal objects was deleted meanwhile is chance: a generated name that is bound to one of them, while
 * another one is left, is bound anew.
 */
function forgetGone(expected: Json, candidates: readonly Json[], bindings: Bindings): void {
  const name = String((expected.metadata as Json | undefined)?.name ?? '');
  if (!/\{\{suffix:\d+\}\}$/.test(name)) return;
  const bound = fill(name, bindings);
  if (bound.includes('{{') || candidates.some((c) => (c.metadata as Json | undefined)?.name === bound)) return;
  const own = JSON.stringify([name, expected.metadata, expected.spec, expected.status]);
  const owners = JSON.stringify((expected.metadata as Json).ownerReferences ?? '');
  for (const [placeholder] of own.matchAll(/\{\{(suffix|uid|rv|ip):\d+\}\}/g)) {
    if (!owners.includes(placeholder)) bindings.delete(placeholder);
  }
}

function sameShape(expected: Json, got: Json): boolean {
  const meta = (object: Json) => (object.metadata ?? {}) as { name?: string; generateName?: string };
  if (expected.kind !== got.kind) return false;
  const [e, g] = [meta(expected), meta(got)];
  if (e.generateName?.includes('{{') || e.name?.includes('{{minute')) return true;
  return e.generateName === g.generateName && (e.name?.includes('{{') === true || e.name === g.name);
}

const nodeNames = /node-[12]/g;

/** Which node a Pod landed on is the scheduler's choice among equals. */
function normalize(object: Json): Json {
  let text = nameless(JSON.stringify(object));
  if (object.kind !== 'Node') {
    text = text
      .replaceAll(nodeNames, 'node-x')
      .replaceAll(/"topology.kubernetes.io\/zone":"[ab]"/g, '"topology.kubernetes.io/zone":"z"')
      .replaceAll(/"zone":"[ab]"/g, '"zone":"z"');
  }
  const copy = JSON.parse(text) as Json & { metadata?: { managedFields?: Json[] }; endpoints?: Json[] };
  // Entries of the same second have no order.
  const entryKey = ({ manager, operation, subresource }: Json) => `${manager} ${operation} ${subresource}`;
  copy.metadata?.managedFields?.sort((a, b) => (entryKey(a) < entryKey(b) ? -1 : 1));
  return copy;
}

function describeObject({ kind, metadata }: Json): string {
  return `${kind} ${(metadata as { name?: string } | undefined)?.name}`;
}

function describeEvent({ reason, message, involvedObject }: Json): string {
  return `event ${reason} of ${(involvedObject as { name?: string }).name} (${message})`;
}

/** An Event as the recordings keep it. */
function recordedForm(event: Json): Json {
  const { action, count, eventTime, involvedObject, message, reason, reportingComponent, source, type } = event;
  const { resourceVersion: _, ...involved } = involvedObject as Json;
  const from = source as Json | undefined;
  return {
    ...(action !== undefined && { action }),
    ...(count !== undefined && { count }),
    ...(eventTime !== null && eventTime !== undefined && { hasEventTime: true }),
    involvedObject: involved,
    message,
    reason,
    ...(reportingComponent !== '' && { reportingComponent }),
    ...(from && Object.keys(from).length > 0 && { source: from }),
    type,
  };
}
