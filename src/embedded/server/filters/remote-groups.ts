import { apiServices } from '../../../kube/resources.ts';
import { notSimulated } from '../../registry/status.ts';
import type { ObjectReader, Registry } from '../../registry/types.ts';
import type { Filter } from './chain.ts';

/** Where kube-aggregator would call another API server: groups whose APIService names a Service, and that nobody serves here. */
export function remoteGroups(registry: Pick<Registry, 'definitions'>, reader: ObjectReader): Filter {
  return (exchange, next) => {
    const [, root, group = '', version = ''] = exchange.info.path.split('/');
    if (root !== 'apis' || version === '') return next();
    const service = reader.read(apiServices, undefined, `${version}.${group}`);
    if (!service?.spec?.service) return next();
    if (registry.definitions().some((d) => d.group === group && d.version === version)) return next();
    throw notSimulated(`the API server behind the APIService ${service.metadata.name}`);
  };
}
