import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonSchemaOf } from '../../src/authoring/json-schema.ts';
import { checkTypes } from '../../src/checks/registry.ts';

interface Json {
  properties?: Record<string, Json>;
  items?: Json;
  additionalProperties?: Json | boolean;
  anyOf?: Json[];
  allOf?: Json[];
  description?: string;
}

/** Fields without a description, by their paths. Check types are described by their own fields. */
function undescribed(json: Json, path: string): string[] {
  const inner = [json.items, json.additionalProperties, ...(json.anyOf ?? []), ...(json.allOf ?? [])];
  return [
    ...inner.flatMap((next) => (typeof next === 'object' ? undescribed(next, path) : [])),
    ...Object.entries(json.properties ?? {}).flatMap(([key, value]) => [
      ...(value.description || checkTypes.has(key) ? [] : [`${path}.${key}`]),
      ...undescribed(value, `${path}.${key}`),
    ]),
  ];
}

describe.each(['scenario', 'pack'] as const)('the JSON Schema of a %s', (file) => {
  it('says what each field means', () => {
    expect(undescribed(jsonSchemaOf(file) as Json, file)).toEqual([]);
  });
});

it('knows every check type, and refuses what it does not know', () => {
  const schema = jsonSchemaOf('scenario') as { properties: { checks: { items: Json } }; additionalProperties: unknown };
  expect(Object.keys(schema.properties.checks.items.properties ?? {})).toEqual(
    expect.arrayContaining([...checkTypes.keys()]),
  );
  expect(schema.additionalProperties).toBe(false);
});

it('is what it was: editors have it by its address', () => {
  const flagship = join(import.meta.dirname, '..', '..', 'scenarios', 'in-cluster-api-access', 'forbidden-deployment');
  const keys = readFileSync(join(flagship, 'scenario.yaml'), 'utf8').matchAll(/^(\w+):/gm);
  const { properties } = jsonSchemaOf('scenario') as Json;
  for (const [, key = ''] of keys) expect(properties).toHaveProperty(key);
});
