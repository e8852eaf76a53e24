import type { Socket } from 'node:net';

export interface LineListeners {
  /** A line that holds a JSON document. */
  value(value: unknown): void;
  /** A line that is no JSON; reading goes on with the next one. */
  malformed(error: Error): void;
  /** A line has more than the limit; what follows it is read and dropped. */
  tooLong(): void;
  /** The other side ended in the middle of a line. */
  cutOff(): void;
}

const newline = 10;

/** Reads JSON documents, one a line, of at most `limit` bytes each: that is also all the memory that reading takes. */
export function readJsonLines(socket: Socket, limit: number, listeners: LineListeners): void {
  let parts: Buffer[] = [];
  let length = 0;
  let refused = false;
  const take = (piece: Buffer) => {
    length += piece.length;
    if (length > limit) {
      refused = true;
      parts = [];
      return listeners.tooLong();
    }
    parts.push(piece);
  };
  const use = () => {
    const text = Buffer.concat(parts).toString();
    parts = [];
    length = 0;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return listeners.malformed(error as Error);
    }
    listeners.value(value);
  };
  socket.on('data', (chunk: Buffer) => {
    for (let from = 0; from < chunk.length && !refused; ) {
      const end = chunk.indexOf(newline, from);
      take(chunk.subarray(from, end < 0 ? chunk.length : end));
      if (end < 0 || refused) return;
      use();
      from = end + 1;
    }
  });
  socket.on('end', () => {
    if (length > 0 && !refused) listeners.cutOff();
  });
}
