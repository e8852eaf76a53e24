/** Workloads changed and followed: rollout status, restart, pause and resume, set image, set env. */

import type { Json, Obj, RestClient } from '../../api-client/client.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import { eachOne, type One, select } from './change.ts';
import { pathOf } from './discovery.ts';
import { asObject } from './errors.ts';
import { follow, timeoutOf } from './following.ts';
import { dryRun, manifestFlags, report } from './manifests.ts';

export const workloadFlags: FlagSet = {
  ...manifestFlags,
  all: { kind: 'bool' },
  timeout: { kind: 'string' },
  watch: { kind: 'bool', short: 'w' },
  containers: { kind: 'string', short: 'c' },
  env: { kind: 'string', short: 'e' },
  local: { kind: 'bool' },
  revision: { kind: 'string' },
};

const number = (value: Json | undefined, fallback = 0) => (typeof value === 'number' ? value : fallback);

interface Progress {
  message: string;
  done: boolean;
}

/** Where a rollout stands, in kubectl's words. Throws KubectlError if it has failed. */
function progressOf(kind: string, name: string, object: Obj): Progress {
  const [metadata, spec, status] = [asObject(object.metadata), asObject(object.spec), asObject(object.status)];
  const observed = number(metadata.generation) <= number(status.observedGeneration);
  const going = (message: string): Progress => ({ message: `${message}\n`, done: false });
  const done = (message: string): Progress => ({ message: `${message}\n`, done: true });
  switch (kind) {
    case 'Deployment': {
      if (!observed) return going('Waiting for deployment spec update to be observed...');
      const progressing = ((status.conditions as Obj[] | undefined) ?? []).find((c) => c.type === 'Progressing');
      if (progressing?.reason === 'ProgressDeadlineExceeded')
        throw new KubectlError(`deployment "${name}" exceeded its progress deadline`);
      const [wanted, all] = [number(spec.replicas, 1), number(status.replicas)];
      const [updated, available] = [number(status.updatedReplicas), number(status.availableReplicas)];
      const waiting = `Waiting for deployment "${name}" rollout to finish: `;
      if (updated < wanted) return going(`${waiting}${updated} out of ${wanted} new replicas have been updated...`);
      if (all > updated) return going(`${waiting}${all - updated} old replicas are pending termination...`);
      if (available < updated) return going(`${waiting}${available} of ${updated} updated replicas are available...`);
      return done(`deployment "${name}" successfully rolled out`);
    }
    case 'DaemonSet': {
      if (!observed) return going('Waiting for daemon set spec update to be observed...');
      const [updated, wanted] = [number(status.updatedNumberScheduled), number(status.desiredNumberScheduled)];
      const available = number(status.numberAvailable);
      const waiting = `Waiting for daemon set "${name}" rollout to finish: `;
      if (updated < wanted) return going(`${waiting}${updated} out of ${wanted} new pods have been updated...`);
      if (available < wanted) return going(`${waiting}${available} of ${wanted} updated pods are available...`);
      return done(`daemon set "${name}" successfully rolled out`);
    }
    case 'StatefulSet': {
      if (!observed) return going('Waiting for statefulset spec update to be observed...');
      const wanted = number(spec.replicas, 1);
      const ready = number(status.readyReplicas);
      if (ready < wanted) return going(`Waiting for ${wanted - ready} pods to be ready...`);
      if (status.updateRevision !== status.currentRevision)
        return going(
          `waiting for statefulset rolling update to complete ${number(status.updatedReplicas)} pods at revision ${status.updateRevision}...`,
        );
      return done(
        `statefulset rolling update complete ${number(status.currentReplicas)} pods at revision ${status.currentRevision}...`,
      );
    }
    default:
      throw new KubectlError(`no status viewer has been implemented for ${kind}`);
  }
}

async function workloads(client: RestClient, flags: Flags, args: readonly string[]): Promise<One[]> {
  if (args.length === 0 && !flags.has('filename')) throw new KubectlError('required resource not specified');
  return select(client, flags, args);
}

export async function rolloutStatus(client: RestClient, flags: Flags): Promise<number> {
  const list = await workloads(client, flags, flags.args);
  const limit = flags.duration('timeout');
  const timeoutMs = timeoutOf(flags.get('timeout'), limit === 0 ? undefined : limit, 365 * 86_400_000);
  for (const one of list) {
    const now = await client.json(pathOf(one.resource, one.namespace, one.name));
    const { message, done } = progressOf(one.resource.kind, one.name, now);
    if (done || flags.get('watch') === 'false') {
      await client.p.print(1, message);
      continue;
    }
    const finished = await follow(
      client,
      one,
      async (object) => {
        if (!object) throw new KubectlError('object has been deleted');
        const progress = progressOf(one.resource.kind, one.name, object);
        await client.p.print(1, progress.message);
        return progress.done;
      },
      timeoutMs,
    );
    if (!finished) throw new KubectlError('timed out waiting for the condition');
  }
  return 0;
}

