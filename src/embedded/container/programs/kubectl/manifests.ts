/** Manifests: files, standard input, several documents; create, apply, delete and replace of them. */
import { ownValue, setOwn } from '../../../../kernel/own.ts';
import type { Json, Obj, RestClient } from '../../api-client/client.ts';
import { StatusError } from '../../api-client/client.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import { isSysError } from '../../kernel/errno.ts';
import { join } from '../../lib/files.ts';
import { type ApiResource, discover, kindName, pathOf } from './discovery.ts';
import { asObject, describeError } from './errors.ts';
import { printerFor } from './printers.ts';

export const manifestFlags: FlagSet = {
  filename: { kind: 'string', short: 'f' },
  recursive: { kind: 'bool', short: 'R' },
  output: { kind: 'string', short: 'o' },
  'dry-run': { kind: ['optional', 'unchanged'] },
  'server-side': { kind: 'bool' },
  'force-conflicts': { kind: 'bool' },
  'field-manager': { kind: 'string' },
  validate: { kind: ['optional', 'strict'] },
  'save-config': { kind: 'bool' },
  overwrite: { kind: 'bool' },
  selector: { kind: 'string', short: 'l' },
  force: { kind: 'bool' },
  'show-managed-fields': { kind: 'bool' },
};

interface Manifest {
  object: Obj;
  source: string;
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

async function parse(text: string, source: string): Promise<Obj[]> {
  const { parseAllDocuments } = await import('yaml');
  const objects: Obj[] = [];
  for (const document of parseAllDocuments(text, { version: '1.1', merge: true })) {
    const [problem] = document.errors;
    if (problem)
      throw new KubectlError(
        `error parsing ${source}: error converting YAML to JSON: yaml: ${problem.message.split('\n')[0]}`,
      );
    const value = document.toJS() as Json;
    if (value === null || value === undefined) continue;
    const object = asObject(value);
    if (object.kind === 'List' && Array.isArray(object.items)) objects.push(...(object.items as Obj[]));
    else objects.push(object);
  }
  return objects;
}

/** All objects of `-f`. */
export async function readManifests(client: RestClient, flags: Flags): Promise<Manifest[]> {
  const { p } = client;
  const manifests: Manifest[] = [];
  for (const name of flags.list('filename')) {
    if (name === '-') {
      for (const object of await parse(await p.readAllText(0), 'STDIN')) manifests.push({ object, source: 'STDIN' });
      continue;
    }
    const files: string[] = [];
    try {
      if (p.vfs.stat(p, name).kind === 'dir') {
        for (const child of p.vfs.readdir(p, name).sort())
          if (/\.(ya?ml|json)$/.test(child)) files.push(join(name, child));
      } else files.push(name);
      for (const file of files)
        for (const object of await parse(p.vfs.readText(p, file), file)) manifests.push({ object, source: file });
    } catch (error) {
      if (!isSysError(error)) throw error;
      if (error.code === 'ENOENT') throw new KubectlError(`the path "${name}" does not exist`);
      throw new KubectlError(`open ${name}: ${error.message.toLowerCase()}`);
    }
  }
  if (manifests.length === 0) throw new KubectlError('no objects passed to the command');
  return manifests;
}

/** The resource of an object by its kind. */
export async function resourceOf(client: RestClient, object: Obj, source: string): Promise<ApiResource> {
  const apiVersion = String(object.apiVersion ?? '');
  const kind = String(object.kind ?? '');
  if (apiVersion === '' || kind === '') {
    const missing = [kind === '' ? 'kind not set' : '', apiVersion === '' ? 'apiVersion not set' : '']
      .filter(Boolean)
      .join(', ');
    throw new KubectlError(
      `error validating "${source}": error validating data: [${missing}]; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
  }
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
  const match = (all: readonly ApiResource[]) =>
    all.find((r) => r.group === group && r.version === version && r.kind === kind);
  const found = match(await discover(client)) ?? match(await discover(client, true));
  if (!found) {
    const name = asObject(object.metadata).name ?? '';
    throw new KubectlError(
      `resource mapping not found for name: "${name}" namespace: "${asObject(object.metadata).namespace ?? ''}" from "${source}": no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`,
    );
  }
  return found;
}

export function namespaceFor(client: RestClient, flags: Flags, object: Obj): string {
  const own = asObject(object.metadata).namespace;
  if (typeof own === 'string' && own !== '') {
    if (flags.has('namespace') && own !== client.config.namespace) {
      throw new KubectlError(
        `the namespace from the provided object "${own}" does not match the namespace "${client.config.namespace}". You must pass '--namespace=${own}' to perform this operation.`,
      );
    }
    return own;
  }
  return client.config.namespace;
}

export function dryRun(flags: Flags): 'none' | 'client' | 'server' {
  const value = flags.get('dry-run') ?? 'none';
  if (value === 'unchanged' || value === 'client') return 'client';
  if (value === 'none' || value === 'server') return value;
  throw new KubectlError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
}

/** Tells what was done, in the way `-o` asks for. */
export async function report(
  client: RestClient,
  flags: Flags,
  resource: ApiResource,
  object: Obj,
  done: string,
): Promise<void> {
  const mode = dryRun(flags);
  const suffix = mode === 'client' ? ' (dry run)' : mode === 'server' ? ' (server dry run)' : '';
  const format = flags.get('output');
  const name = asObject(object.metadata).name;
  if (format === 'name') return client.p.print(1, `${kindName(resource)}/${name}\n`);
  const printer = printerFor(client.p, format, { keepManaged: flags.bool('show-managed-fields'), noHeaders: false });
  if (printer) return client.p.print(1, await printer(object));
  return client.p.print(1, `${kindName(resource)}/${name} ${done}${suffix}\n`);
}

/** Runs an action on each manifest; failures are reported, the others go on. */
async function each(
  client: RestClient,
  flags: Flags,
  action: string | undefined,
  run: (m: Manifest, r: ApiResource, ns: string) => Promise<void>,
): Promise<number> {
  let status = 0;
  for (const manifest of await readManifests(client, flags)) {
    try {
      const resource = await resourceOf(client, manifest.object, manifest.source);
      await run(manifest, resource, namespaceFor(client, flags, manifest.object));
    } catch (error) {
      if (!(error instanceof StatusError) && !(error instanceof KubectlError)) throw error;
      status = 1;
      const during = action === undefined ? undefined : `error when ${action} "${manifest.source}"`;
      await client.p.print(
        2,
        describeError(
          error,
          error instanceof StatusError && error.reason !== 'Invalid'
            ? during
            : error instanceof StatusError && action === 'creating'
              ? during
              : undefined,
        ),
      );
    }
  }
  return status;
}

const serverDryRun = (flags: Flags) => (dryRun(flags) === 'server' ? 'All' : undefined);

export function createFromFiles(client: RestClient, flags: Flags): Promise<number> {
  return each(client, flags, 'creating', async ({ object }, resource, ns) => {
    let created = object;
    if (dryRun(flags) !== 'client') {
      created = await client.json(pathOf(resource, ns), {
        method: 'POST',
        body: object,
        query: {
          fieldManager: flags.get('field-manager') ?? 'kubectl-create',
          fieldValidation: 'Strict',
          dryRun: serverDryRun(flags),
        },
      });
    }
    await report(client, flags, resource, created, 'created');
  });
}

export function apply(client: RestClient, flags: Flags): Promise<number> {
  if (!flags.has('filename')) throw new KubectlError('must specify one of -f and -k');
  return each(client, flags, undefined, (m, r, ns) =>
    flags.bool('server-side') ? applyOnServer(client, flags, m, r, ns) : applyOnClient(client, flags, m, r, ns),
  );
}

async function applyOnServer(
  client: RestClient,
  flags: Flags,
  { object }: Manifest,
  resource: ApiResource,
  ns: string,
): Promise<void> {
  const name = String(asObject(object.metadata).name ?? '');
  const created = await client.json(pathOf(resource, ns, name), {
    method: 'PATCH',
    contentType: 'application/apply-patch+yaml',
    body: object,
    query: {
      fieldManager: flags.get('field-manager') ?? 'kubectl',
      fieldValidation: 'Strict',
      force: flags.bool('force-conflicts') ? 'true' : undefined,
      dryRun: serverDryRun(flags),
    },
  });
  await report(client, flags, resource, created, 'serverside-applied');
}

async function applyOnClient(
  client: RestClient,
  flags: Flags,
  { object, source }: Manifest,
  resource: ApiResource,
  ns: string,
): Promise<void> {
  const metadata = asObject(object.metadata);
  const name = String(metadata.name ?? '');
  if (name === '')
    throw new KubectlError(
      `error when retrieving current configuration of:\nResource: "${resource.resource}", from "${source}": resource name may not be empty`,
    );
  const plain: Obj = {
    ...object,
    metadata: { annotations: {}, ...metadata, ...(resource.namespaced ? { namespace: ns } : {}) },
  };
  const config = `${JSON.stringify(plain)}\n`;
  const wanted: Obj = {
    ...object,
    metadata: { ...metadata, annotations: { ...asObject(metadata.annotations), [lastApplied]: config } },
  };
  const query = {
    fieldManager: flags.get('field-manager') ?? 'kubectl-client-side-apply',
    fieldValidation: 'Strict',
    dryRun: serverDryRun(flags),
  };
  let live: Obj | undefined;
  try {
    live = await client.json(pathOf(resource, ns, name));
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
  }
  if (!live) {
    const created =
      dryRun(flags) === 'client'
        ? object
        : await client.json(pathOf(resource, ns), { method: 'POST', body: wanted, query });
    return report(client, flags, resource, created, 'created');
  }
  const before = asObject(asObject(live.metadata).annotations)[lastApplied];
  const previous = typeof before === 'string' ? asObject(JSON.parse(before) as Json) : {};
  const patch = threeWay(previous, wanted, live);
  if (Object.keys(patch).length === 0) return report(client, flags, resource, live, 'unchanged');
  if (dryRun(flags) === 'client') return report(client, flags, resource, live, 'configured');
  const created = await client.json(pathOf(resource, ns, name), {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: patch,
    query,
  });
  return report(client, flags, resource, created, 'configured');
}

/**
 * The merge patch that brings `live` to `wanted`: what differs is set, what `previous` had and `wanted` has not is
 * removed, what others added stays. A list is sent as a whole when one of its elements lacks something.
 */
export function threeWay(previous: Obj, wanted: Obj, live: Obj): Obj {
  const patch: Obj = {};
  for (const [key, value] of Object.entries(wanted)) {
    const now = ownValue(live, key);
    if (value === null) continue;
    if (typeof value === 'object' && !Array.isArray(value)) {
      const inner = threeWay(asObject(ownValue(previous, key)), value, asObject(now));
      if (Object.keys(inner).length > 0) setOwn(patch, key, inner);
    } else if (!covers(now, value)) setOwn(patch, key, value);
  }
  for (const key of Object.keys(previous))
    if (!Object.hasOwn(wanted, key) && Object.hasOwn(live, key)) setOwn(patch, key, null);
  return patch;
}

/** Whether `live` has everything that `wanted` says (it may have defaults besides). */
function covers(live: Json | undefined, wanted: Json): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(live) && live.length === wanted.length && wanted.every((w, i) => covers(live[i], w));
  if (typeof wanted === 'object' && wanted !== null) {
    return (
      typeof live === 'object' &&
      live !== null &&
      !Array.isArray(live) &&
      Object.entries(wanted).every(([k, v]) => covers(ownValue(live, k), v))
    );
  }
  return live === wanted;
}

export function replace(client: RestClient, flags: Flags): Promise<number> {
  if (!flags.has('filename')) throw new KubectlError('must specify one of -f and -k');
  return each(client, flags, 'replacing', async ({ object }, resource, ns) => {
    const name = String(asObject(object.metadata).name ?? '');
    const created = await client.json(pathOf(resource, ns, name), {
      method: 'PUT',
      body: object,
      query: { fieldManager: 'kubectl-replace', dryRun: serverDryRun(flags) },
    });
    await report(client, flags, resource, created, 'replaced');
  });
}
