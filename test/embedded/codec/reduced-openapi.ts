import type { OpenApiOperation, OpenApiParameter } from '../../../src/embedded/codec/openapi-paths.ts';
import type { OpenApiSchema } from '../../../src/embedded/codec/openapi-schemas.ts';

/** An OpenAPI document as the recordings keep it. */
export interface RecordedDocument {
  components?: { schemas?: Record<string, OpenApiSchema> };
  paths: Record<string, Record<string, unknown>>;
}

/** What the recordings keep of a path's operations. */
export function reduced(item: Record<string, OpenApiOperation | OpenApiParameter[]>): Record<string, unknown> {
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
export function sortedRequired(schema: OpenApiSchema | undefined): OpenApiSchema | undefined {
  return schema?.required ? { ...schema, required: [...schema.required].sort() } : schema;
}
