import type { CustomResourceDefinition } from '../../kube/api.gen.ts';
import { formatCheck } from '../../kube/cel/string-formats.ts';
import { type Schema, schemaHas } from './schema.ts';

/** A warning for each format that means nothing to this version, unless it stood there before. */
export function formatWarnings(crd: CustomResourceDefinition, old: CustomResourceDefinition | undefined): string[] {
  const before = new Set(old ? unknownFormats(old) : []);
  return unknownFormats(crd)
    .filter((format) => !before.has(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`);
}

function unknownFormats(crd: CustomResourceDefinition): string[] {
  const found: string[] = [];
  const look = ({ type, format }: Schema) => {
    if (type === 'string' && format && !formatCheck(format)) found.push(format);
    return false;
  };
  for (const version of crd.spec.versions ?? []) schemaHas(version.schema?.openAPIV3Schema, look);
  return found;
}
