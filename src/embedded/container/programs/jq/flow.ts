/** What runs through a jq program. */

import type { Json } from '../../lib/json.ts';
import type { Definition, Node } from './parser.ts';

/** Yielded between results: whoever drives the program may let others run, or bring what it waits for. */
export const PAUSE = Symbol('pause');

/** Where a value is in what `path(...)` was asked about; null: nowhere, it was created on the way; undefined: nobody asks. */
type Path = readonly Json[] | null | undefined;

export interface Item {
  value: Json;
  path: Path;
}

export type Flow = Generator<Item | typeof PAUSE, void>;

/** Names that are defined where a filter stands, innermost first. */
export type Scope =
  | { kind: 'variable'; name: string; value: Json; next: Scope }
  | { kind: 'label'; name: string; next: Scope }
  | { kind: 'filter'; name: string; filter: Filter; next: Scope }
  | { kind: 'function'; name: string; definition: Definition; next: Scope }
  | undefined;

/** A filter with the names that it was written under. */
export interface Filter {
  node: Node;
  scope: Scope;
}

export interface Runner {
  /** Gives the results of a filter. */
  run(node: Node, item: Item, scope: Scope): Flow;
}
