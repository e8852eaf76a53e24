import type { APIService, APIServiceCondition } from '../../kube/api.gen.ts';

/** What is known of whether a server elsewhere can be used. */
export function availabilityOf({ status }: APIService): APIServiceCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Available');
}

export const isAvailable = (service: APIService): boolean => availabilityOf(service)?.status === 'True';
