import type { Event } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { age, unknown } from './common.ts';

/** `component, host`; the reporting controller and instance stand in for a missing source. */
function sourceText(event: Event): string {
  const component = event.source?.component || event.reportingComponent || '';
  const host = event.source?.host || event.reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}

/** Cells of a core/v1 Event. */
export function eventCells(event: Stored<Event>, now: number): unknown[] {
  const first = event.firstTimestamp || event.eventTime;
  const last = event.series?.lastObservedTime || event.lastTimestamp;
  const firstSeen = age(first, now);
  const kind = (event.involvedObject.kind ?? '').toLowerCase();
  return [
    !last ? firstSeen : age(last, now),
    event.type ?? '',
    event.reason ?? '',
    event.involvedObject.name ? `${kind}/${event.involvedObject.name}` : kind,
    event.involvedObject.fieldPath ?? '',
    sourceText(event),
    (event.message ?? '').trim(),
    !first ? unknown : firstSeen,
    event.series ? (event.series.count ?? 0) : event.count || 1,
    event.metadata.name,
  ];
}
