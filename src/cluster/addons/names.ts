import { closest } from 'fastest-levenshtein';
import { UserError } from '../../kernel/errors.ts';

/** What can be installed in a cluster that does not come with it; `install.ts` knows how. */
export const addonNames = ['gateway-api', 'ingress-nginx', 'metrics-server', 'nginx-gateway-fabric'] as const;

export type AddonName = (typeof addonNames)[number];

/** The addon of that name. Throws a UserError that suggests the nearest one. */
export function addonNamed(name: string): AddonName {
  const known = addonNames.find((addon) => addon === name);
  if (known) return known;
  throw new UserError({
    what: `there is no addon ${name}`,
    why: `did you mean ${closest(name, [...addonNames])}?`,
    next: `one of: ${addonNames.join(', ')}`,
  });
}
