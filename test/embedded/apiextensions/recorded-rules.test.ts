import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ruleValidator } from '../../../src/embedded/apiextensions/rules.ts';
import type { Schema } from '../../../src/embedded/apiextensions/schema.ts';
import { validateValue } from '../../../src/embedded/apiextensions/validate-value.ts';
import { validateVersionSchema } from '../../../src/embedded/apiextensions/validate-version-schema.ts';
import type { FieldError } from '../../../src/embedded/definition.ts';
import { path } from '../../../src/embedded/errors/field.ts';
import type { CustomResourceDefinitionSpec } from '../../../src/kube/api.gen.ts';

type JsonObject = Record<string, unknown>;

/** What Kubernetes' own validation says; see `source` in the file. */
interface Recorded {
  properties: Record<string, Schema>;
  object: JsonObject;
  old: JsonObject;
  rules: [rule: string, definition: string[], create: string[], update: string[]][];
  syntax: [rule: string, definition: string[]][];
  /** Fields of growing size: without limits first. */
  bounds: Record<string, Schema>[];
  costs: [rule: string, ...ofBounds: string[][]][];
  cases: {
    note: string;
    schema: Schema;
    faults: string[];
    objects: { object: JsonObject; old?: JsonObject; faults: string[] }[];
  }[];
}

const recorded = JSON.parse(
  readFileSync(new URL('../../../fixtures/kubernetes/cel-rules.json', import.meta.url), 'utf8'),
) as Recorded;

const hint =
  '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

function shown(errors: readonly FieldError[]): string[] {
  return errors
    .map(({ field, message }) => `${field}: ${message}`)
    .map((text) =>
      text
        .replace('spec.validation.openAPIV3Schema', 'SCHEMA')
        .replace(/Invalid value: \{"Rule":.*?"OptionalOldSelf":\w+\}/s, 'Invalid value: RULE')
        .replaceAll(hint, '(…)')
        .replace(/^<nil>: /, ': '),
    )
    .sort();
}

function ofDefinition(schema: Schema): string[] {
  const spec = { versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }] };
  return shown(
    validateVersionSchema(
      schema,
      path('spec', 'validation'),
      false,
      spec as unknown as CustomResourceDefinitionSpec,
      undefined,
    ),
  );
}

function ofObject(schema: Schema, object: JsonObject, old?: JsonObject): string[] {
  return shown([...validateValue(object, schema), ...(ruleValidator(schema)?.validate(object, old) ?? [])]);
}

const { properties } = recorded;
const withRule = (rule: string, more: JsonObject = {}): Schema => ({
  type: 'object',
  properties,
  'x-kubernetes-validations': [{ rule, ...more }],
});

describe('rules say what the real ones say', () => {
  it.each(recorded.rules)('%s', (rule, definition, create, update) => {
    const schema = withRule(rule);
    expect(ofDefinition(schema)).toEqual(definition);
    expect(ofObject(schema, recorded.object)).toEqual(create);
    expect(ofObject(schema, recorded.object, recorded.old)).toEqual(update);
  });

  it.each(recorded.syntax)('syntax: %s', (rule, definition) => {
    const fields = { a: { type: 'integer' }, b: { type: 'boolean' }, s: { type: 'string' } } as const;
    const l: Schema = { type: 'array', maxItems: 5, items: { type: 'integer' } };
    const schema: Schema = { ...withRule(rule, { message: 'm' }), properties: { ...fields, l } };
    expect(ofDefinition(schema)).toEqual(definition);
  });

  it.each(recorded.cases)('$note', ({ schema, faults, objects }) => {
    expect(ofDefinition(schema)).toEqual(faults);
    for (const { object, old, faults: wanted } of objects) expect(ofObject(schema, object, old)).toEqual(wanted);
  });
});

describe('rules cost what the real ones cost', () => {
  it.each(recorded.costs)('%s', (rule, ...ofBounds) => {
    for (const [i, wanted] of ofBounds.entries()) {
      const messageExpression = rule.includes('?:') ? {} : { messageExpression: `string(${rule})` };
      const spec: Schema = {
        type: 'object',
        properties: recorded.bounds[i],
        'x-kubernetes-validations': [{ rule, ...messageExpression }],
      };
      const factors = ofDefinition({ type: 'object', properties: { spec } }).flatMap((text) => {
        const [, where = '', factor] =
          /^SCHEMA\.?(?:properties\[spec\]\.x-kubernetes-validations\[0\]\.)?(\w*): .*by factor of (.*) \(…\)$/.exec(
            text,
          ) ?? [];
        return factor === undefined ? [] : [`${where} ${factor}`.trim()];
      });
      expect(factors).toEqual(wanted);
    }
  });
});
