import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { EnvironmentError, UserError } from '../../kernel/errors.ts';

const named = <K extends string>(key: K) =>
  z.array(z.looseObject({ name: z.string(), [key]: z.record(z.string(), z.unknown()) })).nullish();
const kubeconfigSchema = z.looseObject({
  'current-context': z.string().nullish(),
  clusters: named('cluster'),
  contexts: named('context'),
  users: named('user'),
});

type Section = Record<string, unknown>;

interface Merged {
  current: string | undefined;
  clusters: Map<string, Section>;
  contexts: Map<string, Section>;
  users: Map<string, Section>;
}

export interface ExtractedContext {
  /** YAML with this one context in it; certificates and tokens that lay in files are inside. */
  text: string;
  /** What the context was called. */
  source: string;
  server: string;
  namespace?: string;
}

/** Fields that name a file, and the ones that hold the same content. */
const inlined: Record<string, string> = {
  'certificate-authority': 'certificate-authority-data',
  'client-certificate': 'client-certificate-data',
  'client-key': 'client-key-data',
};

/**
 * Takes one context out of kubeconfig files (the first that names something wins, as with kubectl) and calls it `name`.
 * Rejects with a UserError for a context that is not there, with an EnvironmentError for files that can't be read.
 */
export async function extractContext(
  files: readonly string[],
  context: string | undefined,
  name: string,
): Promise<ExtractedContext> {
  const merged = await mergeFiles(files);
  const source = context ?? merged.current;
  const chosen = source === undefined ? undefined : merged.contexts.get(source);
  if (source === undefined || !chosen) {
    const known = [...merged.contexts.keys()].join(', ') || 'none';
    throw new UserError({
      what: source === undefined ? 'the kubeconfig has no current context' : `there is no context ${source}`,
      why: `${files.join(', ')} has: ${known}`,
      next: 'name one with --context',
    });
  }
  const cluster = merged.clusters.get(String(chosen.cluster));
  if (!cluster) throw new EnvironmentError({ what: `the context ${source} names no cluster that is there` });
  const user = merged.users.get(String(chosen.user)) ?? {};
  const namespace = typeof chosen.namespace === 'string' ? chosen.namespace : undefined;
  const text = stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      preferences: {},
      clusters: [{ name, cluster }],
      contexts: [{ name, context: { cluster: name, user: name, ...(namespace && { namespace }) } }],
      users: [{ name, user }],
      'current-context': name,
    },
    { lineWidth: 0, version: '1.1' },
  );
  return { text, source, server: String(cluster.server ?? ''), ...(namespace && { namespace }) };
}

async function mergeFiles(files: readonly string[]): Promise<Merged> {
  const merged: Merged = { current: undefined, clusters: new Map(), contexts: new Map(), users: new Map() };
  for (const file of files) {
    const parsed = await readKubeconfig(file);
    merged.current ??= parsed['current-context'] || undefined;
    const take = async (into: Map<string, Section>, list: Section[] | null | undefined, key: string) => {
      for (const entry of list ?? []) {
        const name = String(entry.name);
        if (!into.has(name)) into.set(name, await withFiles(entry[key] as Section, dirname(file)));
      }
    };
    await take(merged.clusters, parsed.clusters, 'cluster');
    await take(merged.contexts, parsed.contexts, 'context');
    await take(merged.users, parsed.users, 'user');
  }
  return merged;
}

async function readKubeconfig(file: string): Promise<z.infer<typeof kubeconfigSchema>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new EnvironmentError(
      {
        what: `the kubeconfig ${file} cannot be read`,
        why: (cause as Error).message,
        next: 'name one with --kubeconfig',
      },
      { cause },
    );
  }
  try {
    return kubeconfigSchema.parse(parse(text, { logLevel: 'silent' }) ?? {});
  } catch (cause) {
    throw new EnvironmentError(
      { what: `${file} is no kubeconfig`, why: (cause as Error).message.split('\n')[0] ?? '' },
      { cause },
    );
  }
}

/** Reads what lies in files beside the kubeconfig. Tokens in files are renewed by somebody: they stay there. */
async function withFiles(section: Section, folder: string): Promise<Section> {
  const result: Section = { ...section };
  for (const [key, dataKey] of Object.entries(inlined)) {
    const path = result[key];
    if (typeof path !== 'string' || path === '') continue;
    delete result[key];
    try {
      result[dataKey] ??= (await readFile(resolve(folder, path))).toString('base64');
    } catch (cause) {
      throw new EnvironmentError(
        { what: `${key} ${path} of the kubeconfig cannot be read`, why: (cause as Error).message },
        { cause },
      );
    }
  }
  if (typeof result.tokenFile === 'string') result.tokenFile = resolve(folder, result.tokenFile);
  return result;
}
