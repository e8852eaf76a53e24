import { apiVersionOf, type KubeObject } from '../../../kube/meta.ts';
import { encodeProtobuf, protobufFrame } from '../../codec/protobuf.ts';
import type { ResourceDefinition } from '../../definition.ts';
import { internalError, isApiError } from '../../registry/status.ts';
import type { WatchEvent } from '../../registry/types.ts';
import type { Exchange } from '../exchange.ts';
import { objectJson } from '../json.ts';
import type { Output } from '../negotiation.ts';
import { listParameters } from '../options.ts';
import type { Responder } from '../respond.ts';
import type { ResourceHandler } from './context.ts';

/** kube-apiserver's --min-request-timeout: a watch without timeoutSeconds ends after this to twice this. */
const minimumSeconds = 1800;

/**
 * A watch: one frame an event, as JSON lines or as protobuf with a length before each, until the client goes, the time
 * is over or the resource version expires. The headers go out at once: clients wait for them.
 */
export const watchObjects: ResourceHandler = (request, { registry, responder, clock }) => {
  const { exchange, definition, namespace, name } = request;
  const output = responder.negotiate(exchange, definition, true);
  const parameters = listParameters(exchange.info.query, true);
  if (name !== undefined) parameters.fieldSelector = `metadata.name=${name}`;
  return new Promise<void>((resolve, reject) => {
    const stop = new AbortController();
    const writer = new FrameWriter(exchange, output, definition, responder);
    const replaced = definition.custom?.replaced;
    const end = () => {
      if (stop.signal.aborted) return;
      stop.abort();
      replaced?.removeEventListener('abort', end);
      timer.cancel();
      writer.end();
      resolve();
    };
    const seconds = parameters.timeoutSeconds || minimumSeconds * (1 + Math.random());
    const timer = clock.after(Math.max(0, seconds * 1000), end);
    exchange.signal.addEventListener('abort', end, { once: true });
    replaced?.addEventListener('abort', end, { once: true });
    const deliver = (event: WatchEvent) => {
      if (stop.signal.aborted) return;
      try {
        writer.write(event);
        if (event.type === 'ERROR') end();
      } catch (error) {
        // What can't be shown as the client wants it ends this watch, in the watch's own way, and no other.
        const refused = isApiError(error);
        writer.write({ type: 'ERROR', status: refused ? error.status : internalError(String(error)).status });
        if (!refused) reject(error);
        end();
      }
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
    if (!stop.signal.aborted) writer.start();
  });
};

class FrameWriter {
  started = false;
  readonly #exchange: Exchange;
  readonly #output: Output;
  readonly #definition: ResourceDefinition;
  readonly #responder: Responder;
  #columnsSent = false;

  constructor(exchange: Exchange, output: Output, definition: ResourceDefinition, responder: Responder) {
    this.#exchange = exchange;
    this.#output = output;
    this.#definition = definition;
    this.#responder = responder;
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    const { mediaType } = this.#output;
    this.#exchange.head(200, {
      'Content-Type': mediaType === 'application/json' ? mediaType : `${mediaType};stream=watch`,
    });
    this.#exchange.flush();
  }

  write(event: WatchEvent): void {
    this.start();
    const object = this.#objectOf(event);
    if (this.#output.mediaType === 'application/json') {
      this.#exchange.write(objectJson(object, `{"type":"${event.type}","object":`, '}\n'));
    } else {
      this.#exchange.write(protobufFrame(event.type, encodeProtobuf(object)));
    }
  }

  end(): void {
    this.start();
    this.#exchange.end();
  }

  #objectOf(event: WatchEvent): KubeObject {
    if (event.type === 'ERROR') return event.status as KubeObject;
    const columns = !this.#columnsSent;
    if (event.type !== 'BOOKMARK') {
      this.#columnsSent = true;
      return this.#responder.transform(this.#exchange, this.#output, this.#definition, event.object, columns);
    }
    const bookmark: KubeObject = {
      kind: this.#definition.kind,
      apiVersion: apiVersionOf(this.#definition),
      metadata: {
        resourceVersion: event.resourceVersion,
        ...(event.initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
      },
    };
    return this.#responder.bookmark(this.#output, this.#definition, bookmark);
  }
}
