/**
 * What the API server itself does for CustomResourceDefinitions: accepts their names, serves their kinds, and takes their
 * objects away before they go. Runs whether or not controllers run.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '../../kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../kube/meta.ts';
import { customResourceDefinitions } from '../../kube/resources.ts';
import type { ApiClient } from '../api.ts';
import type { ObjectReader, ResourceDefinition } from '../definition.ts';
import { sameJson } from '../errors/field.ts';
import { isApiError } from '../errors/status.ts';
import { bucketOf } from '../registry/keys.ts';
import { timestamp } from '../registry/metadata.ts';
import type { Store, StoreEvent } from '../store/store.ts';
import { followApiServices } from './api-services.ts';
import { isTrue, withCondition } from './conditions.ts';
import { customDefinitions } from './custom-definition.ts';
import { cleanupFinalizer } from './finalizer.ts';
import { nameDefinition } from './names.ts';
import { approvalState } from './validate-definition.ts';

export interface CustomResourcesOptions {
  store: Pick<Store, 'observe' | 'delivered'>;
  reader: ObjectReader;
  /** As the API server itself. */
  client: ApiClient;
  /** Replaces the kinds that come from definitions. */
  serve(definitions: readonly ResourceDefinition[]): void;
  clock: Clock;
  report?(error: unknown, where: string): void;
}

type Crd = Stored<CustomResourceDefinition>;

interface Served {
  crd: Crd;
  definitions: readonly ResourceDefinition[];
  /** Aborts when these kinds look different, or are gone. */
  replaced: AbortController;
}

/** Serves what definitions there are, and follows them from now on. */
export function followCustomResources(options: CustomResourcesOptions): void {
  // First: a definition is the last thing written of what comes with it, as recorded.
  followApiServices(options);
  new CustomResources(options).start();
}

class CustomResources {
  readonly #options: CustomResourcesOptions;
  /** By definition; the kinds are the same objects as long as it did not change. */
  readonly #served = new Map<string, Served>();
  /** Buckets of custom objects that are looked at, by definition. */
  readonly #observed = new Map<string, () => void>();
  #due = new Set<string>();

  constructor(options: CustomResourcesOptions) {
    this.#options = options;
  }

  start(): void {
    const { reader, store } = this.#options;
    for (const crd of reader.listAll(customResourceDefinitions)) {
      this.#remember(crd);
      this.#schedule(crd.metadata.name);
    }
    this.#publish();
    store.observe(bucketOf(customResourceDefinitions), (event) => this.#changed(event));
  }

  #changed({ type, id, object }: StoreEvent): void {
    if (type === 'delete') {
      this.#retire(this.#served.get(id));
      this.#served.delete(id);
      this.#observed.get(id)?.();
      this.#observed.delete(id);
      // The names are free again: others may have waited for them.
      const { group } = (object as Crd).spec;
      for (const { crd } of this.#served.values()) if (crd.spec.group === group) this.#schedule(crd.metadata.name);
    } else {
      this.#remember(object as Crd);
      this.#schedule(id);
    }
    this.#publish();
  }

  #remember(crd: Crd): void {
    const name = crd.metadata.name;
    const known = this.#served.get(name);
    if (known && sameKinds(known.crd, crd)) {
      known.crd = crd;
      return;
    }
    // What changes nothing but the conditions does not end watches.
    const looksSame = known && sameLook(known.crd, crd);
    if (!looksSame) this.#retire(known);
    const replaced = looksSame ? known.replaced : new AbortController();
    this.#served.set(name, { crd, definitions: customDefinitions(crd, replaced.signal), replaced });
  }

