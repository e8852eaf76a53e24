import type { Stored } from '../../kube/meta.ts';
import type { ResourceDefinition } from '../definition.ts';
import { expired, plainError } from '../errors/status.ts';
import { RevisionExpired, type StoreEvent } from '../store/store.ts';
import type { Core } from './core.ts';
import { bucketOf, fromStored } from './keys.ts';
import { parseRevision } from './read.ts';
import { type Selection, selectionOf } from './selection.ts';
import type { WatchEvent, WatchRequest } from './types.ts';

/** How often a watcher that asked for bookmarks gets one, as the watch cache does. */
const bookmarkMs = 60_000;

/**
 * WATCH. What exists comes first, as ADDED, where the request names no revision, or 0, or asks for initial events
 * (KEP-3157); then every change in order. The first events are delivered before this function returns.
 */
export function watchObjects(
  core: Core,
  d: ResourceDefinition,
  request: WatchRequest,
  deliver: (event: WatchEvent) => void,
  signal: AbortSignal,
): void {
  const selection = selectionOf(d, request);
  const revision = parseRevision(request.resourceVersion, (text) => plainError(text));
  const under = d.namespaced && request.namespace ? `${request.namespace}/` : '';
  const { store } = core;
  // Watches without a revision are as old as the API: they always began with what exists.
  const initial = request.sendInitialEvents ?? revision === 0;
  const from = initial || revision === 0 ? store.revision : revision;
  if (signal.aborted) return;
  let stop: () => void;
  try {
    stop = store.watch(bucketOf(d), under, from, (event) => {
      const translated = translate(d, selection, event);
      if (translated && event.revision > revision) deliver(translated);
    });
  } catch (error) {
    if (!(error instanceof RevisionExpired)) throw error;
    deliver({ type: 'ERROR', status: expired(error.message).status });
    return;
  }
  signal.addEventListener('abort', stop, { once: true });
  if (initial) {
    for (const stored of store.list(bucketOf(d), { under }).items) {
      const object = fromStored(d, stored);
      if (selection.matches(object)) deliver({ type: 'ADDED', object });
    }
  }
  if (!request.allowWatchBookmarks) return;
  if (initial) deliver({ type: 'BOOKMARK', resourceVersion: String(store.revision), initialEventsEnd: true });
  sendBookmarks(core, deliver, signal);
}

function sendBookmarks(core: Core, deliver: (event: WatchEvent) => void, signal: AbortSignal): void {
  const { clock, store } = core.options;
  const next = () => {
    const timer = clock.after(bookmarkMs, () => {
      void store.delivered().then(() => {
        if (signal.aborted) return;
        deliver({ type: 'BOOKMARK', resourceVersion: String(store.revision) });
        signal.removeEventListener('abort', timer.cancel);
        next();
      });
    });
    signal.addEventListener('abort', timer.cancel, { once: true });
  };
  next();
}

/** What a change is to this watcher: an object that leaves the selection is DELETED, one that enters it ADDED. */
function translate(d: ResourceDefinition, selection: Selection, event: StoreEvent): WatchEvent | undefined {
  const object = fromStored(d, event.object);
  const before = event.previous && fromStored(d, event.previous);
  const was = before !== undefined && selection.matches(before);
  if (event.type === 'delete') return was ? { type: 'DELETED', object } : undefined;
  const is = selection.matches(object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object };
  return was && before ? { type: 'DELETED', object: atRevision(before, event.revision) } : undefined;
}

/** The state before, at the revision of the change that took it away. */
function atRevision(object: Stored, revision: number): Stored {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
