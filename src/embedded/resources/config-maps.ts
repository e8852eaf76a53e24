import { ownValue } from '../../kernel/own.ts';
import type { ConfigMap } from '../../kube/api.gen.ts';
import { configMaps } from '../../kube/resources.ts';
import { validConfigKey } from '../../kube/validation.ts';
import type { FieldError } from '../definition.ts';
import * as field from '../registry/field.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';
import { immutableData, sizeLimit } from './validate/data.ts';

function validate(configMap: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of sortedEntries(configMap.data)) {
    errors.push(...field.invalidEach(field.path('data').key(key), key, validConfigKey(key)));
    if (ownValue(configMap.binaryData, key) !== undefined) {
      errors.push(field.invalid(field.path('data').key(key), key, 'duplicate of key present in binaryData'));
    }
    size += Buffer.byteLength(value);
  }
  for (const [key, value] of sortedEntries(configMap.binaryData)) {
    errors.push(...field.invalidEach(field.path('binaryData').key(key), key, validConfigKey(key)));
    size += Buffer.byteLength(value, 'base64');
  }
  // The API server names no field here: an empty path prints as `[]`.
  if (size > sizeLimit) errors.push(field.tooLong('[]', sizeLimit));
  return errors;
}

const sortedEntries = (data: Record<string, string> | undefined) =>
  Object.entries(data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

export const configMapResource = defineResource<ConfigMap>({
  ...configMaps,
  strategy: {
    validate,
    updateErrorsFirst: true,
    validateUpdate: (configMap, old) => immutableData(configMap, old, ['data', 'binaryData']),
  },
  cells: (configMap, now) => [
    configMap.metadata.name,
    Object.keys(configMap.data ?? {}).length + Object.keys(configMap.binaryData ?? {}).length,
    age(configMap.metadata.creationTimestamp, now),
  ],
});
