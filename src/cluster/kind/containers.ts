import { type Clock, sleep } from '../../kernel/clock.ts';
import { EnvironmentError } from '../../kernel/errors.ts';
import { KubeClient } from '../../kube/client.ts';
import type { Cluster } from '../provider.ts';
import type { KindRecord } from './cluster.ts';
import { kindConfig } from './config.ts';
import { stepOf } from './steps.ts';
import { clusterLabel, type Tools } from './tools.ts';

/** How long `kind create cluster` may take, an image pull included, and how long kind waits for readiness, milliseconds. */
const createPatience = 600_000;
const readyPatience = 180_000;
const deletePatience = 120_000;

export interface CreateContainersOptions {
  /** Where kind writes the cluster's kubeconfig. */
  kubeconfig: string;
  progress(step: string): void;
  signal?: AbortSignal;
  /** Reported of kind's process; waited for before this ends. */
  onStart(pid: number): Promise<void>;
}

/** Runs `kind create cluster`. Rejects with an EnvironmentError that says at which step it failed. */
export async function createContainers(
  tools: Tools,
  { kindName, nodes, nodeImage }: KindRecord,
  { kubeconfig, progress, signal, onStart }: CreateContainersOptions,
): Promise<void> {
  let step = 'starting kind';
  let noted: Promise<void> | undefined;
  const args = ['create', 'cluster', '--name', kindName, '--kubeconfig', kubeconfig, '--config', '-'];
  args.push('--wait', `${readyPatience / 1000}s`, ...(nodeImage ? ['--image', nodeImage] : []));
  try {
    await tools.kind(args, {
      input: kindConfig(kindName, nodes),
      timeout: createPatience,
      ...(signal && { signal }),
      onLine: (line) => {
        const next = stepOf(line);
        if (!next) return;
        step = next;
        progress(step);
      },
      onStart: (pid) => {
        noted = onStart(pid);
      },
    });
  } catch (error) {
    if (signal?.aborted || !(error instanceof EnvironmentError)) throw error;
    const { what, why, next } = error.text;
    const text = { what: `the kind cluster could not be made: ${what}`, why: `at "${step}": ${why ?? what}` };
    throw new EnvironmentError({ ...text, ...(next && { next }) }, { cause: error });
  } finally {
    await noted;
  }
}

/** Deletes the containers and makes sure: a `docker run` that was cut off may still bring one up. */
export async function deleteContainers(
  tools: Tools,
  { kindName, phase }: Pick<KindRecord, 'kindName' | 'phase'>,
  { kubeconfig, clock }: { kubeconfig: string; clock: Clock },
): Promise<void> {
  const settling = phase === 'making' ? 1000 : 300;
  const args = ['delete', 'cluster', '--name', kindName, '--kubeconfig', kubeconfig];
  for (let tries = 0; tries < 5; tries++) {
    await tools.kind(args, { timeout: deletePatience });
    await sleep(clock, settling);
    if ((await tools.nodes(kindName)).length === 0) return;
  }
  throw new EnvironmentError({
    what: `the containers of ${kindName} can't be deleted`,
    next: `docker rm -f $(docker ps -aq --filter label=${clusterLabel}=${kindName})`,
  });
}

/** Resolves when Pods can be created. Rejects with an EnvironmentError that says what is missing. */
export async function untilPodsCanBeMade(cluster: Cluster, clock: Clock, signal?: AbortSignal): Promise<void> {
  const end = clock.now() + readyPatience;
  const client = KubeClient.fromText(await cluster.ownKubeconfig(), cluster.context);
  try {
    for (;;) {
      const problem = await notReady(client, signal);
      if (problem === undefined) return;
      if (clock.now() > end) {
        throw new EnvironmentError({
          what: 'the kind cluster does not get ready',
          why: problem,
          next: 'kubedrill doctor',
        });
      }
      await sleep(clock, 500, signal);
    }
  } finally {
    await client.close();
  }
}

/** What is still missing until Pods can be created; undefined if nothing is. */
async function notReady(client: KubeClient, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const options = signal ? { signal } : {};
    await client.request('GET', '/api/v1/namespaces/default/serviceaccounts/default', options);
    const { items } = await client.request<{ items: { metadata: { name: string }; status?: NodeStatus }[] }>(
      'GET',
      '/api/v1/nodes',
      options,
    );
    const late = items.find((node) => !node.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'));
    return late ? `node ${late.metadata.name} is not ready` : undefined;
  } catch (error) {
    if (signal?.aborted) throw error;
    return (error as Error).message;
  }
}

interface NodeStatus {
  conditions?: { type: string; status: string }[];
}
