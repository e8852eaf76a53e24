/** Commands that change objects by name: delete, patch, label, annotate, scale. */
import { ownValue, setOwn } from '../../../../kernel/own.ts';
import type { Json, Obj, RestClient } from '../../api-client/client.ts';
import { StatusError } from '../../api-client/client.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import { type ApiResource, kindName, pathOf } from './discovery.ts';
import { asObject, describeError } from './errors.ts';
import { resolveTargets } from './get.ts';
import { dryRun, manifestFlags, namespaceFor, readManifests, report, resourceOf } from './manifests.ts';

export const changeFlags: FlagSet = {
  ...manifestFlags,
  all: { kind: 'bool' },
  'all-namespaces': { kind: 'bool', short: 'A' },
  'field-selector': { kind: 'string' },
  'grace-period': { kind: 'string' },
  'ignore-not-found': { kind: 'bool' },
  now: { kind: 'bool' },
  wait: { kind: 'bool' },
  timeout: { kind: 'string' },
  cascade: { kind: ['optional', 'background'] },
  patch: { kind: 'string', short: 'p' },
  'patch-file': { kind: 'string' },
  type: { kind: 'string' },
  subresource: { kind: 'string' },
  replicas: { kind: 'string' },
  'current-replicas': { kind: 'string' },
  list: { kind: 'bool' },
  'resource-version': { kind: 'string' },
};

export interface One {
  resource: ApiResource;
  namespace: string;
  name: string;
}

/** The objects that arguments, selectors or files name. */
export async function select(client: RestClient, flags: Flags, args: readonly string[]): Promise<One[]> {
  if (flags.has('filename')) {
    const found: One[] = [];
    for (const { object, source } of await readManifests(client, flags)) {
      const resource = await resourceOf(client, object, source);
      found.push({
        resource,
        namespace: namespaceFor(client, flags, object),
        name: String(asObject(object.metadata).name ?? ''),
      });
    }
    return found;
  }
  const selected: One[] = [];
  const bySelector = flags.has('selector') || flags.has('field-selector') || flags.bool('all');
  for (const { resource, names } of await resolveTargets(client, args)) {
    if (names.length === 0 && !bySelector)
      throw new KubectlError('resource(s) were provided, but no name was specified');
    for (const name of names) selected.push({ resource, namespace: client.config.namespace, name });
    if (names.length > 0) continue;
    const ns = flags.bool('all-namespaces') ? undefined : client.config.namespace;
    const list = await client.json(pathOf(resource, ns), {
      query: { labelSelector: flags.get('selector'), fieldSelector: flags.get('field-selector') },
    });
    for (const item of (list.items as Obj[] | undefined) ?? []) {
      const metadata = asObject(item.metadata);
      selected.push({ resource, namespace: String(metadata.namespace ?? ''), name: String(metadata.name) });
    }
  }
  return selected;
}

/** Runs `run` for each; what the server refuses is reported, and makes the exit code 1. */
export async function eachOne(
  client: RestClient,
  list: readonly One[],
  run: (one: One) => Promise<void>,
): Promise<number> {
  let status = 0;
  for (const one of list) {
    try {
      await run(one);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      status = 1;
      await client.p.print(2, describeError(error));
    }
  }
  return status;
}

export async function deleteObjects(client: RestClient, flags: Flags): Promise<number> {
  const { p } = client;
  const force = flags.bool('force');
  if (force)
    await p.print(
      2,
      'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n',
    );
  const list = await select(client, flags, flags.args);
  if (list.length === 0) {
    await p.print(1, 'No resources found\n');
    return 0;
  }
  const grace = flags.get('grace-period') ?? (force ? '0' : flags.bool('now') ? '1' : undefined);
  const cascade = flags.get('cascade') ?? 'background';
  const policy =
    ownValue({ background: 'Background', foreground: 'Foreground', orphan: 'Orphan' }, cascade) ?? 'Background';
  const waiting: One[] = [];
  const status = await eachOne(client, list, async (one) => {
    const body: Obj = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: policy };
    if (grace !== undefined && Number(grace) >= 0) body.gracePeriodSeconds = Number(grace);
    if (dryRun(flags) === 'server') body.dryRun = ['All'];
    try {
      if (dryRun(flags) !== 'client')
        await client.json(pathOf(one.resource, one.namespace, one.name), { method: 'DELETE', body });
    } catch (error) {
      if (error instanceof StatusError && error.reason === 'NotFound' && flags.bool('ignore-not-found')) return;
      throw error;
    }
    const verb = force ? 'force deleted' : 'deleted';
    const from = one.resource.namespaced ? ` from ${one.namespace} namespace` : '';
    if (flags.get('output') === 'name') await p.print(1, `${kindName(one.resource)}/${one.name}\n`);
    else await p.print(1, `${kindName(one.resource)} "${one.name}" ${verb}${from}\n`);
    if (dryRun(flags) === 'none') waiting.push(one);
  });
  if (!force && (!flags.has('wait') || flags.bool('wait'))) await waitGone(client, flags, waiting);
  return status;
}

