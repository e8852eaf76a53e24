import { UserError } from '../../kernel/errors.ts';
import { didYouMean } from '../../kernel/nearest.ts';

/** What can be installed in a cluster that does not come with it; `install.ts` knows how. */
export const addonNames = ['gateway-api', 'ingress-nginx', 'metrics-server', 'nginx-gateway-fabric'] as const;

export type AddonName = (typeof addonNames)[number];

/** The addon of that name. Throws a UserError that names what there is, and what may have been meant. */
export function addonNamed(name: string): AddonName {
  const known = addonNames.find((addon) => addon === name);
  if (known) return known;
  throw new UserError({
    what: `there is no addon ${name}`,
    ...didYouMean(name, addonNames),
    next: `one of: ${addonNames.join(', ')}`,
  });
}
