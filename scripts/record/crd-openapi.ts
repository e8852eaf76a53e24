/**
 * What a server publishes of CustomResourceDefinitions: those of `crds.yaml`, and again after each step of `changes.yaml`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, parseAllDocuments } from 'yaml';
import type { Ask } from './server.ts';

/** Names of groups in the fixture end like this, names of their schemas begin like that. */
const ownGroup = /^apis\/[a-z.]+\.example\.(com|org)\//;
const ownSchema = /^(com|org)\.example\./;

interface Definition {
  metadata: { name: string };
}

interface Published {
  /** `definitions` of /openapi/v2. */
  v2: Record<string, unknown>;
  /** Paths of /openapi/v2. */
  paths: string[];
  /** `components.schemas` of /openapi/v3, by the document's path. */
  v3: Record<string, Record<string, unknown>>;
}

export interface Step {
  about: string;
  published: Published;
}

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** @param settle resolves when the server has taken in what was written */
export async function recordCrdOpenApi(ask: Ask, folder: string, settle = () => sleep(5000)): Promise<Step[]> {
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  const definitions = parseAllDocuments(text('crds.yaml')).map((one) => one.toJS() as Definition);
  const changes = parse(text('changes.yaml')) as { about: string; spec: object }[];
  const steps: Step[] = [];
  const look = async (about: string) => {
    await settle();
    steps.push({ about, published: await readPublished(ask) });
  };
  const write = async (method: string, path: string, type: string, body?: unknown) => {
    const headers = { 'Content-Type': type };
    const answer = await ask({ method, path, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  };
  for (const definition of definitions) await write('POST', crds, 'application/json', definition);
  await look('as created');
  for (const { about, spec } of changes) {
    await write('PATCH', `${crds}/moves.shapes.example.com`, 'application/merge-patch+json', { spec });
    await look(about);
  }
  await write('DELETE', `${crds}/roots.shapes.example.com`, 'application/json');
  await look('a definition is deleted');
  for (const { metadata } of definitions.slice(1)) {
    await write('DELETE', `${crds}/${metadata.name}`, 'application/json');
  }
  return steps;
}

async function readPublished(ask: Ask): Promise<Published> {
  const get = async (path: string) => JSON.parse((await ask({ method: 'GET', path })).text) as Record<string, object>;
  const { definitions = {}, paths = {} } = await get('/openapi/v2');
  const { paths: documents = {} } = await get('/openapi/v3');
  const v2 = own(definitions);
  const v3: Published['v3'] = {};
  for (const path of Object.keys(documents).filter((one) => ownGroup.test(one))) {
    const { components } = (await get(`/openapi/v3/${path}`)) as { components: { schemas?: object } };
    // In v3 a server goes on showing what it serves no more; v2 is up to date.
    const current = Object.entries(own(components.schemas ?? {})).filter(([name]) => name in v2);
    if (current.length > 0) v3[path] = Object.fromEntries(current);
  }
  return { v2, paths: Object.keys(paths).filter((path) => ownGroup.test(path.slice(1))), v3 };
}

function own(schemas: object): Record<string, unknown> {
  const found = Object.entries(schemas).filter(([name]) => ownSchema.test(name));
  return withoutTexts(Object.fromEntries(found)) as Record<string, unknown>;
}

/** Without Kubernetes' own texts about the fields that every resource has. */
function withoutTexts(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, item) =>
    key === 'description' && String(item).includes('git.k8s.io') ? undefined : item,
  );
}
