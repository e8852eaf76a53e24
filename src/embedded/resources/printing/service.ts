import type { Service } from '../../../kube/api.gen.ts';
import type { Stored } from '../../../kube/meta.ts';
import { age, labelsText, none } from './common.ts';

function externalAddress(service: Service): string {
  const external = service.spec?.externalIPs ?? [];
  switch (service.spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.length > 0 ? external.join(',') : none;
    case 'LoadBalancer': {
      const ingress = (service.status?.loadBalancer?.ingress ?? []).map((i) => i.ip || i.hostname || '');
      const all = [...ingress, ...external].filter((address) => address !== '');
      return all.length > 0 ? all.join(',') : '<pending>';
    }
    case 'ExternalName':
      return service.spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

export function serviceCells(service: Stored<Service>, now: number): unknown[] {
  const ports = (service.spec?.ports ?? []).map(
    (p) => `${p.port}${p.nodePort ? `:${p.nodePort}` : ''}/${p.protocol ?? 'TCP'}`,
  );
  return [
    service.metadata.name,
    service.spec?.type ?? '',
    service.spec?.clusterIPs?.[0] || none,
    externalAddress(service),
    ports.length > 0 ? ports.join(',') : none,
    age(service.metadata.creationTimestamp, now),
    labelsText(service.spec?.selector),
  ];
}
