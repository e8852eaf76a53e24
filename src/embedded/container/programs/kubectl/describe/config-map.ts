import type { ConfigMap } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { sortedEntries, writeMetadata } from './format.ts';

export const describeConfigMap: Describer<ConfigMap> = async (w, configMap, context) => {
  writeMetadata(w, configMap);
  w.write(0, '\nData\n====\n');
  for (const [key, value] of sortedEntries(configMap.data)) w.write(0, `${key}:\n----\n${value}\n\n`);
  w.write(0, '\nBinaryData\n====\n');
  for (const [key, value] of sortedEntries(configMap.binaryData))
    w.write(0, `${key}: ${Buffer.from(value, 'base64').length} bytes\n`);
  w.write(0, '\n');
  await writeEvents(w, configMap, context);
};
