import type { Clock } from '../../kernel/clock.ts';
import { EnvironmentError, UserError } from '../../kernel/errors.ts';
import { KubeClient } from '../../kube/client.ts';
import { namespaces as namespacesResource } from '../../kube/resources.ts';
import { InventoryKeeper } from '../inventory/keeper.ts';
import { kubeconfigPath, readOwnKubeconfig, writeKubeconfigs } from '../own-kubeconfig.ts';
import type { BrokenCluster, Cluster, ClusterSpec, Diagnosis, Provider } from '../provider.ts';
import { type ClusterRecord, isAlive, ownIdentity, Records } from '../record.ts';
import { extractContext } from './extract.ts';
import { requireMark } from './lab-mark.ts';
import { explainRefusal } from './refusals.ts';
import { requireRights } from './rights.ts';

interface KubeconfigRecord extends ClusterRecord {
  /** The context's own name, and where it leads. */
  source: string;
  server: string;
  /** What tells clusters apart, whatever they are called. */
  identity: string;
  /** Only these could be seen when the cluster was found. */
  namespaces?: string[];
}

export interface KubeconfigProviderOptions {
  /** One folder a lab. */
  folder: string;
  clock: Clock;
  /** Labs outlive this process (the daemon). Else its successor ends them. */
  lasting: boolean;
  log?(line: string): void;
}

/** Existing clusters: borrowed for a lab, and given back as they were found. */
export class KubeconfigProvider implements Provider {
  readonly name = 'kubeconfig';
  readonly #options: KubeconfigProviderOptions;
  readonly #records: Records<KubeconfigRecord>;

  constructor(options: KubeconfigProviderOptions) {
    this.#options = options;
    this.#records = new Records(options.folder);
  }

  async check(): Promise<Diagnosis[]> {
    return [];
  }

