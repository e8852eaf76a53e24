import { readFileSync } from 'node:fs';
import { type Document, isMap, isScalar, isSeq, parse, parseDocument, type YAMLMap } from 'yaml';
import { replaceFileSync } from '../kernel/files.ts';

/** Entries of a kubeconfig that lead to one cluster. */
interface Entry {
  name: string;
  fields: Record<string, unknown>;
}

/** What of a kubeconfig has to be right for a cluster to be reached: the rest is whoever's file it is. */
interface OwnEntries {
  context: Entry;
  cluster: Entry;
  user: Entry;
}

/** Fields of a cluster's entry that say where it is and who it is (client-go: tools/clientcmd/api/v1, Cluster). */
const clusterFields = [
  'server',
  'certificate-authority-data',
  'certificate-authority',
  'insecure-skip-tls-verify',
  'tls-server-name',
  'proxy-url',
];

/** Fields of a user's entry that are credentials; impersonation and extensions are not (AuthInfo, there). */
const credentialFields = [
  'client-certificate-data',
  'client-certificate',
  'client-key-data',
  'client-key',
  'token',
  'tokenFile',
  'username',
  'password',
  'auth-provider',
  'exec',
];

/** How a kubeconfig was mended. */
export interface KubeconfigMend {
  text: string;
  /** In words, for whoever wrote the file: what was put back. */
  what: string;
  /** The file was no kubeconfig any more: nothing of it is in `text`. */
  replaced: boolean;
}

/**
 * Makes a kubeconfig lead to its cluster again, and changes nothing else: of the cluster's entry where it is and its CA,
 * of the user's the credentials. Current context, namespaces, other entries, order and comments stay. A context is added
 * only if none leads to the cluster. `text`: what the file holds, undefined if there is none; `own`: the kubeconfig of
 * this cluster alone. Undefined: there is nothing to mend.
 */
export function repairKubeconfig(text: string | undefined, own: string): KubeconfigMend | undefined {
  const entries = ownEntries(own);
  const document = text === undefined ? 'it was not there' : readable(text);
  if (typeof document === 'string')
    return { text: own, what: `${document}: a fresh one is in its place`, replaced: true };
  const mended = [
    ...repairEntry(document, 'clusters', 'cluster', entries.cluster, clusterFields),
    ...repairEntry(document, 'users', 'user', entries.user, credentialFields),
    ...addContext(document, entries),
  ];
  if (mended.length === 0) return undefined;
  const what = `put back ${mended.join(', ')}; the rest is as you left it`;
  // kubectl writes lists as far left as the field above them.
  const indentSeq = text === undefined || !/^- /m.test(text);
  return { text: document.toString({ lineWidth: 0, indentSeq }), what, replaced: false };
}

/** `mendKubeconfig` on a file, which only its owner may read then. Throws the error of the file system. */
export function repairKubeconfigFile(file: string, own: string): KubeconfigMend | undefined {
  const repair = repairKubeconfig(readFileIfThere(file), own);
  if (repair) replaceFileSync(file, repair.text);
  return repair;
}

/** Undefined if there is no file. */
export function readFileIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function ownEntries(own: string): OwnEntries {
  const config = parse(own) as Record<string, Record<string, unknown>[]>;
  const [context, cluster, user] = (['context', 'cluster', 'user'] as const).map((key): Entry => {
    const entry = config[`${key}s`]?.[0];
    return { name: String(entry?.name), fields: (entry?.[key] ?? {}) as Record<string, unknown> };
  }) as [Entry, Entry, Entry];
  return { context, cluster, user };
}

/** The document, or why kubectl could not read it. */
function readable(text: string): Document | string {
  const document = parseDocument(text, { logLevel: 'silent', version: '1.1' });
  const [error] = document.errors;
  if (error) return `it could not be read (${error.message.split('\n')[0]?.replace(/:$/, '')})`;
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return 'it was empty';
  }
  if (!isMap(document.contents)) return 'it was no kubeconfig';
  for (const key of ['clusters', 'users', 'contexts']) {
    const list = document.get(key);
    if (list === undefined || list === null) continue;
    if (!isSeq(list) || !list.items.every((item) => isMap(item)))
      return `it was no kubeconfig (${key} is no list of entries)`;
  }
  return document;
}

function repairEntry(document: Document, list: string, key: string, own: Entry, fields: readonly string[]): string[] {
  const entry = findEntry(document, list, own.name);
  if (!entry) {
    addEntry(document, list, key, own);
    return [`the ${key} ${own.name}`];
  }
  if (!isMap(entry.get(key))) entry.set(key, document.createNode({}));
  const body = entry.get(key) as YAMLMap;
  const wrong = fields.filter((field) => !sameValue(plain(body.get(field)), own.fields[field]));
  for (const field of wrong) {
    if (own.fields[field] === undefined) body.delete(field);
    else body.set(field, document.createNode(own.fields[field]));
  }
  return wrong.map((field) => `${field} of the ${key} ${own.name}`);
}

/** Without any context that names the cluster nothing leads there. */
function addContext(document: Document, { context, cluster }: OwnEntries): string[] {
  const contexts = document.get('contexts');
  const items = isSeq(contexts) ? contexts.items : [];
  const leads = items.some((item) => isMap(item) && item.getIn(['context', 'cluster']) === cluster.name);
  if (leads || findEntry(document, 'contexts', context.name)) return [];
  addEntry(document, 'contexts', 'context', context);
  return [`the context ${context.name}`];
}

function findEntry(document: Document, list: string, name: string): YAMLMap | undefined {
  const items = document.get(list);
  if (!isSeq(items)) return undefined;
  return items.items.filter(isMap).find((item) => item.get('name') === name);
}

function addEntry(document: Document, list: string, key: string, { name, fields }: Entry): void {
  if (!isSeq(document.get(list))) document.set(list, document.createNode([]));
  document.addIn([list], document.createNode({ [key]: fields, name }));
}

function plain(value: unknown): unknown {
  return isMap(value) || isSeq(value) ? value.toJSON() : (value ?? undefined);
}

function sameValue(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
