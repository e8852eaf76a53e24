import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type OpenApiSchema, openApiSchemas } from '../../src/embedded/codec/openapi-schemas.ts';
import { recording } from './recorded.ts';

interface Recorded {
  components?: { schemas?: Record<string, OpenApiSchema> };
  paths: Record<string, Record<string, unknown>>;
}

const files = readdirSync(new URL('../../fixtures/kubernetes/openapi/', import.meta.url));
const documents = new Map(files.map((file) => [file, recording<Recorded>(`openapi/${file}`)]));

/** The order of required fields means nothing. */
function sorted(schema: OpenApiSchema | undefined): OpenApiSchema | undefined {
  return schema?.required ? { ...schema, required: [...schema.required].sort() } : schema;
}

describe('OpenAPI', () => {
  it('has the recorded schema of every type', () => {
    for (const document of documents.values()) {
      const recorded = document?.components?.schemas ?? {};
      const made = openApiSchemas(Object.keys(recorded));
      expect(Object.keys(made)).toEqual(Object.keys(recorded).sort());
      for (const [name, schema] of Object.entries(recorded)) {
        expect({ [name]: sorted(made[name]) }).toEqual({ [name]: sorted(schema) });
      }
    }
  });
});
