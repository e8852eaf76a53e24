/**
 * Runs jq programs. Filters are generators: every result is computed when it is asked for. Between results they yield
 * PAUSE, so that whoever drives them can let others run, or bring what they wait for.
 */

import type { Json } from '../../lib/json.ts';
import { type Filter, type Flow, type Item, PAUSE, type Scope } from './flow.ts';
import type { Definition, Node } from './parser.ts';
import { getKey } from './paths.ts';
import { brief, described, JqError } from './value.ts';

export type ValueFunction = (machine: Machine, input: Json, ...args: Json[]) => Json;
export type FilterFunction = (machine: Machine, item: Item, args: readonly Filter[]) => Flow;

type Form<N extends Node> = (machine: Machine, node: N, item: Item, scope: Scope) => Flow;

/** How each kind of node runs. */
export type Forms = { readonly [T in Node['t']]: Form<Node & { t: T }> };

/** What the language knows without being told; keys as in `map/1`. */
export interface Library {
  forms: Forms;
  values: ReadonlyMap<string, ValueFunction>;
  filters: ReadonlyMap<string, FilterFunction>;
  definitions: ReadonlyMap<string, Definition>;
}

/** What a program asks of the world. */
export interface Host {
  /** Counts memory, in bytes. */
  hold(bytes: number): void;
  env: ReadonlyMap<string, string>;
  now(): number;
  /** Writes to standard error. */
  report(text: string): void;
  /** The name of the file that is read. */
  filename(): string | null;
  line(): number;
}

const FUEL = 500;

export class Machine {
  readonly host: Host;
  readonly library: Library;
  readonly #forms: Forms;
  #fuel = FUEL;
  /** A program waits for the next input: set while it yields PAUSE, answered with `input`. */
  wantsInput = false;
  input: Json | undefined;

  constructor(host: Host, library: Library) {
    this.host = host;
    this.library = library;
    this.#forms = library.forms;
  }

  /** How much work was done since the last call, in steps. */
  takeWork(): number {
    const done = FUEL - this.#fuel;
    this.#fuel = FUEL;
    return done;
  }

  /** Counts work that is done at once. */
  spend(steps: number): void {
    this.#fuel -= steps;
  }

  get tired(): boolean {
    return this.#fuel <= 0;
  }

  /** The same value, as a filter made it. */
  created(item: Item, value: Json): Item {
    return { value, path: item.path === undefined ? undefined : null };
  }

  apply(filter: Filter, item: Item): Flow {
    return this.run(filter.node, item, filter.scope);
  }

  /** Results of a filter, without their paths. */
  *values(filter: Filter, value: Json): Generator<Json | typeof PAUSE, void> {
    for (const result of this.apply(filter, { value, path: undefined })) {
      yield result === PAUSE ? PAUSE : result.value;
    }
  }

  run(node: Node, item: Item, scope: Scope): Flow {
    const flow = (this.#forms[node.t] as Form<Node>)(this, node, item, scope);
    return --this.#fuel > 0 ? flow : paused(flow);
  }

  /** `base[key]`, with its path. */
  get(base: Item, key: Json): Item {
    if (base.path === null) {
      throw new JqError(`Invalid path expression near attempt to access element ${brief(key)} of ${brief(base.value)}`);
    }
    return { value: getKey(base.value, key), path: base.path && [...base.path, key] };
  }

  /** `.[]` */
  *iterate(base: Item): Flow {
    const { value, path } = base;
    if (path === null) throw new JqError(`Invalid path expression near attempt to iterate through ${brief(value)}`);
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        if (--this.#fuel <= 0) yield PAUSE;
        yield { value: value[i] ?? null, path: path && [...path, i] };
      }
    } else if (value instanceof Map) {
      for (const [key, inner] of value) {
        if (--this.#fuel <= 0) yield PAUSE;
        yield { value: inner, path: path && [...path, key] };
      }
    } else throw new JqError(`Cannot iterate over ${described(value)}`);
  }

  /** Every path that a filter leads to. */
  *paths(filter: Filter, value: Json): Generator<readonly Json[] | typeof PAUSE, void> {
    for (const result of this.apply(filter, { value, path: [] })) {
      if (result === PAUSE) yield result;
      else if (!result.path) throw new JqError(`Invalid path expression with result ${brief(result.value)}`);
      else yield result.path;
    }
  }
}

function* paused(flow: Flow): Flow {
  yield PAUSE;
  yield* flow;
}
