import { afterEach, describe, expect, it } from 'vitest';
import { namespaceController } from '../../../src/embedded/controllers/lifecycle/namespace.ts';
import { clusterRoleAggregation } from '../../../src/embedded/controllers/security/cluster-role-aggregation.ts';
import { rootCaPublisher } from '../../../src/embedded/controllers/security/root-ca-publisher.ts';
import { serviceAccountController } from '../../../src/embedded/controllers/security/serviceaccount.ts';
import { bootstrapRbac } from '../../../src/embedded/rbac/bootstrap.ts';
import type { ClusterRole, ClusterRoleBinding } from '../../../src/kube/api.gen.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  namespaces,
  pods,
  serviceAccounts,
} from '../../../src/kube/resources.ts';
import { startControlPlane } from '../../helpers/control-plane.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function start() {
  const plane = await startControlPlane();
  stops.push(plane.stop);
  const context = plane.context();
  for (const object of bootstrapRbac()) {
    if (object.kind === 'ClusterRole') await plane.client.create(clusterRoles, object);
    if (object.kind === 'ClusterRoleBinding')
      await plane.client.create(clusterRoleBindings, object as ClusterRoleBinding);
  }
  for (const component of [serviceAccountController, rootCaPublisher, namespaceController, clusterRoleAggregation]) {
    await component.start(context);
  }
  return plane;
}

describe('a new namespace', () => {
  it('gets its default ServiceAccount and the CA, again if somebody deletes them', async () => {
    const { client, informers, until, pki } = await start();
    const { certificate } = pki.ca;
    await client.create(namespaces, { metadata: { name: 'swan' } });
    const account = () => informers.of(serviceAccounts).get('swan', 'default');
    const ca = () => informers.of(configMaps).get('swan', 'kube-root-ca.crt');
    const first = await until(account);
    expect((await until(ca)).data).toEqual({ 'ca.crt': certificate });
    await client.delete(serviceAccounts, 'swan', 'default');
    await client.delete(configMaps, 'swan', 'kube-root-ca.crt');
    expect((await until(account)).metadata.uid).not.toBe(first.metadata.uid);
    await client.update(configMaps, { ...(await until(ca)), data: { 'ca.crt': 'changed' } });
    await until(() => ca()?.data?.['ca.crt'] === certificate);
  });
});

describe('a deleted namespace', () => {
  it('goes with its content', async () => {
    const { client, informers, until } = await start();
    await client.create(namespaces, { metadata: { name: 'swan' } });
    await until(() => informers.of(serviceAccounts).get('swan', 'default'));
    await client.create(pods, {
      metadata: { name: 'p', namespace: 'swan' },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    });
    await client.delete(namespaces, undefined, 'swan');
    await until(() => informers.of(namespaces).get(undefined, 'swan') === undefined);
    expect(informers.of(pods).list('swan')).toEqual([]);
    expect(informers.of(configMaps).list('swan')).toEqual([]);
  });

  it('waits for API servers that do not answer: who knows what they keep', async () => {
    const { client, informers, until, context, stop } = await startControlPlane();
    stops.push(stop);
    let stale = ['metrics.k8s.io/v1beta1', 'x.example.com/v1'];
    await namespaceController.start({ ...context(), staleGroups: () => stale });
    const swan = () => informers.of(namespaces).get(undefined, 'swan');
    await client.create(namespaces, { metadata: { name: 'swan' } });
    await client.delete(namespaces, undefined, 'swan');
    const [first] = await until(() => swan()?.status?.conditions);
    expect(first).toMatchObject({
      ...{ type: 'NamespaceDeletionDiscoveryFailure', status: 'True', reason: 'DiscoveryFailed' },
      message:
        'Discovery failed for some groups, 2 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1, x.example.com/v1: stale GroupVersion discovery: x.example.com/v1',
    });
    stale = [];
    await until(() => swan() === undefined);
  });

  it('says what holds it and goes once that lets go', async () => {
    const { client, informers, until, clock } = await start();
    const swan = () => informers.of(namespaces).get(undefined, 'swan');
    await client.create(namespaces, { metadata: { name: 'swan' } });
    await client.create(configMaps, {
      metadata: { name: 'held', namespace: 'swan', finalizers: ['example.com/x'] },
    });
    await client.delete(namespaces, undefined, 'swan');
    const conditions = await until(() => swan()?.status?.conditions);
    expect(conditions.map(({ type, status, reason, message }) => [type, status, reason, message])).toEqual([
      ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
      [
        'NamespaceDeletionGroupVersionParsingFailure',
        'False',
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ],
      [
        'NamespaceDeletionContentFailure',
        'False',
        'ContentDeleted',
        'All content successfully deleted, may be waiting on finalization',
      ],
      [
        'NamespaceContentRemaining',
        'True',
        'SomeResourcesRemain',
        'Some resources are remaining: configmaps. has 1 resource instances',
      ],
      [
        'NamespaceFinalizersRemaining',
        'True',
        'SomeFinalizersRemain',
        'Some content in the namespace has finalizers remaining: example.com/x in 1 resource instances',
      ],
    ]);
    const late = client.create(configMaps, { metadata: { name: 'late', namespace: 'swan' } });
    await expect(late).rejects.toThrow('because it is being terminated');
    await client.patch(configMaps, 'swan', 'held', 'merge', { metadata: { finalizers: null } });
    await clock.advance(1000);
    await until(() => swan() === undefined);
  });
});

describe('an aggregated ClusterRole', () => {
  it('gathers the rules of what it selects, by server-side apply', async () => {
    const { client, informers, until } = await start();
    const rule = { apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get'] };
    const part: ClusterRole = { metadata: { name: 'part', labels: { agg: 'yes' } }, rules: [rule] };
    await client.create(clusterRoles, {
      metadata: { name: 'agg' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { agg: 'yes' } }] },
      rules: [],
    });
    await client.create(clusterRoles, part);
    const rules = () => informers.of(clusterRoles).get(undefined, 'agg')?.rules;
    expect(await until(rules)).toEqual([rule]);
    expect(informers.of(clusterRoles).get(undefined, 'agg')?.metadata.managedFields).toMatchObject([
      { manager: 'clusterrole-aggregation-controller', operation: 'Apply', fieldsV1: { 'f:rules': {} } },
      { manager: 'kubedrill', operation: 'Update' },
    ]);
    await client.delete(clusterRoles, undefined, 'part');
    await until(() => (rules() ?? []).length === 0);
  });

  it('gives view what a role with its label adds', async () => {
    const { client, informers, until } = await start();
    const view = () => informers.of(clusterRoles).get(undefined, 'view')?.rules ?? [];
    const before = await until(() => view().length);
    const widgets = { apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get'] };
    const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
    await client.create(clusterRoles, { metadata: { name: 'part', labels }, rules: [widgets] });
    await until(() => view().length === before + 1);
  });
});
