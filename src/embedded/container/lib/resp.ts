/** Redis' protocol, version 2. */

export type Reply = string | number | null | { status: string } | { error: string } | Reply[];

export function encodeReply(reply: Reply): string {
  if (reply === null) return '$-1\r\n';
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (typeof reply === 'string') return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`;
  if (Array.isArray(reply)) return `*${reply.length}\r\n${reply.map(encodeReply).join('')}`;
  return 'error' in reply ? `-${reply.error}\r\n` : `+${reply.status}\r\n`;
}

/** Reads values out of pieces of a stream. A line that is none of the protocol's is an inline command. */
export class RespReader {
  #buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): Reply[] {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    const values: Reply[] = [];
    for (;;) {
      const parsed = this.#value(0);
      if (!parsed) return values;
      values.push(parsed.value);
      this.#buffer = this.#buffer.subarray(parsed.end);
    }
  }

  #value(at: number): { value: Reply; end: number } | undefined {
    const lineEnd = this.#buffer.indexOf('\n', at);
    if (lineEnd < 0) return undefined;
    const line = this.#buffer.toString('utf8', at, lineEnd).replace(/\r$/, '');
    const end = lineEnd + 1;
    const rest = line.slice(1);
    switch (line[0]) {
      case '+':
        return { value: { status: rest }, end };
      case '-':
        return { value: { error: rest }, end };
      case ':':
        return { value: Number(rest), end };
      case '$': {
        const length = Number(rest);
        if (length < 0) return { value: null, end };
        if (this.#buffer.length < end + length + 2) return undefined;
        return { value: this.#buffer.toString('utf8', end, end + length), end: end + length + 2 };
      }
      case '*': {
        const items: Reply[] = [];
        let next = end;
        for (let i = 0; i < Number(rest); i++) {
          const item = this.#value(next);
          if (!item) return undefined;
          items.push(item.value);
          next = item.end;
        }
        return { value: items, end: next };
      }
      default:
        return { value: line, end };
    }
  }
}