async function waitGone(client: RestClient, flags: Flags, list: readonly One[]): Promise<void> {
  const { clock } = client.p.container;
  const limit = flags.duration('timeout');
  const end = limit === undefined || limit === 0 ? Number.POSITIVE_INFINITY : clock.now() + limit * 1000;
  for (const one of list) {
    for (;;) {
      try {
        await client.json(pathOf(one.resource, one.namespace, one.name));
      } catch (error) {
        // Gone, or not ours to see: there is nothing to wait for.
        if (error instanceof StatusError) break;
        throw error;
      }
      if (clock.now() >= end)
        throw new KubectlError(`timed out waiting for the condition on ${one.resource.resource}/${one.name}`);
      await client.p.sleep(300);
    }
  }
}

const patchTypes: Record<string, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

export async function patch(client: RestClient, flags: Flags): Promise<number> {
  const file = flags.get('patch-file');
  const text = flags.get('patch') ?? (file === undefined ? undefined : client.p.vfs.readText(client.p, file));
  if (!text) throw new KubectlError('must specify --patch or --patch-file containing the contents of the patch');
  const type = flags.get('type') ?? 'strategic';
  const contentType = ownValue(patchTypes, type);
  if (contentType === undefined) throw new KubectlError(`--type must be one of [json merge strategic], not "${type}"`);
  const { parse } = await import('yaml');
  let body: Json;
  try {
    body = parse(text, { version: '1.1' }) as Json;
  } catch {
    throw new KubectlError(`unable to parse "${text}": yaml: invalid patch`);
  }
  return eachOne(client, await select(client, flags, flags.args), async (one) => {
    const path = pathOf(one.resource, one.namespace, one.name, flags.get('subresource'));
    const before = await client.json(pathOf(one.resource, one.namespace, one.name));
    const query = {
      fieldManager: flags.get('field-manager') ?? 'kubectl-patch',
      dryRun: dryRun(flags) === 'server' ? 'All' : undefined,
    };
    const created =
      dryRun(flags) === 'client'
        ? before
        : await client.json(path, { method: 'PATCH', contentType, body: JSON.stringify(body), query });
    const same = asObject(before.metadata).resourceVersion === asObject(created.metadata).resourceVersion;
    await report(
      client,
      flags,
      one.resource,
      created,
      same && dryRun(flags) === 'none' ? 'patched (no change)' : 'patched',
    );
  });
}

/** `label` and `annotate`: `key=value` sets, `key-` removes. */
export async function annotate(client: RestClient, flags: Flags, field: 'labels' | 'annotations'): Promise<number> {
  const changes = flags.args.filter(
    (a, i) => i > 0 && (/^[^/]*[^=]=|=/.test(a) || /-$/.test(a)) && !/^[a-z]+\/[^=]+$/.test(a),
  );
  const rest = flags.args.filter((a) => !changes.includes(a));
  const verb = field === 'labels' ? 'label' : 'annotate';
  if (rest.length === 0 && !flags.has('filename'))
    throw new KubectlError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  if (changes.length === 0)
    throw new KubectlError(`at least one ${verb === 'label' ? 'label' : 'annotation'} update is required`);
  const overwrite = flags.bool('overwrite');
  return eachOne(client, await select(client, flags, rest), async (one) => {
    const before = await client.json(pathOf(one.resource, one.namespace, one.name));
    const own = asObject(asObject(before.metadata)[field]);
    const update: Obj = {};
    let removedOnly = true;
    for (const change of changes) {
      if (change.endsWith('-') && !change.includes('=')) {
        const key = change.slice(0, -1);
        if (!Object.hasOwn(own, key))
          await client.p.print(1, `${verb === 'label' ? 'label' : 'annotation'} "${key}" not found.\n`);
        else setOwn(update, key, null);
        continue;
      }
      removedOnly = false;
      const at = change.indexOf('=');
      const [key, value] = [change.slice(0, at), change.slice(at + 1)];
      if (!overwrite && Object.hasOwn(own, key) && own[key] !== value) {
        throw new KubectlError(
          field === 'labels'
            ? `'${key}' already has a value (${own[key]}), and --overwrite is false`
            : `--overwrite is false but found the following declared annotation(s): '${key}' already has a value (${own[key]})`,
        );
      }
      if (ownValue(own, key) !== value) setOwn(update, key, value);
    }
    const past = field === 'labels' ? (removedOnly ? 'unlabeled' : 'labeled') : 'annotated';
    if (Object.keys(update).length === 0) {
      // annotate says annotated even if nothing changed.
      return report(client, flags, one.resource, before, field === 'labels' ? 'not labeled' : past);
    }
    const body = { metadata: { [field]: update } };
    const query = { fieldManager: `kubectl-${verb}`, dryRun: dryRun(flags) === 'server' ? 'All' : undefined };
    const created =
      dryRun(flags) === 'client'
        ? before
        : await client.json(pathOf(one.resource, one.namespace, one.name), {
            method: 'PATCH',
            contentType: 'application/merge-patch+json',
            body,
            query,
          });
    await report(client, flags, one.resource, created, past);
  });
}

export async function scale(client: RestClient, flags: Flags): Promise<number> {
  const replicas = flags.get('replicas');
  if (replicas === undefined || !/^\d+$/.test(replicas))
    throw new KubectlError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
  return eachOne(client, await select(client, flags, flags.args), async (one) => {
    await client.json(pathOf(one.resource, one.namespace, one.name, 'scale'), {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { spec: { replicas: Number(replicas) } },
    });
    await report(client, flags, one.resource, { metadata: { name: one.name } }, 'scaled');
  });
}
