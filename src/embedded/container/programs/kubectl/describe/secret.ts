import type { Secret } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { sortedEntries, writeMetadata } from './format.ts';

/** Sizes only, except for the tokens of ServiceAccounts. */
export const describeSecret: Describer<Secret> = async (w, secret) => {
  writeMetadata(w, secret);
  w.write(0, `\nType:\t${secret.type ?? ''}\n`);
  w.write(0, '\nData\n====\n');
  for (const [key, value] of sortedEntries(secret.data)) {
    const bytes = Buffer.from(value, 'base64');
    const isToken = secret.type === 'kubernetes.io/service-account-token' && key === 'token';
    w.write(0, `${key}:\t${isToken ? bytes.toString() : `${bytes.length} bytes`}\n`);
  }
};
