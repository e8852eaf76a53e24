import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';

const word = (text: string) => Buffer.concat([uint32(text.length), Buffer.from(text, 'latin1')]);

/** Big-endian. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** What SPDY/3 agreed on as zlib's dictionary (draft-mbelshe-httpbis-spdy-00, 2.6.10.1): words with their length, then phrases. */
const dictionary = Buffer.concat([
  ...(
    'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow ' +
    'authorization cache-control connection content-base content-encoding content-language content-length ' +
    'content-location content-md5 content-range content-type date etag expect expires from host if-match ' +
    'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma ' +
    'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade ' +
    'user-agent vary via warning www-authenticate method get status'
  )
    .split(' ')
    .map(word),
  ...['200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive', 'origin'].map(word),
  Buffer.from(
    '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
      '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden' +
      '404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
      'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT' +
      'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,public' +
      'privatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.',
  ),
]);

export type SpdyHeaders = Readonly<Record<string, string>>;

/** Header blocks of one direction of a connection: they share one zlib stream, so they go in order. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary });
  #output: Buffer[] = [];

  constructor() {
    this.#inflate.on('data', (chunk: Buffer) => this.#output.push(chunk));
  }

  /** Names are in lower case. Rejects if the block is damaged. */
  read(block: Uint8Array): Promise<SpdyHeaders> {
    return new Promise((resolve, reject) => {
      this.#output = [];
      this.#inflate.once('error', reject);
      this.#inflate.write(block, () => {
        this.#inflate.off('error', reject);
        try {
          resolve(parseHeaders(Buffer.concat(this.#output)));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  close(): void {
    this.#inflate.destroy();
  }
}

function parseHeaders(bytes: Buffer): SpdyHeaders {
  const headers: Record<string, string> = {};
  let at = 4;
  const text = () => {
    const length = bytes.readUInt32BE(at);
    at += 4 + length;
    return bytes.toString('latin1', at - length, at);
  };
  for (let count = bytes.readUInt32BE(0); count > 0; count--) {
    const name = text().toLowerCase();
    headers[name] = text().split('\0')[0] ?? '';
  }
  return headers;
}

export class HeaderWriter {
  readonly #deflate: Deflate = createDeflate({ dictionary });
  #output: Buffer[] = [];

  constructor() {
    this.#deflate.on('data', (chunk: Buffer) => this.#output.push(chunk));
  }

  write(headers: SpdyHeaders): Promise<Buffer> {
    const pairs = Object.entries(headers);
    const block = Buffer.concat([uint32(pairs.length), ...pairs.flatMap(([name, value]) => [word(name), word(value)])]);
    return new Promise((resolve) => {
      this.#output = [];
      this.#deflate.write(block);
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(Buffer.concat(this.#output)));
    });
  }

  close(): void {
    this.#deflate.destroy();
  }
}