  /** Those who watch hear of everything up to now, then begin anew. */
  #retire(served: Served | undefined): void {
    void this.#options.store.delivered().then(() => served?.replaced.abort());
  }

  #publish(): void {
    this.#options.serve([...this.#served.values()].flatMap(({ definitions }) => definitions));
  }

  /** Right after the write that is going on now; its answer shows the state before. */
  #schedule(name: string): void {
    if (this.#due.size === 0) {
      queueMicrotask(() => {
        const due = this.#due;
        this.#due = new Set();
        for (const each of due) void this.#sync(each);
      });
    }
    this.#due.add(name);
  }

  async #sync(name: string): Promise<void> {
    try {
      const crd = this.#options.reader.read(customResourceDefinitions, undefined, name);
      if (!crd) return;
      if (crd.metadata.deletionTimestamp) await this.#finalize(crd);
      else await this.#name(crd);
    } catch (error) {
      // Somebody else wrote in between: that write makes for another sync.
      if (!isApiError(error)) this.#options.report?.(error, `CustomResourceDefinition ${name}`);
    }
  }

  async #name(crd: Crd): Promise<void> {
    const { reader } = this.#options;
    const others = reader
      .listAll(customResourceDefinitions)
      .filter((other) => other.spec.group === crd.spec.group && other.metadata.name !== crd.metadata.name);
    const { acceptedNames, namesAccepted, established } = nameDefinition(crd, others);
    let conditions = withCondition(crd.status?.conditions, namesAccepted, this.#now());
    conditions = withCondition(conditions, established, this.#now());
    const approval = approvalCondition(crd);
    if (approval) conditions = withCondition(conditions, approval, this.#now());
    const status: CustomResourceDefinitionStatus = { ...crd.status, acceptedNames, conditions };
    if (sameJson(status, crd.status)) return;
    await this.#options.client.updateStatus(customResourceDefinitions, { ...crd, status });
  }

  async #finalize(crd: Crd): Promise<void> {
    if (!crd.metadata.finalizers?.includes(cleanupFinalizer)) return;
    const { client } = this.#options;
    const [reason, message] = ['InstanceDeletionInProgress', 'CustomResource deletion is in progress'];
    const marked = await client.updateStatus(
      customResourceDefinitions,
      this.#terminating(crd, 'True', reason, message),
    );
    if (isTrue(marked, 'Established')) {
      if (!(await this.#deleteInstances(marked))) return;
      await this.#release(marked, 'InstanceDeletionCompleted', 'removed all instances');
    } else await this.#release(marked, 'NeverEstablished', 'resource was never established');
  }

  #terminating(crd: Crd, status: string, reason: string, message: string): Crd {
    const conditions = withCondition(
      crd.status?.conditions,
      { type: 'Terminating', status, reason, message },
      this.#now(),
    );
    return { ...crd, status: { ...crd.status, conditions } };
  }

  async #release(crd: Crd, reason: string, message: string): Promise<void> {
    const done = this.#terminating(crd, 'False', reason, message);
    const finalizers = crd.metadata.finalizers?.filter((name) => name !== cleanupFinalizer);
    const free = { ...done, metadata: { ...done.metadata, finalizers } };
    await this.#options.client.updateStatus(customResourceDefinitions, free);
  }

  /** Whether all are gone; what has finalizers stays, and its end brings us back here. */
  async #deleteInstances(crd: Crd): Promise<boolean> {
    const { reader, client, store } = this.#options;
    const resource = resourceOf(crd);
    if (!resource) return true;
    for (const { metadata } of reader.listAll(resource)) {
      if (!metadata.deletionTimestamp) await client.delete(resource, metadata.namespace, metadata.name);
    }
    if (reader.listAll(resource).length === 0) return true;
    const name = crd.metadata.name;
    if (!this.#observed.has(name)) {
      const look = ({ type }: StoreEvent) => void (type === 'delete' && this.#schedule(name));
      this.#observed.set(name, store.observe(bucketOf(resource), look));
    }
    return false;
  }

  #now(): string {
    return timestamp(this.#options.clock.now());
  }
}

/** Whether two states of a definition make for the same kinds. */
function sameKinds(a: Crd, b: Crd): boolean {
  return (
    sameLook(a, b) &&
    ['NamesAccepted', 'Established', 'Terminating'].every((type) => isTrue(a, type) === isTrue(b, type))
  );
}

function sameLook(a: Crd, b: Crd): boolean {
  return sameJson(a.spec, b.spec) && sameJson(a.status?.acceptedNames, b.status?.acceptedNames);
}

/** The kind through which all objects of a definition can be reached. */
function resourceOf(crd: Crd): Resource<KubeObject> | undefined {
  const { group, scope, versions } = crd.spec;
  const names = crd.status?.acceptedNames ?? crd.spec.names;
  const served = versions.find((version) => version.served);
  if (!served) return undefined;
  const namespaced = scope === 'Namespaced';
  return { group, version: served.name, resource: names.plural, kind: names.kind, namespaced };
}

/** KEP-1111: whether a kind in a group of the project was approved. */
function approvalCondition(crd: Crd) {
  const state = approvalState(crd);
  const type = 'KubernetesAPIApprovalPolicyConformant';
  const annotation = crd.metadata.annotations?.['api-approved.kubernetes.io'] ?? '';
  if (state === 'approved') {
    return { type, status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${annotation}` };
  }
  if (state === 'bypassed') {
    const message = `not approved: ${JSON.stringify(annotation)}`;
    return { type, status: 'False', reason: 'UnapprovedAnnotation', message };
  }
  return undefined;
}
