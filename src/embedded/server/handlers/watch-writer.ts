import { apiVersionOf, type KubeObject } from '../../../kube/meta.ts';
import { encodeProtobuf, protobufFrame } from '../../codec/protobuf.ts';
import type { ResourceDefinition } from '../../definition.ts';
import type { WatchEvent } from '../../registry/types.ts';
import { approximateBytes } from '../../store/size.ts';
import type { Exchange } from '../exchange.ts';
import { objectJson } from '../json.ts';
import type { Hold } from '../memory-budget.ts';
import type { Output } from '../negotiation.ts';
import type { Responder } from '../respond.ts';

/** Changes that wait for a client which reads too slowly: kube-apiserver's watch cache has 10 to 1000 places (cacheWatcher). */
const eventLimit = 1000;

/** The same in bytes, for large objects. */
const byteLimit = 16 * 1024 * 1024;

export interface WatchWriterOptions {
  exchange: Exchange;
  output: Output;
  definition: ResourceDefinition;
  responder: Responder;
  /** What waits counts here. */
  hold: Hold;
  /** An event can't be shown as the client wants it. */
  onError(error: unknown): void;
  /** More waits than is kept for a client: nothing more is taken, what waits is still written. */
  onOverflow(): void;
}

/**
 * Writes the events of a watch as frames. While the client reads, each goes out at once; else they wait as references
 * to shared objects, up to a limit, as in kube-apiserver's cacheWatcher.
 */
export class WatchWriter {
  readonly #options: WatchWriterOptions;
  readonly #queue: { event: WatchEvent; bytes: number }[] = [];
  /** Of the queue's head: what existed when the watch began, which has no limit. */
  #initial = 0;
  #bytes = 0;
  #live = false;
  #started = false;
  #blocked = false;
  #closing = false;
  #columnsSent = false;

  constructor(options: WatchWriterOptions) {
    this.#options = options;
  }

  /** Status line and headers. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    const { exchange, output } = this.#options;
    const { mediaType } = output;
    exchange.head(200, {
      'Content-Type': mediaType === 'application/json' ? mediaType : `${mediaType};stream=watch`,
    });
    exchange.flush();
  }

  /** The initial events are through: from now on only so many may wait. */
  goLive(): void {
    this.#live = true;
    this.#initial = this.#queue.length;
  }

  write(event: WatchEvent): void {
    if (this.#closing) return;
    this.start();
    if (!this.#blocked) {
      this.#send(event);
      return;
    }
    const bytes = this.#live && 'object' in event ? approximateBytes(event.object) : 0;
    this.#queue.push({ event, bytes });
    this.#bytes += bytes;
    this.#count();
    if (this.#live && (this.#queue.length - this.#initial > eventLimit || this.#bytes > byteLimit)) {
      this.#closing = true;
      this.#options.onOverflow();
    }
  }

  /** Ends the answer once everything that waits is written. */
  end(): void {
    this.start();
    this.#closing = true;
    if (!this.#blocked) this.#options.exchange.end();
  }

  #send(event: WatchEvent): void {
    const { exchange, output } = this.#options;
    let frame: Uint8Array;
    try {
      const object = this.#objectOf(event);
      frame =
        output.mediaType === 'application/json'
          ? objectJson(object, `{"type":"${event.type}","object":`, '}\n')
          : protobufFrame(event.type, encodeProtobuf(object));
    } catch (error) {
      this.#options.onError(error);
      return;
    }
    if (exchange.write(frame)) return;
    this.#blocked = true;
    this.#count();
    exchange.onceDrained(() => this.#resume());
  }

  #resume(): void {
    this.#blocked = false;
    while (!this.#blocked) {
      const next = this.#queue.shift();
      if (!next) break;
      this.#bytes -= next.bytes;
      if (this.#initial > 0) this.#initial--;
      this.#send(next.event);
    }
    this.#count();
    if (this.#closing && !this.#blocked) this.#options.exchange.end();
  }

  #count(): void {
    this.#options.hold.set(this.#blocked ? this.#bytes + this.#options.exchange.waiting : 0);
  }

  #objectOf(event: WatchEvent): KubeObject {
    if (event.type === 'ERROR') return event.status as KubeObject;
    const { exchange, output, definition, responder } = this.#options;
    const columns = !this.#columnsSent;
    if (event.type !== 'BOOKMARK') {
      this.#columnsSent = true;
      return responder.transform(exchange, output, definition, event.object, columns);
    }
    const bookmark: KubeObject = {
      kind: definition.kind,
      apiVersion: apiVersionOf(definition),
      metadata: {
        resourceVersion: event.resourceVersion,
        ...(event.initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
      },
    };
    return responder.bookmark(output, definition, bookmark);
  }
}
