import * as z from 'zod';
import { UserError } from '../kernel/errors.ts';
import { packSchema, scenarioSchema } from '../scenario/schema.ts';

/** The published JSON Schemas of the files of a pack, by what the file is. */
const published = {
  scenario: { schema: scenarioSchema, title: 'A scenario of kubedrill' },
  pack: { schema: packSchema, title: 'A pack of kubedrill' },
} as const;

type PublishedSchema = keyof typeof published;

/** Which of them is meant; an unknown one is a UserError. */
export function publishedSchema(file: string): PublishedSchema {
  if (file === 'scenario' || file === 'pack') return file;
  throw new UserError({
    what: `there is no schema of ${file}`,
    next: `use one of ${Object.keys(published).join(', ')}`,
  });
}

/** The JSON Schema (2020-12) of a file, for editors: what may be written there, with what each field means. */
export function jsonSchemaOf(file: PublishedSchema): Record<string, unknown> {
  const { schema, title } = published[file];
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    target: 'draft-2020-12',
  });
  return { $schema, $id: `https://kubedrill.dev/schema/v1/${file}.json`, title, ...rest };
}
