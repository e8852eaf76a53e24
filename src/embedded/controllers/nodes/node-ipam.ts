import type { Node } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { nodes } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, EventRecorder } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { SyncError } from '../../errors/background.ts';
import { isNotFound } from '../failures.ts';
import { controllerClient } from '../identity.ts';

/** --node-cidr-mask-size */
const maskBits = 24;

/** Gives each node a range of its own for its Pods, out of the cluster's. */
export const nodeIpam: Component = {
  name: 'node-ipam',
  start: (context) => new NodeIpam(context).start(),
};

class NodeIpam {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #recorder: EventRecorder;
  readonly #queue: WorkQueue;
  readonly #base: number;
  readonly #count: number;
  readonly #used = new Map<string, number>();
  #next = 0;

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'node-controller');
    this.#recorder = context.recorder('cidrAllocator');
    this.#queue = new WorkQueue({ clock, signal, report, sync: (name) => this.#sync(name) });
    const [address = '', bits = '16'] = context.cluster.podCidr.split('/');
    this.#base = addressNumber(address);
    this.#count = 2 ** (maskBits - Number(bits));
  }

  start(): void {
    const known = this.#context.informers.of(nodes);
    for (const node of known.list()) this.#occupy(node);
    const look = (node: Stored<Node>) => {
      this.#occupy(node);
      if (!node.spec?.podCIDR) this.#queue.add(node.metadata.name);
    };
    known.on({ add: look, update: look, delete: ({ metadata }) => this.#used.delete(metadata.name) });
  }

  #occupy({ metadata, spec }: Stored<Node>): void {
    if (!spec?.podCIDR) return;
    const [address = ''] = spec.podCIDR.split('/');
    this.#used.set(metadata.name, (addressNumber(address) - this.#base) / 2 ** (32 - maskBits));
  }

  async #sync(name: string): Promise<void> {
    const node = this.#context.informers.of(nodes).get(undefined, name);
    if (!node || node.spec?.podCIDR) return;
    const index = this.#used.get(name) ?? this.#take();
    if (index === undefined) {
      const text = `Node ${name} status is now: CIDRNotAvailable`;
      this.#recorder.event(node, 'Normal', 'CIDRNotAvailable', text);
      throw new SyncError(
        'CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range',
      );
    }
    this.#used.set(name, index);
    const podCIDR = `${addressText(this.#base + index * 2 ** (32 - maskBits))}/${maskBits}`;
    try {
      await this.#client.patch(nodes, undefined, name, 'strategic', { spec: { podCIDR, podCIDRs: [podCIDR] } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Ranges are given out one after the other; those of nodes that are gone come again only after the last. */
  #take(): number | undefined {
    const taken = new Set(this.#used.values());
    for (let tries = 0; tries < this.#count; tries++) {
      const index = this.#next;
      this.#next = (this.#next + 1) % this.#count;
      if (!taken.has(index)) return index;
    }
    return undefined;
  }
}

function addressNumber(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
