import { describe, expect, it } from 'vitest';
import { defaultTolerationSeconds } from '../../../src/embedded/admission/default-toleration-seconds.ts';
import { namespaceLifecycle } from '../../../src/embedded/admission/namespace-lifecycle.ts';
import { nodeRestriction } from '../../../src/embedded/admission/node-restriction.ts';
import { priority } from '../../../src/embedded/admission/priority.ts';
import { runtimeClass } from '../../../src/embedded/admission/runtime-class.ts';
import { serviceAccount } from '../../../src/embedded/admission/service-account.ts';
import { taintNodesByCondition } from '../../../src/embedded/admission/taint-nodes-by-condition.ts';
import type { Pod, PodSpec } from '../../../src/kube/api.gen.ts';
import { Memory } from '../rbac/memory.ts';
import { admit } from './admit.ts';

const namespace = (name: string, phase = 'Active') => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
  status: { phase },
});
const account = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'swan' },
  ...more,
});
const pod = (spec: Partial<PodSpec> = {}, metadata: object = { name: 'p' }): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'swan', ...metadata },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});
const specOf = (result: { object?: object }) => (result.object as Pod).spec;

describe('NamespaceLifecycle', () => {
  const memory = new Memory([namespace('swan'), namespace('ending', 'Terminating')]);
  const run = (write: Parameters<typeof admit>[2]) => admit([namespaceLifecycle], memory, write);

  it('keeps the namespaces of the system', () => {
    const remove = (name: string) => run({ operation: 'DELETE', resource: 'namespaces', name }).message;
    expect(remove('kube-system')).toBe('namespaces "kube-system" is forbidden: this namespace may not be deleted');
    expect(remove('kube-node-lease')).toBe('');
    expect(remove('swan')).toBe('');
  });

  it('refuses content in a missing namespace with 404', () => {
    const result = run({ object: pod({}, { name: 'p', namespace: 'nope' }) });
    expect(result).toMatchObject({ code: 404, message: 'namespaces "nope" not found' });
  });

  it('refuses new content in an ending namespace and says so in a cause', () => {
    const object = pod({}, { name: 'p', namespace: 'ending' });
    expect(run({ object })).toMatchObject({
      code: 403,
      message: 'pods "p" is forbidden: unable to create new content in namespace ending because it is being terminated',
      details: {
        name: 'p',
        kind: 'pods',
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace ending is being terminated',
            field: 'metadata.namespace',
          },
        ],
      },
    });
    expect(run({ object, old: memory.put(object) }).code).toBe(0);
  });
});

