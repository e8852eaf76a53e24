import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { resourceByName } from '../../src/checks/objects/reference.ts';
import { isReady } from '../../src/checks/workloads/pod-trouble.ts';
import { parseWorkload, podsOf } from '../../src/checks/workloads/workload.ts';
import { installAddon } from '../../src/cluster/addons/install.ts';
import { clusterEnvironment, ensureKubectl, pathWith } from '../../src/cluster/kubectl/kubectl.ts';
import { createEmbeddedCluster, type EmbeddedCluster } from '../../src/embedded/cluster.ts';
import { createContainerRuntime } from '../../src/embedded/container/runtime.ts';
import { createClusterNetwork } from '../../src/embedded/network/index.ts';
import { baselineOf, captureBaseline } from '../../src/grading/baseline.ts';
import { Grader } from '../../src/grading/grader.ts';
import { scoreOf, type Verdict } from '../../src/grading/types.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { resolvePaths } from '../../src/kernel/paths.ts';
import type { Pod } from '../../src/kube/api.gen.ts';
import { KubeClient, pathOf } from '../../src/kube/client.ts';
import type { KubeObject, Resource, Stored } from '../../src/kube/meta.ts';
import * as resources from '../../src/kube/resources.ts';
import { applyScript } from '../../src/scenario/apply.ts';
import type { Scenario, Script } from '../../src/scenario/types.ts';
import type { Step } from './steps.ts';

/** How long verdicts may take to settle, milliseconds. */
const patience = 60_000;

/** One scenario on an embedded cluster of this process, and whoever works on it. */
export class Lab {
  readonly client: KubeClient;
  readonly #cluster: EmbeddedCluster;
  readonly #scenario: Scenario;
  /** Holds the kubeconfig and the answers. */
  readonly #folder: string;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #grader: Grader | undefined;

  private constructor(cluster: EmbeddedCluster, scenario: Scenario, folder: string) {
    this.#cluster = cluster;
    this.#folder = folder;
    this.#scenario = scenario;
    this.client = KubeClient.fromText(cluster.kubeconfig());
  }

  /** Set up and graded, as a learner gets it. */
  static async open(scenario: Scenario): Promise<Lab> {
    const cluster = await createEmbeddedCluster({
      nodes: scenario.cluster.nodes,
      runtime: (context) => createContainerRuntime({ network: createClusterNetwork(context) }),
    });
    const lab = new Lab(cluster, scenario, await mkdtemp(join(tmpdir(), 'kubedrill-redteam-')));
    try {
      await lab.#setUp();
    } catch (error) {
      await lab.close();
      throw error;
    }
    return lab;
  }

  get #answers(): string {
    return join(this.#folder, 'answers');
  }

