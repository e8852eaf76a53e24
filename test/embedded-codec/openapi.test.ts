import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openApiDocument, openApiIndex } from '../../src/embedded/codec/openapi.ts';
import type { OpenApiOperation, OpenApiParameter } from '../../src/embedded/codec/openapi-paths.ts';
import { type OpenApiSchema, openApiSchemas } from '../../src/embedded/codec/openapi-schemas.ts';
import { recordedDefinitions, recording } from './recorded.ts';

interface Recorded {
  components?: { schemas?: Record<string, OpenApiSchema> };
  paths: Record<string, Record<string, unknown>>;
}

const files = readdirSync(new URL('../../fixtures/kubernetes/openapi/', import.meta.url));
const documents = new Map(files.map((file) => [file, recording<Recorded>(`openapi/${file}`)]));

const definitions = recordedDefinitions();

/** What the recordings keep of a path's operations. */
function reduced(item: Record<string, OpenApiOperation | OpenApiParameter[]>): Record<string, unknown> {
  const { parameters: shared = [], ...operations } = item as { parameters?: OpenApiParameter[] };
  return Object.fromEntries(
    Object.entries(operations as Record<string, OpenApiOperation>).map(([method, operation]) => {
      const names = [...shared, ...(operation.parameters ?? [])].map(({ name }) => name).sort();
      const contents = Object.values(operation.requestBody?.content ?? {}) as { schema: { $ref: string } }[];
      const action = operation['x-kubernetes-action'];
      return [
        method,
        {
          ...(action && { action, gvk: operation['x-kubernetes-group-version-kind'] }),
          operationId: operation.operationId,
          ...(action && { parameters: names }),
          ...(operation.requestBody && {
            requestBody: Object.keys(operation.requestBody.content).sort(),
            requestSchema: contents[0]?.schema.$ref,
          }),
          responses: Object.fromEntries(
            Object.entries(operation.responses).map(([code, { content = {} }]) => {
              const [first] = Object.values(content) as { schema?: { $ref?: string } }[];
              return [code, { schema: first?.schema?.$ref ?? null, types: Object.keys(content).sort() }];
            }),
          ),
        },
      ];
    }),
  );
}

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
