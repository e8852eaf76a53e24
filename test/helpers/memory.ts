import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** How many bytes of buffers are kept after `work` that were not before it, garbage aside. */
export async function buffersKept(work: () => unknown): Promise<number> {
  const now = () => {
    if (!collect) {
      setFlagsFromString('--expose-gc');
      collect = runInNewContext('gc') as () => void;
    }
    // Buffers are let go beside what runs: the second collection waits for it.
    collect();
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = now();
  await work();
  return now() - before;
}

/** What else goes on in a busy process: small buffers, soon gone. */
export function traffic(): void {
  for (let n = 0; n < 10; n++) Buffer.from('x'.repeat(10_000));
}
