/** OpenAPI of CustomResourceDefinitions, against what a real server published of the same ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordCrdOpenApi, type Step } from '../../../scripts/record/crd-openapi.ts';
import { type Api, startApi } from './api.ts';

const folder = join(import.meta.dirname, '../../../fixtures/kubernetes/crd-openapi');
const recorded = JSON.parse(readFileSync(join(folder, 'recorded.json'), 'utf8')) as Step[];

let api: Api;
let steps: Step[];
beforeAll(async () => {
  api = await startApi();
  steps = await recordCrdOpenApi(
    async ({ method, path, headers, body }) => {
      const answer = await api.ask(method, path, { body, type: headers?.['Content-Type'] });
      return { status: answer.status, contentType: undefined, text: JSON.stringify(answer.body) };
    },
    folder,
    () => Promise.resolve(),
  );
});
afterAll(() => api.stop());

describe.each(recorded.map((step, at) => ({ at, ...step })))('when $about', ({ at, published }) => {
  it('OpenAPI v2 has the definitions that a real server publishes', () => {
    expect(steps[at]?.published.v2).toEqual(published.v2);
  });

  it('OpenAPI v2 has their paths', () => {
    expect(steps[at]?.published.paths.sort()).toEqual(published.paths.sort());
  });

  it('OpenAPI v3 has their schemas', () => {
    expect(steps[at]?.published.v3).toEqual(published.v3);
  });
});
