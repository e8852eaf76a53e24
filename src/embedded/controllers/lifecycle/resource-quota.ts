import type { Pod, ResourceQuota } from '../../../kube/api.gen.ts';
import type { Resource, Stored } from '../../../kube/meta.ts';
import { groupResource } from '../../../kube/meta.ts';
import { resourceQuotas } from '../../../kube/resources.ts';
import type { ApiClient, Component, ComponentContext, ServedResource } from '../../api.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { sameJson } from '../../errors/field.ts';
import { type Amounts, add, only } from '../../quota/amounts.ts';
import { evaluatorOf, inScopes } from '../../quota/evaluators.ts';
import { controllerClient } from '../identity.ts';
import { keyOf, splitKey } from '../ownership.ts';

const resyncMs = 5 * 60_000;

/** Keeps what quotas say is used right: admission counts what is added, this sees what goes and what nobody counted. */
export const resourceQuotaController: Component = {
  name: 'resourcequota',
  start(context) {
    new ResourceQuotaController(context).start();
  },
};

class ResourceQuotaController {
  readonly #context: ComponentContext;
  readonly #client: ApiClient;
  readonly #queue: WorkQueue;
  /** Resources whose objects are watched, because a quota counts them. */
  readonly #watched = new Set<string>();

  constructor(context: ComponentContext) {
    const { clock, signal, report } = context;
    this.#context = context;
    this.#client = controllerClient(context, 'resourcequota-controller');
    this.#queue = new WorkQueue({ clock, signal, report, sync: (key) => this.#sync(key), workers: 5 });
  }

  start(): void {
    this.#context.informers.of(resourceQuotas).on({
      add: (quota) => this.#queue.add(keyOf(quota)),
      update: (quota, old) => {
        // What is used changes by admission all the time, and is right then.
        if (!sameJson(quota.spec, old.spec) || !sameJson(quota.spec?.hard, quota.status?.hard)) {
          this.#queue.add(keyOf(quota));
        }
      },
    });
  }

  async #sync(key: string): Promise<{ after: number } | undefined> {
    const [namespace, name] = splitKey(key);
    const quota = this.#context.informers.of(resourceQuotas).get(namespace, name);
    if (!quota) return undefined;
    const hard = quota.spec?.hard ?? {};
    const used = this.#usage(quota);
    if (!sameJson(quota.status?.hard, hard) || !sameJson(quota.status?.used, used)) {
      await this.#client.updateStatus(resourceQuotas, { ...quota, status: { hard, used } });
    }
    return { after: resyncMs };
  }

  #usage(quota: Stored<ResourceQuota>): Amounts {
    const names = Object.keys(quota.spec?.hard ?? {});
    const now = this.#context.clock.now();
    let used: Record<string, string> = only(quota.status?.used ?? {}, names);
    for (const resource of this.#context.resources()) {
      const evaluator = evaluatorOf(resource);
      const counted = isCounted(resource) ? evaluator.matching(names) : [];
      if (counted.length === 0) continue;
      this.#watch(resource);
      let sum: Record<string, string> = Object.fromEntries(counted.map((n) => [n, '0']));
      for (const object of this.#context.informers.of(resource).list(quota.metadata.namespace)) {
        if (inScopes(evaluator, quota, object)) sum = add(sum, only(evaluator.usage(object, now), counted));
      }
      used = { ...used, ...sum };
    }
    return used;
  }

  /** Objects that come, go or end change what is used in their namespace. */
  #watch(resource: Resource): void {
    const name = groupResource(resource);
    if (this.#watched.has(name)) return;
    this.#watched.add(name);
    const recount = (object: Stored) => {
      const { namespace } = object.metadata;
      for (const quota of this.#context.informers.of(resourceQuotas).list(namespace)) this.#queue.add(keyOf(quota));
    };
    this.#context.informers.of(resource).on({
      add: recount,
      delete: recount,
      update: (object, old) => {
        if (name !== 'pods' || phaseOf(object) !== phaseOf(old)) recount(object);
      },
    });
  }
}

const phaseOf = (object: Stored) => (object as Stored<Pod>).status?.phase;

/** Each stored resource once. */
const isCounted = ({ namespaced, storedAs, verbs }: ServedResource) =>
  namespaced && storedAs === undefined && (verbs === undefined || verbs.includes('list'));
