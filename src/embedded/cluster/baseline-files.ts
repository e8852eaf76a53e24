/** What a reset goes back to, in a cluster's folder: a later process goes back to it, too. */
import { join } from 'node:path';
import { readTextIfThere, replaceFileSync } from '../../kernel/files.ts';
import { type Baseline, baselineFromJson, baselineToJson } from './baseline.ts';
import { type NodesBaseline, nodesBaselineFromJson, nodesBaselineToJson } from './nodes-baseline.ts';

/** The state of a whole cluster at one moment. */
export interface ClusterBaseline {
  objects: Baseline;
  nodes: NodesBaseline;
}

const objectsFile = 'baseline.json';
const nodesFile = 'baseline-nodes.json';

/** At once: a cluster that has just come up is busy, and each step of an asynchronous write waits for its turn. */
export function writeBaseline(folder: string, { objects, nodes }: ClusterBaseline): void {
  replaceFileSync(join(folder, nodesFile), nodesBaselineToJson(nodes));
  replaceFileSync(join(folder, objectsFile), baselineToJson(objects));
}

/** Undefined if there is none. Rejects with a SyntaxError for files that `writeBaseline` did not write. */
export async function readBaseline(folder: string): Promise<ClusterBaseline | undefined> {
  const [objects, nodes] = await Promise.all(
    [objectsFile, nodesFile].map((name) => readTextIfThere(join(folder, name))),
  );
  if (objects === undefined) return undefined;
  return { objects: baselineFromJson(objects), nodes: nodes === undefined ? {} : nodesBaselineFromJson(nodes) };
}
