import { ownValue } from '../../../../kernel/own.ts';
import { decode, type Json, type Obj, type RestClient, StatusError } from '../../api-client/client.ts';
import { type FlagSet, type Flags, KubectlError } from '../../api-client/flags.ts';
import { JsonLines } from '../../api-client/watch-stream.ts';
import { type ApiResource, discover, findResource, kindName, matchResource, pathOf } from './discovery.ts';
import { describeError } from './errors.ts';
import { formatTable, type ObjectPrinter, printerFor } from './printers.ts';
import { sortByPath } from './sorting.ts';

export const getFlags: FlagSet = {
  output: { kind: 'string', short: 'o' },
  'all-namespaces': { kind: 'bool', short: 'A' },
  selector: { kind: 'string', short: 'l' },
  'field-selector': { kind: 'string' },
  watch: { kind: 'bool', short: 'w' },
  'watch-only': { kind: 'bool' },
  'no-headers': { kind: 'bool' },
  'show-labels': { kind: 'bool' },
  'label-columns': { kind: 'string', short: 'L' },
  'show-kind': { kind: 'bool' },
  'sort-by': { kind: 'string' },
  'ignore-not-found': { kind: 'bool' },
  'chunk-size': { kind: 'string' },
  'show-managed-fields': { kind: 'bool' },
  raw: { kind: 'string' },
  subresource: { kind: 'string' },
  'output-watch-events': { kind: 'bool' },
  filename: { kind: 'string', short: 'f' },
};

const tableAccept =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

/** What the arguments ask for: one resource with names, or several without. */
interface Target {
  resource: ApiResource;
  names: string[];
}

/** Resolves `pods`, `po,svc`, `pod web`, `pod/web deploy/api`, `all`. */
export async function resolveTargets(client: RestClient, args: readonly string[]): Promise<Target[]> {
  const [first, ...names] = args;
  if (first === undefined)
    throw new KubectlError(
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).\nSee \'kubectl get -h\' for help and examples',
      { prefixed: false },
    );
  if (args.some((a) => a.includes('/'))) {
    const targets: Target[] = [];
    for (const arg of args) {
      const [type = '', name, ...more] = arg.split('/');
      if (name === undefined)
        throw new KubectlError(
          `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'`,
        );
      if (name === '' || type === '')
        throw new KubectlError('arguments in resource/name form must have a single resource and name');
      if (more.length > 0) throw new KubectlError(`arguments in resource/name form may not have more than one slash`);
      targets.push({ resource: await findResource(client, type), names: [name] });
    }
    return targets;
  }
  const targets: Target[] = [];
  for (const type of first.split(',')) {
    const category = (await discover(client)).filter((r) => r.categories.includes(type) && r.verbs.includes('list'));
    if (category.length > 0 && !matchResource(await discover(client), type)) {
      const seen = new Set<string>();
      for (const resource of category) {
        const key = `${resource.resource}.${resource.group}`;
        if (!seen.has(key)) targets.push({ resource, names: [] });
        seen.add(key);
      }
    } else targets.push({ resource: await findResource(client, type), names });
  }
  return targets;
}

interface Table {
  columns: { name: string; priority: number }[];
  rows: { cells: Json[]; object: Obj }[];
  resourceVersion: string;
}

function readTable(document: Obj): Table {
  const definitions = (document.columnDefinitions as Obj[] | undefined) ?? [];
  const metadata = (document.metadata ?? {}) as Obj;
  return {
    columns: definitions.map((d) => ({ name: String(d.name), priority: Number(d.priority ?? 0) })),
    rows: ((document.rows as Obj[] | undefined) ?? []).map((r) => ({
      cells: (r.cells as Json[]) ?? [],
      object: (r.object ?? {}) as Obj,
    })),
    resourceVersion: String(metadata.resourceVersion ?? ''),
  };
}

export class GetCommand {
  readonly #client: RestClient;
  readonly #flags: Flags;
  #printed = false;

