import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { EnvironmentError, UserError } from '../../kernel/errors.ts';
import { mostBytes, refused, tooLarge } from './limits.ts';

/** How long a server may take in all, milliseconds. */
const patience = 300_000;

/**
 * Fetches a file into `to`, following redirects. A UserError if the server has no such file or it is larger than any pack; an
 * EnvironmentError if the server can't be reached.
 */
export async function downloadTarball(url: string, to: string, signal: AbortSignal): Promise<void> {
  try {
    await download(url, to, AbortSignal.any([signal, AbortSignal.timeout(patience)]));
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof UserError) throw cause;
    const why = reasonOf(cause as Error);
    throw new EnvironmentError({ what: `${url} cannot be fetched`, why, next: 'try again later' }, { cause });
  }
}

async function download(url: string, to: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) {
    throw refused(url, `the server answered ${response.status} ${response.statusText}`);
  }
  let received = 0;
  const measured = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      received += chunk.length;
      if (received > mostBytes) throw tooLarge(url);
      yield chunk;
    }
  };
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  await pipeline(body, measured, createWriteStream(to, { mode: 0o600 }), { signal });
}

/** fetch tells only in the cause what went wrong. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
