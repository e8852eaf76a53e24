/** Records what a real API server answers: the fixtures that tests compare the embedded one with. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { recordCrdOpenApi } from './crd-openapi.ts';
import { recordRefusals } from './refusals.ts';
import { openServer } from './server.ts';

const usage = `usage: npm run record -- crd-openapi --kubeconfig FILE
       npm run record -- refusals --kubeconfig FILE

crd-openapi  what is published of CustomResourceDefinitions
refusals     what is answered to requests that make no sense

The cluster is a throwaway one of the version that is emulated: objects are created and deleted in it.`;

const fixtures = join(import.meta.dirname, '../../fixtures/kubernetes');
const { positionals, values } = parseArgs({ allowPositionals: true, options: { kubeconfig: { type: 'string' } } });
const [what] = positionals;
if (!values.kubeconfig) {
  console.error(usage);
  process.exit(2);
}
const ask = openServer(values.kubeconfig);
if (what === 'crd-openapi') {
  const folder = join(fixtures, 'crd-openapi');
  writeFileSync(join(folder, 'recorded.json'), `${JSON.stringify(await recordCrdOpenApi(ask, folder))}\n`);
} else if (what === 'refusals') {
  // What a server hung up on is its fault, and what was read without a word is no refusal.
  const refusals = (await recordRefusals(ask)).filter(
    ({ status, answer, request: { method } }) => status !== 0 && (method !== 'GET' || answer !== undefined),
  );
  const lines = refusals.map((refusal) => `${JSON.stringify(refusal)}\n`);
  writeFileSync(join(fixtures, 'refusals/recorded.jsonl'), lines.join(''));
} else {
  console.error(usage);
  process.exit(2);
}
