import type { Event, EventsV1Event } from '../../kube/api.gen.ts';
import type { Stored } from '../../kube/meta.ts';
import { events } from '../../kube/resources.ts';
import type { FieldSelector } from '../definition.ts';
import { defineResource } from './define.ts';
import { eventCells } from './printing/event.ts';
import { validateEvent, validateNewStyleEvent } from './validate/event.ts';

const referenceFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

export const eventResource = defineResource<Event>({
  ...events,
  strategy: {
    allowCreateOnUpdate: true,
    validate: (event) => validateEvent(event, 'reportingComponent'),
  },
  fieldSelectors: {
    ...Object.fromEntries(
      referenceFields.map((name): [string, FieldSelector<Event>] => [
        `involvedObject.${name}`,
        (event) => event.involvedObject[name] ?? '',
      ]),
    ),
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: (event) => event.source?.component || event.reportingComponent || '',
    type: (event) => event.type ?? '',
  },
  cells: eventCells,
});

/** events.k8s.io/v1 as core/v1 stores it. */
function toCore(event: EventsV1Event): Event {
  const { regarding, note, reportingController, deprecatedCount, deprecatedFirstTimestamp, ...rest } = event;
  const { deprecatedLastTimestamp, deprecatedSource, metadata, ...same } = rest;
  return {
    ...same,
    apiVersion: 'v1',
    metadata: metadata ?? {},
    involvedObject: regarding ?? {},
    message: note,
    reportingComponent: reportingController ?? '',
    reportingInstance: event.reportingInstance ?? '',
    count: deprecatedCount,
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    source: deprecatedSource ?? {},
  };
}

function fromCore(event: Stored<Event>): Stored<EventsV1Event> {
  const { involvedObject, message, reportingComponent, reportingInstance, count, firstTimestamp, ...rest } = event;
  const { lastTimestamp, source, series, eventTime, ...same } = rest;
  return {
    ...same,
    apiVersion: 'events.k8s.io/v1',
    eventTime: eventTime as string,
    ...(series && { series: { count: series.count ?? 0, lastObservedTime: series.lastObservedTime ?? '' } }),
    regarding: involvedObject,
    note: message,
    reportingController: reportingComponent || undefined,
    reportingInstance: reportingInstance || undefined,
    deprecatedCount: count,
    deprecatedFirstTimestamp: firstTimestamp ?? undefined,
    deprecatedLastTimestamp: lastTimestamp ?? undefined,
    deprecatedSource: source ?? {},
  };
}

/** The same objects under their newer API. */
export const newEventResource = defineResource<EventsV1Event>({
  group: 'events.k8s.io',
  version: 'v1',
  resource: 'events',
  storedAs: events,
  convert: {
    fromStored: (event) => fromCore(event as Stored<Event>),
    toStored: toCore,
  },
  strategy: {
    allowCreateOnUpdate: true,
    validate: (event, { operation }) => {
      const core = toCore(event);
      return [
        ...validateEvent(core, 'reportingController'),
        ...(operation === 'create' ? validateNewStyleEvent(core) : []),
      ];
    },
  },
  fieldSelectors: {
    ...Object.fromEntries(
      referenceFields.map((name): [string, FieldSelector<EventsV1Event>] => [
        `regarding.${name}`,
        (event) => event.regarding?.[name] ?? '',
      ]),
    ),
    reason: (event) => event.reason ?? '',
    reportingController: (event) => event.reportingController ?? '',
    type: (event) => event.type ?? '',
  },
  cells: (event, now) => eventCells({ ...toCore(event), metadata: event.metadata }, now),
});
