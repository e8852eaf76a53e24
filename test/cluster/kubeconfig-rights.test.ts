import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { mark } from '../../src/cluster/kubeconfig/lab-mark.ts';
import { KubeconfigProvider } from '../../src/cluster/kubeconfig/provider.ts';
import type { ClusterRight, ClusterSpec } from '../../src/cluster/provider.ts';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/embedded/cluster.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { EnvironmentError } from '../../src/kernel/errors.ts';
import { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject, Resource } from '../../src/kube/meta.ts';
import * as resources from '../../src/kube/resources.ts';
import { temporaryFolder } from '../helpers/temporary.ts';

const right = (verb: string, { group, resource }: Resource, namespace?: string): ClusterRight => ({
  verb,
  group,
  resource,
  ...(namespace && { namespace }),
});

/** An existing cluster, marked as a lab, whose namespace `team` belongs to jane. */
let existing: EmbeddedCluster;
let admin: KubeClient;
beforeAll(async () => {
  existing = await createEmbeddedCluster();
  admin = KubeClient.fromText(existing.kubeconfig());
  await mark(admin);
  await admin.create(resources.namespaces, { metadata: { name: 'team' } });
  await bind('jane', 'admin');
});
afterAll(async () => {
  await admin.close();
  await existing.stop();
});

async function bind(user: string, role: string): Promise<void> {
  const apiGroup = 'rbac.authorization.k8s.io';
  await admin.create(resources.roleBindings, {
    metadata: { name: `${user}-${role}`, namespace: 'team' },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup, kind: 'User', name: user }],
  });
}

/** A provider with a state folder of its own, and what asks it for a lab on the existing cluster as a user. */
function borrower(user: string, text = existing.kubeconfig(user)) {
  const folder = temporaryFolder();
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, text);
  const provider = new KubeconfigProvider({ folder: join(folder, 'state'), clock: systemClock, lasting: false });
  const borrow = (spec: Partial<ClusterSpec>) =>
    provider.create({ name: 'lab', nodes: 1, target: { files: [file] }, ...spec }, () => undefined);
  const refusal = async (spec: Partial<ClusterSpec>) =>
    borrow(spec).then(
      () => expect.unreachable('it was lent'),
      async (error: EnvironmentError) => {
        expect(await provider.list()).toEqual([]);
        return error.text;
      },
    );
  return { provider, borrow, refusal };
}

describe('an existing cluster whose user may not do everything', () => {
  /** Does what an administrator is asked to do; the objects that were applied. */
  async function apply(next: string | undefined): Promise<KubeObject[]> {
    const manifest = next?.slice(next.indexOf('\n') + 1) ?? '';
    const granted = parseAllDocuments(manifest).map((document) => document.toJS() as KubeObject);
    const known = Object.values(resources) as Resource[];
    for (const object of granted) {
      const resource = known.find((r) => r.kind === object.kind);
      if (resource) await admin.apply(resource, object, 'administrator');
    }
    return granted;
  }

  it('is refused with the rights that are missing, and lent once what is printed was applied', async () => {
    const { borrow, refusal } = borrower('bob');
    const rights = [
      ...['get', 'list', 'create'].map((verb) => right(verb, resources.deployments, 'team')),
      ...['get', 'list', 'create'].map((verb) => right(verb, resources.statefulSets, 'team')),
      { verb: 'get', group: '', resource: 'pods/log', namespace: 'team' },
      right('list', resources.nodes),
    ];
    const { what, why, next } = await refusal({ rights, namespaces: ['team'] });
    expect(what).toMatch(/^bob lacks rights on the cluster of context kubedrill \(https:\/\/127\.0\.0\.1:\d+\)$/);
    expect(why).toBe(
      'get/list/create deployments.apps in team, get/list/create statefulsets.apps in team, get pods/log in team, list nodes',
    );
    expect(await apply(next)).toEqual([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'kubedrill' },
        rules: [
          { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: ['get', 'list', 'create'] },
          { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
        ],
      },
      expect.objectContaining({ kind: 'RoleBinding', metadata: { name: 'kubedrill', namespace: 'team' } }),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'kubedrill-cluster' },
        rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }],
      },
      expect.objectContaining({ kind: 'ClusterRoleBinding', metadata: { name: 'kubedrill-cluster' } }),
    ]);
    const lab = await borrow({ rights, namespaces: ['team'] });
    expect(lab.id).toBe('lab');
    await lab.dispose();
  });

  it('asks for the nodes only where a scenario needs several', async () => {
    const { borrow, refusal } = borrower('jane');
    const rights = [right('create', resources.configMaps, 'team')];
    expect((await refusal({ rights, nodes: 2 })).why).toBe('list nodes');
    await (await borrow({ rights, namespaces: ['team'] })).dispose();
  });

  it('needs all rights where nobody knows which', async () => {
    const { refusal } = borrower('jane');
    const { why, next } = await refusal({});
    expect(why).toBe('all verbs on all resources');
    expect((await apply(next)).map((object) => object.kind)).toEqual(['ClusterRole', 'ClusterRoleBinding']);
    await admin.delete(resources.clusterRoleBindings, undefined, 'kubedrill-cluster');
  });

  it('is put back in the namespaces that the user may see', async () => {
    const { borrow } = borrower('jane');
    await admin.create(resources.configMaps, { metadata: { name: 'there', namespace: 'team' }, data: { k: 'v' } });
    const lab = await borrow({ rights: [right('create', resources.configMaps, 'team')], namespaces: ['team'] });
    const jane = await KubeClient.fromFile(lab.kubeconfig);
    await jane.create(resources.configMaps, { metadata: { name: 'set-up', namespace: 'team' } });
    await lab.snapshot();
    // What others do elsewhere is nothing to her.
    await admin.create(resources.configMaps, { metadata: { name: 'elsewhere', namespace: 'default' } });
    await jane.apply(
      resources.configMaps,
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'there', namespace: 'team' },
        data: { k: 'w' },
      } as never,
      'jane',
    );
    await jane.delete(resources.configMaps, 'team', 'set-up');
    await jane.create(resources.roles, { metadata: { name: 'mine', namespace: 'team' } });
    expect(await lab.differences()).toEqual([
      'ConfigMap team/set-up is missing',
      'ConfigMap team/there: data.k changed',
      'Role team/mine is new',
    ]);
    await lab.reset();
    expect(await lab.differences()).toEqual([]);
    expect((await admin.get(resources.configMaps, 'team', 'set-up')).metadata.name).toBe('set-up');
    await lab.dispose();
    await jane.close();
    expect(await admin.find(resources.configMaps, 'team', 'set-up')).toBeUndefined();
    expect((await admin.get(resources.configMaps, 'team', 'there')).data).toEqual({ k: 'v' });
    expect(await admin.find(resources.configMaps, 'default', 'elsewhere')).toBeDefined();
  });

  it('says so if the credentials are not valid any more', async () => {
    const strange = await createEmbeddedCluster({ controllers: false });
    const ours = existing.kubeconfig('jane').split('\n');
    // Signed by another cluster's authority.
    const theirs = strange.kubeconfig('jane').split('\n');
    const mixed = ours.map((line, n) => (/client-(certificate|key)-data/.test(line) ? theirs[n] : line)).join('\n');
    await strange.stop();
    const { what, next } = await borrower('jane', mixed).refusal({});
    expect(what).toMatch(/^the cluster of context kubedrill \(.*\) does not accept your credentials$/);
    expect(next).toContain('log in');
  });
});
