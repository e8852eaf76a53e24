/**
 * The order of metadata.managedFields depends on when the writes came: two of one second are ordered by their managers,
 * two on both sides of a second's end by time. A recording shows one of these, so the order is held against the times
 * that came with it, and the entries against the recorded ones of the same manager.
 */

type Entry = Record<string, unknown>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const seconds = ({ time }: Entry): number => (time === undefined ? 0 : Math.floor(Date.parse(text(time)) / 1000));
const identity = (entry: Entry): string =>
  JSON.stringify(['manager', 'operation', 'apiVersion', 'subresource'].map((key) => entry[key]));

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of kube-apiserver: Apply before Update, then by second, manager, version and subresource. */
function compareEntries(a: Entry, b: Entry): number {
  const by = (key: string) => inOrder(text(a[key]), text(b[key]));
  return by('operation') || seconds(a) - seconds(b) || by('manager') || by('apiVersion') || by('subresource');
}

/** Whether the entries stand in the order that their own times ask for. */
export function isOrdered(entries: readonly Entry[]): boolean {
  return entries.every((entry, i) => i === 0 || compareEntries(entries[i - 1] as Entry, entry) <= 0);
}

/** `got` in the order of `expected`, entry by manager; what has no counterpart comes last. */
export function alignEntries(expected: readonly Entry[], got: readonly Entry[]): Entry[] {
  const left = [...got];
  const aligned = expected.flatMap((entry) => {
    const at = left.findIndex((candidate) => identity(candidate) === identity(entry));
    return at < 0 ? [] : left.splice(at, 1);
  });
  return [...aligned, ...left];
}
