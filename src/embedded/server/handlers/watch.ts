import { internalError, isApiError } from '../../errors/status.ts';
import type { WatchEvent } from '../../registry/types.ts';
import { listParameters } from '../options.ts';
import type { ResourceHandler } from './context.ts';
import { WatchWriter } from './watch-writer.ts';

/** kube-apiserver's --min-request-timeout: a watch without timeoutSeconds ends after this to twice this. */
const minimumSeconds = 1800;

/** Milliseconds that a client whose buffer is full has to read what was kept for it. */
const lastChance = 5000;

/**
 * A watch: one frame an event, as JSON lines or as protobuf with a length before each, until the client goes, the time
 * is over or the resource version expires. The headers go out at once: clients wait for them. A client that does not
 * keep up is ended, as by kube-apiserver's watch cache; it lists again.
 */
export const watchObjects: ResourceHandler = (request, { registry, responder, clock, budget, counters }) => {
  const { exchange, definition, namespace, name } = request;
  const output = responder.negotiate(exchange, definition, true);
  const parameters = listParameters(exchange.info.query, true);
  if (name !== undefined) parameters.fieldSelector = `metadata.name=${name}`;
  if (exchange.signal.aborted) return;
  return new Promise<void>((resolve, reject) => {
    const stop = new AbortController();
    let isCounted = false;
    /** Who had too much waiting may be cut off for all clients' sake as well: it is one watcher. */
    const count = () => {
      if (!isCounted) counters.watchTerminated(definition);
      isCounted = true;
    };
    const hold = budget.hold(() => {
      count();
      exchange.destroy();
    });
    const replaced = definition.custom?.replaced;
    let cutOff = () => {};
    const end = () => {
      if (stop.signal.aborted) return;
      stop.abort();
      replaced?.removeEventListener('abort', end);
      timer.cancel();
      writer.end();
      resolve();
    };
    const fail = (error: unknown) => {
      // What can't be shown as the client wants it ends this watch, in the watch's own way, and no other.
      const refused = isApiError(error);
      writer.write({ type: 'ERROR', status: refused ? error.status : internalError(String(error)).status });
      if (!refused) reject(error);
      end();
    };
    const overflow = () => {
      count();
      const last = clock.after(lastChance, () => exchange.destroy());
      cutOff = last.cancel;
      end();
    };
    const writer = new WatchWriter({
      ...{ exchange, output, definition, responder, hold },
      onError: fail,
      onOverflow: overflow,
    });
    exchange.onceClosed(() => {
      hold.release();
      cutOff();
    });
    const seconds = parameters.timeoutSeconds || minimumSeconds * (1 + Math.random());
    const timer = clock.after(Math.max(0, seconds * 1000), end);
    exchange.signal.addEventListener('abort', end, { once: true });
    replaced?.addEventListener('abort', end, { once: true });
    const deliver = (event: WatchEvent) => {
      if (stop.signal.aborted) return;
      writer.write(event);
      if (event.type === 'ERROR') end();
    };
    try {
      registry.watch(definition, { ...parameters, namespace }, deliver, stop.signal);
    } catch (error) {
      // Refused before it began: an ordinary error.
      stop.abort();
      timer.cancel();
      reject(error);
      return;
    }
    if (stop.signal.aborted) return;
    writer.start();
    writer.goLive();
  });
};
