/** kubectl's output formats. */

import { JsonPath, relaxedPath } from '../../../../kube/json-path/json-path.ts';
import { JsonPathError } from '../../../../kube/json-path/nodes.ts';
import { goText, sorted } from '../../../../kube/json-path/text.ts';
import type { Json, Obj } from '../../api-client/client.ts';
import { KubectlError } from '../../api-client/flags.ts';
import type { Process } from '../../kernel/process.ts';

/** Rows padded as kubectl's tabwriter does: three spaces between columns, none after the last. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, [...cell].length);
    });
  }
  return rows
    .map(
      (row) =>
        `${row.map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - [...cell].length + 3))).join('')}\n`,
    )
    .join('');
}

export function toJson(value: unknown): string {
  return `${JSON.stringify(sorted(value), null, 4)}\n`;
}

/** YAML as Go's library writes it: keys sorted, lists not indented. */
export async function toYaml(value: Json): Promise<string> {
  const { Document } = await import('yaml');
  const document = new Document(sorted(value), { version: '1.1' });
  return document.toString({ indentSeq: false, lineWidth: 0, singleQuote: false });
}

/** Drops managedFields, as get does unless told otherwise. */
export function withoutManagedFields(object: Obj): Obj {
  const metadata = object.metadata as Obj | undefined;
  const strip = (o: Obj): Obj => {
    const m = o.metadata as Obj | undefined;
    if (!m || !('managedFields' in m)) return o;
    const { managedFields: _, ...rest } = m;
    return { ...o, metadata: rest };
  };
  if (Array.isArray(object.items)) return { ...object, items: object.items.map((i) => strip(i as Obj)) };
  return metadata ? strip(object) : object;
}

/** Prints objects in one of the formats that need no table. Returns undefined for table formats. */
export type ObjectPrinter = (object: Obj) => Promise<string>;

/** The printer of `-o`; undefined: a table (also for wide). Throws KubectlError for unknown ones. */
export function printerFor(
  p: Process,
  format: string | undefined,
  options: { keepManaged: boolean; noHeaders: boolean },
): ObjectPrinter | undefined {
  if (format === undefined || format === '' || format === 'wide') return undefined;
  const clean = (o: Obj) => (options.keepManaged ? o : withoutManagedFields(o));
  const [kind = '', argument] = split(format);
  switch (kind) {
    case 'json':
      return async (o) => toJson(clean(o));
    case 'yaml':
      return async (o) => toYaml(clean(o));
    case 'name':
      return undefined;
    case 'jsonpath':
    case 'jsonpath-file':
    case 'jsonpath-as-json': {
      if (argument === undefined) throw new KubectlError('template format specified but no template given');
      const template = kind === 'jsonpath-file' ? p.vfs.readText(p, argument).trimEnd() : argument;
      let path: JsonPath;
      try {
        path = new JsonPath(/[{]/.test(template) ? template : `{${template}}`);
      } catch (error) {
        if (error instanceof JsonPathError)
          throw new KubectlError(`error parsing jsonpath ${template}, ${error.message}`);
        throw error;
      }
      return async (o) => {
        try {
          if (kind === 'jsonpath-as-json') return path.results(o).map(toJson).join('');
          return path.format(o);
        } catch (error) {
          if (error instanceof JsonPathError)
            throw new KubectlError(
              `error executing jsonpath "${template}": Error executing template: ${error.message}`,
            );
          throw error;
        }
      };
    }
    case 'custom-columns':
    case 'custom-columns-file': {
      if (argument === undefined) throw new KubectlError('custom-columns format specified but no custom columns given');
      const spec = kind === 'custom-columns-file' ? fromFile(p.vfs.readText(p, argument)) : argument;
      return customColumns(spec, options.noHeaders);
    }
    default:
      throw new KubectlError(
        `unable to match a printer suitable for the output format "${format}", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml`,
      );
  }
}

function split(format: string): [string, string | undefined] {
  const at = format.indexOf('=');
  return at < 0 ? [format, undefined] : [format.slice(0, at), format.slice(at + 1)];
}

function fromFile(text: string): string {
  const [heads = '', paths = ''] = text.split('\n');
  const cells = paths.trim().split(/\s+/);
  return heads
    .trim()
    .split(/\s+/)
    .map((h, i) => `${h}:${cells[i]}`)
    .join(',');
}

/** What a JSONPath gives; kubectl prints what is wrong with it. @throws KubectlError */
export function orKubectlError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof JsonPathError) throw new KubectlError(error.message);
    throw error;
  }
}

function customColumns(spec: string, noHeaders: boolean): ObjectPrinter {
  const columns = spec.split(',').map((part) => {
    const at = part.indexOf(':');
    if (at < 0) throw new KubectlError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { head: part.slice(0, at), path: orKubectlError(() => relaxedPath(part.slice(at + 1))) };
  });
  return async (object) => {
    const items = Array.isArray(object.items) ? (object.items as Obj[]) : [object];
    const rows = items.map((item) =>
      columns.map(({ path }) => {
        const found = orKubectlError(() => path.results(item)).flat();
        return found.length === 0 ? '<none>' : found.map(goText).join(',');
      }),
    );
    return formatTable(noHeaders ? rows : [columns.map((c) => c.head), ...rows]);
  };
}
