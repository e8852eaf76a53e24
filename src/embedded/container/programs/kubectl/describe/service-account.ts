import type { ServiceAccount } from '../../../../../kube/api.gen.ts';
import type { Describer } from './context.ts';
import { writeEvents } from './events.ts';
import { writeLines, writeMetadata } from './format.ts';

export const describeServiceAccount: Describer<ServiceAccount> = async (w, account, context) => {
  writeMetadata(w, account);
  const names = (refs: readonly { name?: string }[] | undefined) => (refs ?? []).map(({ name = '' }) => name);
  writeLines(w, 'Image pull secrets', names(account.imagePullSecrets));
  await writeEvents(w, account, context);
};
