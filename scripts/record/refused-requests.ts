/** Requests that make no sense, or almost none: what a real server answers to them is what the embedded one has to answer. */

import { bodies } from './requests/bodies.ts';
import { listings, watches } from './requests/lists.ts';
import { reviews, streams, subresources } from './requests/others.ts';
import { patches } from './requests/patches.ts';
import type { RefusedRequest } from './requests/shared.ts';
import { paths, views } from './requests/views.ts';
import { deletions, writeOptions } from './requests/writes.ts';

/** All requests, each once. */
export function refusedRequests(): RefusedRequest[] {
  return [
    ...listings(),
    ...watches(),
    ...views(),
    ...paths(),
    ...writeOptions(),
    ...deletions(),
    ...bodies(),
    ...patches(),
    ...subresources(),
    ...reviews(),
    ...streams(),
  ];
}
