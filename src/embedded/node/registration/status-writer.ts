import { nextTurn, turnToWork } from '../../../kernel/clock.ts';
import { ownValue } from '../../../kernel/own.ts';
import type { Pod, PodStatus } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { pods } from '../../../kube/resources.ts';
import type { ApiClient } from '../../api.ts';
import { type Background, expecting, inBackground, isExpected, refusals } from '../../errors/background.ts';
import { reasonOf } from '../../errors/status.ts';

const attempts = 8;

/** Writes the status of one Pod, one write at a time: while one is under way, changes wait and go out together. */
export class StatusWriter {
  readonly #client: ApiClient;
  readonly #current: () => { pod: Stored<Pod>; status: PodStatus } | undefined;
  readonly #written: (pod: Stored<Pod>) => void;
  readonly #background: Background;
  #dirty = false;
  #writing: Promise<void> | undefined;

  /** `current`: the newest object known and the status it should have; undefined: nothing to write any more. */
  constructor(
    client: ApiClient,
    current: () => { pod: Stored<Pod>; status: PodStatus } | undefined,
    written: (pod: Stored<Pod>) => void,
    background: Background,
  ) {
    this.#client = client;
    this.#current = current;
    this.#written = written;
    this.#background = background;
  }

  /** The status may have changed. */
  touch(): void {
    this.#dirty = true;
    this.#writing ??= inBackground(this.#background, 'the status of a Pod', () => this.#run());
  }

  /** Resolves when what was touched before is written. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #run(): Promise<void> {
    try {
      while (this.#dirty) {
        // What changes in the same turn is written at once.
        await nextTurn();
        await turnToWork();
        this.#dirty = false;
        await this.#write();
      }
    } finally {
      this.#writing = undefined;
    }
  }

  async #write(): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const now = this.#current();
      if (!now || same(now.pod.status, now.status)) return;
      try {
        this.#written(await this.#client.updateStatus(pods, { ...now.pod, status: now.status }));
        return;
      } catch (error) {
        // Gone, or refused for good: the next change tries again.
        if (isExpected(refusals, error) && reasonOf(error) !== 'Conflict') return;
        if (reasonOf(error) !== 'Conflict') throw error;
        const { name, namespace } = now.pod.metadata;
        const newest = await expecting(['NotFound'], this.#client.get(pods, namespace, name));
        if (newest?.metadata.uid !== now.pod.metadata.uid) return;
        this.#written(newest);
      }
    }
  }
}

/** Deep equality of plain data; a missing field, undefined and null are the same. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b || ((a ?? undefined) === undefined && (b ?? undefined) === undefined)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].every((key) => same(ownValue(x, key), ownValue(y, key)));
}
