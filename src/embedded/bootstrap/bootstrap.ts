import type { Clock } from '../../kernel/clock.ts';
import type { KubeObject, Resource } from '../../kube/meta.ts';
import { apiVersionOf } from '../../kube/meta.ts';
import { configMaps, nodes } from '../../kube/resources.ts';
import type { ApiClient, Component } from '../api.ts';
import type { ObjectReader } from '../definition.ts';
import { reasonOf } from '../errors/status.ts';
import { equalJson } from '../registry/core.ts';
import type { Registry } from '../registry/types.ts';
import type { ClusterFacts } from './facts.ts';
import {
  controllerServiceAccounts,
  controlPlaneObjects,
  kubeadmObjects,
  kubernetesService,
  storageObjects,
} from './objects.ts';

export interface BootstrapOptions {
  client: ApiClient;
  registry: Registry & { reader: ObjectReader };
  facts: ClusterFacts;
  clock: Clock;
}

const masters = ['system:masters', 'system:authenticated'];

/** The identities that make the objects of a fresh cluster. */
const identities = {
  apiServer: { user: { name: 'system:apiserver', groups: masters }, fieldManager: 'kube-apiserver' },
  kubeadm: { user: { name: 'kubernetes-admin', groups: masters }, fieldManager: 'kubeadm' },
  kubectl: { user: { name: 'kubernetes-admin', groups: masters }, fieldManager: 'kubectl-client-side-apply' },
  controllerManager: {
    user: { name: 'system:kube-controller-manager', groups: masters },
    fieldManager: 'kube-controller-manager',
  },
};

/** Makes what kube-apiserver makes at every start: everything that is missing of its own. */
export async function bootstrapControlPlane(options: BootstrapOptions): Promise<void> {
  const { clock, facts } = options;
  const today = new Date(clock.now()).toISOString().slice(0, 10);
  await createMissing(options, identities.apiServer, controlPlaneObjects(facts, today));
  await reconcile(options, identities.apiServer, kubernetesService(facts));
}

/** EndpointInterval of kube-apiserver's controller of that Service. */
const serviceInterval = 10_000;

/** Looks after the Service `kubernetes` as long as the API server runs: it comes back, and its endpoints are right again. */
export function kubernetesServiceUpkeep(options: BootstrapOptions, report?: (error: unknown) => void): Component {
  return {
    name: 'kubernetesservice',
    start({ clock, signal }) {
      const again = async () => {
        if (signal.aborted) return;
        await reconcile(options, identities.apiServer, kubernetesService(options.facts)).catch(report);
        clock.after(serviceInterval, again);
      };
      clock.after(serviceInterval, again);
    },
  };
}

/** Makes what `kubeadm init` and the controllers' start add to a new cluster. Only once: what a learner deletes stays away. */
export async function bootstrapAddons(options: BootstrapOptions): Promise<void> {
  await createMissing(options, identities.controllerManager, controllerServiceAccounts());
  await createMissing(options, identities.kubeadm, kubeadmObjects(options.facts));
  await publishFrontProxy(options);
  await createMissing(options, identities.kubectl, storageObjects(options.facts));
}

/** Tells other API servers how to know this one: it speaks for its clients (kubeadm's front-proxy-client). */
async function publishFrontProxy({ client, facts }: BootstrapOptions): Promise<void> {
  const data = {
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-client-ca-file': facts.caCertificate,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  };
  const name = 'extension-apiserver-authentication';
  await client.as(identities.apiServer).patch(configMaps, 'kube-system', name, 'merge', { data });
}

/** Marks the control plane's node, which a kubelet may not do for itself (kubeadm's phase mark-control-plane). */
export async function markControlPlane({ client, facts }: BootstrapOptions): Promise<void> {
  const labels = { 'node-role.kubernetes.io/control-plane': '' };
  await client.as(identities.kubeadm).patch(nodes, undefined, facts.node, 'strategic', { metadata: { labels } });
}

async function createMissing(
  { client, registry }: BootstrapOptions,
  identity: (typeof identities)['apiServer'],
  objects: readonly KubeObject[],
): Promise<void> {
  const as = client.as(identity);
  for (const object of objects) {
    const r = resourceOf(registry, object);
    const { name = '', namespace } = object.metadata ?? {};
    if (r && !registry.reader.read(r, namespace, name)) await createOne(as, r, object);
  }
}

async function createOne<T extends KubeObject>(client: ApiClient, r: Resource<T>, object: T): Promise<void> {
  try {
    await client.create(r, object);
  } catch (error) {
    if (reasonOf(error) !== 'AlreadyExists') throw error;
  }
}

/** Creates or corrects: the API server keeps the endpoints of its own Service right. */
async function reconcile(
  { client, registry }: BootstrapOptions,
  identity: (typeof identities)['apiServer'],
  objects: readonly KubeObject[],
): Promise<void> {
  const as = client.as(identity);
  for (const object of objects) {
    const r = resourceOf(registry, object);
    if (!r) continue;
    const { name = '', namespace } = object.metadata ?? {};
    const existing = registry.reader.read(r, namespace, name);
    if (!existing) await createOne(as, r, object);
    else if (object.kind !== 'Service' && !includes(existing, object)) {
      await as.update(r, { ...existing, ...object, metadata: existing.metadata });
    }
  }
}

/** Whether everything that `wanted` says at its top level, metadata aside, is so already. */
function includes(existing: KubeObject, wanted: KubeObject): boolean {
  const now = existing as Record<string, unknown>;
  return Object.entries(wanted).every(([key, value]) => key === 'metadata' || equalJson(now[key], value));
}

const byKind = new WeakMap<Registry, Map<string, Resource>>();

/** The resource of an object's kind; undefined if this cluster does not have it. */
export function resourceOf(registry: Registry, object: KubeObject): Resource | undefined {
  let kinds = byKind.get(registry);
  if (!kinds) {
    kinds = new Map(
      registry
        .definitions()
        .filter((d) => !d.review)
        .map((d) => [`${apiVersionOf(d)} ${d.kind}`, d]),
    );
    byKind.set(registry, kinds);
  }
  return kinds.get(`${object.apiVersion} ${object.kind}`);
}
