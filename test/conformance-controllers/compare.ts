/** Compares what a cluster has with what was recorded: placeholders, times, addresses and generated names aside. */

/** Suffixes of generated names, and minutes in names of CronJobs' Jobs. */
const suffix = /-(?:[bcdfghjklmnpqrstvwxz2456789]{5}|\{\{suffix:\d+\}\})(?![a-z0-9-])/g;
const minutes = /-\d{8}(?!\d)/g;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\{\{uid:\d+\}\}/g;
const time = /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)|\{\{(?:micro)?time\}\})$/;
const address = /\b10\.(?:244|96|97|98|99|1[01]\d)\.\d+\.\d+\b|\{\{clusterIP:\d+\}\}/g;

/** What differs from run to run, also on a real cluster. */
const ignored = new Set(['resourceVersion', 'managedFields', 'generateName', 'selfLink']);

/** Lists whose order follows generated names and addresses. */
const unordered = new Set(['endpoints', 'addresses', 'notReadyAddresses']);
/** Of equal nodes the scheduler takes any. */
const node = /\bnode-[12]\b/g;

export function normalise(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const list = value.map((v) => normalise(v, key));
    return unordered.has(key) ? list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : list;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([k, v]) => !ignored.has(k) && v !== undefined);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, normalise(v, k)]));
  }
  if (typeof value !== 'string') return value;
  if (time.test(value)) return '{{time}}';
  if (value.includes('BEGIN CERTIFICATE') || value === '{{pem}}') return '{{pem}}';
  if (key === 'zone' || key === 'topology.kubernetes.io/zone') return '{{zone}}';
  return value
    .replace(node, 'node-#')
    .replace(uuid, '{{uid}}')
    .replace(suffix, '-#####')
    .replace(minutes, '-########')
    .replace(address, '{{ip}}');
}

export interface Difference {
  what: string;
  expected?: unknown;
  actual?: unknown;
}

/** Objects as a multiset: what was recorded and is not there, and the other way round. */
export function compareObjects(expected: readonly unknown[], actual: readonly unknown[]): Difference[] {
  const left = actual.map((o) => normalise(o));
  const differences: Difference[] = [];
  for (const object of expected) {
    const wanted = normalise(object);
    const text = JSON.stringify(wanted);
    const at = left.findIndex((o) => JSON.stringify(o) === text);
    if (at >= 0) {
      left.splice(at, 1);
      continue;
    }
    const near = left.findIndex((o) => nameOf(o) === nameOf(wanted));
    const [found] = near >= 0 ? left.splice(near, 1) : [];
    differences.push(
      ...(found === undefined ? [{ what: `${nameOf(wanted)} is missing` }] : paths(nameOf(wanted), wanted, found)),
    );
  }
  return [...differences, ...left.map((o) => ({ what: `${nameOf(o)} should not be there` }))];
}

function nameOf(object: unknown): string {
  const { kind, metadata } = object as { kind?: string; metadata?: { name?: string } };
  return `${kind} ${metadata?.name}`;
}

function paths(at: string, expected: unknown, actual: unknown): Difference[] {
  if (JSON.stringify(expected) === JSON.stringify(actual)) return [];
  const [x, y] = [expected, actual];
  const objects = typeof x === 'object' && typeof y === 'object' && x !== null && y !== null;
  if (!objects || Array.isArray(x) !== Array.isArray(y)) return [{ what: at, expected, actual }];
  const [a, b] = [x as Record<string, unknown>, y as Record<string, unknown>];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((k) => paths(`${at}.${k}`, a[k], b[k]));
}

interface EventLike {
  type?: string;
  reason?: string;
  message?: string;
  involvedObject?: { kind?: string; name?: string };
}

const eventKey = (e: EventLike): string =>
  String(normalise([e.type, e.reason, e.message, e.involvedObject?.kind, e.involvedObject?.name].join(' | ')));

/** Events as a set; which repetitions were combined depends on timing. */
export function missingEvents(expected: readonly EventLike[], actual: readonly EventLike[]): string[] {
  const have = new Set(actual.map(eventKey));
  const wanted = new Set(expected.filter((e) => !e.message?.startsWith('(combined')).map(eventKey));
  return [...wanted].filter((key) => !have.has(key));
}
