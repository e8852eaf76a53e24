import { execa } from 'execa';
import { EnvironmentError, UserError } from '../kernel/errors.ts';
import { type KubeClient, KubeError } from '../kube/client.ts';
import { Discovery } from '../kube/discovery.ts';
import type { Stored } from '../kube/meta.ts';
import * as resources from '../kube/resources.ts';
import type { Script } from './types.ts';
import { readManifest } from './yaml-text.ts';

export interface ApplyContext {
  client: KubeClient;
  /** What scripts run with: KUBECONFIG, and PATH with a kubectl on it. */
  env: Record<string, string>;
  signal: AbortSignal;
}

/** Who set-up writes as, in managedFields. */
const fieldManager = 'kubedrill';

/**
 * Runs a script or applies a manifest against the cluster; resolves when everything is accepted (not when it is ready).
 * Rejects with an EnvironmentError that carries the script's output, or with what the API server said.
 */
export async function applyScript(script: Script, context: ApplyContext): Promise<void> {
  if (script.kind === 'manifest') return applyManifest(script, context);
  const result = await execa('sh', ['-eu', '-c', script.text], {
    env: context.env,
    cancelSignal: context.signal,
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  if (context.signal.aborted) throw context.signal.reason;
  if (result.failed) {
    throw new EnvironmentError({
      what: `${script.file} ended with exit code ${result.exitCode ?? 'none'}`,
      why: result.all?.trim().split('\n').slice(-3).join('\n') || result.shortMessage || 'it printed nothing',
    });
  }
}

async function applyManifest(script: Script, { client, signal }: ApplyContext): Promise<void> {
  const discovery = new Discovery(client);
  const accounts = new Set<string>();
  for (const object of readManifest(script.file, script.text)) {
    signal.throwIfAborted();
    const resource = await discovery.resourceOf(object);
    const namespace = object.metadata?.namespace;
    // Pods are refused until their namespace has its ServiceAccount; waiting once saves the controllers' back-off.
    if (namespace && resource.resource !== 'serviceaccounts' && !accounts.has(namespace)) {
      if (!(await client.find(resources.namespaces, undefined, namespace))) {
        throw new UserError({
          what: `${script.file}: there is no namespace ${namespace}`,
          next: 'make it in this manifest, before what is in it',
        });
      }
      await defaultServiceAccount(client, namespace, signal);
      accounts.add(namespace);
    }
    try {
      await client.create(resource, object, { fieldManager });
    } catch (error) {
      if (!(error instanceof KubeError) || error.status.reason !== 'AlreadyExists') throw error;
      await client.apply(resource, object, fieldManager);
    }
  }
}

/** Resolves once the namespace has a ServiceAccount `default`. */
async function defaultServiceAccount(client: KubeClient, namespace: string, signal: AbortSignal): Promise<void> {
  const isDefault = (account: Stored) => account.metadata.name === 'default';
  const list = await client.list(resources.serviceAccounts, namespace);
  if (list.items.some(isDefault)) return;
  const stop = new AbortController();
  const query = { resourceVersion: list.metadata.resourceVersion, timeoutSeconds: 30 };
  try {
    const either = AbortSignal.any([signal, stop.signal]);
    for await (const event of client.watch(resources.serviceAccounts, namespace, query, either)) {
      if (event.type === 'ADDED' && isDefault(event.object)) return;
    }
  } finally {
    stop.abort();
  }
  throw new EnvironmentError({
    what: `namespace ${namespace} got no ServiceAccount default`,
    why: 'the cluster makes one for every namespace; its controllers seem not to run',
  });
}
