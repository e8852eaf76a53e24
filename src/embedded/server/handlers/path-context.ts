import type { Aggregator } from '../../aggregation/aggregator.ts';
import type { Pki } from '../../pki/pki.ts';
import type { HandlerContext } from './context.ts';

/** What the answers to paths that are no resources need. */
export interface PathContext extends HandlerContext {
  aggregator: Pick<Aggregator, 'groups'>;
  pki: Pki;
  debugPaths: ReadonlyMap<string, () => void>;
  /** `https://host:port` by which the cluster's clients reach this server. */
  advertisedUrl(): string;
}
