import type { ErrorText } from '../kernel/errors.ts';
import type { BrokenCluster } from './provider.ts';

/** What to say where a broken cluster is wanted or listed. */
export function brokenText({ id, what, repair }: BrokenCluster): ErrorText {
  const deletion = `kubedrill cluster down ${id} deletes it, and the results of its attempt stay`;
  const attempt = repair === undefined ? 'tries again to bring it back' : `restores it: ${repair}`;
  return {
    what: `the cluster ${id} is broken`,
    why: what,
    next: `kubedrill cluster repair ${id} ${attempt}\n      ${deletion}`,
  };
}
