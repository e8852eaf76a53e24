import { parse } from 'yaml';
import { EnvironmentError } from '../../kernel/errors.ts';
import { readOwnKubeconfig } from '../own-kubeconfig.ts';
import { clusterLabel, type Tools } from './tools.ts';

/** What is left in the folder of a cluster whose record is damaged. */
export interface Remains {
  folder: string;
  /** What the record's file holds. */
  text: string;
  /** kind's names of the clusters whose records are whole. */
  known: ReadonlySet<string>;
}

/** kind's name of a cluster whose record is damaged; else the names of those that it may be. */
export type Identified = { kindName: string } | { candidates: string[] };

/**
 * Finds the containers of a cluster whose record is damaged: by kind's name if the record still says it, else by the
 * cluster's own certificate authority. Without either all of kubedrill's kind clusters that are on no record may be it,
 * those of other users of the same Docker too. Rejects with an EnvironmentError if Docker does not answer.
 */
export async function identify(tools: Tools, { folder, text, known }: Remains): Promise<Identified> {
  const named = /"kindName":\s*"(kubedrill-[0-9a-z]{5})"/.exec(text)?.[1];
  if (named !== undefined) return { kindName: named };
  const unknown = (await kindClusters(tools)).filter(({ kindName }) => !known.has(kindName));
  const authority = authorityOf(folder);
  if (authority === undefined) return { candidates: unknown.map(({ kindName }) => kindName) };
  for (const { kindName, nodes } of unknown) {
    for (const node of nodes) if ((await authorityIn(tools, node)).includes(authority)) return { kindName };
  }
  return { candidates: [] };
}

/** All of kubedrill's, with the names of their containers, sorted. */
async function kindClusters(tools: Tools): Promise<{ kindName: string; nodes: string[] }[]> {
  const format = `{{.Label "${clusterLabel}"}} {{.Names}}`;
  const output = await tools.docker(['ps', '--all', '--filter', `label=${clusterLabel}`, '--format', format]);
  const found = new Map<string, string[]>();
  for (const line of output.split('\n').sort()) {
    const [kindName = '', node = ''] = line.split(' ');
    if (kindName.startsWith('kubedrill-')) found.set(kindName, [...(found.get(kindName) ?? []), node]);
  }
  return [...found].map(([kindName, nodes]) => ({ kindName, nodes }));
}

/** PEM, as the cluster's kubeconfig has it; undefined: there is none that can be read. */
function authorityOf(folder: string): string | undefined {
  try {
    const { clusters } = parse(readOwnKubeconfig(folder)) as {
      clusters: { cluster: { 'certificate-authority-data': string } }[];
    };
    const pem = Buffer.from(clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64')
      .toString()
      .trim();
    return pem === '' ? undefined : pem;
  } catch {
    // What damaged the record may have damaged the kubeconfig as well, or it was not written yet.
    return undefined;
  }
}

/** A tar archive with the certificate authority that a node has, also a stopped one; empty if it has none. */
async function authorityIn(tools: Tools, node: string): Promise<string> {
  try {
    return await tools.docker(['cp', `${node}:/etc/kubernetes/pki/ca.crt`, '-']);
  } catch (error) {
    const missing = /could not find the file|no such (file|container)/i;
    if (error instanceof EnvironmentError && missing.test(error.text.why ?? '')) return '';
    throw error;
  }
}