/** Sends a strategic merge patch for each; says what was done, or that nothing changed. */
async function change(
  client: RestClient,
  flags: Flags,
  list: readonly One[],
  make: (one: One) => Promise<Obj> | Obj,
  done: string,
  manager: string,
): Promise<number> {
  return eachOne(client, list, async (one) => {
    const body = await make(one);
    const dry = dryRun(flags);
    const path = pathOf(one.resource, one.namespace, one.name);
    const query = { fieldManager: flags.get('field-manager') ?? manager, dryRun: dry === 'server' ? 'All' : undefined };
    const contentType = 'application/strategic-merge-patch+json';
    const created =
      dry === 'client'
        ? await client.json(path)
        : await client.json(path, { method: 'PATCH', contentType, body, query });
    await report(client, flags, one.resource, created, done);
  });
}

export async function rolloutRestart(client: RestClient, flags: Flags): Promise<number> {
  const list = await workloads(client, flags, flags.args);
  for (const { resource } of list) {
    if (!/^(Deployment|DaemonSet|StatefulSet)$/.test(resource.kind))
      throw new KubectlError(`${resource.resource} "${list[0]?.name ?? ''}" restarting is not supported`);
  }
  const restartedAt = new Date(client.p.container.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const annotations = { 'kubectl.kubernetes.io/restartedAt': restartedAt };
  const patch = { spec: { template: { metadata: { annotations } } } };
  return change(client, flags, list, () => patch, 'restarted', 'kubectl-rollout');
}

export async function rolloutPause(client: RestClient, flags: Flags, paused: boolean): Promise<number> {
  const list = await workloads(client, flags, flags.args);
  const patch = { spec: { paused: paused ? true : null } };
  return change(client, flags, list, () => patch, paused ? 'paused' : 'resumed', 'kubectl-rollout');
}

/** Where the Pod's spec is in a workload: its own, its template's, or that of its jobs. */
function wrapPodSpec(kind: string, spec: Obj): Obj {
  if (kind === 'Pod') return { spec };
  const template = { spec: { template: { spec } } };
  return kind === 'CronJob' ? { spec: { jobTemplate: template } } : template;
}

function podSpecOf(kind: string, object: Obj): Obj {
  const spec = asObject(object.spec);
  if (kind === 'Pod') return spec;
  const of = kind === 'CronJob' ? asObject(asObject(spec.jobTemplate).spec) : spec;
  return asObject(asObject(of.template).spec);
}

const containersOf = (spec: Obj, list: 'containers' | 'initContainers'): Obj[] =>
  (spec[list] as Obj[] | undefined) ?? [];

/** Splits `name=value` arguments off those that name objects. */
function split(args: readonly string[]): { targets: string[]; pairs: [string, string][]; removed: string[] } {
  const pairs = args
    .filter((arg) => arg.includes('='))
    .map((arg): [string, string] => [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]);
  const removed = args
    .filter((arg) => !arg.includes('=') && /^[A-Za-z_]\w*-$/.test(arg))
    .map((arg) => arg.slice(0, -1));
  return { targets: args.filter((arg) => !arg.includes('=') && !/^[A-Za-z_]\w*-$/.test(arg)), pairs, removed };
}

export async function setImage(client: RestClient, flags: Flags): Promise<number> {
  const { targets, pairs } = split(flags.args);
  if (pairs.length === 0) throw new KubectlError('at least one image update is required');
  const list = await workloads(client, flags, targets);
  const make = async (one: One) => {
    const { kind } = one.resource;
    const spec = podSpecOf(kind, await client.json(pathOf(one.resource, one.namespace, one.name)));
    const patch: Obj = {};
    for (const [name, image] of pairs) {
      let found = false;
      for (const field of ['containers', 'initContainers'] as const) {
        const matching = containersOf(spec, field).filter((c) => name === '*' || c.name === name);
        found ||= matching.length > 0;
        if (matching.length > 0)
          patch[field] = [
            ...((patch[field] as Obj[] | undefined) ?? []),
            ...matching.map((c) => ({ name: c.name ?? '', image })),
          ];
      }
      if (!found) throw new KubectlError(`unable to find container named "${name}"`);
    }
    return wrapPodSpec(kind, patch);
  };
  return change(client, flags, list, make, 'image updated', 'kubectl-set');
}

export async function setEnv(client: RestClient, flags: Flags): Promise<number> {
  const { targets, pairs, removed } = split([...flags.args, ...flags.all('env')]);
  if (pairs.length + removed.length === 0) throw new KubectlError('at least one environment variable must be provided');
  const list = await workloads(client, flags, targets);
  const wanted = flags.get('containers') ?? '*';
  const make = async (one: One) => {
    const { kind } = one.resource;
    const spec = podSpecOf(kind, await client.json(pathOf(one.resource, one.namespace, one.name)));
    const chosen = containersOf(spec, 'containers').filter((c) => wanted === '*' || c.name === wanted);
    if (chosen.length === 0)
      throw new KubectlError(`${one.resource.resource}/${one.name} does not have any containers matching "${wanted}"`);
    const env: Json[] = [
      ...pairs.map(([name, value]) => ({ name, value })),
      ...removed.map((name) => ({ $patch: 'delete', name })),
    ];
    return wrapPodSpec(kind, { containers: chosen.map((c) => ({ name: c.name ?? '', env })) });
  };
  return change(client, flags, list, make, 'env updated', 'kubectl-set');
}
