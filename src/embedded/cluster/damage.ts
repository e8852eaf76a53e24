/** Whether the files of a cluster's folder are what a cluster has written there. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { EnvironmentError } from '../../kernel/errors.ts';
import { readTextIfThere } from '../../kernel/files.ts';
import type { ImageDescription } from '../container-api.ts';
import { lastRevision } from '../store/salvage.ts';
import { baselineFromJson, objectsIn } from './baseline.ts';

/** meta.json of a cluster's folder. */
export interface Meta {
  version: 1;
  id: string;
  name: string;
  nodes: number;
  createdAt: string;
  /** What packs brought. */
  images: readonly ImageDescription[];
  /** What an event says of an image that is not known, beside what a registry says. */
  unknownImages?: string;
  /** A cluster that is not ready when a daemon starts was never handed to anybody. */
  ready: boolean;
}

/** A file that a cluster can't be brought back from. */
export interface Damage {
  /** Below the cluster's folder. */
  file: string;
  /** `is empty`, `is missing`, ... */
  problem: string;
}

/** A cluster's folder is damaged. */
export class DamagedClusterError extends EnvironmentError {
  readonly damages: readonly Damage[];

  constructor(folder: string, damages: readonly Damage[]) {
    super({ what: damages.map(({ file, problem }) => `${join(folder, file)} ${problem}`).join(', ') });
    this.damages = damages;
  }
}

export const metaFile = 'meta.json';
export const walFolder = 'wal';
export const baselineFiles = ['baseline.json', 'baseline-nodes.json'] as const;
/** Certificates of a folder's PKI that have a key of the same name. */
const keyPairs = ['ca', 'apiserver', 'admin'] as const;

const metaSchema = z.object({
  version: z.literal(1),
  id: z.string().min(1),
  name: z.string().min(1),
  nodes: z.int().min(1).max(100),
  createdAt: z.string(),
  images: z.array(z.custom<ImageDescription>((value) => typeof value === 'object' && value !== null)),
  unknownImages: z.string().optional(),
  ready: z.boolean(),
});
const entriesSchema = z.record(
  z.string(),
  z.union([
    z.object({ kind: z.literal('file'), mode: z.number(), content: z.base64() }),
    z.object({ kind: z.literal('dir'), mode: z.number() }),
    z.object({ kind: z.literal('link'), target: z.string() }),
  ]),
);
const unitsSchema = z.object({ kubelet: z.enum(['active', 'inactive']) });
const dataSchema = z.object({
  id: z.string(),
  epoch: z.int(),
  term: z.int(),
  path: z.string().optional(),
  membership: z.object({
    clusterId: z.string(),
    memberId: z.string(),
    name: z.string(),
    peerUrls: z.array(z.string()),
  }),
});
const etcdSchema = z.object({ live: dataSchema, parked: z.array(dataSchema), baseline: dataSchema.optional() });
const stored = z.object({ metadata: z.object({ name: z.string(), resourceVersion: z.string() }) });
const objectsSchema = z.array(z.tuple([z.string(), z.array(z.tuple([z.string(), stored]))]));
const nodesSchema = z.record(z.string(), z.object({ kubelet: z.enum(['active', 'inactive']), entries: z.string() }));

/** Reads meta.json; the damage if it is none. Rejects with the file system's error for other reasons. */
export async function readMeta(folder: string): Promise<Meta | Damage> {
  const text = await contentOf(folder, metaFile);
  const problem = problemOf(text, json(metaSchema));
  return problem === undefined ? (JSON.parse(text ?? '') as Meta) : { file: metaFile, problem };
}