  constructor(client: RestClient, flags: Flags) {
    this.#client = client;
    this.#flags = flags;
  }

  get #namespace(): string | undefined {
    return this.#flags.bool('all-namespaces') ? undefined : this.#client.config.namespace;
  }

  async run(): Promise<number> {
    const flags = this.#flags;
    const raw = flags.get('raw');
    if (raw !== undefined) return this.#raw(raw);
    const format = flags.get('output');
    const printer = printerFor(this.#client.p, format, {
      keepManaged: flags.bool('show-managed-fields'),
      noHeaders: flags.bool('no-headers'),
    });
    const targets = await resolveTargets(this.#client, flags.args);
    const named = targets.some((t) => t.names.length > 0);
    if (named && flags.bool('all-namespaces'))
      throw new KubectlError('a resource cannot be retrieved by name across all namespaces');
    if (named && (flags.has('selector') || flags.has('field-selector')))
      throw new KubectlError('name cannot be provided when a selector is specified');
    if (flags.bool('watch') || flags.bool('watch-only')) return this.#watch(targets, printer, format);
    if (printer) return this.#objects(targets, printer);
    if (format === 'name') return this.#names(targets);
    return this.#tables(targets);
  }

  async #raw(path: string): Promise<number> {
    const response = await this.#client.send(path);
    if (response.status >= 400) await decode(response);
    for await (const chunk of response.body()) await this.#client.p.write(1, chunk);
    return 0;
  }

  get #query(): Record<string, string | undefined> {
    return { labelSelector: this.#flags.get('selector'), fieldSelector: this.#flags.get('field-selector') };
  }

  /** Runs one request; a failure is reported and counted, the others go on. */
  async #try<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (error.reason === 'NotFound' && this.#flags.bool('ignore-not-found')) return undefined;
      this.#errors.push(error);
      return undefined;
    }
  }

  #errors: StatusError[] = [];

  async #finish(): Promise<number> {
    for (const error of this.#errors) await this.#client.p.print(2, describeError(error));
    return this.#errors.length > 0 ? 1 : 0;
  }

  /** A list in pieces of 500, put together. */
  async #list(resource: ApiResource, accept?: string): Promise<Obj> {
    const key = accept === undefined ? 'items' : 'rows';
    let all: Obj | undefined;
    let next: string | undefined;
    do {
      const page = await this.#client.json(pathOf(resource, this.#namespace), {
        accept,
        query: { ...this.#query, limit: this.#flags.get('chunk-size') ?? '500', continue: next },
      });
      if (all) (all[key] as Json[]).push(...((page[key] as Json[] | undefined) ?? []));
      else all = { ...page, [key]: (page[key] as Json[] | undefined) ?? [] };
      const token = ((page.metadata ?? {}) as Obj).continue;
      next = typeof token === 'string' && token !== '' ? token : undefined;
    } while (next !== undefined);
    return all ?? {};
  }

  #get(resource: ApiResource, name: string, accept?: string): Promise<Obj> {
    return this.#client.json(pathOf(resource, this.#namespace, name, this.#flags.get('subresource')), { accept });
  }

  async #objects(targets: readonly Target[], printer: ObjectPrinter): Promise<number> {
    const items: Obj[] = [];
    let single = targets.length === 1 && targets[0]?.names.length === 1;
    for (const { resource, names } of targets) {
      if (names.length > 0) {
        for (const name of names) {
          const found = await this.#try(() => this.#get(resource, name));
          if (found) items.push(found);
        }
        continue;
      }
      const list = await this.#try(() => this.#list(resource));
      const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
      for (const item of (list?.items as Obj[] | undefined) ?? [])
        items.push({ apiVersion, kind: resource.kind, ...item });
    }
    if (targets.length > 1 && targets.every((t) => t.names.length === 1)) single = false;
    const sortBy = this.#flags.get('sort-by');
    if (sortBy !== undefined) sortByPath(items, sortBy, (item) => item);
    const [only] = items;
    if (single) {
      if (only) await this.#client.p.print(1, await printer(only));
    } else if (this.#errors.length === 0 || items.length > 0) {
      await this.#client.p.print(
        1,
        await printer({ apiVersion: 'v1', kind: 'List', items, metadata: { resourceVersion: '' } }),
      );
    }
    return this.#finish();
  }

  async #names(targets: readonly Target[]): Promise<number> {
    for (const { resource, names } of targets) {
      const items: Obj[] = [];
      for (const name of names) {
        const found = await this.#try(() => this.#get(resource, name));
        if (found) items.push(found);
      }
      if (names.length === 0) {
        const list = await this.#try(() => this.#list(resource));
        items.push(...((list?.items as Obj[] | undefined) ?? []));
      }
      const sortBy = this.#flags.get('sort-by');
      if (sortBy !== undefined) sortByPath(items, sortBy, (item) => item);
      const text = items.map((i) => `${kindName(resource)}/${((i.metadata ?? {}) as Obj).name}\n`).join('');
      if (text !== '') await this.#client.p.print(1, text);
    }
    return this.#finish();
  }

  async #tables(targets: readonly Target[]): Promise<number> {
    const groups = new Map<ApiResource, Table>();
    for (const { resource, names } of targets) {
      if (names.length === 0) {
        const found = await this.#try(() => this.#list(resource, tableAccept));
        if (found) groups.set(resource, readTable(found));
        continue;
      }
      for (const name of names) {
        const found = await this.#try(() => this.#get(resource, name, tableAccept));
        if (!found) continue;
        const table = readTable(found);
        const known = groups.get(resource);
        if (known) known.rows.push(...table.rows);
        else groups.set(resource, table);
      }
    }
    const several = targets.length > 1 && (groups.size > 1 || new Set(targets.map((t) => t.resource)).size > 1);
    for (const [resource, table] of groups) {
      if (table.rows.length === 0) continue;
      if (this.#printed) await this.#client.p.print(1, '\n');
      this.#printed = true;
      const sortBy = this.#flags.get('sort-by');
      if (sortBy !== undefined) {
        // Rows carry only metadata; by other fields the cells can't be sorted.
        sortByPath(table.rows, sortBy, (row) => row.object);
      }
      await this.#client.p.print(1, formatTable(this.#rows(resource, table, several, !this.#flags.bool('no-headers'))));
    }
    if (!this.#printed && this.#errors.length === 0 && targets.every((t) => t.names.length === 0))
      await this.#nothing(targets);
    return this.#finish();
  }

  async #nothing(targets: readonly Target[]): Promise<void> {
    if (this.#flags.bool('ignore-not-found')) return;
    const namespaced = targets.some((t) => t.resource.namespaced) && this.#namespace !== undefined;
    await this.#client.p.print(
      2,
      namespaced ? `No resources found in ${this.#namespace} namespace.\n` : 'No resources found\n',
    );
  }

  #rows(resource: ApiResource, table: Table, withKind: boolean, headers: boolean): string[][] {
    const flags = this.#flags;
    const wide = flags.get('output') === 'wide';
    const shown = table.columns.map((c, i) => ({ ...c, i })).filter((c) => wide || c.priority === 0);
    const labels = flags.list('label-columns').filter(Boolean);
    const allNamespaces = flags.bool('all-namespaces') && resource.namespaced;
    const head = [
      ...(allNamespaces ? ['NAMESPACE'] : []),
      ...shown.map((c) => c.name.toUpperCase()),
      ...labels.map((l) => l.slice(l.lastIndexOf('/') + 1).toUpperCase()),
      ...(flags.bool('show-labels') ? ['LABELS'] : []),
    ];
    const rows = table.rows.map(({ cells, object }) => {
      const metadata = (object.metadata ?? {}) as Obj;
      const own = (metadata.labels ?? {}) as Obj;
      const row = shown.map((c, k) => {
        const text = cellText(cells[c.i] ?? null);
        return k === 0 && (withKind || flags.bool('show-kind')) ? `${kindName(resource)}/${text}` : text;
      });
      const all = Object.keys(own)
        .sort()
        .map((k) => `${k}=${own[k]}`);
      return [
        ...(allNamespaces ? [String(metadata.namespace ?? '')] : []),
        ...row,
        ...labels.map((l) => String(ownValue(own, l) ?? '')),
        ...(flags.bool('show-labels') ? [all.length > 0 ? all.join(',') : '<none>'] : []),
      ];
    });
    return headers ? [head, ...rows] : rows;
  }

  async #watch(
    targets: readonly Target[],
    printer: ObjectPrinter | undefined,
    format: string | undefined,
  ): Promise<number> {
    const [target] = targets;
    if (!target || targets.length > 1) throw new KubectlError('you may only specify a single resource type');
    const { resource, names } = target;
    const asTable = !printer && format !== 'name';
    const accept = asTable ? tableAccept : undefined;
    const [name] = names;
    const fieldSelector = name === undefined ? this.#flags.get('field-selector') : `metadata.name=${name}`;
    const query = { labelSelector: this.#flags.get('selector'), fieldSelector };
    const path = pathOf(resource, this.#namespace);
    const first = await this.#client.json(path, { accept, query });
    let { resourceVersion } = readTable(first);
    const widths: number[] = [];
    let headers = !this.#flags.bool('no-headers');
    const print = async (document: Obj) => {
      if (printer) return this.#client.p.print(1, await printer(document));
      if (format === 'name')
        return this.#client.p.print(1, `${kindName(resource)}/${((document.metadata ?? {}) as Obj).name}\n`);
      const rows = this.#rows(resource, readTable(document), false, headers);
      headers = false;
      // Widths only grow: rows that were printed can't be moved.
      for (const row of rows)
        row.forEach((cell, i) => {
          widths[i] = Math.max(widths[i] ?? 0, cell.length);
        });
      const text = rows
        .map(
          (row) =>
            `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd((widths[i] ?? 0) + 3))).join('')}\n`,
        )
        .join('');
      return this.#client.p.print(1, text);
    };
    if (!this.#flags.bool('watch-only')) {
      if (asTable) {
        if (readTable(first).rows.length > 0) await print(first);
      } else
        for (const item of (first.items as Obj[] | undefined) ?? [])
          await print({
            apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
            kind: resource.kind,
            ...item,
          });
    }
    let columns = first.columnDefinitions;
    for (;;) {
      const response = await this.#client.send(path, {
        accept,
        query: { ...query, watch: 'true', resourceVersion, allowWatchBookmarks: 'false' },
      });
      if (response.status >= 400) await decode(response);
      const reader = new JsonLines();
      for await (const chunk of response.body()) {
        for (const event of reader.push(chunk)) {
          const object = (event.object ?? {}) as Obj;
          if (event.type === 'ERROR') throw new StatusError(object, Number(object.code ?? 500));
          if (event.type === 'BOOKMARK') continue;
          if (asTable) {
            // Only the first table of a watch carries its columns.
            if (Array.isArray(object.columnDefinitions) && object.columnDefinitions.length > 0)
              columns = object.columnDefinitions;
            object.columnDefinitions = columns ?? [];
          }
          const inner = asTable
            ? ((((object.rows as Obj[] | undefined)?.[0]?.object ?? {}) as Obj).metadata ?? {})
            : (object.metadata ?? {});
          resourceVersion = String((inner as Obj).resourceVersion ?? resourceVersion);
          await print(object);
        }
      }
      const turn = this.#client.p.step(100);
      if (turn) await turn;
    }
  }
}

function cellText(cell: Json): string {
  if (cell === null) return '<none>';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