describe('ServiceAccount', () => {
  const memory = new Memory([
    account('default'),
    account('quiet', { automountServiceAccountToken: false, imagePullSecrets: [{ name: 'reg' }] }),
    account('strict', {
      metadata: {
        name: 'strict',
        namespace: 'swan',
        annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' },
      },
      secrets: [{ name: 'mine' }],
    }),
  ]);
  const run = (object: Pod) => admit([serviceAccount], memory, { object });

  it('gives every container the projected token of the default account', () => {
    const result = run(pod({ initContainers: [{ name: 'i', image: 'x' }] }));
    const volume = specOf(result)?.volumes?.[0];
    expect(volume?.name).toMatch(/^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(volume?.projected).toEqual({
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { items: [{ key: 'ca.crt', path: 'ca.crt' }], name: 'kube-root-ca.crt' } },
        {
          downwardAPI: {
            items: [{ fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' }, path: 'namespace' }],
          },
        },
      ],
    });
    const mount = {
      name: volume?.name,
      readOnly: true,
      mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
    };
    expect(specOf(result)).toMatchObject({
      serviceAccountName: 'default',
      serviceAccount: 'default',
      containers: [{ volumeMounts: [mount] }],
      initContainers: [{ volumeMounts: [mount] }],
    });
  });

  it('leaves it to validation to refuse a Pod without containers', () => {
    expect(run(pod({ containers: null as never })).message).toBe('');
  });

  it('asks the Pod before the account whether to mount', () => {
    expect(specOf(run(pod({ automountServiceAccountToken: false })))?.volumes).toBeUndefined();
    expect(specOf(run(pod({ serviceAccountName: 'quiet' })))?.volumes).toBeUndefined();
    expect(specOf(run(pod({ serviceAccountName: 'quiet', automountServiceAccountToken: true })))?.volumes).toHaveLength(
      1,
    );
  });

  it('hands on imagePullSecrets unless the Pod has its own', () => {
    expect(specOf(run(pod({ serviceAccountName: 'quiet' })))?.imagePullSecrets).toEqual([{ name: 'reg' }]);
    const own = run(pod({ serviceAccountName: 'quiet', imagePullSecrets: [{ name: 'own' }] }));
    expect(specOf(own)?.imagePullSecrets).toEqual([{ name: 'own' }]);
  });

  it('refuses a missing account, naming a Pod without a name by its generateName', () => {
    expect(run(pod({ serviceAccountName: 'nope' })).message).toBe(
      'pods "p" is forbidden: error looking up service account swan/nope: serviceaccount "nope" not found',
    );
    expect(run(pod({ serviceAccountName: 'nope' }, { generateName: 'web-6d-' })).message).toContain('pods "web-6d-"');
  });

  it('holds accounts with the annotation to their secrets', () => {
    const mounting = (secretName: string) =>
      run(pod({ serviceAccountName: 'strict', volumes: [{ name: 's', secret: { secretName } }] })).message;
    expect(mounting('mine')).toBe('');
    expect(mounting('other')).toBe(
      'pods "p" is forbidden: volume with secret.secretName="other" is not allowed because service account strict does not reference that secret',
    );
  });
});

describe('DefaultTolerationSeconds', () => {
  it('adds what the Pod does not tolerate itself', () => {
    const own = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
    const run = (spec: Partial<PodSpec>) =>
      specOf(admit([defaultTolerationSeconds], new Memory(), { object: pod(spec) }))?.tolerations;
    expect(run({ tolerations: [own] })).toEqual([
      own,
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    ]);
    expect(run({ tolerations: [{ operator: 'Exists' }] })).toEqual([{ operator: 'Exists' }]);
    expect(run({})).toHaveLength(2);
  });
});

describe('Priority', () => {
  const priorityClass = (name: string, value: number, more: object = {}) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    preemptionPolicy: 'PreemptLowerPriority',
    ...more,
  });
  const run = (spec: Partial<PodSpec>, ...classes: object[]) =>
    admit([priority], new Memory(classes), { object: pod(spec) });

  it('is 0 without a class', () => {
    expect(specOf(run({}))).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
  });

  it('comes from the class, or from the default one', () => {
    const high = priorityClass('high', 1000, { preemptionPolicy: 'Never' });
    expect(specOf(run({ priorityClassName: 'high' }, high))).toMatchObject({
      priority: 1000,
      preemptionPolicy: 'Never',
    });
    expect(specOf(run({}, priorityClass('std', 7, { globalDefault: true })))).toMatchObject({
      priorityClassName: 'std',
      priority: 7,
    });
  });

  it('refuses unknown classes, numbers of its own and a second default', () => {
    expect(run({ priorityClassName: 'nope' }).message).toBe(
      'pods "p" is forbidden: no PriorityClass with name nope was found',
    );
    expect(run({ priority: 5 }).message).toBe(
      'pods "p" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    );
    const memory = new Memory([priorityClass('gd1', 1, { globalDefault: true })]);
    const second = {
      resource: 'priorityclasses.scheduling.k8s.io',
      object: priorityClass('gd2', 2, { globalDefault: true }),
    };
    expect(admit([priority], memory, second).message).toBe(
      'priorityclasses.scheduling.k8s.io "gd2" is forbidden: PriorityClass gd1 is already marked as default. Only one default can exist',
    );
  });
});

describe('RuntimeClass', () => {
  it('refuses missing classes and overhead without one', () => {
    const run = (spec: Partial<PodSpec>) => admit([runtimeClass], new Memory(), { object: pod(spec) }).message;
    expect(run({ runtimeClassName: 'nope' })).toBe(
      'pods "p" is forbidden: pod rejected: RuntimeClass "nope" not found',
    );
    expect(run({ overhead: { cpu: '1' } })).toBe(
      'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
  });
});

describe('nodes', () => {
  const node = (name: string, labels: Record<string, string> = {}) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
  });
  const kubelet = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

  it('are not ready when they are new', () => {
    expect(admit([taintNodesByCondition], new Memory(), { object: node('n1') }).object).toMatchObject({
      spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] },
    });
  });

  it('may be changed by their own kubelet only, without labels of the administrator', () => {
    const run = (object: object, user = kubelet) => admit([nodeRestriction], new Memory(), { object, user }).message;
    expect(run(node('n1', { 'kubernetes.io/hostname': 'n1' }))).toBe('');
    expect(run(node('n2'))).toBe('nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"');
    expect(run(node('n1', { 'node-restriction.kubernetes.io/x': 'y' }))).toBe(
      'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/x',
    );
    expect(run(node('n2'), { name: 'admin', groups: ['system:masters'] })).toBe('');
  });

  it('create mirror pods only', () => {
    expect(admit([nodeRestriction], new Memory(), { object: pod(), user: kubelet }).message).toBe(
      'pods "p" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    );
  });

  it('request tokens for Pods that run on them', () => {
    const memory = new Memory([pod({ nodeName: 'n2' })]);
    const ask = (boundObjectRef?: object) =>
      admit([nodeRestriction], memory, {
        resource: 'serviceaccounts',
        subresource: 'token',
        name: 'default',
        namespace: 'swan',
        user: kubelet,
        object: { kind: 'TokenRequest', spec: { audiences: [], boundObjectRef } } as object,
      }).message;
    expect(ask()).toBe('serviceaccounts "default" is forbidden: node requested token not bound to a pod');
    expect(ask({ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'uid-0' })).toBe(
      'serviceaccounts "default" is forbidden: node requested token bound to a pod scheduled on a different node',
    );
  });
});
