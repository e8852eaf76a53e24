import { entriesFromJson, entriesToJson } from '../node/machine/files.ts';
import type { MachineState } from '../node/machine/machine.ts';

/** The state of the machines at one moment, by node. */
export type NodesBaseline = Readonly<Record<string, MachineState>>;

interface Written {
  kubelet: MachineState['kubelet'];
  entries: string;
}

/** A baseline as text, to outlive the process. */
export function nodesBaselineToJson(baseline: NodesBaseline): string {
  const written = Object.entries(baseline).map(([node, { kubelet, entries }]): [string, Written] => [
    node,
    { kubelet, entries: entriesToJson(entries) },
  ]);
  return JSON.stringify(Object.fromEntries(written));
}

/** Throws a SyntaxError for anything that `nodesBaselineToJson` did not write. */
export function nodesBaselineFromJson(text: string): NodesBaseline {
  const parsed = JSON.parse(text) as Record<string, Written>;
  return Object.fromEntries(
    Object.entries(parsed).map(([node, { kubelet, entries }]) => [
      node,
      { kubelet, entries: entriesFromJson(entries) },
    ]),
  );
}