  get #namespace(): string {
    return this.#scenario.namespaces[0] ?? 'default';
  }

  async #setUp(): Promise<void> {
    const { client } = this;
    await this.#cluster.systemRuns();
    await mkdir(this.#answers);
    await writeFile(join(this.#folder, 'config'), this.#cluster.kubeconfig());
    for (const addon of this.#scenario.cluster.addons) await installAddon(client, addon, this.#stop.signal);
    for (const script of this.#scenario.setup) await this.#apply(script);
    const ready = Promise.withResolvers<void>();
    const look = () => {
      if (waiting.verdicts().every((v) => v.status === 'pass')) ready.resolve();
    };
    const waiting = new Grader({
      client,
      checks: this.#scenario.waits,
      baseline: baselineOf({ version: 1, objects: [] }),
      clock: systemClock,
      activatedAt: 0,
      onVerdict: look,
    });
    await waiting.start();
    look();
    await ready.promise;
    waiting.stop();
    this.#grader = new Grader({
      client,
      checks: this.#scenario.checks,
      baseline: baselineOf(await captureBaseline(client, this.#scenario.checks)),
      clock: systemClock,
      activatedAt: Date.now(),
      answers: this.#answers,
      onVerdict: () => {
        for (const wake of [...this.#waiting]) wake();
      },
    });
    await this.#grader.start();
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#step(step);
  }

  /** The verdicts once they have settled. */
  async settled(atMost = patience): Promise<{ verdicts: Verdict[]; score: number; solved: boolean }> {
    const verdicts = (await this.#grader?.settled(atMost)) ?? [];
    return { verdicts, ...scoreOf(verdicts) };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#grader?.stop();
    await this.client.close();
    await this.#cluster.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #apply(script: Script): Promise<void> {
    const env = {
      // Scripts call kubectl, which the machine need not have.
      PATH: pathWith(await ensureKubectl({ cache: resolvePaths().cache })),
      ...clusterEnvironment(join(this.#folder, 'config')),
      KUBEDRILL_ANSWERS: this.#answers,
    };
    await applyScript(script, { client: this.client, env, signal: this.#stop.signal });
  }

  async #step(step: Step): Promise<void> {
    if ('apply' in step) {
      return this.#apply({ name: 'step', file: 'step', kind: 'manifest', text: step.apply });
    }
    if ('role' in step) {
      const { name, cluster, namespace = this.#namespace, rules, aggregates, labels } = step.role;
      await this.client.apply(
        (cluster ? resources.clusterRoles : resources.roles) as Resource,
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: cluster ? 'ClusterRole' : 'Role',
          metadata: { name, ...(cluster ? {} : { namespace }), ...(labels ? { labels } : {}) },
          ...(rules ? { rules } : {}),
          ...(aggregates ? { aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregates }] } } : {}),
        } as KubeObject,
        'redteam',
      );
      return;
    }
    if ('bind' in step) {
      const { name, role, clusterRole, cluster, namespace = this.#namespace, to } = step.bind;
      await this.client.apply(
        (cluster ? resources.clusterRoleBindings : resources.roleBindings) as Resource,
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: cluster ? 'ClusterRoleBinding' : 'RoleBinding',
          metadata: { name, ...(cluster ? {} : { namespace }) },
          roleRef: {
            apiGroup: 'rbac.authorization.k8s.io',
            kind: role ? 'Role' : 'ClusterRole',
            name: role ?? clusterRole,
          },
          subjects: to.map((text) => subjectOf(text, this.#namespace)),
        } as KubeObject,
        'redteam',
      );
      return;
    }
    if ('delete' in step) {
      const { resource, namespace, name } = this.#object(step.delete, step.namespace);
      await this.client.delete(resource, namespace, name, step.query ?? {});
      // Making it again at once is what people do.
      if (!step.query) await this.#gone(resource, namespace, name);
      return;
    }
    if ('patch' in step) {
      const { resource, namespace, name } = this.#object(step.patch, step.namespace);
      const types = { merge: 'merge-patch+json', json: 'json-patch+json', strategic: 'strategic-merge-patch+json' };
      await this.client.request('PATCH', pathOf(resource, namespace, name, step.subresource), {
        body: typeof step.body === 'string' ? parse(step.body) : step.body,
        contentType: `application/${types[step.type ?? 'merge']}`,
        query: { fieldManager: step.manager },
      });
      return;
    }
    if ('post' in step) {
      await this.client.request('POST', step.post, { body: step.body, query: { fieldManager: step.manager } });
      return;
    }
    if ('sh' in step) return this.#apply({ name: 'step', file: 'step', kind: 'shell', text: step.sh });
    if ('answer' in step) return this.#answer(step);
    if ('exec' in step) {
      const pods = await this.#pods(step.exec);
      for (const pod of pods) {
        const running = this.client.exec(pod.metadata.namespace ?? '', pod.metadata.name, step.command, {
          ...(step.container ? { container: step.container } : {}),
          signal: this.#stop.signal,
        });
        // What goes on for ever goes on beside us.
        if (step.background) void running.catch(() => undefined);
        else await running;
      }
      return;
    }
    if ('adopt' in step) return this.#adopt(step.adopt);
    if ('ownedReplicaSet' in step) return this.#ownedReplicaSet(step.ownedReplicaSet);
    if ('until' in step) {
      return this.#until(() => {
        const verdicts = this.#grader?.verdicts() ?? [];
        return Object.entries(step.until).every(([id, status]) => verdicts.find((v) => v.id === id)?.status === status);
      });
    }
    const same = (names: Record<string, string | undefined>) =>
      this.run(
        step.do.map((inner) => {
          const text = Object.entries(names).reduce(
            (t, [key, value]) => t.replaceAll(key, value ?? ''),
            JSON.stringify(inner),
          );
          return JSON.parse(text) as Step;
        }),
      );
    if ('object' in step) {
      const { resource, namespace, name } = this.#object(step.object, step.namespace);
      return same({ UID: (await this.client.get(resource, namespace, name)).metadata.uid });
    }
    for (const { metadata, status } of await this.#pods(step.podsOf)) {
      await same({ POD_UID: metadata.uid, POD_IP: status?.podIP, POD: metadata.name });
    }
  }

  async #answer({ answer, text, link, folder }: Extract<Step, { answer: string }>): Promise<void> {
    const file = join(this.#answers, answer);
    await mkdir(folder ? file : dirname(file), { recursive: true });
    if (text !== undefined) await writeFile(file, text);
    if (link !== undefined) await symlink(link.replace('ANSWERS', this.#answers), file);
  }

  /** Ready Pods that get a ReplicaSet's labels: it adopts them and, as they cost more to delete, lets its own go. */
  async #adopt({
    workload,
    count,
    container: other,
    nodeName,
    command,
    serviceAccountName,
  }: Extract<Step, { adopt: unknown }>['adopt']) {
    const [model] = await this.#pods(workload);
    if (!model?.spec) throw new Error(`${workload} has no Pods`);
    const { containers, terminationGracePeriodSeconds } = model.spec;
    const names = Array.from({ length: count }, (_, n) => `adopted-${n + 1}`);
    for (const name of names) {
      await this.client.create<Pod>(resources.pods, {
        metadata: {
          name,
          namespace: this.#namespace,
          annotations: { 'controller.kubernetes.io/pod-deletion-cost': '1000' },
        },
        spec: {
          terminationGracePeriodSeconds,
          ...(serviceAccountName ? { serviceAccountName } : {}),
          ...(nodeName ? { nodeName } : {}),
          containers: containers.map(({ volumeMounts: _, ...container }) => ({
            ...container,
            ...(command ? { command } : {}),
            ...other,
          })),
        },
      });
    }
    for (const name of names) {
      await eventually(
        async () => isReady(await this.client.get(resources.pods, this.#namespace, name)),
        `${name} is not ready`,
      );
    }
    const { labels } = model.metadata;
    for (const name of names) await this.run([{ patch: `pod/${name}`, body: { metadata: { labels } } }]);
    const adopted = async () => (await this.#pods(workload)).map((pod) => pod.metadata.name).sort();
    await eventually(async () => (await adopted()).join() === names.join(), 'the ReplicaSet keeps its own');
  }

  async #ownedReplicaSet({
    deployment,
    name,
    revision,
    container: other,
    command,
  }: Extract<Step, { ownedReplicaSet: unknown }>['ownedReplicaSet']) {
    const owner = await this.client.get(resources.deployments, this.#namespace, deployment);
    const labels = { ...owner.spec?.selector.matchLabels, 'pod-template-hash': 'forged' };
    const template = owner.spec?.template;
    await this.client.create(resources.replicaSets, {
      metadata: {
        name,
        namespace: this.#namespace,
        labels,
        annotations: { 'deployment.kubernetes.io/revision': revision },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            name: deployment,
            uid: owner.metadata.uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            ...template?.spec,
            containers: (template?.spec?.containers ?? []).map((container) => ({
              ...container,
              ...(command ? { command } : {}),
              ...other,
            })),
          },
        },
      },
    });
  }

  #object(
    text: string,
    namespace = this.#namespace,
  ): { resource: Resource; namespace: string | undefined; name: string } {
    const [kind = '', ...rest] = text.split('/');
    const resource = resourceByName(kind);
    if (!resource) throw new Error(`no kind ${kind}`);
    return { resource, namespace: resource.namespaced ? namespace : undefined, name: rest.join('/') };
  }

  async #gone(resource: Resource, namespace: string | undefined, name: string): Promise<void> {
    await eventually(async () => !(await this.client.find(resource, namespace, name)), `${name} does not go`);
  }

  async #pods(text: string): Promise<Stored<Pod>[]> {
    const workload = parseWorkload(text, this.#namespace);
    const lists = await Promise.all(
      [resources.pods, resources.replicaSets, resources.deployments, resources.statefulSets, resources.jobs].map(
        async (resource) => (await this.client.list(resource as Resource, this.#namespace)).items,
      ),
    );
    const all = lists.flat();
    const list = (r: Resource) => all.filter((o) => o.kind === r.kind);
    return podsOf(
      {
        list: list as never,
        get: ((r: Resource, _: string, name: string) => list(r).find((o) => o.metadata.name === name)) as never,
      },
      workload,
    );
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('it never came so far')), patience);
      const look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** Resolves once it holds. There is no event to wait for: the API alone can say. */
async function eventually(holds: () => Promise<boolean>, complaint: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(complaint);
}

/** `sa:name`, `sa:namespace/name`, `user:name`, `group:name`. */
function subjectOf(text: string, namespace: string) {
  const colon = text.indexOf(':');
  const [kind, name] = [text.slice(0, colon), text.slice(colon + 1)];
  if (kind === 'sa') {
    const [first = '', second] = name.split('/');
    return { kind: 'ServiceAccount', namespace: second ? first : namespace, name: second ?? first };
  }
  return { apiGroup: 'rbac.authorization.k8s.io', kind: kind === 'user' ? 'User' : 'Group', name };
}