  async create(spec: ClusterSpec, progress: (step: string) => void, signal?: AbortSignal): Promise<Cluster> {
    const { target, name, nodes, namespaces, rights = [] } = spec;
    if (!target || target.files.length === 0) {
      throw new UserError({
        what: 'which cluster is not said',
        why: 'your own kubeconfig is only read if you ask for it',
        next: 'name it with --context NAME, or with --kubeconfig FILE',
      });
    }
    const id = await this.#records.claim(name);
    try {
      const context = contextOf(id);
      const { text, source, server } = await extractContext(target.files, target.context, context);
      const record: KubeconfigRecord = {
        version: 1,
        phase: 'making',
        owner: await ownIdentity(),
        lasting: this.#options.lasting,
        createdAt: new Date(this.#options.clock.now()).toISOString(),
        source,
        server,
        identity: '',
      };
      await this.#records.write(id, record);
      await writeKubeconfigs(this.#records.path(id, ''), text);
      progress(`looking at ${source} (${server})`);
      const client = KubeClient.fromText(text, context);
      try {
        await requireMark(client, source);
        const counting = nodes > 1 ? [{ verb: 'list', group: '', resource: 'nodes' }] : [];
        const reach = await requireRights(client, source, rights.length > 0 ? [...rights, ...counting] : []);
        await requireNodes(client, source, nodes);
        const identity = await identityOf(client, server);
        await this.#requireFree(identity, source);
        Object.assign(record, { identity, ...(reach === 'namespaces' && { namespaces: [...(namespaces ?? [])] }) });
        await this.#records.write(id, record);
        progress('noting what is there');
        await this.#keeper(id, record).noteFound(signal);
      } catch (error) {
        throw explainRefusal(error, source, server);
      } finally {
        await client.close();
      }
      await this.#records.write(id, { ...record, phase: 'ready' });
      return this.#cluster(id, record);
    } catch (error) {
      // Nothing was written to the cluster yet.
      await this.#records.remove(id);
      throw error;
    }
  }

  async list(): Promise<Cluster[]> {
    const entries = await this.#records.all();
    return entries.flatMap(({ id, record }) => (record?.phase === 'ready' ? [this.#cluster(id, record)] : []));
  }

  /** Gives the cluster back as it was found. If that fails the record stays, and the next start tries again. */
  async delete(id: string): Promise<void> {
    const record = await this.#records.read(id);
    if (record && record.phase !== 'making') {
      await this.#records.write(id, { ...record, phase: 'deleting', owner: await ownIdentity() });
      await this.#keeper(id, record).restoreFound();
    }
    await this.#records.remove(id);
  }

  /** Ends what a crash left behind, and takes up what goes on. */
  async resume(): Promise<void> {
    const entries = await this.#records.all();
    await Promise.all(
      entries.map(async ({ id, record, damaged }) => {
        // Listed as broken: what is to be given back on the cluster itself is not known any more.
        if (damaged) return;
        if (record && (await isAlive(record.owner))) return;
        if (record?.phase === 'ready' && record.lasting) {
          return this.#records.write(id, { ...record, owner: await ownIdentity() });
        }
        await this.delete(id).catch((error: Error) => this.#options.log?.(`cluster ${id}: ${error.message}`));
      }),
    );
  }

  broken(): Promise<BrokenCluster[]> {
    return this.#records.broken();
  }

  /** Gives back what does not outlive this process. */
  async stop(): Promise<void> {
    const own = await ownIdentity();
    const entries = await this.#records.all();
    const doomed = entries.filter(({ record }) => record && !record.lasting && record.owner.pid === own.pid);
    await Promise.all(
      doomed.map(({ id }) =>
        this.delete(id).catch((error: Error) => this.#options.log?.(`cluster ${id}: ${error.message}`)),
      ),
    );
  }

  /** Two labs on one cluster would take each other's objects for damage. */
  async #requireFree(identity: string, source: string): Promise<void> {
    const entries = await this.#records.all();
    const busy = entries.find(({ record }) => record?.identity === identity);
    if (!busy) return;
    throw new UserError({
      what: `the cluster of context ${source} is in use by ${busy.id}`,
      next: 'kubedrill stop, or kubedrill cluster down, first',
    });
  }

  #cluster(id: string, record: KubeconfigRecord): Cluster {
    const keeper = this.#keeper(id, record);
    const folder = this.#records.path(id, '');
    return {
      id,
      provider: this.name,
      kubeconfig: kubeconfigPath(folder),
      context: contextOf(id),
      server: record.server,
      ownKubeconfig: async () => readOwnKubeconfig(folder),
      snapshot: () => keeper.snapshot(),
      reset: () => keeper.reset(),
      differences: () => keeper.differences(),
      dispose: () => this.delete(id),
    };
  }

  #keeper(id: string, { namespaces }: KubeconfigRecord): InventoryKeeper {
    return new InventoryKeeper({
      folder: this.#records.path(id, ''),
      context: contextOf(id),
      clock: this.#options.clock,
      ...(namespaces && { namespaces }),
    });
  }
}

const contextOf = (id: string) => `kubedrill-${id}`;

/** The uid of kube-system: it lives as long as the cluster. Who may not read it tells clusters apart by address. */
async function identityOf(client: KubeClient, server: string): Promise<string> {
  try {
    return (await client.get(namespacesResource, undefined, 'kube-system')).metadata.uid;
  } catch (error) {
    if (error instanceof EnvironmentError) throw error;
    return server;
  }
}

async function requireNodes(client: KubeClient, source: string, wanted: number): Promise<void> {
  if (wanted <= 1) return;
  const { items } = await client.request<{ items: unknown[] }>('GET', '/api/v1/nodes');
  if (items.length >= wanted) return;
  throw new UserError({
    what: `the scenario needs ${wanted} nodes, the cluster of context ${source} has ${items.length}`,
    next: 'use --provider embedded or --provider kind',
  });
}
