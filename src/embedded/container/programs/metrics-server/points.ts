import { quantityText } from '../../../../kube/quantity-text.ts';

/** One measurement of a container or node. */
export interface Point {
  /** ms since 1970. */
  startedAt: number;
  at: number;
  /** Cores times seconds since the start. */
  cpuSeconds: number;
  memoryBytes: number;
}

/** One look at all nodes. Pods by `namespace/name`, their containers by name. */
export interface Batch {
  nodes: Map<string, Point>;
  pods: Map<string, Map<string, Point>>;
}

/** What was used in the time between two measurements. */
export interface Usage {
  usage: { cpu: string; memory: string };
  /** ms since 1970 of the second one, and the time between them. */
  at: number;
  windowMs: number;
}

/** So old a new container must be for its start to count as a measurement of zero. */
const freshMs = 10_000;

/** The last two measurements of everything, as metrics-server keeps them: usage is what lies between them. */
export class Points {
  readonly #resolutionMs: number;
  #last: Batch = { nodes: new Map(), pods: new Map() };
  #previous: Batch = { nodes: new Map(), pods: new Map() };

  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
  }

  /** Whether anything can be told. */
  get ready(): boolean {
    return this.#previous.nodes.size > 0 || this.#previous.pods.size > 0;
  }

  store(batch: Batch): void {
    const nodes = new Map<string, Point>();
    for (const [name, point] of batch.nodes) {
      const before = this.#before(point, this.#last.nodes.get(name), this.#previous.nodes.get(name));
      if (before) nodes.set(name, before);
    }
    const pods = new Map<string, Map<string, Point>>();
    for (const [pod, containers] of batch.pods) {
      const points = new Map<string, Point>();
      for (const [name, point] of containers) {
        const age = point.at - point.startedAt;
        const before =
          age >= freshMs && age < this.#resolutionMs
            ? { ...point, at: point.startedAt, cpuSeconds: 0 }
            : this.#before(point, this.#last.pods.get(pod)?.get(name), this.#previous.pods.get(pod)?.get(name));
        if (before) points.set(name, before);
      }
      if (points.size > 0) pods.set(pod, points);
    }
    this.#last = batch;
    this.#previous = { nodes, pods };
  }

  /** The measurement before this one, of the same run. */
  #before(point: Point, last: Point | undefined, previous: Point | undefined): Point | undefined {
    if (!last || point.startedAt >= last.at) return undefined;
    if (point.at > last.at) return last;
    return previous && previous.at < point.at ? previous : undefined;
  }

  node(name: string): Usage | undefined {
    const [last, previous] = [this.#last.nodes.get(name), this.#previous.nodes.get(name)];
    return last && previous && between(last, previous);
  }

  /** By container; undefined unless all of them are known. */
  pod(key: string): Map<string, Usage> | undefined {
    const [last, previous] = [this.#last.pods.get(key), this.#previous.pods.get(key)];
    if (!last || !previous) return undefined;
    const usage = new Map<string, Usage>();
    for (const [name, point] of last) {
      const before = previous.get(name);
      if (!before) return undefined;
      usage.set(name, between(point, before));
    }
    return usage;
  }
}

function between(last: Point, previous: Point): Usage {
  const windowMs = last.at - previous.at;
  const cores = Math.max(0, last.cpuSeconds - previous.cpuSeconds) / (windowMs / 1000);
  return {
    usage: {
      cpu: quantityText(BigInt(Math.trunc(cores * 1e9)), 'decimal'),
      memory: quantityText(BigInt(last.memoryBytes) * 1_000_000_000n, 'binary'),
    },
    at: last.at,
    windowMs,
  };
}
