import { type Bindings, compare, fill } from '../placeholders.ts';

type Json = Record<string, unknown>;

/** What was seen at a moment. */
interface Seen {
  objects: readonly Json[];
  /** Undefined: nobody looked. */
  events: readonly Json[] | undefined;
}

/** What differs between recorded and found objects and events; their order does not count. Binds placeholders. */
export function compareSnapshots(expected: Seen, got: Seen, bindings: Bindings): string[] {
  const shared = sharedBudgets(expected.events ?? []);
  const objects = ({ objects }: Seen) =>
    objects.map((object) => (isOf(object, shared) ? withoutStatus(object) : object));
  const events = ({ events = [] }: Seen) => events.filter((event) => !isOf(event.involvedObject as Json, shared));
  const differences = compareObjects(objects(expected), objects(got), bindings);
  if (!expected.events) return differences;
  return [...differences, ...compareEvents(events(expected), events(got), bindings)];
}

/** Which of several budgets of one Pod is brought up to date is chance, as events about the Pod say: their names. */
function sharedBudgets(events: readonly Json[]): ReadonlySet<string> {
  return new Set(
    events
      .filter(({ reason }) => reason === 'MultiplePodDisruptionBudgets')
      .map(({ message }) => /Chose "([^"]*)"/.exec(String(message))?.[1] ?? ''),
  );
}

/** Whether an object, or a reference to one, is a budget of these names. */
function isOf({ kind, name, metadata }: Json, names: ReadonlySet<string>): boolean {
  return kind === 'PodDisruptionBudget' && names.has(String(name ?? (metadata as Json | undefined)?.name));
}

function withoutStatus({ status: _, ...object }: Json): Json {
  const metadata = object.metadata as { managedFields?: Json[] };
  const managedFields = metadata.managedFields?.filter(({ subresource }) => subresource !== 'status');
  return { ...object, metadata: { ...metadata, managedFields } };
}

function compareObjects(expected: readonly Json[], got: readonly Json[], bindings: Bindings): string[] {
  return match(expected, got, bindings, describeObject, (e, g) => sameShape(e, g));
}

/** Events are a set by reason, message and object; how often one repeats is a matter of timing. */
function compareEvents(expected: readonly Json[], got: readonly Json[], bindings: Bindings): string[] {
  const [wanted, found] = [asSet(expected), asSet(got.map(recordedForm))];
  const [left, right] = withoutTries(wanted, found);
  const shape = (e: Json, g: Json) => e.reason === g.reason;
  return match(left, right, bindings, describeEvent, shape);
}

function asSet(events: readonly Json[]): Json[] {
  const known = new Map<string, Json>();
  for (const { count: _, series: __, ...raw } of events) {
    // Whether a try was one too many for its own entry depends on how many there were.
    if (String(raw.message).startsWith('(combined from similar events)')) continue;
    const { reason, involvedObject } = raw as { reason: string; involvedObject: Json };
    // Which of several budgets is chosen for a Pod is chance, as it says.
    const message = nameless(String(raw.message)).replace(
      /Chose "[^"]*" arbitrarily/,
      'Chose "{{number}}" arbitrarily',
    );
    const key = JSON.stringify([reason, message, involvedObject.uid ?? involvedObject.name]);
    known.set(key, interchangeable(withoutStyle({ ...raw, message })));
  }
  return [...known.values()];
}

/**
 * Between two changes of the cluster a scheduler may or may not have tried a Pod again: why it failed in between is left
 * out if both tried in vain.
 */
function withoutTries(expected: readonly Json[], got: readonly Json[]): [Json[], Json[]] {
  const key = ({ reason, message, involvedObject }: Json) =>
    reason === 'FailedScheduling' ? `${(involvedObject as Json).name} ${message}` : undefined;
  const pod = (event: Json) => (key(event) === undefined ? undefined : (event.involvedObject as Json).name);
  const keys = (events: readonly Json[]) => new Set(events.map(key));
  const [wanted, found] = [keys(expected), keys(got)];
  const common = new Set(expected.filter((event) => found.has(key(event))).map(pod));
  const kept = (others: ReadonlySet<string | undefined>) => (event: Json) =>
    pod(event) === undefined || others.has(key(event)) || !common.has(pod(event));
  return [expected.filter(kept(found)), got.filter(kept(wanted))];
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
  return JSON.parse(text) as Json;
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
