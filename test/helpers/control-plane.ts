import type { ComponentContext, EventRecorder, Informers } from '../../src/embedded/api.ts';
import type { RemoteReader } from '../../src/embedded/client/client.ts';
import { componentContext } from '../../src/embedded/cluster/context.ts';
import { createControlPlane } from '../../src/embedded/cluster/control-plane.ts';
import { isApiError } from '../../src/embedded/errors/status.ts';
import { createPki } from '../../src/embedded/pki/pki.ts';
import { bucketOf } from '../../src/embedded/registry/keys.ts';
import { builtinResources } from '../../src/embedded/resources/index.ts';
import { type Clock, ManualClock, nextTurn } from '../../src/kernel/clock.ts';
import type { ServiceAccount, Status } from '../../src/kube/api.gen.ts';
import type { KubeObject, Resource, Stored } from '../../src/kube/meta.ts';
import { namespaces, serviceAccounts } from '../../src/kube/resources.ts';

/** What a component has told its recorder, once for each time. */
export interface ReportedEvent {
  component: string;
  type: string;
  reason: string;
  message: string;
  /** `Kind/name` of what it is about. */
  object: string;
  fieldPath?: string;
}

export interface ControlPlaneSetup<C extends Clock> {
  clock?: C;
  /** Exist from the beginning, each with its service account `default`. */
  namespaces?: readonly string[];
  /** What those service accounts say. */
  account?: Partial<ServiceAccount>;
  /** What other servers answer. */
  remote?: RemoteReader;
}

/** How many turns of the event loop what follows from a write may take in `until`. */
const turnsToSettle = 20;

const pki = createPki(new ManualClock());

/**
 * The API of a cluster in memory, with all built-in kinds: store, registry, admission and in-process client, as the product
 * has them; neither server, controllers nor nodes. Takes a few milliseconds.
 */
export async function startControlPlane<C extends Clock = ManualClock>(setup?: ControlPlaneSetup<C>) {
  const clock = (setup?.clock ?? new ManualClock()) as C;
  const { client, registry, store, authorizer } = createControlPlane({ clock, pki, definitions: builtinResources });
  const plane = { client, registry, store, authorizer, fresh: true, close: async () => {} };
  const facts = {
    caCertificate: pki.ca.certificate,
    apiServer: { host: '127.0.0.1', port: 6443 },
    serviceCidr: '10.96.0.0/12',
    podCidr: '10.244.0.0/16',
  };
  const reported: ReportedEvent[] = [];
  let writes = Promise.withResolvers<void>();
  for (const definition of builtinResources) {
    store.observe(bucketOf(definition), () => {
      writes.resolve();
      writes = Promise.withResolvers();
    });
  }
  let abort = new AbortController();
  const contextNow = () => componentContext(plane, clock, abort.signal, facts, setup?.remote);
  let { informers } = contextNow();

  const recorderOf = (component: string, recorder: EventRecorder): EventRecorder => ({
    event(involved, type, reason, message, options) {
      const object = `${involved.kind}/${involved.metadata?.name}`;
      const { fieldPath } = involved;
      reported.push({ component, type, reason, message, object, ...(fieldPath && { fieldPath }) });
      recorder.event(involved, type, reason, message, options);
    },
  });

  /** Creates a namespace with its service account. */
  async function addNamespace(name: string): Promise<void> {
    await client.create(namespaces, { metadata: { name } });
    await client.create(serviceAccounts, { ...setup?.account, metadata: { name: 'default', namespace: name } });
  }
  for (const name of setup?.namespaces ?? ['default', 'kube-system', 'kube-node-lease']) await addNamespace(name);

  return {
    clock,
    client,
    registry,
    store,
    authorizer,
    pki,
    /** What components have told their recorders, oldest first. */
    reported,
    addNamespace,
    /** Those of the components that run. */
    get informers(): Informers {
      return informers;
    },
    /** What components are given; those that were given one before `restart` are stopped. */
    context(): ComponentContext {
      const context = contextNow();
      return { ...context, recorder: (component, host) => recorderOf(component, context.recorder(component, host)) };
    },
    /** The object as it is now; throws the API's 404 without one. */
    read<T extends KubeObject>(r: Resource<T>, namespace: string | undefined, name: string): Stored<T> {
      const definition = registry.definition(r);
      if (!definition) throw new Error(`no resource ${r.resource}`);
      return registry.get(definition, namespace, name) as Stored<T>;
    },
    /** All objects of a resource, of one namespace if there is one. */
    all: <T extends KubeObject>(r: Resource<T>, namespace?: string): Stored<T>[] => informers.of(r).list(namespace),
    /**
     * Resolves with what `probe` returns, as soon as that is truthy; looks after each write. What is not there yet (404)
     * counts as nothing. The clock is not moved.
     */
    async until<T>(probe: () => T | false | undefined): Promise<T> {
      for (;;) {
        const written = writes.promise;
        for (let turn = 0; turn < turnsToSettle; turn++) {
          const value = existing(probe);
          if (value) return value;
          await nextTurn();
        }
        await written;
      }
    },
    /** Ends all components, as the end of the process does. */
    stop: () => abort.abort(),
    /** Ends all components; those that are started from now on find everything as it was. */
    restart(): void {
      abort.abort();
      abort = new AbortController();
      ({ informers } = contextNow());
    },
  };
}

export type TestControlPlane<C extends Clock = ManualClock> = Awaited<ReturnType<typeof startControlPlane<C>>>;

/** The Status that a request is refused with. */
export async function refusal(request: Promise<unknown> | (() => unknown)): Promise<Status> {
  try {
    await (typeof request === 'function' ? request() : request);
  } catch (error) {
    if (isApiError(error)) return error.status;
    throw error;
  }
  throw new Error('the request was not refused');
}

/** What `probe` returns; undefined if the API answers that there is no such object. */
function existing<T>(probe: () => T): T | undefined {
  try {
    return probe();
  } catch (error) {
    if (isApiError(error) && error.status.code === 404) return undefined;
    throw error;
  }
}
