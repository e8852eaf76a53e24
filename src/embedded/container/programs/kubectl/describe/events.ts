import type { Event } from '../../../../../kube/api.gen.ts';
import { escapeFieldValue } from '../../../../../kube/field-selectors.ts';
import type { KubeObject } from '../../../../../kube/meta.ts';
import { StatusError } from '../../../api-client/client.ts';
import { type DescribeContext, fetchAll } from './context.ts';
import { since } from './format.ts';
import type { DescribeWriter } from './writer.ts';

/** The events of an object under any of these UIDs; none when they may not be read. */
async function eventsOf(context: DescribeContext, object: KubeObject, uids: readonly string[]): Promise<Event[]> {
  const { name = '', namespace = '' } = object.metadata ?? {};
  const path = `/api/v1/${namespace === '' ? '' : `namespaces/${namespace}/`}events`;
  const found: Event[] = [];
  for (const uid of uids) {
    const terms = { kind: context.resource.kind, name, namespace, uid };
    const fieldSelector = Object.entries(terms)
      .filter(([, value]) => value !== '')
      .map(([field, value]) => `involvedObject.${field}=${escapeFieldValue(value)}`)
      .join(',');
    try {
      found.push(...(await fetchAll<Event>(context, path, { fieldSelector })));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
    }
  }
  return found;
}

/** When an event was last seen, in milliseconds. */
function lastSeen({ series, lastTimestamp, eventTime }: Event): number {
  return Date.parse(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? '') || 0;
}

function ageOf({ eventTime, firstTimestamp, lastTimestamp, series, count = 0 }: Event, now: number): string {
  const first = since(eventTime ?? firstTimestamp, now);
  if (series) return `${since(series.lastObservedTime, now)} (x${series.count} over ${first})`;
  return count > 1 ? `${since(lastTimestamp, now)} (x${count} over ${first})` : first;
}

/** `spec.containers{web}: Container started`: what part of the object it is about, and what happened. */
function messageOf({ involvedObject, message = '' }: Event): string {
  const { fieldPath } = involvedObject;
  return `${fieldPath ? `${fieldPath}: ` : ''}${message.trim()}`;
}

/**
 * The events table at the end of a description, unless it isn't wanted.
 * @param uids under which UIDs components speak of the object, if not only under its own
 */
export async function writeEvents(
  w: DescribeWriter,
  object: KubeObject,
  context: DescribeContext,
  uids: readonly string[] = [object.metadata?.uid ?? ''],
): Promise<void> {
  if (!context.showEvents) return;
  const events = await eventsOf(context, object, uids);
  if (events.length === 0) {
    w.write(0, 'Events:\t<none>\n');
    return;
  }
  w.flush();
  w.write(0, 'Events:\n');
  w.write(1, 'Type\tReason\tAge\tFrom\tMessage\n');
  w.write(1, '----\t------\t----\t----\t-------\n');
  const rows = events
    .sort((a, b) => lastSeen(a) - lastSeen(b))
    .map((event) => [
      event.type,
      event.reason,
      ageOf(event, context.now),
      event.source?.component || event.reportingComponent,
      messageOf(event),
    ]);
  for (const row of rows) w.write(1, `${row.join('\t')}\n`);
}