/** Everything that the cluster on these nodes can't be brought back from; the log's content is left to its opening. */
export async function findDamage(folder: string, nodes: readonly string[]): Promise<Damage[]> {
  const checks: [file: string, test: (text: string) => string | undefined, optional?: true][] = [
    ...keyPairs.flatMap((name): [string, (text: string) => string | undefined][] => [
      [`pki/${name}.crt`, certificate],
      [`pki/${name}.key`, key],
    ]),
    ['pki/sa.key', key],
    ['etcd.json', json(etcdSchema)],
    [baselineFiles[0], json(objectsSchema)],
    [baselineFiles[1], nodesBaseline],
    // Written a moment after the cluster is ready: one that is not there is as kubeadm made it.
    ...nodes.flatMap((node): [string, (text: string) => string | undefined, true][] => [
      [`nodes/${node}.json`, json(entriesSchema), true],
      [`nodes/${node}.units.json`, json(unitsSchema), true],
    ]),
  ];
  const found = await Promise.all(
    checks.map(async ([file, test, optional]): Promise<Damage[]> => {
      const text = await contentOf(folder, file);
      if (text === undefined && optional) return [];
      const problem = problemOf(text, test);
      return problem === undefined ? [] : [{ file, problem }];
    }),
  );
  const damages = found.flat();
  if (damages.length === 0) damages.push(...(await strangers(folder)));
  const known = damages.every(({ file }) => file !== baselineFiles[0]) && (await contentOf(folder, baselineFiles[0]));
  const problem = logProblem(folder, known || '[]');
  return problem === undefined ? damages : [...damages, { file: walFolder, problem }];
}

/** What can be known of the log without reading all of it: it has to reach as far as the cluster once was. */
function logProblem(folder: string, baseline: string): string | undefined {
  const reached = lastRevision(join(folder, walFolder));
  if (reached === undefined) return 'holds nothing that can be read';
  const objects = [...objectsIn(baselineFromJson(baseline))];
  const expected = Math.max(1, ...objects.map(({ object }) => Number(object.metadata.resourceVersion)));
  return reached < expected ? 'is cut off: what was written last is missing' : undefined;
}

/** Certificates that are whole, but not of their keys. */
async function strangers(folder: string): Promise<Damage[]> {
  const found = await Promise.all(
    keyPairs.map(async (name) => {
      const [crt = '', pem = ''] = await Promise.all([
        contentOf(folder, `pki/${name}.crt`),
        contentOf(folder, `pki/${name}.key`),
      ]);
      return isPair(crt, pem) ? [] : [{ file: `pki/${name}.crt`, problem: `does not belong to ${name}.key` }];
    }),
  );
  return found.flat();
}

/** Whether a certificate is of a key, both PEM. */
export function isPair(crt: string, pem: string): boolean {
  try {
    return new X509Certificate(crt).checkPrivateKey(createPrivateKey(pem));
  } catch {
    // One of them is none at all.
    return false;
  }
}

/** The text of a file of the folder; undefined: there is none. */
export function contentOf(folder: string, file: string): Promise<string | undefined> {
  return readTextIfThere(join(folder, file));
}

function problemOf(text: string | undefined, test: (text: string) => string | undefined): string | undefined {
  if (text === undefined) return 'is missing';
  return text.trim() === '' ? 'is empty' : test(text);
}

function json(schema: z.ZodType): (text: string) => string | undefined {
  return (text) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return 'is no JSON: it is cut off or was overwritten';
    }
    return schema.safeParse(value).success ? undefined : 'does not hold what belongs there';
  };
}

function nodesBaseline(text: string): string | undefined {
  const problem = json(nodesSchema)(text);
  if (problem !== undefined) return problem;
  const nodes = Object.values(JSON.parse(text) as z.infer<typeof nodesSchema>);
  return nodes.map(({ entries }) => json(entriesSchema)(entries)).find((one) => one !== undefined);
}

function key(text: string): string | undefined {
  try {
    createPrivateKey(text);
    return undefined;
  } catch {
    return 'is no private key';
  }
}

function certificate(text: string): string | undefined {
  try {
    new X509Certificate(text);
    return undefined;
  } catch {
    return 'is no certificate';
  }
}
