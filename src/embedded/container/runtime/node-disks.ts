import type { NodeEntries, NodeLog } from '../../node-api.ts';
import type { HandlersOf, ToWorker } from '../protocol.ts';
import type { WorkerClient } from '../worker-client.ts';

/** What was put on a node, or is there since; `version` counts how often something was put there. */
interface KeptFiles {
  roots: readonly string[];
  entries: NodeEntries;
  version: number;
  changed(entries: NodeEntries): void;
  beside(): NodeEntries;
}

/** What is on the disks of nodes although the worker may die: their files and the logs of their containers. */
export class NodeDisks {
  readonly #worker: WorkerClient;
  readonly #files = new Map<string, KeptFiles>();
  /** By node and path. */
  readonly #logs = new Map<string, Map<string, NodeLog>>();

  constructor(worker: WorkerClient) {
    this.#worker = worker;
  }

  readonly handlers: HandlersOf<'nodeFiles'> = {
    nodeFiles: ({ node, version, entries }) => {
      const kept = this.#files.get(node);
      // What changed before the present files were put there is gone with the earlier ones.
      if (!kept || version !== kept.version) return;
      this.#files.set(node, { ...kept, entries });
      kept.changed(entries);
    },
  };

  /** See `ContainerRuntime.keepFiles`. */
  keepFiles(
    node: string,
    roots: readonly string[],
    entries: NodeEntries,
    changed: (entries: NodeEntries) => void,
    beside: () => NodeEntries = () => ({}),
  ): void {
    const version = (this.#files.get(node)?.version ?? 0) + 1;
    const kept = { roots, entries, changed, version, beside };
    this.#files.set(node, kept);
    this.#worker.send(filesMessage(node, kept));
  }

  showLog(node: string, log: NodeLog): void {
    const logs = this.#logs.get(node) ?? new Map<string, NodeLog>();
    this.#logs.set(node, logs);
    logs.set(log.path, log);
    this.#worker.send({ t: 'nodeLog', node, log });
  }

  hideLog(node: string, path: string): void {
    this.#logs.get(node)?.delete(path);
    this.#worker.send({ t: 'nodeLogEnd', node, path });
  }

  /** What a worker that begins anew has to know of them. */
  messages(): ToWorker[] {
    return [
      ...[...this.#files].map(([node, kept]) => filesMessage(node, kept)),
      ...[...this.#logs].flatMap(([node, logs]) =>
        [...logs.values()].map((log) => ({ t: 'nodeLog', node, log }) as const),
      ),
    ];
  }
}

function filesMessage(node: string, { roots, entries, version, beside }: KeptFiles): ToWorker {
  return { t: 'nodeFiles', node, roots, entries: { ...beside(), ...entries }, version };
}
