import { PassThrough, type Readable, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Status } from '../../../kube/api.gen.ts';
import { SpdyConnection, type SpdyStream } from './spdy.ts';

/** What the client of an exec or attach asked for. */
export interface CommandStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** The client's end of an exec or attach, whatever it is carried by. */
export interface CommandChannel {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** The terminal's size, each time the client tells it. */
  onResize(listener: (columns: number, rows: number) => void): void;
  /** Tells how it ended and closes. */
  finish(status: Status): void;
  /** Aborts when the client has gone. */
  readonly closed: AbortSignal;
}

/** Numbers of the channels in v4 and v5.channel.k8s.io: the first byte of each message. */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

type ResizeListener = (columns: number, rows: number) => void;

function readSize(json: string, listener: ResizeListener | undefined): void {
  let size: { Width?: number; Height?: number } | null;
  try {
    size = JSON.parse(json) as typeof size;
  } catch {
    return; // no JSON: no size
  }
  const { Width, Height } = size ?? {};
  if (Width && Height) listener?.(Width, Height);
}

/** v5.channel.k8s.io (KEP-4006), v4.channel.k8s.io: one WebSocket, a channel a stream. v5 can end stdin alone. */
export function webSocketChannel(socket: WebSocket, streams: CommandStreams): CommandChannel {
  const gone = new AbortController();
  const stdin = streams.stdin ? new PassThrough() : undefined;
  let onResize: ResizeListener | undefined;
  socket.on('close', () => {
    stdin?.end();
    gone.abort();
  });
  socket.on('message', (data: Buffer) => {
    const content = data.subarray(1);
    if (data[0] === channel.stdin && stdin?.writable) {
      if (!stdin.write(content)) {
        socket.pause();
        stdin.once('drain', () => socket.resume());
      }
    } else if (data[0] === channel.resize) readSize(content.toString(), onResize);
    else if (data[0] === channel.close && content[0] === channel.stdin) stdin?.end();
  });
  const send = (number: number, content: Uint8Array, done?: (error?: Error) => void) => {
    if (socket.readyState !== socket.OPEN) return done?.();
    socket.send(Buffer.concat([Buffer.from([number]), content]), done ?? (() => undefined));
  };
  const output = (number: number) =>
    new Writable({ write: (chunk: Buffer, _encoding, done) => send(number, chunk, done) });
  // As kube-apiserver: an empty message tells the client that it is connected.
  send(streams.stdout ? channel.stdout : streams.stderr ? channel.stderr : channel.error, Buffer.alloc(0));
  return {
    stdin,
    ...(streams.stdout && { stdout: output(channel.stdout) }),
    ...(streams.stderr && { stderr: output(channel.stderr) }),
    onResize: (listener) => {
      onResize = listener;
    },
    finish(status) {
      send(channel.error, Buffer.from(JSON.stringify(status)), () => socket.close(1000));
    },
    closed: gone.signal,
  };
}

/**
 * The streams of v4.channel.k8s.io in a SPDY connection. Resolves when the client has opened all that it asked for;
 * rejects if it closes before.
 */
export function spdyChannel(transport: import('node:stream').Duplex, streams: CommandStreams): Promise<CommandChannel> {
  const wanted = ['error', ...(['stdin', 'stdout', 'stderr'] as const).filter((name) => streams[name])];
  if (streams.tty) wanted.push('resize');
  const opened = new Map<string, SpdyStream>();
  const gone = new AbortController();
  return new Promise((resolve, reject) => {
    const connection = new SpdyConnection(transport, (stream) => {
      opened.set(stream.headers.streamtype ?? '', stream);
      if (wanted.every((name) => opened.has(name))) resolve(makeChannel(connection, opened, gone.signal));
    });
    void connection.closed.then(() => {
      gone.abort();
      reject(new Error('the client closed the connection'));
    });
  });
}

function makeChannel(
  connection: SpdyConnection,
  opened: ReadonlyMap<string, SpdyStream>,
  closed: AbortSignal,
): CommandChannel {
  const error = opened.get('error');
  return {
    stdin: opened.get('stdin'),
    stdout: opened.get('stdout'),
    stderr: opened.get('stderr'),
    onResize(listener) {
      opened.get('resize')?.on('data', (chunk: Buffer) => {
        // One JSON document after the other; a chunk may hold several.
        for (const json of chunk.toString().match(/\{[^}]*\}/g) ?? []) readSize(json, listener);
      });
    },
    finish(status) {
      error?.end(JSON.stringify(status), () => connection.close());
    },
    closed,
  };
}
