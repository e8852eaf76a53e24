import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openApiDocument, openApiIndex } from '../../../src/embedded/codec/openapi.ts';
import { openApiSchemas } from '../../../src/embedded/codec/openapi-schemas.ts';
import { recordedDefinitions, recording } from './recorded.ts';
import { type RecordedDocument, reduced, sortedRequired } from './reduced-openapi.ts';

const files = readdirSync(new URL('../../../fixtures/kubernetes/openapi/', import.meta.url));
const documents = new Map(files.map((file) => [file, recording<RecordedDocument>(`openapi/${file}`)]));

const definitions = recordedDefinitions();

describe('OpenAPI', () => {
  it('has the recorded schema of every type', () => {
    for (const document of documents.values()) {
      const recorded = document?.components?.schemas ?? {};
      const made = openApiSchemas(Object.keys(recorded));
      expect(Object.keys(made)).toEqual(Object.keys(recorded).sort());
      for (const [name, schema] of Object.entries(recorded)) {
        expect({ [name]: sortedRequired(made[name]) }).toEqual({ [name]: sortedRequired(schema) });
      }
    }
  });

  it('lists the recorded documents in its index', () => {
    const recorded = recording<{ paths: object }>('discovery/openapi-v3-index.json');
    const { paths } = openApiIndex(definitions);
    expect(Object.keys(paths)).toEqual(Object.keys(recorded?.paths ?? {}));
    expect(paths['apis/apps/v1']?.serverRelativeURL).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/);
  });

  it.each([...documents.keys()])('makes the document %s with the recorded paths and schemas', (file) => {
    const recorded = documents.get(file);
    const path = file.replace('.json', '').replaceAll('__', '/');
    const made = openApiDocument(definitions, path);
    expect(Object.keys(made?.paths ?? {}).sort()).toEqual(Object.keys(recorded?.paths ?? {}).sort());
    for (const [name, item] of Object.entries(made?.paths ?? {})) {
      expect({ [name]: reduced(item) }).toEqual({ [name]: recorded?.paths[name] });
    }
    expect(Object.keys(made?.components?.schemas ?? {})).toEqual(
      Object.keys(recorded?.components?.schemas ?? {}).sort(),
    );
  });

  it('has only the definitions it is given', () => {
    const pods = definitions.filter((d) => d.resource === 'pods');
    expect(openApiDocument(pods, 'apis/apps/v1')).toBeUndefined();
    const core = openApiDocument(pods, 'api/v1');
    expect(Object.keys(core?.paths ?? {}).filter((path) => path.includes('configmaps'))).toEqual([]);
    expect(openApiIndex(pods).paths['api/v1']).not.toEqual(openApiIndex(definitions).paths['api/v1']);
  });
});
