import { Duplex } from 'node:stream';
import { type Errno, SysError } from './errno.ts';

/**
 * One end of a TCP connection inside the cluster, half-open as long as either side still sends. It ends as a real one does:
 * what is closed on one side is the end of file for the other at once (`stream.duplexPair` waits with it for a reader that
 * may be gone, and neither end is ever let go), and whoever writes to what was closed gets EPIPE.
 *
 * Has `destroySoon`, which Node's HTTP server closes connections by, and without which it only ends its own half.
 */
export class TcpSocket extends Duplex {
  #peer: TcpSocket | undefined;
  /** Goes on with a write that the other side has no room for. */
  #written: ((error?: Error) => void) | undefined;
  #ended = false;

  /** Both ends of a new connection. */
  static pair(): [TcpSocket, TcpSocket] {
    const ends: [TcpSocket, TcpSocket] = [new TcpSocket(), new TcpSocket()];
    ends[0].#peer = ends[1];
    ends[1].#peer = ends[0];
    // A connection that breaks is nobody's fault; who uses it sees its end.
    for (const end of ends) end.on('error', () => {});
    return ends;
  }

  /** Closes it once everything that was written is with the other side. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  override _read(): void {
    const peer = this.#peer;
    if (peer) peer.#settle();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const peer = this.#peer;
    if (!peer || peer.destroyed) return done(new SysError('EPIPE'));
    if (peer.push(chunk)) done();
    else this.#written = done;
  }

  override _final(done: () => void): void {
    const peer = this.#peer;
    if (peer) peer.#end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const peer = this.#peer;
    this.#peer = undefined;
    this.#settle('ECONNRESET');
    // Not now: the other side may be in the midst of parsing what came from here.
    process.nextTick(() => {
      if (!peer) return;
      peer.#settle('ECONNRESET');
      if (error) peer.destroy();
      else peer.#end();
    });
    done(error);
  }

  /** The write that waits, if one does, is done or has failed. */
  #settle(fault?: Errno): void {
    const written = this.#written;
    this.#written = undefined;
    written?.(fault && new SysError(fault));
  }

  /** The other side has sent all that it will. */
  #end(): void {
    if (this.#ended || this.destroyed) return;
    this.#ended = true;
    this.push(null);
  }
}
