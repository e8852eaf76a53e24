import { join } from 'node:path';
import { type Clock, sleep } from '../../kernel/clock.ts';
import { EnvironmentError } from '../../kernel/errors.ts';
import { KubeClient } from '../../kube/client.ts';
import { readOwnKubeconfig } from '../own-kubeconfig.ts';
import { describeDifferences, differencesOf } from './difference.ts';
import { captureInventory, type Inventory, loadInventory, saveInventory } from './inventory.ts';
import { resetTo } from './reset.ts';

export interface KeeperOptions {
  /** Of the cluster: where the inventories are kept, and its kubeconfig. */
  folder: string;
  context: string;
  clock: Clock;
  /** Where to look if our rights end at namespaces. */
  namespaces?: readonly string[];
}

/** How long two looks at a quiet cluster are apart, milliseconds. */
const calm = 1_000;
const patienceForCalm = 30_000;

/**
 * Keeps two inventories of a cluster: how it was found (before set-up) and the snapshot (after set-up); and brings it back
 * to either.
 */
export class InventoryKeeper {
  readonly #options: KeeperOptions;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Notes how the cluster was found, once it is quiet: controllers that only come up make objects too. */
  async noteFound(signal?: AbortSignal): Promise<void> {
    await this.#withClient(async (client) => {
      const { clock } = this.#options;
      const end = clock.now() + patienceForCalm;
      let before = await this.#capture(client, signal);
      for (;;) {
        await sleep(clock, calm, signal);
        const now = await this.#capture(client, signal);
        if (differencesOf(before, now).length === 0 || clock.now() > end) break;
        before = now;
      }
      await saveInventory(this.#foundFile, before);
    });
  }

  /** Remembers the present state as the one that `reset` goes back to. */
  async snapshot(): Promise<void> {
    await this.#withClient(async (client) => saveInventory(this.#snapshotFile, await this.#capture(client)));
  }

  /** Goes back to the snapshot; Pods of the lab's namespaces are replaced. */
  async reset(): Promise<void> {
    const baseline = await this.#need(this.#snapshotFile);
    const found = await loadInventory(this.#foundFile);
    const before = new Set(
      found?.objects.flatMap(({ resource, object }) =>
        resource.group === '' && resource.resource === 'namespaces' ? [object.metadata.name] : [],
      ),
    );
    await this.#reset(baseline, (namespace) => namespace === 'default' || !before.has(namespace));
  }

  /** Goes back to how the cluster was found. */
  async restoreFound(): Promise<void> {
    await this.#reset(await this.#need(this.#foundFile));
  }

  /** What is not as it was at the snapshot (before that: as found), a line each. */
  async differences(): Promise<string[]> {
    const baseline = (await loadInventory(this.#snapshotFile)) ?? (await this.#need(this.#foundFile));
    return this.#withClient(async (client) => describeDifferences(baseline, await this.#capture(client)));
  }

  async #reset(baseline: Inventory, replacePodsIn?: (namespace: string) => boolean): Promise<void> {
    const { clock, namespaces } = this.#options;
    await this.#withClient(async (client) => {
      await resetTo({
        client,
        baseline,
        clock,
        ...(namespaces && { namespaces }),
        ...(replacePodsIn && { replacePodsIn }),
      });
    });
  }

  #capture(client: KubeClient, signal?: AbortSignal): Promise<Inventory> {
    const { namespaces } = this.#options;
    return captureInventory({ client, ...(namespaces && { namespaces }), ...(signal && { signal }) });
  }

  async #need(file: string): Promise<Inventory> {
    const inventory = await loadInventory(file);
    if (inventory) return inventory;
    throw new EnvironmentError({ what: 'nothing is known of how the cluster was', why: `${file} is not there` });
  }

  async #withClient<R>(run: (client: KubeClient) => Promise<R>): Promise<R> {
    const client = KubeClient.fromText(readOwnKubeconfig(this.#options.folder), this.#options.context);
    try {
      return await run(client);
    } finally {
      await client.close();
    }
  }

  get #foundFile(): string {
    return join(this.#options.folder, 'found.json');
  }

  get #snapshotFile(): string {
    return join(this.#options.folder, 'snapshot.json');
  }
}
