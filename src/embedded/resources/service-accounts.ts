import type { ServiceAccount } from '../../kube/api.gen.ts';
import { serviceAccounts } from '../../kube/resources.ts';
import { defineResource } from './define.ts';
import { age } from './printing/common.ts';

/** Tokens come from the subresource `token` only; `secrets` no longer grants anything but mounting rules. */
export const serviceAccountResource = defineResource<ServiceAccount>({
  ...serviceAccounts,
  strategy: {
    warnings(account, old) {
      if (account.metadata?.annotations?.['kubernetes.io/enforce-mountable-secrets'] !== 'true' || old !== undefined)
        return [];
      return [
        'metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets',
      ];
    },
  },
  cells: (account, now) => [account.metadata.name, age(account.metadata.creationTimestamp, now)],
});
