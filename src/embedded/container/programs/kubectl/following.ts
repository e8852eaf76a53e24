import { decode, type Obj, type RestClient, StatusError } from '../../api-client/client.ts';
import { KubectlError } from '../../api-client/flags.ts';
import { JsonLines } from '../../api-client/watch-stream.ts';
import { HttpFailure } from '../../lib/http-client.ts';
import { type ApiResource, pathOf } from './discovery.ts';

/**
 * Follows one object, as kubectl does: a list of that one, then a watch from there. `see` gets each state (undefined:
 * it is not there) and says whether that is enough. Resolves with false if the time, in milliseconds, is over before.
 */
export async function follow(
  client: RestClient,
  of: { resource: ApiResource; namespace: string; name: string },
  see: (object: Obj | undefined) => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<boolean> {
  const { clock } = client.p.container;
  const end = clock.now() + timeoutMs;
  const path = pathOf(of.resource, of.namespace);
  const fieldSelector = `metadata.name=${of.name}`;
  for (;;) {
    const list = await client.json(path, { query: { fieldSelector } });
    const [item] = (list.items as Obj[] | undefined) ?? [];
    if (await see(item)) return true;
    const left = end - clock.now();
    if (left <= 0) return false;
    const resourceVersion = String((list.metadata as Obj | undefined)?.resourceVersion ?? '');
    const response = await client.send(path, { query: { fieldSelector, watch: 'true', resourceVersion } });
    if (response.status >= 400) await decode(response);
    const timer = clock.after(Math.min(left, 2 ** 31 - 1), () => response.close());
    const lines = new JsonLines();
    try {
      for await (const chunk of response.body()) {
        for (const event of lines.push(chunk)) {
          if (event.type === 'ERROR') throw new StatusError(event.object as Obj, 410);
          if (event.type === 'BOOKMARK') continue;
          if (await see(event.type === 'DELETED' ? undefined : (event.object as Obj))) return true;
        }
      }
    } catch (error) {
      // The connection was closed when the time was over, or the history is gone: it is listed again.
      const expired = error instanceof StatusError && error.code === 410;
      if (!(error instanceof HttpFailure) && !expired) throw error;
    } finally {
      timer.cancel();
      response.close();
    }
    if (clock.now() >= end) return false;
  }
}

/** Milliseconds of `--timeout`; without it, or for 0 and less, what is given. */
export function timeoutOf(text: string | undefined, seconds: number | undefined, fallback: number): number {
  if (text?.startsWith('-')) return 7 * 86_400_000;
  if (text !== undefined && seconds === undefined) throw new KubectlError(`invalid timeout ${text}`);
  return seconds === undefined ? fallback : seconds * 1000;
}
